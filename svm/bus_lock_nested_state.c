// SPDX-License-Identifier: GPL-2.0-only
/*
 * L2's bus-lock exit and KVM_GET/SET_NESTED_STATE before the re-entry: what a
 * migration does to the credit, and what it must not do.
 */
#include "test.h"
#include "bus_lock_nested_svm.h"

FIXTURE(state) {
	struct bus_lock_guest g;
};

/* Needs: no-cap, no-nested, split-lock-detect */
FIXTURE_SETUP(state)
{
	REQUIRE_NESTED_SVM();
	nested_create(&self->g, MODE_LONG, 0);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
}

FIXTURE_TEARDOWN(state)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * All state of an L2's vCPU read and written back leaves RIP alone: the lock executes without
 * a second exit.
 *
 * Source: svm.c complete_userspace_buslock(); KVM api.rst 4.114 KVM_GET_NESTED_STATE
 */
TEST_F(state, written_back_grants_the_credit)
{
	vcpu_copy_state(self->g.vcpu, self->g.vcpu);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * A fresh vCPU with the state of L2's exit exits for the same lock once more, and only once.
 *
 * Source: KVM api.rst 4.114 KVM_GET_NESTED_STATE: the credit is in no state of the uapi
 */
TEST_F(state, migration_repeats_the_exit_once)
{
	struct vcpu *fresh = vcpu_create(self->g.vm);

	vcpu_copy_state(self->g.vcpu, fresh);
	self->g.vcpu = fresh;
	EXPECT_NO_CREDIT(&self->g);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * RIP moved before KVM_SET_NESTED_STATE gives L2 no credit.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"
 */
TEST_F(state, rip_moved_before_it_gives_no_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	vcpu_copy_state(self->g.vcpu, self->g.vcpu);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * RIP moved after KVM_SET_NESTED_STATE gives L2 no credit.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"
 */
TEST_F(state, rip_moved_after_it_gives_no_credit)
{
	vcpu_copy_state(self->g.vcpu, self->g.vcpu);
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/* Userspace says that the vCPU is in L1, and that L1 begins anew. */
static void leave_l2_for_good(struct vcpu *vcpu)
{
	struct kvm_nested_state in_l1 = {
		.format = KVM_STATE_NESTED_FORMAT_SVM,
		.size = sizeof(in_l1),
		.flags = KVM_STATE_NESTED_GIF_SET,
	};

	vcpu_set_nested_state(vcpu, &in_l1);
	vcpu_call(vcpu, l1_code);
	svm_enable(vcpu);
}

/*
 * An unused credit of an L2 that userspace takes out of guest mode is not given to a later L2
 * at another RIP.
 *
 * Source: nested.c nested_vmcb02_prepare_control(): "If RIP is changed, guest has clearly made forward progress"; KVM api.rst 4.115 KVM_SET_NESTED_STATE
 */
TEST_F(state, credit_of_an_l2_that_was_left_is_not_given_to_a_later_one)
{
	EXPECT_RUNS_NOTHING(&self->g);
	leave_l2_for_good(self->g.vcpu);
	vmcb12.rip = BL_OTHER;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * An unused credit of an L2 that userspace takes out of guest mode is not given to L1.
 *
 * Source: APM vol. 2, 15.14.5 (VMRUN): the counter is the VMCB's; nested.c svm_leave_nested()
 */
TEST_F(state, credit_of_an_l2_that_was_left_is_not_given_to_l1)
{
	EXPECT_RUNS_NOTHING(&self->g);
	leave_l2_for_good(self->g.vcpu);
	EXPECT_RUNS_TO_LOCK_OF_L1(&self->g);
}

KVMCONF_MAIN
