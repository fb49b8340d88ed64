// SPDX-License-Identifier: GPL-2.0-only
/* Faults of KVM_CAP_X86_BUS_LOCK_EXIT as an interface. */
#include "faulty_kvm.h"

#define OFF	KVM_BUS_LOCK_DETECTION_OFF
#define EXIT	KVM_BUS_LOCK_DETECTION_EXIT

static long check(int fd)
{
	return real_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_X86_BUS_LOCK_EXIT);
}

static long enable(int fd, struct kvm_enable_cap request)
{
	return real_ioctl(fd, KVM_ENABLE_CAP, &request);
}

static long other_of_the_vm(int fd, void *arg)
{
	(void)arg;
	return object(fd)->kind == VM ? check(fd) ^ (OFF | EXIT) : check(fd);
}

static long note_enabled(int fd, void *arg)
{
	object(fd)->state[0] = 1;
	return real_ioctl(fd, KVM_ENABLE_CAP, arg);
}

static long gone_once_enabled(int fd, void *arg)
{
	(void)arg;
	return object(fd)->state[0] ? check(fd) ^ (OFF | EXIT) : check(fd);
}

static long accept_on_vcpu(int fd, void *arg)
{
	const struct kvm_enable_cap *request = arg;

	return object(fd)->kind == VCPU ? enable(object(fd)->vm, *request) :
					  enable(fd, *request);
}

static long once(int fd, void *arg)
{
	if (object(fd)->state[0]++)
		return refuse(EINVAL);
	return real_ioctl(fd, KVM_ENABLE_CAP, arg);
}

static long no_off(int fd, void *arg)
{
	const struct kvm_enable_cap *request = arg;

	return request->args[0] == OFF ? refuse(EINVAL) : enable(fd, *request);
}

static long no_zero(int fd, void *arg)
{
	const struct kvm_enable_cap *request = arg;

	return request->args[0] ? enable(fd, *request) : refuse(EINVAL);
}

static long need_hardware(int fd, void *arg)
{
	const struct kvm_enable_cap *request = arg;

	return request->args[0] == EXIT && !check(fd) ? refuse(EINVAL) : enable(fd, *request);
}

static long other_errno(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_ENABLE_CAP, arg);

	return ret < 0 && errno == EINVAL ? refuse(EOPNOTSUPP) : ret;
}

static long accept_in_vain(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return 0;
}

#define CHECK(name, handle)	FAULT_OF_CAP(name, KVM_CHECK_EXTENSION, handle, KVM_CAP_X86_BUS_LOCK_EXIT)
#define ENABLE(name, handle)	FAULT_OF_CAP(name, KVM_ENABLE_CAP, handle, KVM_CAP_X86_BUS_LOCK_EXIT)

const struct shim_fault capability_faults[] = {
	CHECK("cap-other-of-the-vm", other_of_the_vm),
	CHECK("cap-gone-once-enabled", gone_once_enabled),
	ENABLE("cap-gone-once-enabled", note_enabled),
	ENABLE("enable-on-vcpu", accept_on_vcpu),
	ENABLE("enable-once", once),
	ENABLE("enable-no-off", no_off),
	ENABLE("enable-no-zero", no_zero),
	ENABLE("enable-needs-hardware", need_hardware),
	ENABLE("enable-other-errno", other_errno),
	ENABLE("enable-in-vain", accept_in_vain),
	END_OF_FAULTS
};
