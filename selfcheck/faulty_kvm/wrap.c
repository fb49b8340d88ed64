// SPDX-License-Identifier: GPL-2.0-only
/* Intercepts all ioctls, keeps track of vCPUs and injects the chosen fault. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faulty_kvm.h"

int __real_ioctl(int fd, unsigned long request, ...);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __real_open(const char *path, int flags, ...);

static struct object objects[MAX_FDS];
static const char *chosen;

static const struct shim_fault *const all_faults[] = {
	capability_faults, memory_encryption_faults, vm_faults, io_faults, bus_lock_faults,
	per_vcpu_faults, credit_faults, tdx_faults, state_faults,
};

/* Faults of files that the tests open, in log.c. */
extern const char *const log_faults[];
int open_fault(const char *fault, const char *path);

static bool is_listed(const char *name, bool print)
{
	bool found = false;

	for (unsigned int i = 0; i < sizeof(all_faults) / sizeof(all_faults[0]); i++) {
		for (const struct shim_fault *fault = all_faults[i]; fault->name; fault++) {
			found |= !strcmp(fault->name, name);
			if (print)
				puts(fault->name);
		}
	}
	for (unsigned int i = 0; log_faults[i]; i++) {
		found |= !strcmp(log_faults[i], name);
		if (print)
			puts(log_faults[i]);
	}
	return found;
}

/* A misspelt fault is an error. KVMCONF_SHIM_FAULT=list prints all faults. */
static void __attribute__((constructor)) choose(void)
{
	chosen = getenv("KVMCONF_SHIM_FAULT");
	if (!chosen || !chosen[0]) {
		chosen = NULL;
	} else if (!strcmp(chosen, "list")) {
		is_listed("", true);
		exit(0);
	} else if (!is_listed(chosen, false)) {
		fprintf(stderr, "KVMCONF_SHIM_FAULT: there is no fault \"%s\"\n", chosen);
		exit(2);
	}
}

bool fault_active(const char *fault)
{
	return chosen && !strcmp(chosen, fault);
}

struct object *object(int fd)
{
	static struct object none;

	return fd >= 0 && fd < MAX_FDS ? &objects[fd] : &none;
}

static void note_new(int fd, int kind, int vm)
{
	*object(fd) = (struct object){ .kind = kind, .vm = vm, .creator = getpid() };
}

static void note_exit(int vcpu)
{
	struct object *o = object(vcpu);

	o->reason = o->run ? o->run->exit_reason : 0;
	o->at_exit = get_regs(vcpu);
	o->cs_base = get_cs_base(vcpu);
	o->owed = true;
	o->touched = false;
}

long real_ioctl(int fd, unsigned long request, void *arg)
{
	long ret = __real_ioctl(fd, request, arg);
	int saved_errno = errno;

	if (ret >= 0 && request == KVM_CREATE_VM)
		note_new(ret, VM, -1);
	else if (ret >= 0 && request == KVM_CREATE_VCPU)
		note_new(ret, VCPU, fd);
	else if (!ret && request == KVM_RUN)
		note_exit(fd);
	else if (ret < 0 && request == KVM_RUN && errno == EINTR)
		object(fd)->owed = false;	/* it completes before it looks for signals */
	else if (!ret && request == KVM_SET_REGS)
		object(fd)->touched = true;
	errno = saved_errno;
	return ret;
}

static bool concerns(const struct shim_fault *fault, unsigned long request, void *arg)
{
	if (strcmp(fault->name, chosen) || fault->request != request)
		return false;
	if (!fault->cap)
		return true;
	if (request == KVM_CHECK_EXTENSION)
		return (unsigned long)arg == fault->cap;
	return ((struct kvm_enable_cap *)arg)->cap == fault->cap;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	for (unsigned int i = 0; chosen && i < sizeof(all_faults) / sizeof(all_faults[0]); i++)
		for (const struct shim_fault *fault = all_faults[i]; fault->name; fault++)
			if (concerns(fault, request, arg))
				return fault->handle(fd, arg);
	return real_ioctl(fd, request, arg);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *memory = __real_mmap(at, size, prot, flags, fd, offset);

	if (memory != MAP_FAILED && object(fd)->kind == VCPU && !offset)
		object(fd)->run = memory;
	return memory;
}

int __wrap_open(const char *path, int flags, ...)
{
	int fd = chosen ? open_fault(chosen, path) : -1;
	mode_t mode = 0;
	va_list ap;

	if (fd >= 0)
		return fd;
	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return __real_open(path, flags, mode);
}

/* --- for the faults --- */

struct kvm_regs get_regs(int vcpu)
{
	struct kvm_regs regs = { 0 };

	__real_ioctl(vcpu, KVM_GET_REGS, &regs);
	return regs;
}

void set_regs(int vcpu, const struct kvm_regs *regs)
{
	__real_ioctl(vcpu, KVM_SET_REGS, regs);
}

/* Also where userspace and the exit log see it: in the registers that KVM has synchronised. */
void set_rip(int vcpu, uint64_t rip)
{
	struct kvm_run *run = object(vcpu)->run;
	struct kvm_regs regs = get_regs(vcpu);

	regs.rip = rip;
	set_regs(vcpu, &regs);
	if (run)
		run->s.regs.regs.rip = rip;
}

uint64_t get_cs_base(int vcpu)
{
	struct kvm_sregs sregs = { 0 };

	__real_ioctl(vcpu, KVM_GET_SREGS, &sregs);
	return sregs.cs.base;
}

void set_cs_base(int vcpu, uint64_t base)
{
	struct kvm_sregs sregs;

	__real_ioctl(vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = base;
	__real_ioctl(vcpu, KVM_SET_SREGS, &sregs);
}

uint64_t next_rip(int vcpu)
{
	const struct kvm_run *run = object(vcpu)->run;

	if (run && run->kvm_dirty_regs & KVM_SYNC_X86_REGS)
		return run->s.regs.regs.rip;
	return get_regs(vcpu).rip;
}

bool rip_moved(int vcpu)
{
	const struct object *o = object(vcpu);

	return next_rip(vcpu) != o->at_exit.rip || get_cs_base(vcpu) != o->cs_base;
}

void complete(int vcpu)
{
	struct kvm_run *run = object(vcpu)->run;

	run->immediate_exit = 1;
	__real_ioctl(vcpu, KVM_RUN, 0);
	run->immediate_exit = 0;
}

void lose_completion(int vcpu)
{
	struct kvm_regs regs = get_regs(vcpu);

	set_rip(vcpu, regs.rip ^ 0x1000);
	complete(vcpu);
	set_regs(vcpu, &regs);
}

long note_set_regs(int vcpu, void *regs)
{
	struct object *o = object(vcpu);
	bool moves = ((struct kvm_regs *)regs)->rip != o->at_exit.rip;

	o->state[0] |= moves;
	o->state[1] |= !moves;
	return real_ioctl(vcpu, KVM_SET_REGS, regs);
}

long run_anew(int vcpu)
{
	object(vcpu)->state[0] = object(vcpu)->state[1] = 0;
	return run(vcpu);
}
