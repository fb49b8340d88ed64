// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what KVM completes at the re-entry after a bus-lock exit: the one credit. */
#include "faulty_kvm.h"

#define LATCHED	KVM_VCPUEVENT_VALID_SMM

static bool at_l2s_bus_lock(int vcpu)
{
	return at_bus_lock(vcpu) && object(vcpu)->state[2];
}

static long run_noting_level(int vcpu)
{
	long ret = run(vcpu);

	object(vcpu)->state[2] = object(vcpu)->run->flags & KVM_RUN_X86_GUEST_MODE;
	return ret;
}

/* The completion of the last exit, granted to wherever RIP has gone. */
static void grant(int vcpu)
{
	struct object *o = object(vcpu);
	struct kvm_run *run = o->run;
	struct kvm_regs regs = get_regs(vcpu);
	uint64_t base = get_cs_base(vcpu);

	if (run->kvm_dirty_regs == KVM_SYNC_X86_REGS)
		regs = run->s.regs.regs;
	run->kvm_dirty_regs = 0;
	set_rip(vcpu, o->at_exit.rip);
	set_cs_base(vcpu, o->cs_base);
	complete(vcpu);
	set_cs_base(vcpu, base);
	set_regs(vcpu, &regs);
}

static long granted_though_moved(int fd, void *arg)
{
	(void)arg;
	if (at_bus_lock(fd) && rip_moved(fd))
		grant(fd);
	return run(fd);
}

static long granted_though_moved_in_l2(int fd, void *arg)
{
	(void)arg;
	if (at_l2s_bus_lock(fd) && rip_moved(fd))
		grant(fd);
	return run_noting_level(fd);
}

/* As if only RIP were compared. */
static long granted_though_base_moved(int fd, void *arg)
{
	(void)arg;
	if (at_bus_lock(fd) && rip_moved(fd) && next_rip(fd) == object(fd)->at_exit.rip)
		grant(fd);
	return run(fd);
}

static long lost_by_traded_base(int fd, void *arg)
{
	(void)arg;
	if (at_bus_lock(fd) && next_rip(fd) != object(fd)->at_exit.rip)
		lose_completion(fd);
	return run(fd);
}

/* As if CS.base counted in 64-bit mode. */
static long lost_by_any_base(int fd, void *arg)
{
	(void)arg;
	if (at_bus_lock(fd) && get_cs_base(fd) != object(fd)->cs_base)
		lose_completion(fd);
	return run(fd);
}

static long never_granted(int fd, void *arg)
{
	(void)arg;
	if (at_bus_lock(fd) && !rip_moved(fd) && !object(fd)->run->immediate_exit)
		lose_completion(fd);
	return run(fd);
}

static long never_granted_in_l2(int fd, void *arg)
{
	(void)arg;
	if (at_l2s_bus_lock(fd) && !rip_moved(fd))
		lose_completion(fd);
	return run_noting_level(fd);
}

static long note_event(int fd, void *arg)
{
	object(fd)->state[0] = 1;
	return real_ioctl(fd, KVM_NMI, arg);
}

/* L2 loses its credit if it is to leave for L1 at once. */
static long lost_by_event(int fd, void *arg)
{
	(void)arg;
	if (at_l2s_bus_lock(fd) && object(fd)->state[0])
		lose_completion(fd);
	object(fd)->state[0] = 0;
	return run_noting_level(fd);
}

/* Or the credit is lost whenever a handler comes first. */
static long lost_behind_a_handler(int fd, void *arg)
{
	(void)arg;
	if (at_bus_lock(fd) && object(fd)->state[0])
		lose_completion(fd);
	object(fd)->state[0] = 0;
	return run(fd);
}

static long lost_if_noted(int fd, bool noted)
{
	if (noted && at_bus_lock(fd))
		lose_completion(fd);
	return run_anew(fd);
}

static long lost_by_restored_rip(int fd, void *arg)
{
	(void)arg;
	return lost_if_noted(fd, object(fd)->state[0]);
}

static long lost_by_set_regs(int fd, void *arg)
{
	(void)arg;
	return lost_if_noted(fd, object(fd)->state[1] && !object(fd)->state[0]);
}

