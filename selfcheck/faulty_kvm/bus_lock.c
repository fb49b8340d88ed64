// SPDX-License-Identifier: GPL-2.0-only
/* Faults of the bus-lock exit itself. */
#include <string.h>

#include "faulty_kvm.h"

#define LENGTH	3			/* of the locked instruction in most tests */

long run_past_bus_locks(int vcpu)
{
	long ret;

	do {
		ret = run(vcpu);
	} while (!ret && at_bus_lock(vcpu));
	return ret;
}

static long swallowed(int fd, void *arg)
{
	(void)arg;
	return run_past_bus_locks(fd);
}

static long invented(int fd, void *arg)
{
	struct object *o = object(fd);

	(void)arg;
	if (!o->state[0]++) {
		o->run->exit_reason = KVM_EXIT_X86_BUS_LOCK;
		o->run->flags = KVM_RUN_X86_BUS_LOCK;
		return 0;
	}
	return run(fd);
}

static long unflagged(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	run_of(fd)->flags &= ~KVM_RUN_X86_BUS_LOCK;
	return ret;
}

/* As if a moved RIP left something to be completed: the next bus lock makes no exit. */
static long lost_if_moved(int fd, void *arg)
{
	struct object *o = object(fd);
	long ret;

	(void)arg;
	o->state[2] |= at_bus_lock(fd) && rip_moved(fd);
	ret = run(fd);
	if (!ret && at_bus_lock(fd) && o->state[2]) {
		o->state[2] = 0;
		ret = run(fd);
	}
	return ret;
}

/* A lock that KVM's emulator is made to execute is one of the CPU's, too. */
static long for_emulated_lock(int fd, void *arg)
{
	static const char prefix[] = { 0x0f, 0x0b, 'k', 'v', 'm' };
	struct object *o = object(fd);

	(void)arg;
	if (get_cs_base(fd) || o->state[2]++ || memcmp((void *)next_rip(fd), prefix, sizeof(prefix)))
		return run(fd);
	o->run->exit_reason = KVM_EXIT_X86_BUS_LOCK;
	o->run->flags = KVM_RUN_X86_BUS_LOCK;
	return 0;
}

static long debug_flagged(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && run_of(fd)->exit_reason == KVM_EXIT_DEBUG)
		run_of(fd)->flags |= KVM_RUN_X86_BUS_LOCK;
	return ret;
}

static long other_reason(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_bus_lock(fd))
		run_of(fd)->exit_reason = KVM_EXIT_UNKNOWN;
	return ret;
}

static long rip_behind(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_bus_lock(fd))
		set_rip(fd, get_regs(fd).rip + LENGTH);
	return ret;
}

static long rip_before(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_bus_lock(fd))
		set_rip(fd, get_regs(fd).rip - LENGTH);
	return ret;
}

/* An exit like a trap's where it is to be like a fault's: the instruction has been executed. */
static long like_a_trap(int fd, void *arg)
{
	struct kvm_guest_debug step = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	}, off = { 0 };
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_bus_lock(fd)) {
		real_ioctl(fd, KVM_SET_GUEST_DEBUG, &step);
		ret = run(fd);
		real_ioctl(fd, KVM_SET_GUEST_DEBUG, &off);
		run_of(fd)->exit_reason = KVM_EXIT_X86_BUS_LOCK;
		run_of(fd)->flags |= KVM_RUN_X86_BUS_LOCK;
	}
	return ret;
}

static long step_swallowed(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	return !ret && object(fd)->reason == KVM_EXIT_DEBUG ? run(fd) : ret;
}

/* CPUID.7.0:ECX[24], which no CPU of ours has. */
static long trap_offered(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_GET_SUPPORTED_CPUID, arg);
	struct kvm_cpuid2 *cpuid = arg;

	for (__u32 i = 0; !ret && i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 7 && cpuid->entries[i].index == 0)
			cpuid->entries[i].ecx |= 1 << 24;
	return ret;
}

/* Bit 2 of IA32_DEBUGCTL. */
static long trap_stays_on(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_GET_MSRS, arg);
	struct kvm_msrs *msrs = arg;

	for (long i = 0; i < ret; i++)
		if (msrs->entries[i].index == 0x1d9)
			msrs->entries[i].data |= 1 << 2;
	return ret;
}

static long trap_in_dr6(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_GET_DEBUGREGS, arg);

	((struct kvm_debugregs *)arg)->dr6 &= ~(1ull << 11);
	return ret;
}

const struct shim_fault bus_lock_faults[] = {
	FAULT("trap-offered", KVM_GET_SUPPORTED_CPUID, trap_offered),
	FAULT("trap-stays-on", KVM_GET_MSRS, trap_stays_on),
	FAULT("trap-in-dr6", KVM_GET_DEBUGREGS, trap_in_dr6),
	FAULT("exit-swallowed", KVM_RUN, swallowed),
	FAULT("exit-invented", KVM_RUN, invented),
	FAULT("exit-unflagged", KVM_RUN, unflagged),
	FAULT("exit-lost-if-moved", KVM_RUN, lost_if_moved),
	FAULT("exit-for-emulated-lock", KVM_RUN, for_emulated_lock),
	FAULT("exit-debug-flagged", KVM_RUN, debug_flagged),
	FAULT("exit-other-reason", KVM_RUN, other_reason),
	FAULT("exit-rip-behind", KVM_RUN, rip_behind),
	FAULT("exit-rip-before", KVM_RUN, rip_before),
	FAULT("exit-like-a-trap", KVM_RUN, like_a_trap),
	FAULT("exit-step-swallowed", KVM_RUN, step_swallowed),
	END_OF_FAULTS
};
