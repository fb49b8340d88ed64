/* SPDX-License-Identifier: GPL-2.0-only */
#include "svm_es_guest.h"

#define CR4_OSFXSR	(1u << 9)
#define CR4_OSXSAVE	(1u << 18)
#define CR4_PKE		(1u << 22)
#define LBR_VIRTUAL	1
#define VECTOR_VC	29
#define GATE		0x8e00

u8 vmsa[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
u64 vc_code, vc_rip;

static struct { u16 low, selector, flags, middle; u32 high, reserved; } idt[32];

extern const u8 vc_handler[];

asm(".pushsection .text\n"
    "vc_handler:	push %rax\n"
    "mov	8(%rsp), %rax\n"
    "mov	%rax, vc_code\n"
    "mov	16(%rsp), %rax\n"
    "mov	%rax, vc_rip\n"
    "pop	%rax\n"
    "hlt\n"
    ".popsection");

void es_vmrun(u64 *host_regs, struct vmcb *vmcb, u8 *host_save);

/* VMRUN keeps RSP and RAX on its own; all else comes back from where it was put before. */
asm(".pushsection .text\n"
    "es_vmrun:	push %rbx\n"
    "push	%rbp\n"
    "push	%r12\n"
    "push	%r13\n"
    "push	%r14\n"
    "push	%r15\n"
    "push	%rdi\n"
    "mov	%rdx, %rax\n"
    "vmsave	%rax\n"
    "mov	%rsi, %rax\n"
    "vmrun	%rax\n"
    "xchg	%rdi, (%rsp)\n"
    "mov	%rbx, (%rdi)\n"
    "mov	%rbp, 8(%rdi)\n"
    "mov	%rsi, 16(%rdi)\n"
    "mov	%r12, 32(%rdi)\n"
    "mov	%r13, 40(%rdi)\n"
    "mov	%r14, 48(%rdi)\n"
    "mov	%r15, 56(%rdi)\n"
    "movq	%xmm0, 64(%rdi)\n"
    "pop	%rax\n"
    "mov	%rax, 24(%rdi)\n"
    "pop	%r15\n"
    "pop	%r14\n"
    "pop	%r13\n"
    "pop	%r12\n"
    "pop	%rbp\n"
    "pop	%rbx\n"
    "ret\n"
    ".popsection");

static void set_gate(u64 vector, const u8 *handler)
{
	idt[vector].low = (u64)handler;
	idt[vector].middle = (u64)handler >> 16;
	idt[vector].selector = 8;
	idt[vector].flags = GATE;
}

void es_reset(const u8 *code)
{
	volatile u64 *save = (volatile u64 *)((u8 *)&vmcb + 0x400);
	u64 i;

	WRITE_CR(4, READ_CR(4) | CR4_OSFXSR | CR4_OSXSAVE | CR4_PKE);
	guest_reset(true);
	set_gate(VECTOR_VC, vc_handler);
	vmcb.idtr.base = (u64)idt;
	vmcb.idtr.limit = sizeof(idt) - 1;
	vmcb.exceptions = 0;
	vmcb.nested_paging = NESTED_PAGING | NESTED_SEV | NESTED_SEV_ES;
	vmcb.virtual = LBR_VIRTUAL;
	vmcb.vmsa = (u64)vmsa;
	vmcb.rip = (u64)code;
	vmcb.rflags = 2;
	for (i = 0; i < PAGE_SIZE / 8; i++)
		VMSA_64(8 * i) = 0;
	for (i = 0; i < 0x300 / 8; i++) {
		VMSA_64(8 * i) = save[i];
		save[i] = 0xaaaaaaaaaaaaaaaa;
	}
	VMSA_64(VMSA_XCR0) = 1;
	VMSA_32(VMSA_MXCSR) = 0x1f80;
	VMSA_16(VMSA_X87_CONTROL) = 0x37f;
	vc_code = vc_rip = -1;
}

void es_run(u64 host_regs[ES_HOST_REGS])
{
	u64 unused[ES_HOST_REGS], offset;

	for (offset = VMSA_RCX; offset < VMSA_RCX + 0x78; offset += 8)
		HOST_64(offset) = 0x5000 + offset;
	HOST_64(VMSA_XCR0) = 1;
	es_vmrun(host_regs ?: unused, &vmcb, host_save);
}
