/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs and vCPUs on raw ioctls, in one address space: HVA = GVA = GPA.
 *
 * The test binary is linked at a fixed low address and is itself the guest's
 * memory; the guest's page tables map the low 4 GiB 1:1. So a guest function
 * is a static function, a global is shared, and a pointer means the same on
 * both sides. The harness forks for every test, which gives each a fresh copy.
 */
#ifndef KVMCONF_VM_H
#define KVMCONF_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm_compat.h"
#include "exits.h"

/* First GPA that is memory in a real-mode guest; see vm_add_low_memory(). */
#define LOW_MEMORY_BASE	0x10000ul
#define LOW_MEMORY_SIZE	0x90000ul

/* No memory here, ever: an access is a KVM_EXIT_MMIO. */
#define MMIO_BASE	0xd0000000ul

/*
 * From here to MMIO_BASE nothing is mapped but by the test: the heap of a static binary
 * begins at random, up to 1 GiB behind its image.
 */
#define FREE_BASE	0x60000000ul

#define PAGE_SIZE	4096ul
#define MAX_VCPUS	8

struct vm {
	int kvm_fd;
	int fd;
	unsigned int nr_slots;
	struct vcpu *vcpus[MAX_VCPUS];
};

struct vcpu {
	int fd;
	unsigned int id;
	struct vm *vm;
	struct kvm_run *run;
	size_t run_size;		/* bytes mapped at run */
	bool sync_regs;			/* KVM stores the registers at every exit */
	bool has_guest_mode_flag;	/* kvm_run.flags tells L2 from L1 */
	struct exit_log exits;
	volatile bool in_run;		/* a thread is in KVM_RUN */
	struct vcpu *next_live;		/* exits.c's */
};

/*
 * Opens /dev/kvm. Returns its fd, or -1 with errno: ENOENT or ENXIO (no KVM),
 * EACCES or EPERM (no permission), EBUSY (another hypervisor has the CPU).
 */
int kvm_open(void);

/*
 * Whether the CPU's virtualisation cannot be switched on, as a rule because another
 * hypervisor has it: KVM_CREATE_VM gives EBUSY, from Linux 6.12 on EIO.
 */
bool kvm_is_busy(void);

/* KVM_CHECK_EXTENSION on /dev/kvm itself; 0 where KVM or the capability is absent. */
long kvm_cap(long cap);

/*
 * A VM of the default type, its memory the test's own image, its local APICs
 * in the kernel: a HLT does not exit to userspace. Must succeed.
 *
 * With KVMCONF_VM_TYPE=sev in the environment it is an SEV guest, none of whose
 * memory is encrypted: that takes an emulated CPU, to which the C-bit is all the
 * same. See docs/sev.md.
 */
struct vm *vm_create(void);

/* Whether vm_create() makes SEV guests. */
bool vm_create_makes_sev(void);

/*
 * An ordinary one with all interrupt controllers and the timer (PIC, IOAPIC, PIT) in the kernel.
 */
struct vm *vm_create_with_irqchip(void);

/* The same of any @type and without memory: must succeed. */
struct vm *vm_create_bare(unsigned long type);

/* The bare KVM_CREATE_VM of any KVM_X86_*_VM @type; NULL with KVM_CREATE_VM's errno. */
struct vm *__vm_create_type(unsigned long type);

/*
 * Closes all vCPUs and the VM, unmaps their kvm_run and frees the structures. No vCPU may be
 * running. NULL is allowed.
 */
void vm_free(struct vm *vm);

/*
 * @size bytes of fresh memory at HVA = GPA = @base, both page-aligned. Must
 * succeed; gone with the VM's process. Above 4 GiB the guest's tables do not
 * map it: see high_memory.h.
 */
void *vm_add_memory(struct vm *vm, unsigned long base, size_t size);

/* Gives the VM what is mapped at HVA = @base already: of another kind, or another VM's too. */
void vm_add_slot(struct vm *vm, unsigned long base, size_t size);

/* The image: the test's code and globals. vm_create() has done it. */
void vm_add_image(struct vm *vm);

