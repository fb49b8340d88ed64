/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the emulated CPU have the Bus Lock Threshold of the AMD64 Architecture Programmer's
 * Manual, volume 2, 15.14.5? Claim by claim, for every instruction that can lock the bus.
 */
#include <stddef.h>
#include "svm_guest.h"
#include "svm_claims.h"
#include "tap.h"
#include "trial.h"

#define FOR_EACH_BOUNDARY(boundary) \
	for (u8 *boundary = LINE_BOUNDARY; boundary; \
	     boundary = boundary == LINE_BOUNDARY ? PAGE_BOUNDARY : NULL)

static const u16 counters[] = { 0, 1, 3, 65535 };

/* A locked access that can be split at all. */
static bool can_lock_bus(const struct instruction *insn)
{
	return insn->flags & INSN_LOCKED && !(insn->flags & INSN_ALIGNED) && insn->size > 1;
}

static void expect(const struct trial *t, u16 counter, u64 code, u16 counter_after,
		   const char *difference)
{
	long head = t->boundary - t->operand;
	const char *where = t->boundary == LINE_BOUNDARY ? "line" : "page";

	if (vmcb.exit_code != code)
		claim_fails("%ld bytes before a %s, counter %lu: exit %#lx, not %#lx", head, where,
			    (u64)counter, vmcb.exit_code, code);
	else if (difference)
		claim_fails("%ld bytes before a %s, counter %lu: %s is not what it must be", head,
			    where, (u64)counter, difference);
	else if (vmcb.bus_lock_counter != counter_after)
		claim_fails("%ld bytes before a %s, counter %lu: then %lu, not %lu", head, where,
			    (u64)counter, (u64)vmcb.bus_lock_counter, (u64)counter_after);
}

static void expect_executed(struct trial *t, struct regs *regs, u16 counter, u16 counter_after)
{
	vmcb.bus_lock_counter = counter;
	guest_run(regs);
	expect(t, counter, EXIT_HLT, counter_after, trial_not_after(t, regs));
}

static void expect_exit(struct trial *t, struct regs *regs, u16 counter, u64 code)
{
	vmcb.bus_lock_counter = counter;
	guest_run(regs);
	expect(t, counter, code, counter, trial_not_before(t, regs));
}

/* With nothing left: an exit before the instruction. With one given: past it, once. */
static void exits_at_zero(struct trial *t)
{
	struct regs regs = t->before;

	vmcb.exit_info_1 = vmcb.exit_info_2 = -1;
	expect_exit(t, &regs, 0, EXIT_BUS_LOCK);
	if (vmcb.exit_info_1 || vmcb.exit_info_2)
		claim_fails("EXITINFO1 %#lx, EXITINFO2 %#lx: not zero", vmcb.exit_info_1,
			    vmcb.exit_info_2);
	expect_executed(t, &regs, 1, 0);
}

static void claim_split(const struct instruction *insn)
{
	struct trial t;

	if (!can_lock_bus(insn))
		return;
	claim_instruction(insn, "is counted where it is split, or exits");
	guest_reset(true);
	FOR_EACH_BOUNDARY(boundary) {
		for (int head = 1; head < insn->size; head++) {
			for (u64 i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
				struct regs regs;

				trial_begin(&t, insn, boundary, head);
				regs = t.before;
				if (counters[i])
					expect_executed(&t, &regs, counters[i], counters[i] - 1);
				else
					exits_at_zero(&t);
			}
		}
	}
	claim_end();
}

/* Not locked, not split, or not asked for: nothing happens at all. */
static void claim_not_a_bus_lock(const struct instruction *insn, const char *why,
				 bool intercept, bool split)
{
	struct trial t;

	claim_instruction(insn, why);
	guest_reset(true);
	vmcb.intercept_5 = intercept ? INTERCEPT_5_BUS_LOCK : 0;
	FOR_EACH_BOUNDARY(boundary) {
		for (int head = 0; head <= insn->size + 1; head++) {
			for (u16 counter = 0; counter <= 3; counter += 3) {
				struct regs regs;

				trial_begin(&t, insn, boundary, head);
				regs = t.before;
				if (insn->flags & INSN_ALIGNED && head % insn->size)
					expect_exit(&t, &regs, counter, EXIT_EXCEPTION + VECTOR_GP);
				else if (split || !t.split)
					expect_executed(&t, &regs, counter, counter);
			}
		}
	}
	claim_end();
}

/* Half the access is to a page that cannot be written: that is what the guest must see. */
static void page_fault_first(struct trial *t, struct space *space, const u8 *page, u64 flags,
			     u64 code)
{
	u64 all = space->arena[0] & (PAGE_SIZE - 1);

	for (u16 counter = 0; counter <= 3; counter += 3) {
		struct regs regs = t->before;

		space_set(space, page, all & flags);
		expect_exit(t, &regs, counter, code);
		if ((vmcb.exit_info_2 ^ (u64)page) & -(u64)PAGE_SIZE)
			claim_fails("fault at %#lx, not in page %#lx", vmcb.exit_info_2, (u64)page);
		space_set(space, page, all);
	}
}

static void claim_page_fault(const struct instruction *insn)
{
	static const u64 rights[] = { ~(u64)PAGE_WRITE, ~(u64)(PAGE_WRITE | PAGE_PRESENT) };
	struct trial t;

	if (!can_lock_bus(insn))
		return;
	claim_instruction(insn, "faults first, and is not counted");
	for (int nested = 0; nested <= 1; nested++) {
		guest_reset(nested);
		for (int head = 1; head < insn->size; head++) {
			trial_begin(&t, insn, PAGE_BOUNDARY, head);
			for (int i = 0; i < 4; i++) {
				const u8 *page = PAGE_BOUNDARY - (i & 1) * PAGE_SIZE;

				page_fault_first(&t, &guest_space, page, rights[i >> 1],
						 EXIT_EXCEPTION + VECTOR_PF);
				if (nested)
					page_fault_first(&t, &nested_space, page, rights[i >> 1],
							 EXIT_NESTED_PAGE_FAULT);
			}
		}
	}
	claim_end();
}

int main(void)
{
	const struct instruction *insn;

	claim_feature();
	svm_enable();
	for (insn = instructions; insn < instructions_end; insn++) {
		claim_split(insn);
		if (insn->flags & INSN_LOCKED)
			claim_not_a_bus_lock(insn, "is nothing where it is not split", true, false);
		else
			claim_not_a_bus_lock(insn, "is nothing without LOCK", true, true);
		if (can_lock_bus(insn))
			claim_not_a_bus_lock(insn, "is nothing without the intercept", false, true);
		claim_page_fault(insn);
	}
	claim_counter();
	claim_modes();
	if (CHECK_SEV) {
		claim_decode();
		claim_sev();
	}
	tap_end();
}
