// SPDX-License-Identifier: GPL-2.0-only
/* A VM belongs to the address space that made it. */
#include <sys/wait.h>

#include "test.h"

__guest static void guest_code(void)
{
}

FIXTURE(other_process) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(other_process) {
	unsigned long ioctl;
	bool of_vcpu;
};

FIXTURE_VARIANT_ADD(other_process, vm_op) { .ioctl = KVM_MEMORY_ENCRYPT_OP };
FIXTURE_VARIANT_ADD(other_process, vm_register) { .ioctl = KVM_MEMORY_ENCRYPT_REG_REGION };
FIXTURE_VARIANT_ADD(other_process, vm_unregister) {
	.ioctl = KVM_MEMORY_ENCRYPT_UNREG_REGION
};
FIXTURE_VARIANT_ADD(other_process, vcpu_op) { .ioctl = KVM_MEMORY_ENCRYPT_OP, .of_vcpu = true };
FIXTURE_VARIANT_ADD(other_process, vcpu_get_regs) { .ioctl = KVM_GET_REGS, .of_vcpu = true };
FIXTURE_VARIANT_ADD(other_process, vcpu_run) { .ioctl = KVM_RUN, .of_vcpu = true };

FIXTURE_SETUP(other_process)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = vcpu_create_long(self->vm, guest_code);
}

FIXTURE_TEARDOWN(other_process)
{
	TEARDOWN_VM(self->vm);
}

/*
 * Every ioctl on a VM and its vCPUs fails with EIO in another process than the one that made
 * them, before KVM looks at the ioctl.
 *
 * Source: KVM api.rst 1 "General description"; kvm_main.c kvm_vm_ioctl(), kvm_vcpu_ioctl()
 */
TEST_F(other_process, gets_eio)
{
	int status, fd = variant->of_vcpu ? self->vcpu->fd : self->vm->fd;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child)
		_exit(ioctl(fd, variant->ioctl, NULL) < 0 ? errno : 0);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_STREQ(errno_name(EIO), errno_name(WEXITSTATUS(status)));
}

KVMCONF_MAIN
