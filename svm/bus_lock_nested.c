// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks of an L2 that an L1 runs by VMRUN: they exit to L0's userspace, and
 * the credit that follows is carried over when L2 leaves for L1 before its locked
 * instruction ran.
 */
#include "test.h"
#include "bus_lock_events.h"
#include "bus_lock_nested_svm.h"

FIXTURE(nested) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(nested) {
	enum guest_mode mode;		/* L2's */
	unsigned long cs_base;
};

FIXTURE_VARIANT_ADD(nested, long) { MODE_LONG, 0 };
FIXTURE_VARIANT_ADD(nested, protected_flat) { MODE_PROTECTED, 0 };
FIXTURE_VARIANT_ADD(nested, protected_based) { MODE_PROTECTED, SEGMENT_BASE };
FIXTURE_VARIANT_ADD(nested, real) { MODE_REAL, SEGMENT_BASE };

/* Needs: no-cap, no-nested, split-lock-detect */
FIXTURE_SETUP(nested)
{
	REQUIRE_NESTED_SVM();
	nested_create(&self->g, variant->mode, variant->cs_base);
}

FIXTURE_TEARDOWN(nested)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A bus lock in L2 exits to L0's userspace, with KVM_RUN_X86_GUEST_MODE beside
 * KVM_RUN_X86_BUS_LOCK.
 *
 * Source: KVM api.rst 7.22 and 5 "run->flags"
 */
TEST_F(nested, lock_in_l2_exits_to_userspace)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * Each bus lock of an L2 exits once and executes once.
 *
 * Source: svm.c complete_userspace_buslock()
 */
TEST_F(nested, each_lock_exits_once_and_executes_once)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * An event that makes L2 leave for L1 before the locked instruction does not cost L2 the
 * credit: when L1 runs L2 again at the same RIP, the instruction executes without a second
 * exit.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "If the RIP hasn't changed, stash the bus lock counter"
 */
TEST_F(nested, event_for_l1_does_not_cost_the_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * Several events for L1 in a row do not make L2 lose its credit.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "the entire cycle start over"
 */
TEST_F(nested, several_events_for_l1_do_not_cost_the_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	for (int i = 0; i < 3; i++)
		EXPECT_L2_RUNS_NOTHING(&self->g);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * A credit that L2 carries over an exit to L1 is for one bus lock: put back onto the lock
 * after another exit to L1, L2 exits once more.
 *
 * Source: nested.c nested_svm_vmexit(): "Invalidate last_bus_lock_rip unless KVM is still waiting"
 */
TEST_F(nested, carried_credit_is_for_one_lock)
{
	guest_put_bytes(BL_INSN2, OUT_AL(PORT_AFTER), 0x90);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(1, locks_executed(&self->g));

	/* At the very RIP of the credit: only that it has been used tells them apart. */
	guest_put_bytes(BL_INSN1, VMMCALL);
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_L1(&self->g, "VMMCALL");
	guest_put_bytes(BL_INSN1, LOCK_INC);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * L2 gets no credit if L1 moves its RIP: the bus lock at the new RIP exits.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "If RIP is changed, guest has clearly made forward progress"
 */
TEST_F(nested, rip_moved_by_l1_gives_no_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	vmcb12.rip = BL_OTHER - self->g.cs_base;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * L2 gets no credit if userspace moves RIP at the exit, even if L1 puts it back.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"
 */
TEST_F(nested, rip_moved_by_userspace_gives_no_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_LEAVES_FOR_L1(&self->g);
	vmcb12.rip = BL_INSN1 - self->g.cs_base;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * A bus lock of L1 between two entries of L2 exits as L1's and does not cost L2 its credit.
 *
 * Source: nested.c nested_vmcb02_prepare_control(); svm.c bus_lock_exit()
 */
TEST_F(nested, lock_of_l1_in_between_does_not_cost_the_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	EXPECT_RUNS_TO_LOCK_OF_L1(&self->g);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * A SHUTDOWN of L2 that exits to L1 does not cost L2 its credit.
 *
 * Source: nested.c nested_svm_vmexit(), nested_vmcb02_prepare_control()
 */
TEST_F(nested, shutdown_of_l2_does_not_cost_the_credit)
{
	struct kvm_vcpu_events events;

	REQUIRE(kvm_cap(KVM_CAP_X86_TRIPLE_FAULT_EVENT), "no-cap",
		"KVM_CAP_X86_TRIPLE_FAULT_EVENT");
	vm_enable_cap(self->g.vm, KVM_CAP_X86_TRIPLE_FAULT_EVENT, 1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	vcpu_get_events(self->g.vcpu, &events);
	events.flags = KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
	events.triple_fault.pending = 1;
	vcpu_set_events(self->g.vcpu, &events);
	EXPECT_RUNS_TO_L1(&self->g, "SHUTDOWN");
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * An SMI in L2, whose RSM returns to L2 without a VMRUN, does not cost L2 its credit.
 *
 * Source: svm.c svm_enter_smm(), svm_leave_smm(): the same path as any exit of L2's
 */
TEST_F(nested, smi_in_l2_does_not_cost_the_credit)
{
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	raise_event(self->g.vcpu, SMI);
	EXPECT_ONE_CREDIT(&self->g);
	EXPECT_EQ(1, HANDLED);
}

KVMCONF_MAIN
