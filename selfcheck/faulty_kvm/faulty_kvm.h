/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection between a test and KVM: the linker puts this shim under the unmodified
 * objects of a test (--wrap, see the file "wraps"). KVMCONF_SHIM_FAULT=NAME activates one
 * fault; without it the shim changes nothing. selfcheck/mutants/catalogue lists the faults
 * and the tests that must fail. Faults that a changed kernel can have are in ../faulty_kernel.
 *
 * A fault is a function that handles the calls of one ioctl. A fault that needs several
 * ioctls has several entries of the same name.
 */
#ifndef FAULTY_KVM_H
#define FAULTY_KVM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kvm_compat.h"

struct shim_fault {
	const char *name;
	unsigned long request;
	long (*handle)(int fd, void *arg);	/* returns as ioctl() does, with errno */
	__u32 cap;	/* KVM_CHECK_EXTENSION, KVM_ENABLE_CAP: of this capability; 0: of all */
};

#define FAULT_OF_CAP(name, request, handle, cap)	{ name, request, handle, cap }
#define FAULT(name, request, handle)		FAULT_OF_CAP(name, request, handle, 0)
#define END_OF_FAULTS				FAULT(0, 0, 0)

/* The request of a fault that is injected elsewhere, by fault_active(). */
#define NO_IOCTL	(~0ul)
bool fault_active(const char *fault);

/* Each file's faults. */
extern const struct shim_fault capability_faults[], memory_encryption_faults[], vm_faults[], io_faults[],
	bus_lock_faults[], per_vcpu_faults[], credit_faults[], tdx_faults[], state_faults[];

/* What a file descriptor stands for, as far as the layer has seen. */
struct object {
	enum { OTHER, VM, VCPU } kind;
	int vm;				/* of a VCPU: its VM's fd */
	pid_t creator;
	struct kvm_run *run;
	struct kvm_regs at_exit;	/* after the last KVM_RUN that returned 0, */
	uint64_t cs_base;		/* with CS.base, */
	uint32_t reason;		/* and why it returned; 0 before the first */
	bool owed;			/* is the next KVM_RUN to complete what that exit left? */
	bool touched;			/* by KVM_SET_REGS since */
	int state[4];			/* the fault's own */
};

#define MAX_FDS 1024
struct object *object(int fd);

static inline struct kvm_run *run_of(int vcpu)
{
	return object(vcpu)->run;
}

static inline bool at_bus_lock(int vcpu)
{
	return run_of(vcpu) && object(vcpu)->reason == KVM_EXIT_X86_BUS_LOCK;
}

/* The unchanged ioctl(). */
long real_ioctl(int fd, unsigned long request, void *arg);

static inline long refuse(int error)
{
	errno = error;
	return -1;
}

struct kvm_regs get_regs(int vcpu);
void set_regs(int vcpu, const struct kvm_regs *regs);
void set_rip(int vcpu, uint64_t rip);
uint64_t get_cs_base(int vcpu);
void set_cs_base(int vcpu, uint64_t base);

/* The RIP that userspace has given the vCPU for the next KVM_RUN, by either way. */
uint64_t next_rip(int vcpu);
bool rip_moved(int vcpu);

/* KVM_RUN that completes what the last exit left to be completed, and runs nothing. */
void complete(int vcpu);

/* Has KVM lose what the last exit left to be completed, registers untouched. */
void lose_completion(int vcpu);

static inline long run(int vcpu)
{
	return real_ioctl(vcpu, KVM_RUN, 0);
}

/*
 * For KVM_SET_REGS: whether it has moved RIP since the last exit (state[0]), and whether it has
 * left RIP where it was (state[1]). For KVM_RUN: that is past.
 */
long note_set_regs(int vcpu, void *regs);
long run_anew(int vcpu);

/* KVM_RUN, until it returns for something else than a bus lock. */
long run_past_bus_locks(int vcpu);

#endif