/* Good for two: the exit after the one that it is for never reaches userspace. */
static long for_two(int fd, void *arg)
{
	bool passed = at_bus_lock(fd) && !rip_moved(fd) && !object(fd)->run->immediate_exit;
	long ret = real_ioctl(fd, KVM_RUN, arg);

	return !ret && passed && at_bus_lock(fd) ? run(fd) : ret;
}

static long note_init(int fd, void *arg)
{
	const struct kvm_vcpu_events *events = arg;

	object(fd)->state[0] |= (events->flags & LATCHED) && events->smi.latched_init;
	return real_ioctl(fd, KVM_SET_VCPU_EVENTS, arg);
}

static long lost_by_init(int fd, void *arg)
{
	(void)arg;
	return lost_if_noted(fd, object(fd)->state[0]);
}

/* What a credit that was granted and lost looks like: the exit comes once more. */
static long exit_if_noted(int fd, void *arg)
{
	struct object *o = object(fd);

	(void)arg;
	if (o->state[0] && o->reason) {
		o->state[0] = 0;
		o->run->exit_reason = KVM_EXIT_X86_BUS_LOCK;
		o->run->flags |= KVM_RUN_X86_BUS_LOCK;
		return 0;
	}
	return run(fd);
}

/* A vCPU that has never run and is put where another one has exited gets that one's pass. */
static uint64_t pass_at;

static long remember_pass(int fd, void *arg)
{
	struct object *o = object(fd);
	bool fresh = !o->reason && pass_at && get_regs(fd).rip == pass_at;
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && fresh && at_bus_lock(fd))
		ret = run(fd);
	pass_at = !ret && at_bus_lock(fd) ? o->at_exit.rip : 0;
	return ret;
}

static long note_nested_state(int fd, void *arg)
{
	object(fd)->state[0] = 1;
	return real_ioctl(fd, KVM_SET_NESTED_STATE, arg);
}

const struct shim_fault credit_faults[] = {
	FAULT("credit-though-moved", KVM_RUN, granted_though_moved),
	FAULT("credit-though-moved-in-l2", KVM_RUN, granted_though_moved_in_l2),
	FAULT("credit-though-base-moved", KVM_RUN, granted_though_base_moved),
	FAULT("credit-never", KVM_RUN, never_granted),
	FAULT("credit-never-in-l2", KVM_RUN, never_granted_in_l2),
	FAULT("credit-for-two", KVM_RUN, for_two),
	FAULT("credit-lost-by-traded-base", KVM_RUN, lost_by_traded_base),
	FAULT("credit-lost-by-any-base", KVM_RUN, lost_by_any_base),
	FAULT("credit-lost-by-event", KVM_NMI, note_event),
	FAULT("credit-lost-by-event", KVM_RUN, lost_by_event),
	FAULT("credit-lost-behind-a-handler", KVM_NMI, note_event),
	FAULT("credit-lost-behind-a-handler", KVM_RUN, lost_behind_a_handler),
	FAULT("credit-lost-by-restored-rip", KVM_SET_REGS, note_set_regs),
	FAULT("credit-lost-by-restored-rip", KVM_RUN, lost_by_restored_rip),
	FAULT("credit-lost-by-set-regs", KVM_SET_REGS, note_set_regs),
	FAULT("credit-lost-by-set-regs", KVM_RUN, lost_by_set_regs),
	FAULT("credit-lost-by-init", KVM_SET_VCPU_EVENTS, note_init),
	FAULT("credit-lost-by-init", KVM_RUN, lost_by_init),
	FAULT("credit-granted-lost-by-init", KVM_SET_VCPU_EVENTS, note_init),
	FAULT("credit-granted-lost-by-init", KVM_RUN, exit_if_noted),
	FAULT("credit-granted-lost-by-nested-state", KVM_SET_NESTED_STATE, note_nested_state),
	FAULT("credit-granted-lost-by-nested-state", KVM_RUN, exit_if_noted),
	FAULT("credit-migrates", KVM_RUN, remember_pass),
	END_OF_FAULTS
};
