// SPDX-License-Identifier: GPL-2.0-only
/* Faults of the credit that KVM grants at the re-entry after a bus-lock exit. */
#include "faulty_kvm.h"

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

static long note_event(int fd, void *arg)
{
	object(fd)->state[0] = 1;
	return real_ioctl(fd, KVM_NMI, arg);
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

const struct shim_fault credit_faults[] = {
	FAULT("credit-though-moved", KVM_RUN, granted_though_moved),
	FAULT("credit-lost-behind-a-handler", KVM_NMI, note_event),
	FAULT("credit-lost-behind-a-handler", KVM_RUN, lost_behind_a_handler),
	END_OF_FAULTS
};
