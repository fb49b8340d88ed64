/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least hypervisor on SVM: one guest in 64-bit mode that shares the address space and
 * exits at HLT, at every exception, and at what else a caller asks for. Layout and codes:
 * AMD64 Architecture Programmer's Manual, volume 2, appendices B and C.
 */
#ifndef CHECK_SVM_GUEST_H
#define CHECK_SVM_GUEST_H

#include <stdbool.h>
#include "cpu.h"
#include "pages.h"

#define INTERCEPT_3_SELECTIVE	(1u << 5)	/* CR0 but for TS and MP */
#define INTERCEPT_3_RDTSC	(1u << 14)
#define INTERCEPT_3_INT_N	(1u << 21)
#define INTERCEPT_3_INVLPG	(1u << 25)
#define INTERCEPT_3_MSR		(1u << 28)
#define INTERCEPT_3_CPUID	(1u << 18)
#define INTERCEPT_3_HLT		(1u << 24)
#define INTERCEPT_3_IO		(1u << 27)
#define INTERCEPT_3_SHUTDOWN	(1u << 31)
#define INTERCEPT_4_VMRUN	(1u << 0)
#define INTERCEPT_4_VMMCALL	(1u << 1)
#define INTERCEPT_4_WBINVD	(1u << 9)
#define INTERCEPT_4_TRAP_EFER	(1u << 15)
#define INTERCEPT_4_TRAP_CR(n)	(1u << (16 + (n)))
#define INTERCEPT_5_BUS_LOCK	(1u << 5)

#define NESTED_PAGING		(1u << 0)
#define NESTED_SEV		(1u << 1)
#define NESTED_SEV_ES		(1u << 2)

#define EXIT_READ_CR0		0x00
#define EXIT_WRITE_CR0		0x10
#define EXIT_EXCEPTION		0x40
#define EXIT_READ_DR0		0x20
#define EXIT_WRITE_DR0		0x30
#define EXIT_SELECTIVE_CR0	0x65
#define EXIT_RDTSC		0x6e
#define EXIT_CPUID		0x72
#define EXIT_INT_N		0x75
#define EXIT_HLT		0x78
#define EXIT_INVLPG		0x79
#define EXIT_IO			0x7b
#define EXIT_MSR		0x7c
#define EXIT_SHUTDOWN		0x7f
#define EXIT_VMMCALL		0x81
#define EXIT_WBINVD		0x89
#define EXIT_TRAP_EFER		0x8f
#define EXIT_TRAP_CR0		0x90
#define EXIT_BUS_LOCK		0xa5
#define EXIT_NESTED_PAGE_FAULT	0x400
#define EXIT_VMGEXIT		0x403
#define EXIT_INVALID		(-1ul)

#define VECTOR_DB		1
#define VECTOR_BP		3
#define VECTOR_UD		6
#define VECTOR_GP		13
#define VECTOR_PF		14

struct segment {
	u16 selector, attributes;
	u32 limit;
	u64 base;
};

struct vmcb {
	/* 000h: control area */
	u16 read_cr, write_cr, read_dr, write_dr;
	u32 exceptions;
	u32 intercept_3, intercept_4, intercept_5;
	u8 reserved_018[0x40 - 0x18];
	u64 iopm, msrpm, tsc_offset;
	u32 asid, tlb_control;
	u64 interrupt_control, interrupt_state;
	u64 exit_code, exit_info_1, exit_info_2, exit_int_info, nested_paging;
	u64 reserved_098, ghcb, event;
	u64 nested_cr3, virtual, clean, next_rip;
	u8 insn_length, insn_bytes[15];
	u8 reserved_0e0[0x108 - 0xe0];
	u64 vmsa;
	u8 reserved_110[0x120 - 0x110];
	u16 bus_lock_counter;
	u8 reserved_122[0x400 - 0x122];
	/* 400h: state save area */
	struct segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved_4a0[0x4cb - 0x4a0];
	u8 cpl;
	u32 reserved_4cc;
	u64 efer;
	u8 reserved_4d8[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved_580[0x5d8 - 0x580];
	u64 rsp;
	u8 reserved_5e0[0x5f8 - 0x5e0];
	u64 rax;
	u8 reserved_600[0x640 - 0x600];
	u64 cr2;
	u8 reserved_648[0x668 - 0x648];
	u64 pat;
	u8 reserved_670[0x1000 - 0x670];
} __attribute__((aligned(PAGE_SIZE)));

extern struct vmcb vmcb;
extern u8 host_save[PAGE_SIZE];
extern u8 msr_permissions[2 * PAGE_SIZE];
extern struct space guest_space, nested_space;

/* Whether the processor has SVM, with nested paging. */
bool svm_present(void);
void svm_enable(void);

/* A new guest, with the bus-lock intercept on. Both spaces as after a reset. */
void guest_reset(bool nested_paging);

/* From *regs until the next exit, whose state is then in *regs, the rest in vmcb. */
void guest_run(struct regs *regs);

#endif
