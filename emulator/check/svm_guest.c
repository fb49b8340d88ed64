/* SPDX-License-Identifier: GPL-2.0-only */
#include <stddef.h>
#include "svm_guest.h"

#define MSR_EFER		0xc0000080
#define EFER_LONG_MODE		0x500	/* LME, LMA */
#define EFER_SVME		0x1000
#define MSR_PAT			0x277
#define MSR_VM_HSAVE_PA		0xc0010117
#define CPUID_EXTENDED		0x80000001
#define CPUID_EXTENDED_ECX_SVM	(1u << 2)
#define CPUID_SVM		0x8000000a
#define CPUID_SVM_EDX_NPT	(1u << 0)

#define FLUSH_ALL		1
#define CODE_64			0xa9b
#define DATA_32			0xc93
#define RESET_DR6		0xffff0ff0
#define RESET_DR7		0x400

_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "VMCB layout");
_Static_assert(offsetof(struct vmcb, insn_length) == 0xd0, "VMCB layout");
_Static_assert(offsetof(struct vmcb, bus_lock_counter) == 0x120, "VMCB layout");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "VMCB layout");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "VMCB layout");
_Static_assert(sizeof(struct vmcb) == PAGE_SIZE, "VMCB layout");

struct vmcb vmcb;
struct space guest_space, nested_space;

u8 host_save[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static u8 io_permissions[3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
u8 msr_permissions[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static u8 guest_stack[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

bool svm_present(void)
{
	return cpuid(CPUID_EXTENDED).ecx & CPUID_EXTENDED_ECX_SVM &&
	       cpuid(CPUID_SVM).edx & CPUID_SVM_EDX_NPT;
}

void svm_enable(void)
{
	write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SVME);
	write_msr(MSR_VM_HSAVE_PA, (u64)host_save);
}

void guest_reset(bool nested_paging)
{
	const struct segment data = { 16, DATA_32, 0xffffffff, 0 };
	u64 i;

	for (i = 0; i < sizeof(vmcb) / 8; i++)
		((volatile u64 *)&vmcb)[i] = 0;
	space_init(&guest_space, PAGE_PRESENT | PAGE_WRITE, PAGE_PRESENT | PAGE_WRITE);
	/* To nested page tables every access is a user's. */
	space_init(&nested_space, PAGE_PRESENT | PAGE_WRITE | PAGE_USER,
		   PAGE_PRESENT | PAGE_WRITE | PAGE_USER);

	vmcb.exceptions = 0xffffffff;
	vmcb.intercept_3 = INTERCEPT_3_HLT | INTERCEPT_3_SHUTDOWN;
	vmcb.intercept_4 = INTERCEPT_4_VMRUN;
	vmcb.intercept_5 = INTERCEPT_5_BUS_LOCK;
	for (i = 0; i < sizeof(io_permissions); i++)
		io_permissions[i] = 0xff;
	vmcb.iopm = (u64)io_permissions;
	vmcb.msrpm = (u64)msr_permissions;
	vmcb.asid = 1;
	vmcb.tlb_control = FLUSH_ALL;
	vmcb.nested_paging = nested_paging;
	vmcb.nested_cr3 = (u64)&nested_space;

	vmcb.cs = (struct segment) { 8, CODE_64, 0xffffffff, 0 };
	vmcb.ds = vmcb.es = vmcb.ss = data;
	vmcb.gdtr.base = gdt_pointer.base;
	vmcb.gdtr.limit = gdt_pointer.limit;
	vmcb.efer = EFER_LONG_MODE | EFER_SVME;
	vmcb.cr0 = READ_CR(0);
	vmcb.cr3 = (u64)&guest_space;
	vmcb.cr4 = READ_CR(4);
	vmcb.dr6 = RESET_DR6;
	vmcb.dr7 = RESET_DR7;
	vmcb.pat = read_msr(MSR_PAT);
	vmcb.rsp = (u64)guest_stack + sizeof(guest_stack);
}

void guest_run(struct regs *r)
{
	vmcb.rip = r->rip;
	vmcb.rax = r->rax;
	vmcb.rflags = r->rflags;
	asm volatile("vmrun %%rax"
		     : "+b"(r->rbx), "+c"(r->rcx), "+d"(r->rdx), "+S"(r->rsi), "+D"(r->rdi)
		     : "a"(&vmcb) : "memory", "cc");
	r->rip = vmcb.rip;
	r->rax = vmcb.rax;
	r->rflags = vmcb.rflags;
}
