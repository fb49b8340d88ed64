// SPDX-License-Identifier: GPL-2.0-only
/* Faults of KVM_MEMORY_ENCRYPT_OP and its neighbours where there is no encryption. */
#include <unistd.h>

#include "faulty_kvm.h"

#define OP	KVM_MEMORY_ENCRYPT_OP

static bool can_read(const void *arg, size_t size)
{
	int fds[2];
	bool can = false;

	/* The kernel's own copy tells without a fault. */
	if (!pipe(fds)) {
		can = write(fds[1], arg, size) == (ssize_t)size;
		close(fds[0]);
		close(fds[1]);
	}
	return can;
}

static bool of_vcpu(int fd)
{
	return object(fd)->kind == VCPU;
}

static long op_null_succeeds(int fd, void *arg)
{
	return arg || of_vcpu(fd) ? real_ioctl(fd, OP, arg) : 0;
}

static long op_efault(int fd, void *arg)
{
	return can_read(arg, sizeof(__u64)) ? real_ioctl(fd, OP, arg) : refuse(EFAULT);
}

static long op_kills_the_vm(int fd, void *arg)
{
	object(of_vcpu(fd) ? object(fd)->vm : fd)->state[0] = 1;
	return real_ioctl(fd, OP, arg);
}

static long run_unless_killed(int fd, void *arg)
{
	return object(object(fd)->vm)->state[0] ? refuse(EIO) : real_ioctl(fd, KVM_RUN, arg);
}

static long register_enotty_first(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return refuse(ENOTTY);
}

static long register_succeeds(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_MEMORY_ENCRYPT_REG_REGION, arg);

	return ret < 0 && errno == ENOTTY ? 0 : ret;
}

static long context_succeeds(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_ENABLE_CAP, arg);

	return ret < 0 && errno == EINVAL ? 0 : ret;
}

#define COPY	KVM_CAP_VM_COPY_ENC_CONTEXT_FROM
#define MOVE	KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM

const struct shim_fault memory_encryption_faults[] = {
	FAULT("op-null-succeeds", OP, op_null_succeeds),
	FAULT("op-efault", OP, op_efault),
	FAULT("op-kills-the-vm", OP, op_kills_the_vm),
	FAULT("op-kills-the-vm", KVM_RUN, run_unless_killed),
	FAULT("region-enotty-first", KVM_MEMORY_ENCRYPT_REG_REGION, register_enotty_first),
	FAULT("region-registers", KVM_MEMORY_ENCRYPT_REG_REGION, register_succeeds),
	FAULT_OF_CAP("context-copies", KVM_ENABLE_CAP, context_succeeds, COPY),
	FAULT_OF_CAP("context-moves", KVM_ENABLE_CAP, context_succeeds, MOVE),
	END_OF_FAULTS
};
