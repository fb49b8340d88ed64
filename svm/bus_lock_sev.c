// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus-lock exits of encrypted guests. Of an SEV guest userspace can read and set RIP, and the
 * rule of bus_lock_reload.c is the same; of an SEV-ES guest it can do neither, and each
 * re-entry grants one credit.
 */
#include "test.h"
#include "bus_lock_sev.h"

FIXTURE(sev) {
	struct sev_guest guest;
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(sev) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(sev, vm_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(sev, vm_new) { SEV_NEW };

/* Needs: split-lock-detect */
FIXTURE_SETUP(sev)
{
	REQUIRE_SEV_BUS_LOCKS(variant->kind);
	sev_locks_create(&self->g, &self->guest, variant->kind);
	sev_guest_launch(&self->guest);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(0, locks_executed(&self->g));
}

FIXTURE_TEARDOWN(sev)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * A RIP left alone grants an SEV guest one credit: the lock executes once without a second
 * exit, and the next bus lock exits.
 *
 * Source: KVM api.rst 7.22; svm.c complete_userspace_buslock()
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, rip_kept_grants_one_credit)
{
	EXPECT_ONE_CREDIT(&self->g);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * A RIP moved and put back before KVM_RUN grants an SEV guest the credit.
 *
 * Source: regs.c kvm_is_linear_rip()
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, rip_moved_and_restored_grants_the_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * Registers of an SEV guest written back as they were read leave RIP alone.
 *
 * Source: svm.c complete_userspace_buslock(); regs.c kvm_is_linear_rip()
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, registers_written_back_unchanged_grant_the_credit)
{
	struct kvm_regs regs;

	vcpu_get_regs(self->g.vcpu, &regs);
	vcpu_set_regs(self->g.vcpu, &regs);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * RIP of an SEV guest moved to where there is no bus lock gives no credit for later either: back at
 * the lock, it exits.
 *
 * Source: svm.c complete_userspace_buslock()
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, rip_moved_past_the_locks_gives_no_credit_for_later)
{
	set_linear_rip(&self->g, BL_END);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_NO_CREDIT(&self->g);
}

/*
 * A RIP moved to another bus lock gives an SEV guest no credit: that lock exits, and the old
 * one does not execute.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, rip_moved_to_another_lock_gives_no_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * A RIP moved through the synchronised registers gives an SEV guest no credit.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c kvm_arch_vcpu_ioctl_run()
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, rip_moved_by_sync_regs_gives_no_credit)
{
	struct kvm_run *run = self->g.vcpu->run;

	REQUIRE(self->g.vcpu->sync_regs, "no-cap", "KVM_CAP_SYNC_REGS");
	run->s.regs.regs.rip = BL_OTHER;
	run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_EQ(0, locks_executed(&self->g));
}

/*
 * A RIP moved over a KVM_RUN, even one with immediate_exit, and put back later gives an SEV
 * guest no credit.
 *
 * Source: svm.c complete_userspace_buslock(); x86.c: complete_userspace_io is called once
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, rip_moved_over_a_run_gives_no_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_NOTHING(&self->g);
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_NO_CREDIT(&self->g);
}

/*
 * A KVM_RUN of an SEV guest with immediate_exit grants the credit, and executes nothing.
 *
 * Source: KVM api.rst, KVM_RUN: immediate_exit and pending operations
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(sev, immediate_exit_grants_the_credit_and_runs_nothing)
{
	EXPECT_RUNS_NOTHING(&self->g);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_GRANTED(&self->g);
}

FIXTURE(es) {
	struct sev_guest guest;
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(es) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(es, vm_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(es, vm_new) { SEV_ES_NEW };

/* Needs: split-lock-detect */
FIXTURE_SETUP(es)
{
	REQUIRE_SEV_BUS_LOCKS(variant->kind);
	sev_locks_create(&self->g, &self->guest, variant->kind);
	sev_guest_launch(&self->guest);
	EXPECT_ES_RUNS_TO_BUS_LOCK(&self->g, 0);
}

FIXTURE_TEARDOWN(es)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * Each re-entry of an SEV-ES guest grants one credit: the lock executes without a second exit,
 * and the next bus lock exits.
 *
 * Source: KVM api.rst 7.22; svm.c complete_userspace_buslock(); x86.c kvm_get_linear_rip(): 0
 * for both
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(es, re_entry_grants_one_credit)
{
	EXPECT_ES_RUNS_TO_BUS_LOCK(&self->g, 1);
	EXPECT_ES_RUNS_TO_END(&self->g);
}

/*
 * A KVM_RUN of an SEV-ES guest with immediate_exit grants the credit, and executes nothing.
 *
 * Source: KVM api.rst, KVM_RUN: immediate_exit and pending operations
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(es, immediate_exit_grants_the_credit_and_runs_nothing)
{
	EXPECT_RUNS_NOTHING(&self->g);
	EXPECT_EQ(0, locks_executed(&self->g));
	EXPECT_ES_RUNS_TO_BUS_LOCK(&self->g, 1);
}

FIXTURE(es_registers) {
	struct sev_guest guest;
	struct bus_lock_guest g;
};

/* Needs: split-lock-detect */
FIXTURE_SETUP(es_registers)
{
	REQUIRE_SEV_BUS_LOCKS(SEV_ES_NEW);
	sev_locks_create(&self->g, &self->guest, SEV_ES_NEW);
	sev_guest_launch(&self->guest);
	EXPECT_ES_RUNS_TO_BUS_LOCK(&self->g, 0);
}

FIXTURE_TEARDOWN(es_registers)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * At a bus lock of an SEV-ES guest, in a VM of that type, the registers can be neither read
 * nor set, and sync regs are refused; re-entry grants the credit nevertheless.
 *
 * Source: KVM api.rst 7.22; x86.c kvm_arch_vcpu_ioctl_get_regs(): has_protected_state,
 * guest_state_protected; kvm_sync_valid_fields()
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(es_registers, are_refused)
{
	struct vcpu *vcpu = self->g.vcpu;
	struct kvm_sregs sregs = { 0 };
	struct kvm_regs regs = { 0 };

	EXPECT_ERRNO(EINVAL, __vcpu_get_regs(vcpu, &regs));
	EXPECT_ERRNO(EINVAL, __vcpu_set_regs(vcpu, &regs));
	EXPECT_ERRNO(EINVAL, __vcpu_get_sregs(vcpu, &sregs));
	EXPECT_ERRNO(EINVAL, __vcpu_set_sregs(vcpu, &sregs));
	vcpu->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	EXPECT_ERRNO(EINVAL, __vcpu_run(vcpu));
	vcpu->run->kvm_valid_regs = 0;
	vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	EXPECT_ERRNO(EINVAL, __vcpu_run(vcpu));
	vcpu->run->kvm_dirty_regs = 0;
	EXPECT_ES_RUNS_TO_BUS_LOCK(&self->g, 1);
}

KVMCONF_MAIN
