// SPDX-License-Identifier: GPL-2.0-only
/* The bus-lock counter's reload: what userspace may do, and not do, to RIP. */
#include "test.h"
#include "bus_lock_reload.h"

FIXTURE(reload) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(reload) {
	enum guest_mode mode;
};

FIXTURE_VARIANT_ADD(reload, long) { MODE_LONG };
FIXTURE_VARIANT_ADD(reload, protected) { MODE_PROTECTED };
FIXTURE_VARIANT_ADD(reload, real) { MODE_REAL };

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(reload)
{
	SETUP_AT_FIRST_LOCK(&self->g, variant->mode);
}

FIXTURE_TEARDOWN(reload)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A RIP left alone grants one credit: the lock executes once without a second exit, and the
 * next bus lock exits.
 *
 * Source: svm.c complete_userspace_buslock(): "KVM's ABI is to let the guest execute the bus-locking instruction"
 */
TEST_F(reload, rip_kept_grants_one_credit)
{
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * KVM_SET_REGS with the values of KVM_GET_REGS leaves RIP alone and grants the credit.
 *
 * Source: svm.c complete_userspace_buslock(); regs.c kvm_is_linear_rip()
 */
TEST_F(reload, registers_written_back_unchanged_grant_the_credit)
{
	struct kvm_regs regs;

	vcpu_get_regs(self->g.vcpu, &regs);
	vcpu_set_regs(self->g.vcpu, &regs);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * A RIP moved to another bus lock gives no credit: that lock exits, and the old one does not
 * execute.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"
 */
TEST_F(reload, rip_moved_to_another_lock_gives_no_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * A RIP moved through the synchronised registers gives no credit: KVM applies them before it
 * compares.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c kvm_arch_vcpu_ioctl_run()
 */
TEST_F(reload, rip_moved_by_sync_regs_gives_no_credit)
{
	struct kvm_run *run = self->g.vcpu->run;

	REQUIRE(self->g.vcpu->sync_regs, "no-cap", "KVM_CAP_SYNC_REGS");
	run->s.regs.regs.rip = BL_OTHER - self->g.cs_base;
	run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * A RIP moved to where there is no bus lock gives no credit for later: back at the lock, the
 * guest exits.
 *
 * Source: svm.c complete_userspace_buslock()
 */
TEST_F(reload, rip_moved_past_the_locks_gives_no_credit_for_later)
{
	set_linear_rip(&self->g, BL_END);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_NO_CREDIT(&self->g);
}

/*
 * A RIP moved and put back before KVM_RUN grants the credit.
 *
 * Source: regs.c kvm_is_linear_rip()
 */
TEST_F(reload, rip_moved_and_restored_grants_the_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_ONE_CREDIT(&self->g);
}

/* The bus-lock exit's reason, but not its flag: it is not made twice. */
#define EXPECT_REASON_STALE(g) do {						\
	EXPECT_STREQ(exit_name(KVM_EXIT_X86_BUS_LOCK),				\
		     exit_name((g)->vcpu->run->exit_reason));		\
	EXPECT_STREQ("0", run_flags_name((g)->vcpu->run->flags));		\
} while (0)

/*
 * A KVM_RUN with immediate_exit grants the credit and executes nothing; the exit reason stays
 * that of the last exit.
 *
 * Source: KVM api.rst, KVM_RUN: immediate_exit and pending operations; 5 "immediate_exit"
 */
TEST_F(reload, immediate_exit_grants_the_credit_and_runs_nothing)
{
	EXPECT_RUNS_NOTHING(&self->g);
	EXPECT_REASON_STALE(&self->g);
	EXPECT_STREQ("the first lock", place_name(linear_rip(&self->g)));
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_GRANTED(&self->g);
}

/*
 * A KVM_RUN with a pending signal grants the credit, executes nothing, and has the exit reason
 * KVM_EXIT_INTR.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations and then check for pending signals"
 */
TEST_F(reload, pending_signal_grants_the_credit_and_runs_nothing)
{
	EXPECT_ERRNO(EINTR, vcpu_run_with_pending_signal(self->g.vcpu));
	EXPECT_STREQ(exit_name(KVM_EXIT_INTR), exit_name(self->g.vcpu->run->exit_reason));
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_GRANTED(&self->g);
}

/*
 * A KVM_RUN with immediate_exit and a pending signal grants the credit; the exit reason stays
 * that of the last exit.
 *
 * Source: KVM api.rst 5 "immediate_exit": "KVM_RUN exits immediately, returning -EINTR"
 */
TEST_F(reload, immediate_exit_with_a_signal_grants_the_credit)
{
	struct kvm_run *run = self->g.vcpu->run;

	run->immediate_exit = 1;
	EXPECT_ERRNO(EINTR, vcpu_run_with_pending_signal(self->g.vcpu));
	run->immediate_exit = 0;
	EXPECT_REASON_STALE(&self->g);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_GRANTED(&self->g);
}

/*
 * A granted credit serves the next bus lock, wherever userspace moves RIP then.
 *
 * Source: APM vol. 2, 15.14.5 (count): the counter knows no RIP; KVM api.rst, KVM_RUN
 */
TEST_F(reload, credit_once_granted_serves_the_next_lock_wherever)
{
	EXPECT_RUNS_NOTHING(&self->g);
	EXPECT_GRANTED(&self->g);
}

/*
 * A RIP moved over a KVM_RUN, even one with immediate_exit, and put back later gives no
 * credit.
 *
 * Source: svm.c complete_userspace_buslock(); x86.c: complete_userspace_io is called once
 */
TEST_F(reload, rip_moved_over_a_run_gives_no_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_NOTHING(&self->g);
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_NO_CREDIT(&self->g);
}

/*
 * A KVM_RUN refused for unknown kvm_dirty_regs grants nothing: RIP counts at the next KVM_RUN.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c kvm_arch_vcpu_ioctl_run()
 */
TEST_F(reload, refused_run_leaves_the_completion)
{
	set_linear_rip(&self->g, BL_OTHER);
	self->g.vcpu->run->kvm_dirty_regs = 1u << 31;
	EXPECT_ERRNO(EINVAL, __vcpu_run(self->g.vcpu));
	self->g.vcpu->run->kvm_dirty_regs = 0;
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * A lock that userspace overwrites, with RIP left alone, leaves the credit for the next bus
 * lock.
 *
 * Source: APM vol. 2, 15.14.5 (count): only a bus lock uses up the count
 */
TEST_F(reload, patched_away_lock_leaves_the_credit_for_the_next)
{
	memset((void *)BL_INSN1, 0x90, LOCK_LENGTH);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * A credit survives an exit for another reason.
 *
 * Source: APM vol. 2, 15.14.5 (#VMEXIT), 15.14.5 (VMRUN): #VMEXIT writes the counter back
 */
TEST_F(reload, credit_survives_an_unrelated_exit)
{
	guest_put_bytes(BL_INSN1, OUT_AL(PORT_REBASED), 0x90);
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock at the new base");
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * The lock uses up its credit whatever exit comes next: back at the lock, the guest exits.
 *
 * Source: APM vol. 2, 15.14.5 (#VMEXIT): every #VMEXIT stores the counter; KVM api.rst 7.22
 */
TEST_F(reload, credit_is_used_up_whatever_exit_comes_next)
{
	guest_put_bytes(BL_INSN2, OUT_AL(PORT_AFTER), 0x90);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(1, locks_executed(&self->g));

	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * A fresh vCPU with the state of the exit exits for the same lock once more, and only once: no
 * uapi state has the credit.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "The pending state of the operation is not preserved in state which is visible to userspace"
 */
TEST_F(reload, migration_repeats_the_exit_once)
{
	struct vcpu *fresh = vcpu_create(self->g.vm);

	vcpu_copy_state(self->g.vcpu, fresh);
	self->g.vcpu = fresh;
	EXPECT_NO_CREDIT(&self->g);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * All state of a vCPU read and written back leaves RIP alone and grants the credit.
 *
 * Source: svm.c complete_userspace_buslock()
 */
TEST_F(reload, state_written_back_grants_the_credit)
{
	vcpu_copy_state(self->g.vcpu, self->g.vcpu);
	EXPECT_ONE_CREDIT(&self->g);
}

KVMCONF_MAIN
