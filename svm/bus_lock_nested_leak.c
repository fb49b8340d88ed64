// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bus lock's pass belongs to the level, and to the L2, that it was granted
 * to: it leaks neither to L1 nor to another L2, and outlives them as promised.
 */
#include "bus_lock_nested.h"

static struct vmcb other_vmcb12;

FIXTURE(leak) {
	struct bus_lock locks;
};

/* Needs: no-cap, no-nested, split-lock-detect */
FIXTURE_SETUP(leak)
{
	REQUIRE_NESTED();
	nested_create(&self->locks, MODE_LONG, 0);
	other_vmcb12 = vmcb12;
}

FIXTURE_TEARDOWN(leak)
{
	TEARDOWN_VM(self->locks.vm);
}

/*
 * Another L2 at the very RIP of a pending pass gets none: progress is tracked
 * for each vmcb12.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "track the RIP ... on a per-vmcb12 basis"
 */
TEST_F(leak, other_l2_at_the_same_rip_gets_no_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	current_vmcb12 = &other_vmcb12;
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

/*
 * Another L2 at another RIP gets none either.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "on a per-vmcb12 basis"
 */
TEST_F(leak, other_l2_elsewhere_gets_no_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);
	other_vmcb12.rip = ELSEWHERE;
	current_vmcb12 = &other_vmcb12;
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, ELSEWHERE);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

/*
 * An L2 that ran in between, without a bus lock, does not cost the first its
 * pass.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "on a per-vmcb12 basis"
 */
TEST_F(leak, other_l2_in_between_does_not_cost_the_pass)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);

	put_bytes(ELSEWHERE, VMMCALL);
	other_vmcb12.rip = ELSEWHERE;
	current_vmcb12 = &other_vmcb12;
	EXPECT_RUNS_TO_L1(&self->locks, "VMMCALL");

	current_vmcb12 = &vmcb12;
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, SECOND);
	EXPECT_EQ(1, locks_executed(&self->locks));
}

/* L1 has a pass for its own lock, and will not use it there: RIP is moved behind it. */
#define LEAVE_A_PASS_WITH_L1(locks) do {					\
	EXPECT_RUNS_TO_LOCK_OF_L1(locks);					\
	EXPECT_RUNS_NOTHING(locks);						\
	vcpu_set_rip((locks)->vcpu, vcpu_rip((locks)->vcpu) + LOCK_LENGTH);	\
} while (0)

/*
 * A pass that L1 was granted and has not used is not L2's.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "a buslock happened in L1 before VMRUN"
 */
TEST_F(leak, pass_of_l1_is_not_given_to_l2)
{
	LEAVE_A_PASS_WITH_L1(&self->locks);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

/*
 * It is still L1's when L2 has left: L1's next bus lock passes, the one after
 * it exits.
 *
 * Source: APM vol. 2, 15.14.5: the counter is the VMCB's; nested.c nested_svm_vmexit()
 */
TEST_F(leak, pass_of_l1_outlives_l2)
{
	LEAVE_A_PASS_WITH_L1(&self->locks);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST);
	EXPECT_LEAVES_FOR_L1(&self->locks);

	put_bytes(FIRST, VMMCALL);	/* L2 gives control back at once */
	EXPECT_RUNS_TO_L1(&self->locks, "VMMCALL");
	EXPECT_RUNS_TO_LOCK_OF_L1(&self->locks);
}

/*
 * L1 that intercepts bus locks itself gets them, and userspace does not.
 *
 * KVM does not offer the feature to L1: its count in the vmcb12 does not count.
 *
 * Source: "Add support for the Bus Lock Threshold" cover letter; nested.c nested_svm_exit_handled()
 */
TEST_F(leak, lock_that_l1_intercepts_is_l1s)
{
	vmcb12.intercept_misc3 |= SVM_MISC3_BUS_LOCK;
	vmcb12.bus_lock_counter = 5;
	vmcb12.exit_info1 = vmcb12.exit_info2 = ~0ull;
	EXPECT_RUNS_TO_L1(&self->locks, "BUS_LOCK");
	EXPECT_EQ(0, locks_executed(&self->locks));
	EXPECT_EQ(0, vmcb12.exit_info1);
	EXPECT_EQ(0, vmcb12.exit_info2);
	EXPECT_EQ(5, vmcb12.bus_lock_counter);
}

KVMCONF_MAIN
