// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which instructions lock the bus: every instruction that takes a LOCK prefix, and XCHG,
 * in every form and operand size, split at a line, split at a page, and not split.
 */
#include "test.h"
#include "bus_lock_insn.h"

FIXTURE(insn) {
	struct vm *vm;
	struct trial trial;
};

FIXTURE_VARIANT(insn) {
	const char *mnemonic;		/* without the letter for the operand's size */
};

FIXTURE_VARIANT_ADD(insn, add) { "add" };
FIXTURE_VARIANT_ADD(insn, or) { "or" };
FIXTURE_VARIANT_ADD(insn, adc) { "adc" };
FIXTURE_VARIANT_ADD(insn, sbb) { "sbb" };
FIXTURE_VARIANT_ADD(insn, and) { "and" };
FIXTURE_VARIANT_ADD(insn, sub) { "sub" };
FIXTURE_VARIANT_ADD(insn, xor) { "xor" };
FIXTURE_VARIANT_ADD(insn, inc) { "inc" };
FIXTURE_VARIANT_ADD(insn, dec) { "dec" };
FIXTURE_VARIANT_ADD(insn, not) { "not" };
FIXTURE_VARIANT_ADD(insn, neg) { "neg" };
FIXTURE_VARIANT_ADD(insn, bts) { "bts" };
FIXTURE_VARIANT_ADD(insn, btr) { "btr" };
FIXTURE_VARIANT_ADD(insn, btc) { "btc" };
FIXTURE_VARIANT_ADD(insn, xadd) { "xadd" };
FIXTURE_VARIANT_ADD(insn, cmpxchg) { "cmpxchg" };
FIXTURE_VARIANT_ADD(insn, cmpxchg8b) { "cmpxchg8b" };
FIXTURE_VARIANT_ADD(insn, xchg) { "xchg" };

#define FOR_EACH_INSN(insn)							\
	for (const struct instruction *insn = instructions; insn != instructions_end; insn++)

static bool has_mnemonic(const struct instruction *insn, const char *mnemonic)
{
	const char *text = insn->text;
	size_t length = strlen(mnemonic);

	if (!strncmp(text, "lock ", 5))
		text += 5;
	if (strncmp(text, mnemonic, length))
		return false;
	text += length;
	return *text == ' ' || (strchr("bwlq", *text) && text[1] == ' ');
}

/* A locked access that can be split at all. */
static bool can_lock_bus(const struct instruction *insn)
{
	return insn->flags & INSN_LOCKED && insn->size > 1;
}

/* A row of the table that no variant runs would pass for tested, and one without a row. */
static void check_table(const char *mnemonic)
{
	bool found = false;

	FOR_EACH_INSN(insn) {
		const struct __fixture_variant_metadata *v = _insn_fixture_object.variant;

		found |= has_mnemonic(insn, mnemonic) && can_lock_bus(insn);
		while (v && !has_mnemonic(insn, v->name))
			v = v->next;
		if (!v && !(insn->flags & INSN_ALIGNED))
			report_error("no variant runs %s", insn->text);
	}
	if (!found)
		report_error("no instruction is %s", mnemonic);
}

static struct vm *create_vm(struct trial *trial)
{
	struct vm *vm = vm_create();

