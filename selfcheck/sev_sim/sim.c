// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM answers where SEV is on, for the tests of x86/mem_enc_sev and for what is absent
 * even then (x86/mem_enc_absent): a model of the rules, beneath the unmodified test objects.
 * There is no kernel, no CPU and no key; what passes here says that the tests can pass, and
 * what fails with a break that they can fail.
 *
 *	KVMCONF_SEV_SIM		sev-all: SEV, SEV-ES and SNP (the default); sev-alone: SEV
 *	KVMCONF_SEV_SIM_BREAK	one of breaks[]
 *
 * Source: amd-memory-encryption.rst; KVM api.rst 7.24, 7.29; svm/sev.c sev_mem_enc_ioctl(),
 * sev_mem_enc_register_region(); x86.c kvm_arch_vcpu_ioctl()
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kvm_compat.h"

#define MAX_FDS			1024
#define SEV_INIT2		22
#define SEV_SNP_LAUNCH_START	100

#define REAL(type, name, ...) type __real_##name(__VA_ARGS__); type __wrap_##name(__VA_ARGS__)

REAL(int, access, const char *path, int mode);
REAL(FILE *, fopen, const char *path, const char *mode);
REAL(int, ioctl, int fd, unsigned long request, ...);
REAL(int, open, const char *path, int flags, ...);

static const char *const breaks[] = {
	"null-is-efault",		/* the op with NULL is looked at like any other */
	"unreadable-is-einval",		/* a command that cannot be read is EINVAL */
	"unknown-is-enotty",		/* one that there is not is ENOTTY */
	"es-init-is-einval",		/* KVM_SEV_ES_INIT without SEV-ES is EINVAL */
	"unregister-succeeds",		/* a region that was never registered can be unregistered */
	"snp-takes-sev-commands",	/* an SNP VM looks at SEV's commands */
	"mirror-launches",		/* a mirror is an owner */
	"moved-lives",			/* a VM whose context has moved goes on */
	"vcpu-has-the-op",		/* a vCPU has the op, like its VM */
	"region-unread",		/* a region is ENOTTY before it is read */
	"no-file-is-einval",		/* EINVAL for a context's source that is no file */
};

/* What a descriptor stands for. */
static struct object {
	enum { OTHER, SYSTEM, VM, VCPU } kind;
	unsigned long type;
	bool encrypted, mirror, dead;
	struct object *vm;		/* of a VCPU */
} objects[MAX_FDS];

static bool broken(const char *name)
{
	const char *chosen = getenv("KVMCONF_SEV_SIM_BREAK");

	return chosen && !strcmp(chosen, name);
}

/* A misspelt break must not pass for none. */
static void __attribute__((constructor)) check_break(void)
{
	const char *chosen = getenv("KVMCONF_SEV_SIM_BREAK");

	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++)
		if (!chosen || !strcmp(chosen, breaks[i]))
			return;
	fprintf(stderr, "# error: KVMCONF_SEV_SIM_BREAK: there is no \"%s\"\n", chosen);
	exit(2);
}

static bool sev_alone(void)
{
	const char *profile = getenv("KVMCONF_SEV_SIM");

	return profile && !strcmp(profile, "sev-alone");
}

static long refuse(int error)
{
	errno = error;
	return -1;
}

static int new_object(struct object object)
{
	int fd = memfd_create("kvm", MFD_CLOEXEC);

	if (fd < 0 || fd >= MAX_FDS)
		return refuse(EMFILE);
	objects[fd] = object;
	return fd;
}

static bool user_read(unsigned long from, void *to, size_t size)
{
	struct iovec here = { to, size }, there = { (void *)from, size };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)size;
}

static unsigned long types(void)
{
	unsigned long sev = 1 << KVM_X86_DEFAULT_VM | 1 << KVM_X86_SW_PROTECTED_VM |
			    1 << KVM_X86_SEV_VM;

	return sev_alone() ? sev : sev | 1 << KVM_X86_SEV_ES_VM | 1 << KVM_X86_SNP_VM;
}

static long op(struct object *vm, unsigned long arg)
{
	struct kvm_sev_cmd command = { 0 };
	char data[8] = "";

	if (!arg && !broken("null-is-efault"))
		return 0;
	if (!user_read(arg, &command, sizeof(command)))
		return refuse(broken("unreadable-is-einval") ? EINVAL : EFAULT);
	if (vm->mirror && !broken("mirror-launches"))
		return refuse(EINVAL);
	if (vm->encrypted && vm->type == KVM_X86_SNP_VM && command.id < SEV_SNP_LAUNCH_START &&
	    !broken("snp-takes-sev-commands"))
		return refuse(EPERM);
	switch (command.id) {
	case KVM_SEV_ES_INIT:
		return refuse(sev_alone() && !broken("es-init-is-einval") ? ENOTTY : EINVAL);
	case SEV_INIT2:
		vm->encrypted = true;
		return 0;
	case KVM_SEV_LAUNCH_START:
		return refuse(user_read(command.data, data, sizeof(data)) ? EINVAL : EFAULT);
	}
	return refuse(broken("unknown-is-enotty") ? ENOTTY : EINVAL);
}

