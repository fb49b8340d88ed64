// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks of an L2 that an L1 runs by VMRUN: they exit to L0's userspace, and
 * the pass that follows is carried over when L2 leaves for L1 before its locked
 * instruction ran.
 */
#include "bus_lock_events.h"
#include "bus_lock_nested.h"

FIXTURE(nested) {
	struct bus_lock locks;
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
	REQUIRE_NESTED();
	nested_create(&self->locks, variant->mode, variant->cs_base);
}

FIXTURE_TEARDOWN(nested)
{
	TEARDOWN_VM(self->locks.vm);
}

/*
 * A bus lock in L2 exits to L0's userspace, with KVM_RUN_X86_GUEST_MODE beside
 * KVM_RUN_X86_BUS_LOCK.
 *
 * Source: KVM api.rst 7.22 and 5 "run->flags"
 */
TEST_F(nested, lock_in_l2_exits_to_userspace)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

/*
 * Without an event for L1 the pass works in L2 as it does in L1: each lock exits
 * once and executes once.
 *
 * Source: svm.c complete_userspace_buslock()
 */
TEST_F(nested, each_lock_exits_once_and_executes_once)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, SECOND);
	EXPECT_RUNS_TO_OUT(&self->locks, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->locks));
}

/*
 * An event that makes L2 leave for L1 before the locked instruction ran does not
 * cost it the pass: when L1 runs L2 again at the same RIP, it executes without a
 * second exit.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "If the RIP hasn't changed, stash the bus lock counter"
 */
TEST_F(nested, event_for_l1_does_not_cost_the_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	EXPECT_EQ(0, locks_executed(&self->locks));
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, SECOND);
	EXPECT_EQ(1, locks_executed(&self->locks));
}

/*
 * Nor do several of them in a row.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "the entire cycle start over"
 */
TEST_F(nested, several_events_for_l1_do_not_cost_the_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	for (int i = 0; i < 3; i++)
		EXPECT_L2_RUNS_NOTHING(&self->locks);
	EXPECT_EQ(0, locks_executed(&self->locks));
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, SECOND);
	EXPECT_EQ(1, locks_executed(&self->locks));
}

/*
 * A carried-over pass is for one bus lock: an L2 that leaves for L1 again behind
 * the lock finds it exiting once more.
 *
 * Source: nested.c nested_svm_vmexit(): "Invalidate last_bus_lock_rip unless KVM is still waiting"
 */
TEST_F(nested, carried_pass_is_for_one_lock)
{
	put_bytes(SECOND, OUT_AL(PORT_AFTER), 0x90);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	EXPECT_RUNS_TO_OUT(&self->locks, "after the locks");
	EXPECT_EQ(1, locks_executed(&self->locks));

	/* At the very RIP of the pass: only that it has been used tells them apart. */
	put_bytes(FIRST, VMMCALL);
	set_linear_rip(&self->locks, FIRST);
	EXPECT_RUNS_TO_L1(&self->locks, "VMMCALL");
	put_bytes(FIRST, LOCK_INC);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_EQ(1, locks_executed(&self->locks));
}

/*
 * L1 moves L2's RIP: the guest has made progress, and the bus lock at the new
 * RIP exits.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "If RIP is changed, guest has clearly made forward progress"
 */
TEST_F(nested, rip_moved_by_l1_gives_no_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	vmcb12.rip = ELSEWHERE - self->locks.cs_base;
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, ELSEWHERE);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

/*
 * RIP changed by userspace at L2's exit: no pass afterwards, even if L1 puts it
 * back.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"
 */
TEST_F(nested, rip_moved_by_userspace_gives_no_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	set_linear_rip(&self->locks, ELSEWHERE);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	vmcb12.rip = FIRST - self->locks.cs_base;
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

/*
 * L1's own bus lock in between exits, as L1's, and takes nothing from L2.
 *
 * Source: nested.c nested_vmcb02_prepare_control(); svm.c bus_lock_exit()
 */
TEST_F(nested, lock_of_l1_in_between_does_not_cost_the_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	EXPECT_RUNS_TO_LOCK_OF_L1(&self->locks);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, SECOND);
	EXPECT_EQ(1, locks_executed(&self->locks));
}

/*
 * SHUTDOWN of L2 is an exit to L1 like any other: the pass of a lock that has
 * not run is still there when L1 runs L2 again.
 *
 * Source: nested.c nested_svm_vmexit(), nested_vmcb02_prepare_control()
 */
TEST_F(nested, shutdown_of_l2_does_not_cost_the_pass)
{
	struct kvm_vcpu_events events;

	REQUIRE(kvm_cap(KVM_CAP_X86_TRIPLE_FAULT_EVENT), "no-cap",
		"KVM_CAP_X86_TRIPLE_FAULT_EVENT");
	vm_enable_cap(self->locks.vm, KVM_CAP_X86_TRIPLE_FAULT_EVENT, 1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	vcpu_get_events(self->locks.vcpu, &events);
	events.flags = KVM_VCPUEVENT_VALID_TRIPLE_FAULT;
	events.triple_fault.pending = 1;
	vcpu_set_events(self->locks.vcpu, &events);
	EXPECT_RUNS_TO_L1(&self->locks, "SHUTDOWN");
	EXPECT_EQ(0, locks_executed(&self->locks));
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, SECOND);
	EXPECT_EQ(1, locks_executed(&self->locks));
}

/*
 * An SMI takes L2 to SMM and RSM brings it back, with no VMRUN of L1's in between:
 * the lock passes behind the handler, without a second exit.
 *
 * Source: svm.c svm_enter_smm(), svm_leave_smm(): the same path as any exit of L2's
 */
TEST_F(nested, smi_in_l2_does_not_cost_the_pass)
{
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	raise_event(self->locks.vcpu, SMI);
	EXPECT_PASS(&self->locks);
	EXPECT_EQ(1, HANDLED);
}

KVMCONF_MAIN
