/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nested SVM: an L1 that runs an L2, in the one address space that they share
 * with the host. So a VMCB is a global, its physical address its pointer; the
 * host fills it in before L1 ever runs, and reads what L1 got.
 */
#ifndef KVMCONF_SVM_H
#define KVMCONF_SVM_H

#include <stddef.h>
#include <stdint.h>

#include "guest.h"
#include "vm.h"

/* APM vol. 2, appendix B: the VMCB, as far as this suite uses it. */
struct vmcb_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	uint32_t intercept_cr;			/* 000h */
	uint32_t intercept_dr;
	uint32_t intercept_exceptions;
	uint32_t intercept_misc1;		/* 00ch: INTR, NMI, SHUTDOWN, ... */
	uint32_t intercept_misc2;		/* 010h: VMRUN, VMMCALL, ... */
	uint32_t intercept_misc3;		/* 014h: bus locks, ... */
	uint8_t reserved1[0x40 - 0x18];
	uint64_t iopm_base;			/* 040h */
	uint64_t msrpm_base;
	uint8_t reserved12[0x58 - 0x50];
	uint32_t asid;				/* 058h */
	uint32_t tlb_control;
	uint64_t int_control;
	uint64_t interrupt_shadow;
	uint64_t exit_code;			/* 070h */
	uint64_t exit_info1;
	uint64_t exit_info2;
	uint64_t exit_int_info;
	uint64_t np_enable;			/* 090h */
	uint8_t reserved2[0xa8 - 0x98];
	uint64_t event_inject;			/* 0a8h */
	uint64_t nested_cr3;
	uint8_t reserved3[0x120 - 0xb8];
	uint16_t bus_lock_counter;		/* 120h */
	uint8_t reserved4[0x400 - 0x122];

	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;	/* 400h */
	uint8_t reserved5[0x4cb - 0x4a0];
	uint8_t cpl;				/* 4cbh */
	uint32_t reserved6;
	uint64_t efer;				/* 4d0h */
	uint8_t reserved7[0x548 - 0x4d8];
	uint64_t cr4;				/* 548h */
	uint64_t cr3;
	uint64_t cr0;
	uint64_t dr7;
	uint64_t dr6;
	uint64_t rflags;
	uint64_t rip;				/* 578h */
	uint8_t reserved8[0x5d8 - 0x580];
	uint64_t rsp;				/* 5d8h */
	uint8_t reserved9[0x5f8 - 0x5e0];
	uint64_t rax;				/* 5f8h */
	uint8_t reserved10[0x668 - 0x600];
	uint64_t g_pat;				/* 668h */
	uint8_t reserved11[0x1000 - 0x670];
} __attribute__((packed, aligned(4096)));

_Static_assert(offsetof(struct vmcb, iopm_base) == 0x40, "VMCB layout");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "VMCB layout");
_Static_assert(offsetof(struct vmcb, bus_lock_counter) == 0x120, "VMCB layout");
_Static_assert(offsetof(struct vmcb, tr) == 0x490, "VMCB layout");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "VMCB layout");
_Static_assert(offsetof(struct vmcb, g_pat) == 0x668, "VMCB layout");
_Static_assert(sizeof(struct vmcb) == 4096, "VMCB layout");

/* APM vol. 2, 15.9 and appendix C: intercepts by word, and exit codes. */
#define SVM_MISC1_NMI		(1u << 1)
#define SVM_MISC1_SHUTDOWN	(1u << 31)
#define SVM_MISC2_VMRUN		(1u << 0)
#define SVM_MISC2_VMMCALL	(1u << 1)
#define SVM_MISC3_BUS_LOCK	(1u << 5)

#define SVM_EXIT_NMI		0x61
#define SVM_EXIT_SHUTDOWN	0x7f
#define SVM_EXIT_VMMCALL	0x81
#define SVM_EXIT_BUS_LOCK	0xa5

/* Does KVM let a guest run guests by SVM? */
bool svm_nested_offered(void);

/* Lets @vcpu, a 64-bit L1 that has not run yet, use VMRUN. */
void svm_enable(struct vcpu *vcpu);

/*
 * Makes @vmcb describe an L2 in the state that @like has: a vCPU of the same VM
 * that never runs, put into a mode by vcpu_set_mode(). L1 intercepts what is
 * needed to get control back (NMI, SHUTDOWN, VMMCALL); the rest is L0's.
 */
void svm_fill_vmcb(struct vmcb *vmcb, struct vcpu *template);

/* L1's code: no event reaches it from here to VMRUN. */
__guest_inline void guest_clgi(void)
{
	__asm__ volatile("clgi" : : : "memory");
}

/* L1's code, behind guest_clgi(): runs L2 until it exits to L1; @rdi, @rbx: L2's registers. */
__guest_inline void guest_vmrun(struct vmcb *vmcb, uint64_t rdi, uint64_t rbx)
{
	__asm__ volatile(
		"push	%%rbp\n"
		"vmrun	%%rax\n"
		"pop	%%rbp\n"
		"stgi\n"
		: "+a"(vmcb), "+D"(rdi), "+b"(rbx)
		: : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		    "r15", "memory", "cc");
}

#endif
