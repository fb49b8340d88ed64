/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the emulated CPU have Intel's VMM bus-lock detection? Claim by claim, for every
 * instruction that can lock the bus. SDM, volume 3C, "Other Causes of VM Exits": a bus lock
 * causes a VM exit after the instruction that asserts it; "Basic VM-Exit Information": bit
 * 26 of the exit reason is set if the VM exit occurred after a bus lock. Volume 3A, "Bus
 * Locking": bus locks come of locked accesses that cross a cache line, or are to memory
 * that is not write-back. Split-lock detection (volume 3A, "Interrupt 17 - Alignment Check
 * Exception") has locked accesses fault that cross a cache line.
 */
#include <stddef.h>
#include "tap.h"
#include "trial.h"
#include "vmx_claims.h"
#include "vmx_guest.h"

#define FOR_EACH_BOUNDARY(boundary) \
	for (u8 *boundary = LINE_BOUNDARY; boundary; \
	     boundary = boundary == LINE_BOUNDARY ? PAGE_BOUNDARY : NULL)

/* A locked access that can be split at all. */
static bool can_be_split(const struct instruction *insn)
{
	return insn->flags & INSN_LOCKED && !(insn->flags & INSN_ALIGNED) && insn->size > 1;
}

static void run(const struct trial *t, struct regs *regs, u64 reason, bool executed)
{
	const char *wrong;

	guest_run(regs);
	wrong = executed ? trial_not_after(t, regs) : trial_not_before(t, regs);
	if (exit_reason != reason)
		claim_fails("%ld bytes before %#lx: exit reason %#lx, not %#lx",
			    (long)(t->boundary - t->operand), (u64)t->boundary, exit_reason, reason);
	else if (wrong)
		claim_fails("%ld bytes before %#lx: %s is not what it must be",
			    (long)(t->boundary - t->operand), (u64)t->boundary, wrong);
}

/* After the instruction, once, and with no more to say than that. */
static void expect_bus_lock(const struct trial *t)
{
	struct regs regs = t->before;

	run(t, &regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, true);
	if (exit_qualification || exit_vector >= 0)
		claim_fails("exit qualification %#lx, vector %ld", exit_qualification, exit_vector);
	run(t, &regs, EXIT_HLT, true);
}

static void expect_nothing(const struct trial *t)
{
	struct regs regs = t->before;

	run(t, &regs, EXIT_HLT, true);
}

static void expect_exception(const struct trial *t, long vector)
{
	struct regs regs = t->before;

	run(t, &regs, EXIT_EXCEPTION, false);
	if (exit_vector != vector)
		claim_fails("exception %ld, not %ld", exit_vector, vector);
}

static void claim_split(const struct instruction *insn)
{
	struct trial t;

	if (!can_be_split(insn))
		return;
	claim_instruction(insn, "exits where it is split");
	for (int ept = 0; ept <= 1; ept++) {
		guest_reset(ept);
		FOR_EACH_BOUNDARY(boundary) {
			for (int head = 1; head < insn->size; head++) {
				trial_begin(&t, insn, boundary, head);
				expect_bus_lock(&t);
			}
		}
	}
	claim_end();
}

/* Not locked, not split, or not asked for: nothing happens at all. */
static void claim_not_a_bus_lock(const struct instruction *insn, const char *why, bool detect,
				 bool split)
{
	struct trial t;

	claim_instruction(insn, why);
	for (int ept = 0; ept <= 1; ept++) {
		guest_reset(ept);
		guest_set(SECONDARY_CONTROLS, SECONDARY_BUS_LOCK, detect);
		FOR_EACH_BOUNDARY(boundary) {
			for (int head = 0; head <= insn->size + 1; head++) {
				trial_begin(&t, insn, boundary, head);
				if (insn->flags & INSN_ALIGNED && head % insn->size)
					expect_exception(&t, VECTOR_GP);
				else if (split || !t.split)
					expect_nothing(&t);
			}
		}
	}
	claim_end();
}

/* An instruction that faults has not executed, so it has asserted nothing. */
static void claim_fault(const struct instruction *insn)
{
	static const u64 forbidden[] = { PAGE_WRITE, PAGE_WRITE | PAGE_PRESENT };
	const u64 all = EPT_ALLOW_ALL | EPT_MEMORY_TYPE(MEMORY_WB);
	struct trial t;

	if (!can_be_split(insn))
		return;
	claim_instruction(insn, "does not exit where it faults");
	guest_reset(true);
	for (int head = 1; head < insn->size; head++) {
		for (int i = 0; i < 4; i++) {
			const u8 *page = PAGE_BOUNDARY - (i & 1) * PAGE_SIZE;
			struct regs regs;

			trial_begin(&t, insn, PAGE_BOUNDARY, head);
			space_set(&guest_space, page, (PAGE_PRESENT | PAGE_WRITE) & ~forbidden[i >> 1]);
			expect_exception(&t, VECTOR_PF);
			space_set(&guest_space, page, PAGE_PRESENT | PAGE_WRITE);

			/* Readable only, or not at all. */
			space_set(&ept_space, page, all & (i >> 1 ? ~(u64)EPT_ALLOW_ALL : ~2ul));
			ept_flush();
			regs = t.before;
			run(&t, &regs, EXIT_EPT_VIOLATION, false);
			space_set(&ept_space, page, all);
			ept_flush();
		}
	}
	claim_end();
}

/* With split-lock detection there is a fault in place of a bus lock. */
static void claim_split_lock_detection(const struct instruction *insn)
{
	struct trial t;

	if (!can_be_split(insn))
		return;
	claim_instruction(insn, "faults where it is split, with split-lock detection");
	if (!(read_msr(MSR_CORE_CAPABILITIES) & SPLIT_LOCK_DETECT_OFFERED))
		claim_fails("split-lock detection is not offered");
	write_msr(MSR_TEST_CTRL, SPLIT_LOCK_DETECT);
	guest_reset(true);
	FOR_EACH_BOUNDARY(boundary) {
		for (int head = 0; head <= insn->size; head++) {
			trial_begin(&t, insn, boundary, head);
			if (t.split)
				expect_exception(&t, VECTOR_AC);
			else
				expect_nothing(&t);
		}
	}
	write_msr(MSR_TEST_CTRL, 0);
	claim_end();
}

/* In memory that is not write-back the size does not matter, nor where the operand is. */
static void claim_other_memory(const struct instruction *insn)
{
	static const u64 types[] = { MEMORY_UC, MEMORY_WC, MEMORY_WT, MEMORY_WP };
	struct trial t;

	claim_instruction(insn, insn->flags & INSN_LOCKED ?
			  "exits in memory that is not write-back" :
			  "is nothing without LOCK in memory that is not write-back");
	guest_reset(true);
	for (u64 i = 0; i < sizeof(types) / sizeof(*types); i++) {
		space_set(&ept_space, PAGE_BOUNDARY, EPT_ALLOW_ALL | EPT_MEMORY_TYPE(types[i]));
		ept_flush();
		trial_begin(&t, insn, LINE_BOUNDARY, 0);
		if (insn->flags & INSN_LOCKED)
			expect_bus_lock(&t);
		else
			expect_nothing(&t);
	}
	claim_end();
}

int main(void)
{
	const struct instruction *insn;

	claim_feature();
	vmx_enable();
	for (insn = instructions; insn < instructions_end; insn++) {
		claim_split(insn);
		if (insn->flags & INSN_LOCKED)
			claim_not_a_bus_lock(insn, "is nothing where it is not split", true, false);
		else
			claim_not_a_bus_lock(insn, "is nothing without LOCK", true, true);
		if (can_be_split(insn))
			claim_not_a_bus_lock(insn, "is nothing without the control", false, true);
		claim_fault(insn);
		claim_split_lock_detection(insn);
		claim_other_memory(insn);
	}
	claim_memory_types();
	claim_order();
	claim_paging_updates();
	claim_smap();
	tap_end();
}
