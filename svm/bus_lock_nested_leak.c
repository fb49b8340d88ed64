// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bus lock's credit belongs to the level, and to the L2, that it was granted
 * to: it leaks neither to L1 nor to another L2, and outlives them as promised.
 */
#include "test.h"
#include "bus_lock_nested_svm.h"

static struct vmcb other_vmcb12;

FIXTURE(leak) {
	struct bus_lock_guest g;
};

/* Needs: no-cap, no-nested, split-lock-detect */
FIXTURE_SETUP(leak)
{
	REQUIRE_NESTED_SVM();
	nested_create(&self->g, MODE_LONG, 0);
	other_vmcb12 = vmcb12;
}

FIXTURE_TEARDOWN(leak)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * Another L2 at the RIP of a pending credit gets no credit: progress is tracked for each
 * vmcb12.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "track the RIP ... on a per-vmcb12 basis"
 */
TEST_F(leak, other_l2_at_the_same_rip_gets_no_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	current_vmcb12 = &other_vmcb12;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * Another L2 at another RIP gets no credit from a pending one.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "on a per-vmcb12 basis"
 */
TEST_F(leak, other_l2_elsewhere_gets_no_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);
	other_vmcb12.rip = BL_OTHER;
	current_vmcb12 = &other_vmcb12;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * An L2 without bus locks that ran in between does not cost the first L2 its credit.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "on a per-vmcb12 basis"
 */
TEST_F(leak, other_l2_in_between_does_not_cost_the_credit)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);

	guest_put_bytes(BL_OTHER, VMMCALL);
	other_vmcb12.rip = BL_OTHER;
	current_vmcb12 = &other_vmcb12;
	EXPECT_RUNS_TO_L1(&self->g, "VMMCALL");

	current_vmcb12 = &vmcb12;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/* L1 has a credit for its own lock, and will not use it there: RIP is moved behind it. */
#define LEAVE_A_CREDIT_WITH_L1(g) do {					\
	EXPECT_RUNS_TO_LOCK_OF_L1(g);					\
	EXPECT_RUNS_NOTHING(g);						\
	vcpu_set_rip((g)->vcpu, vcpu_rip((g)->vcpu) + LOCK_LENGTH);	\
} while (0)

/*
 * An unused credit of L1 is not given to L2.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "a buslock happened in L1 before VMRUN"
 */
TEST_F(leak, credit_of_l1_is_not_given_to_l2)
{
	LEAVE_A_CREDIT_WITH_L1(&self->g);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * L1 keeps its unused credit while L2 runs: L1's next bus lock executes without an exit, the
 * one after it exits.
 *
 * Source: APM vol. 2, 15.14.5 (VMRUN): the counter is the VMCB's; nested.c nested_svm_vmexit()
 */
TEST_F(leak, credit_of_l1_outlives_l2)
{
	LEAVE_A_CREDIT_WITH_L1(&self->g);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_LEAVES_FOR_L1(&self->g);

	guest_put_bytes(BL_INSN1, VMMCALL);	/* L2 gives control back at once */
	EXPECT_RUNS_TO_L1(&self->g, "VMMCALL");
	EXPECT_RUNS_TO_LOCK_OF_L1(&self->g);
}

/*
 * L1 gets the bus locks that it intercepts, with exit information of zero and its own counter
 * unchanged; userspace gets none of them.
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
	EXPECT_RUNS_TO_L1(&self->g, "BUS_LOCK");
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_EQ(0, vmcb12.exit_info1);
	EXPECT_EQ(0, vmcb12.exit_info2);
	EXPECT_EQ(5, vmcb12.bus_lock_counter);
}

KVMCONF_MAIN
