// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_EXIT_X86_BUS_LOCK: what userspace finds at the exit, in every CPU mode,
 * at both privilege levels, for locks split at a line and at a page.
 */
#include "bus_lock.h"
#include "guest_debug.h"
#include "test.h"

FIXTURE(lock_exit) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(lock_exit) {
	enum guest_mode mode;
	bool user;
	unsigned long operand;
};

FIXTURE_VARIANT_ADD(lock_exit, long_line) { MODE_LONG, false, LINE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, long_page) { MODE_LONG, false, PAGE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, user_line) { MODE_LONG, true, LINE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, user_page) { MODE_LONG, true, PAGE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, protected_line) { MODE_PROTECTED, false, LINE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, protected_page) { MODE_PROTECTED, false, PAGE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, real_line) { MODE_REAL, false, LINE_SPLIT };
FIXTURE_VARIANT_ADD(lock_exit, real_page) { MODE_REAL, false, PAGE_SPLIT };

FIXTURE_SETUP(lock_exit)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, variant->mode, variant->operand);
	if (variant->user)
		vcpu_enter_user_mode(self->g.vcpu);
}

FIXTURE_TEARDOWN(lock_exit)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A bus lock in the guest ends KVM_RUN with KVM_EXIT_X86_BUS_LOCK and
 * KVM_RUN_X86_BUS_LOCK in run->flags; RIP stands at the instruction where the
 * CPU's exit is like a fault, behind it where it is like a trap.
 *
 * Source: KVM api.rst 7.22 KVM_CAP_X86_BUS_LOCK_EXIT; APM vol. 2, 15.14.5 (zero); SDM vol. 3, 26.2
 * Needs: no-cap, split-lock-detect
 */
TEST_F(lock_exit, reports_the_bus_lock_and_its_place)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
}

/*
 * At the exit the locked instruction has not touched memory where the exit is
 * like a fault, and has written it where it is like a trap.
 *
 * Source: APM vol. 2, 15.14.5 (zero); SDM vol. 3, 26.2
 * Needs: no-cap, split-lock-detect
 */
TEST_F(lock_exit, memory_is_as_the_kind_of_exit_promises)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(bus_lock_is_fault_like() ? 0 : 1, locks_executed(&self->g));
}

/*
 * Every bus lock exits once and executes once, and the guest goes on behind it.
 *
 * Source: KVM api.rst 7.22: "KVM exits to userspace for all such VM exits"; svm.c complete_userspace_buslock()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(lock_exit, each_lock_exits_once_and_executes_once)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * run->flags is made new by every KVM_RUN: an exit without a bus lock, and a
 * KVM_RUN that fails, leave no KVM_RUN_X86_BUS_LOCK of an earlier one behind.
 *
 * Source: KVM api.rst 5 "run->flags", KVM_RUN_X86_BUS_LOCK
 * Needs: no-cap, split-lock-detect
 */
TEST_F(lock_exit, flags_are_made_new_by_every_run)
{
	struct kvm_run *run = self->g.vcpu->run;

	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	run->immediate_exit = 1;
	EXPECT_ERRNO(EINTR, __vcpu_run(self->g.vcpu));
	run->immediate_exit = 0;
	EXPECT_STREQ("0", run_flags_name(run->flags));

	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	run->kvm_dirty_regs = 1u << 31;
	EXPECT_ERRNO(EINVAL, __vcpu_run(self->g.vcpu));
	run->kvm_dirty_regs = 0;
	EXPECT_STREQ("0", run_flags_name(run->flags));

	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
}

/*
 * A guest that is single-stepped over a bus lock leaves once for each of the
 * two, and the instruction executes once.
 *
 * In which order depends on where the CPU takes the exit and is not claimed.
 *
 * Source: KVM api.rst 4.87 KVM_SET_GUEST_DEBUG, 7.22 KVM_CAP_X86_BUS_LOCK_EXIT
 * Needs: no-cap, split-lock-detect
 */
TEST_F(lock_exit, single_step_reports_lock_and_step)
{
	struct vcpu *vcpu = self->g.vcpu;
	unsigned int bus_locks = 0, steps = 0;

	vcpu_single_step(vcpu);
	for (int i = 0; i < 2 && !steps; i++) {
		vcpu_run(vcpu);
		bus_locks += !!(vcpu->run->flags & KVM_RUN_X86_BUS_LOCK);
		steps += vcpu->run->exit_reason == KVM_EXIT_DEBUG;
	}
	EXPECT_EQ(1, bus_locks);
	EXPECT_EQ(1, steps);
	EXPECT_STREQ("the second lock", place_name(linear_rip(&self->g)));
	EXPECT_EQ(1, locks_executed(&self->g));
}

