// SPDX-License-Identifier: GPL-2.0-only
/* Faults of which vCPUs have bus-lock exits. */
#include <sched.h>

#include "faulty_kvm.h"

#define CAP	KVM_CAP_X86_BUS_LOCK_EXIT

/* Only where another vCPU has exits, too. */
static long swallowed_on_one_of_two(int fd, void *arg)
{
	static int first = -1;

	(void)arg;
	if (first < 0)
		first = fd;
	return fd == first ? run(fd) : run_past_bus_locks(fd);
}

/* As if the CPUs but the first had not been told. */
static long swallowed_off_the_first_cpu(int fd, void *arg)
{
	(void)arg;
	return sched_getcpu() ? run_past_bus_locks(fd) : run(fd);
}

static long note_mode(int fd, void *arg)
{
	object(fd)->state[1] = ((struct kvm_enable_cap *)arg)->args[0];
	return real_ioctl(fd, KVM_ENABLE_CAP, arg);
}

/* All vCPUs of a VM follow its mode, the ones that are older, too. */
static long follow_the_mode(int fd, void *arg)
{
	(void)arg;
	return object(object(fd)->vm)->state[1] == KVM_BUS_LOCK_DETECTION_EXIT ?
	       run(fd) : run_past_bus_locks(fd);
}

static long note_enabled(int fd, void *arg)
{
	object(fd)->state[1] |= ((struct kvm_enable_cap *)arg)->args[0] ==
				KVM_BUS_LOCK_DETECTION_EXIT;
	return real_ioctl(fd, KVM_ENABLE_CAP, arg);
}

static long off_after_exit(int fd, void *arg)
{
	struct object *o = object(fd);

	if (o->state[1])
		o->state[2] = ((struct kvm_enable_cap *)arg)->args[0] ==
			      KVM_BUS_LOCK_DETECTION_OFF;
	return note_enabled(fd, arg);
}

static long none_when_off(int fd, void *arg)
{
	(void)arg;
	return object(object(fd)->vm)->state[2] ? run_past_bus_locks(fd) : run(fd);
}

const struct shim_fault per_vcpu_faults[] = {
	FAULT("exit-swallowed-on-one-of-two", KVM_RUN, swallowed_on_one_of_two),
	FAULT("exit-swallowed-off-the-first-cpu", KVM_RUN, swallowed_off_the_first_cpu),
	FAULT_OF_CAP("enable-off-works", KVM_ENABLE_CAP, off_after_exit, CAP),
	FAULT("enable-off-works", KVM_RUN, none_when_off),
	FAULT_OF_CAP("enable-follows-the-mode", KVM_ENABLE_CAP, note_mode, CAP),
	FAULT("enable-follows-the-mode", KVM_RUN, follow_the_mode),
	END_OF_FAULTS
};