	vm_enable_cap(vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
	trial->vcpu = vcpu_create(vm);
	vcpu_set_mode(trial->vcpu, MODE_LONG, 0, 0);
	return vm;
}

FIXTURE_SETUP(insn)
{
	REQUIRE_BUS_LOCK_EXIT();
	check_table(variant->mnemonic);
	self->vm = create_vm(&self->trial);
}

FIXTURE_TEARDOWN(insn)
{
	TEARDOWN_VM(self->vm);
}

/* All places to split an operand at; of 8 bytes, both ends and the middle. */
#define FOR_EACH_SPLIT(head, size)						\
	for (unsigned int head = 1; head < (size); head += (size) == 8 ? 3 : 1)

/*
 * A locked operand that a line or a page splits, wherever it is split, exits once and
 * then executes once, with the effect that the instruction has without a bus lock.
 *
 * Source: APM vol. 2, 15.14.5 (bus lock), 15.14.5 (count), 15.14.5 (zero) and
 * SDM vol. 3, 9.1.2: which instructions lock; KVM api.rst 7.22
 * Needs: no-cap, split-lock-detect
 */
TEST_F(insn, split_lock_exits_once_and_executes_once)
{
	struct trial *t = &self->trial;

	FOR_EACH_INSN(insn) {
		bool good = true;

		if (!has_mnemonic(insn, variant->mnemonic) || !can_lock_bus(insn))
			continue;
		FOR_EACH_SPLIT(head, insn->size)
			good = good && trial_exits(t, 1, insn, LINE, head) &&
			       trial_exits(t, 1, insn, PAGE, head);
		EXPECT_STREQ(t->want, t->got);
	}
}

/*
 * An operand that locks no bus makes no exit: a locked one that begins or ends where a line and
 * a page do, a locked byte, and an unlocked one across a line or a page.
 *
 * Source: APM vol. 2, 15.14.5 (bus lock) and SDM vol. 3, 9.1.2.3: what a bus lock is
 * Needs: no-cap, split-lock-detect
 */
TEST_F(insn, no_exit_without_a_split_or_a_lock)
{
	struct trial *t = &self->trial;

	FOR_EACH_INSN(insn) {
		bool locked = insn->flags & INSN_LOCKED;
		unsigned int middle = (insn->size + 1) / 2;

		if (!has_mnemonic(insn, variant->mnemonic))
			continue;
		trial_exits(t, 0, insn, PAGE, locked ? 0 : middle);
		EXPECT_STREQ(t->want, t->got);
		trial_exits(t, 0, insn, locked ? PAGE : LINE, locked ? insn->size : middle);
		EXPECT_STREQ(t->want, t->got);
	}
}

/* CMPXCHG16B, the one instruction that takes no operand across a line. */
FIXTURE(aligned) {
	struct vm *vm;
	struct trial trial;
};

FIXTURE_SETUP(aligned)
{
	REQUIRE_BUS_LOCK_EXIT();
	check_table("cmpxchg16b");
	self->vm = create_vm(&self->trial);
}

FIXTURE_TEARDOWN(aligned)
{
	TEARDOWN_VM(self->vm);
}

/*
 * CMPXCHG16B on an aligned operand, locked or not, makes no exit.
 *
 * Source: APM vol. 3 and SDM vol. 2, CMPXCHG16B: 16-byte aligned, so within a line
 * Needs: no-cap, split-lock-detect
 */
TEST_F(aligned, cmpxchg16b_makes_no_exit)
{
	struct trial *t = &self->trial;

	FOR_EACH_INSN(insn) {
		if (!(insn->flags & INSN_ALIGNED))
			continue;
		trial_exits(t, 0, insn, PAGE, 0);
		EXPECT_STREQ(t->want, t->got);
		trial_exits(t, 0, insn, PAGE, insn->size);
		EXPECT_STREQ(t->want, t->got);
	}
}

static uint64_t fault_vector, fault_rip;

static __guest void note_fault(struct guest_exception *frame)
{
	fault_vector = frame->vector;
	fault_rip = frame->rip;
	GUEST_SYNC(0);
}

/*
 * CMPXCHG16B across a line or a page is a #GP, not a bus lock: no exit, and memory is
 * untouched.
 *
 * Source: APM vol. 3 and SDM vol. 2, CMPXCHG16B: #GP if not aligned to 16 bytes
 * Needs: no-cap, split-lock-detect
 */
TEST_F(aligned, split_cmpxchg16b_faults_without_an_exit)
{
	struct trial *t = &self->trial;

	guest_exception_handler = note_fault;
	FOR_EACH_INSN(insn) {
		for (enum boundary where = LINE; where <= PAGE; where++) {
			if (!(insn->flags & INSN_ALIGNED))
				continue;
			trial_begin(t, insn, where, 8);
			fault_vector = fault_rip = 0;
			vcpu_run(t->vcpu);
			ASSERT_EXIT(KVM_EXIT_IO, t->vcpu);
			EXPECT_EQ(GUEST_PORT_SYNC, t->vcpu->run->io.port);
			EXPECT_STREQ("0", run_flags_name(t->vcpu->run->flags));
			EXPECT_EQ(13, fault_vector);
			EXPECT_HEX((uint64_t)insn->guest, fault_rip);
			EXPECT_EQ(0, memcmp(t->window, t->before.memory, 2 * WINDOW));
		}
	}
}

KVMCONF_MAIN
