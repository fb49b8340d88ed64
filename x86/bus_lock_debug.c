// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bus lock and a breakpoint on the same instruction, set by userspace: neither
 * hides the other. Which exit a bus lock comes with is not claimed, for the CPU
 * may report both events at once: run->flags tells.
 */
#include "bus_lock.h"
#include "guest_debug.h"
#include "test.h"

FIXTURE(debug) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(debug) {
	unsigned long operand;
};

FIXTURE_VARIANT_ADD(debug, line) { LINE_SPLIT };
FIXTURE_VARIANT_ADD(debug, page) { PAGE_SPLIT };

FIXTURE_SETUP(debug)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
}

FIXTURE_TEARDOWN(debug)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A breakpoint on the locked instruction exits with KVM_EXIT_DEBUG before the bus lock, as often
 * as the instruction is reached. Without the breakpoint the bus lock exits.
 *
 * Source: APM vol. 2, 13.1.4 and SDM vol. 3, 18.3.1.1: an instruction breakpoint is a fault
 * Needs: no-cap, split-lock-detect
 */
TEST_F(debug, instruction_breakpoint_comes_before_the_lock)
{
	struct vcpu *vcpu = self->g.vcpu;

	vcpu_set_breakpoints(vcpu, BL_INSN1, 0, DR7_EXECUTE(0));
	for (unsigned int i = 0; i < 2; i++) {
		vcpu_run(vcpu);
		ASSERT_EXIT(KVM_EXIT_DEBUG, vcpu);
		EXPECT_STREQ("0", run_flags_name(vcpu->run->flags));
		EXPECT_STREQ("the first lock", place_name(linear_rip(&self->g)));
		EXPECT_EQ(0, locks_executed(&self->g));
	}
	vcpu_stop_debugging(vcpu);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(bus_lock_is_fault_like() ? 1 : 2, locks_executed(&self->g));
}

/*
 * A breakpoint on the operand of a locked write makes one KVM_EXIT_DEBUG beside one bus-lock
 * exit, and the instruction executes once.
 *
 * Source: KVM api.rst 7.22: KVM_RUN_X86_BUS_LOCK whatever the exit reason; SDM vol. 3, 26.2
 * Needs: no-cap, split-lock-detect
 */
TEST_F(debug, operand_breakpoint_and_lock_are_both_reported)
{
	struct vcpu *vcpu = self->g.vcpu;
	unsigned int bus_locks = 0, debug = 0;

	vcpu_set_breakpoints(vcpu, variant->operand, 0, DR7_WRITE_1(0));
	for (int i = 0; i < 2 && !debug; i++) {
		vcpu_run(vcpu);
		bus_locks += !!(vcpu->run->flags & KVM_RUN_X86_BUS_LOCK);
		debug += vcpu->run->exit_reason == KVM_EXIT_DEBUG;
	}
	EXPECT_EQ(1, bus_locks);
	EXPECT_EQ(1, debug);
	EXPECT_STREQ("the second lock", place_name(linear_rip(&self->g)));
	EXPECT_EQ(1, locks_executed(&self->g));

	vcpu_stop_debugging(vcpu);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

KVMCONF_MAIN
