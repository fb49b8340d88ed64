// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus-lock exits and a TD: the capability can be had, but what userspace knows of other
 * guests at such an exit, their registers, it never gets of a TD.
 */
#include "test.h"
#include "tdx.h"

#define OFF		KVM_BUS_LOCK_DETECTION_OFF
#define EXIT		KVM_BUS_LOCK_DETECTION_EXIT

FIXTURE(td) {
	struct vm *vm;
};

FIXTURE_SETUP(td)
{
	REQUIRE_TDX();
	self->vm = td_create();
}

FIXTURE_TEARDOWN(td)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A TD offers bus-lock exits as the host does, takes each valid mode and refuses the others
 * with EINVAL.
 *
 * Source: KVM api.rst 7.22 KVM_CAP_X86_BUS_LOCK_EXIT
 * Needs: no-tdx, no-cap
 */
TEST_F(td, takes_the_capability)
{
	REQUIRE(kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT), "no-cap", "KVM_CAP_X86_BUS_LOCK_EXIT is 0");
	EXPECT_EQ(OFF | EXIT, vm_check_extension(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT));
	EXPECT_ERRNO(EINVAL, __vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, OFF | EXIT));
	EXPECT_ERRNO(EINVAL, __vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, EXIT << 1));
	EXPECT_SUCCESS(__vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, OFF));
	EXPECT_SUCCESS(__vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, EXIT));
}

/*
 * With bus-lock exits enabled, a TD is made and runs as without them.
 *
 * Source: KVM api.rst 7.22; vmx/tdx.c tdx_vcpu_init(): SECONDARY_EXEC_BUS_LOCK_DETECTION
 * Needs: no-tdx, no-cap
 */
TEST_F(td, runs_with_bus_lock_exits)
{
	struct vcpu *vcpu;

	REQUIRE(kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT), "no-cap", "KVM_CAP_X86_BUS_LOCK_EXIT is 0");
	vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, EXIT);
	td_init(self->vm);
	vcpu = td_create_vcpu(self->vm);
	ASSERT_SUCCESS(__vm_tdx_finalize(self->vm, 0));
	/* Its first fetch is of memory that it does not have. */
	ASSERT_ERRNO(EFAULT, __vcpu_run(vcpu));
	EXPECT_EQ(0, vcpu->run->flags & KVM_RUN_X86_BUS_LOCK);
}

/*
 * A TD has no sync regs: KVM_CAP_SYNC_REGS is 0, and any bit in kvm_valid_regs or kvm_dirty_regs
 * fails with EINVAL.
 *
 * Source: KVM api.rst, KVM_CAP_SYNC_REGS; x86.c kvm_sync_valid_fields()
 * Needs: no-tdx
 */
TEST_F(td, has_no_sync_regs)
{
	struct vcpu *vcpu;

	EXPECT_EQ(0, vm_check_extension(self->vm, KVM_CAP_SYNC_REGS));
	td_init(self->vm);
	vcpu = td_create_vcpu(self->vm);
	vm_tdx_finalize(self->vm, 0);
	vcpu->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	EXPECT_ERRNO(EINVAL, __vcpu_run(vcpu));
	vcpu->run->kvm_valid_regs = 0;
	vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	EXPECT_ERRNO(EINVAL, __vcpu_run(vcpu));
	vcpu->run->kvm_dirty_regs = 0;
	EXPECT_ERRNO(EFAULT, __vcpu_run(vcpu));
}

/*
 * The ioctls that read or write a vCPU's registers fail with EINVAL on a TD's vCPU.
 *
 * Source: regs.c kvm_arch_vcpu_ioctl_get_regs(), kvm_arch_vcpu_ioctl_set_regs(): has_protected_state
 * Needs: no-tdx
 */
TEST_F(td, has_no_registers_for_userspace)
{
	struct kvm_regs regs = { 0 };
	struct kvm_sregs sregs = { 0 };
	struct vcpu *vcpu;

	td_init(self->vm);
	vcpu = td_create_vcpu(self->vm);
	EXPECT_ERRNO(EINVAL, __vcpu_get_regs(vcpu, &regs));
	EXPECT_ERRNO(EINVAL, __vcpu_set_regs(vcpu, &regs));
	EXPECT_ERRNO(EINVAL, __vcpu_get_sregs(vcpu, &sregs));
	EXPECT_ERRNO(EINVAL, __vcpu_set_sregs(vcpu, &sregs));
}

KVMCONF_MAIN
