// SPDX-License-Identifier: GPL-2.0-only
/* Faults of types of VM, about whose a VM is, and what its memory has been. */
#include <unistd.h>

#include "faulty_kvm.h"

static long create(int fd, unsigned long type)
{
	return real_ioctl(fd, KVM_CREATE_VM, (void *)type);
}

static long any_type(int fd, void *arg)
{
	long ret = create(fd, (unsigned long)arg);

	return ret < 0 && errno == EINVAL ? create(fd, 0) : ret;
}

static long half_the_type(int fd, void *arg)
{
	return create(fd, (__u32)(unsigned long)arg);
}

static long type_other_errno(int fd, void *arg)
{
	long ret = create(fd, (unsigned long)arg);

	return ret < 0 && errno == EINVAL ? refuse(EOPNOTSUPP) : ret;
}

/* One that there is not. */
static long list_another_type(int fd, void *arg)
{
	return real_ioctl(fd, KVM_CHECK_EXTENSION, arg) | 1 << KVM_X86_TDX_VM;
}

static long foreign(int fd, unsigned long request, void *arg, int error)
{
	long ret = real_ioctl(fd, request, arg);

	return ret < 0 && errno == EIO && object(fd)->creator != getpid() ? refuse(error) : ret;
}

static long foreign_op(int fd, void *arg)
{
	return foreign(fd, KVM_MEMORY_ENCRYPT_OP, arg, ENOTTY);
}

static long foreign_register(int fd, void *arg)
{
	return foreign(fd, KVM_MEMORY_ENCRYPT_REG_REGION, arg, EFAULT);
}

static long foreign_unregister(int fd, void *arg)
{
	return foreign(fd, KVM_MEMORY_ENCRYPT_UNREG_REGION, arg, EFAULT);
}

static long foreign_get_regs(int fd, void *arg)
{
	return foreign(fd, KVM_GET_REGS, arg, EFAULT);
}

static long foreign_run(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	return ret < 0 && errno == EIO ? 0 : ret;
}

const struct shim_fault vm_faults[] = {
	FAULT("type-any", KVM_CREATE_VM, any_type),
	FAULT("type-half", KVM_CREATE_VM, half_the_type),
	FAULT("type-other-errno", KVM_CREATE_VM, type_other_errno),
	FAULT_OF_CAP("type-listed-in-vain", KVM_CHECK_EXTENSION, list_another_type, KVM_CAP_VM_TYPES),
	FAULT("foreign-op", KVM_MEMORY_ENCRYPT_OP, foreign_op),
	FAULT("foreign-region", KVM_MEMORY_ENCRYPT_REG_REGION, foreign_register),
	FAULT("foreign-region", KVM_MEMORY_ENCRYPT_UNREG_REGION, foreign_unregister),
	FAULT("foreign-vcpu", KVM_GET_REGS, foreign_get_regs),
	FAULT("foreign-run", KVM_RUN, foreign_run),
	END_OF_FAULTS
};
