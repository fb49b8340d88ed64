// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the bus-lock exits of a guest's guest, and about what comes between L1 and L2. */
#include "faulty_kvm.h"

#define LENGTH		3		/* of the locked instruction in most tests, */
#define LOW_MEMORY_END	0x100000	/* below which their operands are */

static long not_of_l2(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	object(fd)->run->flags &= ~KVM_RUN_X86_GUEST_MODE;
	return ret;
}

/* What once was in L2 is for ever. */
static long of_l2_for_ever(int fd, void *arg)
{
	struct object *o = object(fd);
	long ret = real_ioctl(fd, KVM_RUN, arg);

	o->state[0] |= o->run->flags & KVM_RUN_X86_GUEST_MODE;
	o->run->flags |= o->state[0];
	return ret;
}

/* L2's operand, to which RDI points in the tests, is written after the exit. */
static long unwritten_in_l2(int fd, void *arg)
{
	struct object *o = object(fd);
	long ret;

	(void)arg;
	if (o->state[0])
		++*(uint8_t *)o->at_exit.rdi;
	o->state[0] = 0;
	ret = run(fd);
	if (!ret && o->reason == KVM_EXIT_X86_BUS_LOCK && o->run->flags & KVM_RUN_X86_GUEST_MODE) {
		o->state[0] = o->at_exit.rdi < LOW_MEMORY_END && *(uint8_t *)o->at_exit.rdi;
		if (o->state[0])
			--*(uint8_t *)o->at_exit.rdi;
	}
	return ret;
}

static long note_nmi(int fd, void *arg)
{
	object(fd)->state[0] = 1;
	return real_ioctl(fd, KVM_NMI, arg);
}

static long note_nested_state(int fd, void *arg)
{
	object(fd)->state[0] = 1;
	return real_ioctl(fd, KVM_SET_NESTED_STATE, arg);
}

/* Where an exit is like a trap's: back onto the lock, if something came in between. */
static long repeated_if_noted(int fd, void *arg)
{
	(void)arg;
	if (object(fd)->state[0])
		set_rip(fd, next_rip(fd) - LENGTH);
	object(fd)->state[0] = 0;
	return run(fd);
}

const struct shim_fault nested_faults[] = {
	FAULT("exit-not-of-l2", KVM_RUN, not_of_l2),
	FAULT("exit-of-l2-for-ever", KVM_RUN, of_l2_for_ever),
	FAULT("exit-unwritten-in-l2", KVM_RUN, unwritten_in_l2),
	FAULT("exit-repeated-by-event", KVM_NMI, note_nmi),
	FAULT("exit-repeated-by-event", KVM_RUN, repeated_if_noted),
	FAULT("exit-repeated-by-nested-state", KVM_SET_NESTED_STATE, note_nested_state),
	FAULT("exit-repeated-by-nested-state", KVM_RUN, repeated_if_noted),
	END_OF_FAULTS
};