/* Locks that do not lock the bus, and accesses across a border without a lock. */
FIXTURE(quiet) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(quiet) {
	uint8_t code[5];
	unsigned long operand;
	unsigned int executed;		/* what the two bytes at the operand hold then */
};

#define NOP 0x90
FIXTURE_VARIANT_ADD(quiet, lock_within_a_line) { { LOCK_INC, NOP, NOP }, UNSPLIT, 1 };
FIXTURE_VARIANT_ADD(quiet, no_lock_across_a_line) { { NOP, 0xff, 0x07, NOP, NOP }, LINE_SPLIT, 1 };
FIXTURE_VARIANT_ADD(quiet, no_lock_across_a_page) { { NOP, 0xff, 0x07, NOP, NOP }, PAGE_SPLIT, 1 };
/* lock incb (%rdi): one byte has nothing to cross */
FIXTURE_VARIANT_ADD(quiet, byte_at_the_end_of_a_line) { { 0xf0, 0xfe, 0x07, NOP, NOP }, LINE_SPLIT, 1 };
/* lock incl (%rdi) with the operand ending where the line does */
FIXTURE_VARIANT_ADD(quiet, lock_that_ends_with_the_line) { { LOCK_INC, NOP, NOP }, BL_DATA + 60, 1 };
FIXTURE_VARIANT_ADD(quiet, lock_that_begins_with_the_line) { { LOCK_INC, NOP, NOP }, BL_DATA + 64, 1 };

FIXTURE_SETUP(quiet)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
	memcpy((void *)BL_INSN1, variant->code, sizeof(variant->code));
	guest_put_bytes(BL_INSN1 + sizeof(variant->code), NOP, OUT_AL(PORT_AFTER));
}

FIXTURE_TEARDOWN(quiet)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * An access that locks no bus makes no bus-lock exit: a locked operand within a line, an
 * unlocked one across a line or a page, a locked byte.
 *
 * Source: APM vol. 2, 15.14.5 (bus lock) and SDM vol. 3, 9.1.2.3: what a bus lock is
 * Needs: no-cap, split-lock-detect
 */
TEST_F(quiet, makes_no_exit)
{
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(variant->executed, locks_executed(&self->g));
}

FIXTURE(device) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(device)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, MMIO_BASE + 63);
}

FIXTURE_TEARDOWN(device)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A split lock on emulated MMIO is executed by KVM's emulator: it exits with KVM_EXIT_MMIO and
 * makes no bus-lock exit.
 *
 * Source: APM vol. 2, 15.14.5 (bus lock) and SDM vol. 3, 26.2: the page fault comes first;
 * x86.c emulator_cmpxchg_emulated()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(device, emulated_lock_is_no_bus_lock)
{
	struct vcpu *vcpu = self->g.vcpu;
	unsigned int mmio = 0;

	/* Two locked increments: at most a read and a write in two pieces, each. */
	for (int i = 0; i < 9; i++) {
		vcpu_run(vcpu);
		EXPECT_STREQ("0", run_flags_name(vcpu->run->flags));
		if (vcpu->run->exit_reason != KVM_EXIT_MMIO)
			break;
		memset(vcpu->run->mmio.data, 0, sizeof(vcpu->run->mmio.data));
		mmio++;
	}
	EXPECT_STREQ("out after the locks", stop_name(&self->g));
	EXPECT_LT(1, mmio);
}

FIXTURE(forced) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(forced)
{
	REQUIRE_BUS_LOCK_EXIT();
	REQUIRE(host_forces_emulation(), "module-param", "kvm.force_emulation_prefix is not 1");
	bus_lock_create(&self->g, MODE_LONG, LINE_SPLIT);
}

FIXTURE_TEARDOWN(forced)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A split lock on RAM that KVM's emulator executes makes no bus-lock exit, since the CPU locks
 * no bus. The next one that the CPU executes exits.
 *
 * Source: APM vol. 2, 15.14.5 (bus lock) and SDM vol. 3, 26.2: what the CPU executes;
 * x86.c handle_ud(), kvm.force_emulation_prefix
 * Needs: no-cap, split-lock-detect, module-param
 */
TEST_F(forced, emulated_lock_is_no_bus_lock)
{
	set_linear_rip(&self->g, BL_OTHER);
	guest_put_bytes(BL_OTHER, FORCE_EMULATION, LOCK_INC, OUT_AL(PORT_ELSEWHERE));
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(1, locks_executed(&self->g));
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
}

KVMCONF_MAIN
