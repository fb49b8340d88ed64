/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts of the host that decide what a test may claim. */
#ifndef KVMCONF_HOST_H
#define KVMCONF_HOST_H

#include <stdbool.h>

enum kvm_vendor {
	VENDOR_NONE,		/* no KVM module found */
	VENDOR_SVM,		/* kvm_amd */
	VENDOR_VMX,		/* kvm_intel */
	VENDOR_OTHER,		/* any other back-end, e.g. a software one */
};

/* The vendor module behind /dev/kvm, loaded or built in; from /sys/module. */
enum kvm_vendor host_kvm_vendor(void);

enum module_param { PARAM_ABSENT, PARAM_OFF, PARAM_ON };

/*
 * A boolean parameter of a loaded module. PARAM_ABSENT: the module is not
 * there or was built without it (or, with a note on stderr, it is unreadable).
 */
enum module_param host_module_param(const char *module, const char *param);

/*
 * true if KVM_CAP_VM_TYPES lists @type for KVM_CREATE_VM. A KVM without that
 * capability (before 6.8) has the default type alone.
 */
bool host_offers_vm_type(unsigned long type);

/*
 * What KVM_MEMORY_ENCRYPT_OP on a vCPU that is no TD's fails with, whatever its
 * argument: ENOTTY where KVM has no such op for vCPUs, EINVAL where it was built
 * with TDX, and before 6.16, when vCPUs had no such ioctl at all. Distributions have
 * put it into older kernels: of those, @vcpu_fd is asked which it is.
 */
int expected_mem_enc_errno(int vcpu_fd);

/* true if a word of the text file is @word. A file that cannot be read is an error of the test. */
bool file_has_word(const char *path, const char *word);

/*
 * What the kernel does about a split lock, a guest's too, by #AC. FATAL: SIGBUS, so that no split
 * lock of a guest ever becomes a bus lock. IGNORED where the CPU has no split-lock detection.
 * Source: Documentation/arch/x86/buslock.rst
 */
enum split_lock_mode { SPLIT_LOCK_IGNORED, SPLIT_LOCK_WARN, SPLIT_LOCK_FATAL };
enum split_lock_mode host_split_lock_mode(void);

/* true if FORCE_EMULATION has an effect: kvm.force_emulation_prefix=1, and no SEV guest. */
bool host_forces_emulation(void);

/* true if the running kernel is at least @major.@minor. */
bool host_kernel_at_least(unsigned int major, unsigned int minor);

/* What CPUID says of the CPU: the vendor is 'A'MD, 'I'ntel or another, '?'. */
struct cpu_model {
	char vendor;
	unsigned int family, model;
};

/* false where CPUID does not tell. */
bool host_cpu_model(struct cpu_model *cpu);

#endif