/* None is ever registered. */
static long region(struct object *vm, unsigned long arg)
{
	struct kvm_enc_region region = { 0 };

	if (!user_read(arg, &region, sizeof(region)) && !broken("region-unread"))
		return refuse(EFAULT);
	if (!vm->encrypted)
		return refuse(ENOTTY);
	return broken("unregister-succeeds") ? 0 : refuse(EINVAL);
}

static long enable_cap(struct object *vm, const struct kvm_enable_cap *cap)
{
	struct object *source = &objects[cap->args[0] % MAX_FDS];

	if (cap->cap == KVM_CAP_SPLIT_IRQCHIP)
		return 0;
	if (source->kind != VM)
		return refuse(broken("no-file-is-einval") ? EINVAL : EBADF);
	if (!source->encrypted || vm->encrypted)
		return refuse(EINVAL);
	vm->encrypted = true;
	vm->mirror = cap->cap == KVM_CAP_VM_COPY_ENC_CONTEXT_FROM;
	source->dead = !vm->mirror && !broken("moved-lives");
	return 0;
}

static long vm_ioctl(struct object *vm, unsigned long request, unsigned long arg)
{
	if (vm->dead)
		return refuse(EIO);
	switch (request) {
	case KVM_CHECK_EXTENSION:
		return arg == KVM_CAP_VM_TYPES ? types() : 0;
	case KVM_CREATE_VCPU:
		return new_object((struct object){ .kind = VCPU, .vm = vm });
	case KVM_ENABLE_CAP:
		return enable_cap(vm, (void *)arg);
	case KVM_MEMORY_ENCRYPT_OP:
		return op(vm, arg);
	case KVM_MEMORY_ENCRYPT_REG_REGION:
	case KVM_MEMORY_ENCRYPT_UNREG_REGION:
		return region(vm, arg);
	case KVM_SET_USER_MEMORY_REGION:
		return 0;
	}
	return refuse(ENOTTY);
}

static long vcpu_ioctl(struct object *vcpu, unsigned long request, unsigned long arg)
{
	if (vcpu->vm->dead)
		return refuse(EIO);
	if (request == KVM_MEMORY_ENCRYPT_OP && broken("vcpu-has-the-op"))
		return op(vcpu->vm, arg);
	/* Of a VM that lives, registers are of no interest here. */
	return request == KVM_GET_REGS ? 0 : refuse(ENOTTY);
}

static long system_ioctl(unsigned long request, unsigned long arg)
{
	switch (request) {
	case KVM_GET_API_VERSION:
		return KVM_API_VERSION;
	case KVM_CHECK_EXTENSION:
		return arg == KVM_CAP_VM_TYPES ? types() : 0;
	case KVM_CREATE_VM:
		if (arg >= 64 || !(types() >> arg & 1))
			return refuse(EINVAL);
		return new_object((struct object){ .kind = VM, .type = arg });
	}
	return refuse(EINVAL);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct object *o = &objects[fd >= 0 && fd < MAX_FDS ? fd : 0];
	unsigned long arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	switch (o->kind) {
	case SYSTEM:
		return system_ioctl(request, arg);
	case VM:
		return vm_ioctl(o, request, arg);
	case VCPU:
		return vcpu_ioctl(o, request, arg);
	default:
		return __real_ioctl(fd, request, arg);
	}
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	if (!strcmp(path, "/dev/kvm"))
		return new_object((struct object){ .kind = SYSTEM });
	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return __real_open(path, flags, mode);
}

int __wrap_access(const char *path, int mode)
{
	if (!strcmp(path, "/sys/module/kvm_amd"))
		return 0;
	if (!strcmp(path, "/sys/module/kvm_intel"))
		return refuse(ENOENT);
	return __real_access(path, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char yes[] = "Y\n", no[] = "N\n";
	char *value = strcmp(path, "/sys/module/kvm_amd/parameters/sev_es") || !sev_alone() ? yes : no;

	if (strncmp(path, "/sys/module/kvm_amd/parameters/sev", 34))
		return __real_fopen(path, mode);
	return fmemopen(value, 2, "r");
}