/*
 * Memory below 1 MiB, for real mode: LOW_MEMORY_SIZE bytes at LOW_MEMORY_BASE,
 * which is the lowest address vm.mmap_min_addr allows by default. All VMs of a test have
 * the same, with what the one before has left there.
 */
void *vm_add_low_memory(struct vm *vm);

/* A vCPU at the reset vector, runnable, with the host's CPUID. */
struct vcpu *vcpu_create(struct vm *vm);

/* KVM_SET_CPUID2 with KVM_GET_SUPPORTED_CPUID: once more, before the vCPU has run. */
void vcpu_set_host_cpuid(struct vcpu *vcpu);

/* KVM_GET_CPUID2: all of the vCPU's CPUID. To be freed. */
struct kvm_cpuid2 *vcpu_read_cpuid(struct vcpu *vcpu);

/* Puts the vCPU into 64-bit mode at CPL 0, about to run @guest_code on a stack of its own. */
void vcpu_call(struct vcpu *vcpu, void (*guest_code)(void));

/* vcpu_create() and vcpu_call() */
struct vcpu *vcpu_create_long(struct vm *vm, void (*guest_code)(void));

enum guest_mode { MODE_LONG, MODE_COMPAT, MODE_PROTECTED, MODE_REAL };

/*
 * Puts the vCPU into @mode at linear address @entry, with the code segment at
 * @cs_base, so that RIP = @entry - @cs_base. MODE_LONG wants @cs_base 0;
 * MODE_COMPAT is long mode's 32-bit code segment, with the same paging;
 * MODE_PROTECTED is flat 32-bit without paging; MODE_REAL wants @cs_base to be
 * a multiple of 16 below 1 MiB and @entry within 64 KiB of it.
 */
void vcpu_set_mode(struct vcpu *vcpu, enum guest_mode mode, unsigned long entry,
		   unsigned long cs_base);

/* From 64-bit mode at CPL 0 to CPL 3, with the I/O ports open (IOPL 3). */
void vcpu_enter_user_mode(struct vcpu *vcpu);

/*
 * KVM_RUN, recorded in vcpu->exits and bounded in time: a guest that runs for
 * RUN_TIMEOUT_SECONDS (times timeout_scale()) without an exit ends the test as
 * failed, with its RIP. Returns what the ioctl returned, with errno.
 */
#define RUN_TIMEOUT_SECONDS 5
long __vcpu_run(struct vcpu *vcpu);

/*
 * The same, where KVM_RUN must return 0. A guest assertion that failed and an
 * exception that the guest did not expect end the test as failed, with the
 * guest's file and line.
 */
void vcpu_run(struct vcpu *vcpu);

/* __vcpu_run() with a signal pending that it lets in: it should fail with EINTR. */
long vcpu_run_with_pending_signal(struct vcpu *vcpu);

/*
 * All state that KVM lets userspace read of @from, written into @to: what a
 * migration does. They may be the same.
 */
void vcpu_copy_state(struct vcpu *from, struct vcpu *to);

/* All of KVM_GET_NESTED_STATE; NULL where KVM has none. To be freed. */
struct kvm_nested_state *vcpu_read_nested_state(struct vcpu *vcpu);

#define RFLAGS_TF	(1ull << 8)
#define RFLAGS_IF	(1ull << 9)
#define RFLAGS_RF	(1ull << 16)

/* Registers as one value, for the cases that need no more. */
unsigned long vcpu_rip(struct vcpu *vcpu);
unsigned long vcpu_rax(struct vcpu *vcpu);
void vcpu_set_rip(struct vcpu *vcpu, unsigned long rip);

/* By KVM_SET_XSAVE: XMM0's bytes, and MXCSR. */
#define XMM_SIZE	16
#define MXCSR_DEFAULT	0x1f80u
void vcpu_set_xmm0(struct vcpu *vcpu, const uint8_t *bytes, uint32_t mxcsr);

/* CS.base, with the selector that real mode would have for it. */
void vcpu_set_cs_base(struct vcpu *vcpu, unsigned long base);

#endif
