/* SPDX-License-Identifier: GPL-2.0-only */
#include "vmx_guest.h"
#include "tap.h"

#define MSR_FEATURE_CONTROL	0x3a
#define FEATURE_CONTROL_LOCKED	1
#define FEATURE_CONTROL_VMXON	4
#define MSR_VMX_BASIC		0x480
#define MSR_PIN_CONTROLS	0x481
#define MSR_PRIMARY_CONTROLS	0x482
#define MSR_EXIT_CONTROLS	0x483
#define MSR_ENTRY_CONTROLS	0x484
#define CPUID_1_ECX_VMX		(1u << 5)
#define CR0_NE			0x20
#define CR0_CD_NW		0x60000000
#define CR4_VMXE		0x2000

#define PIN_CONTROLS		0x4000
#define EXCEPTION_BITMAP	0x4004
#define EXIT_CONTROLS		0x400c
#define EXIT_64_BIT_HOST	(1u << 9)
#define ENTRY_CONTROLS		0x4012
#define ENTRY_64_BIT_GUEST	(1u << 9)
#define PRIMARY_HLT		(1u << 7)
#define PRIMARY_SECONDARY	(1u << 31)
#define EPT_POINTER		0x201a
#define EPT_POINTER_WB_4_LEVELS	0x1e
#define VMCS_LINK		0x2800
#define INSTRUCTION_ERROR	0x4400
#define REASON			0x4402
#define INTERRUPTION		0x4404
#define INTERRUPTION_VALID	(1u << 31)
#define QUALIFICATION		0x6400
#define GUEST_RSP		0x681c
#define GUEST_RIP		0x681e
#define GUEST_RFLAGS		0x6820
#define HOST_RSP		0x6c14
#define HOST_RIP		0x6c16

#define CODE_64			0xa09b
#define DATA_32			0xc093
#define TSS_64			0x8b
#define UNUSABLE		0x10000

u64 exit_reason, exit_qualification;
long exit_vector;
struct space guest_space, ept_space;

static u8 vmxon_region[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static u8 vmcs[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static u8 guest_stack[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static bool launched;

bool vmx_present(void)
{
	return cpuid(1).ecx & CPUID_1_ECX_VMX;
}

/* Also turns the caches on, without which all memory is uncacheable. */
void vmx_enable(void)
{
	u64 region = (u64)vmxon_region;
	u8 failed;

	if (!(read_msr(MSR_FEATURE_CONTROL) & FEATURE_CONTROL_LOCKED))
		write_msr(MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMXON);
	WRITE_CR(0, (READ_CR(0) & ~(u64)CR0_CD_NW) | CR0_NE);
	WRITE_CR(4, READ_CR(4) | CR4_VMXE);
	*(volatile u32 *)vmxon_region = read_msr(MSR_VMX_BASIC);
	asm volatile("vmxon %1; setna %0" : "=qm"(failed) : "m"(region) : "cc", "memory");
	if (failed)
		bail_out("VMXON failed");
}

u64 guest_read(u32 field)
{
	u64 value;

	asm volatile("vmread %1, %0" : "=r"(value) : "r"((u64)field) : "cc");
	return value;
}

void guest_write(u32 field, u64 value)
{
	u8 failed;

	asm volatile("vmwrite %1, %2; setna %0"
		     : "=qm"(failed) : "r"(value), "r"((u64)field) : "cc", "memory");
	if (failed)
		bail_out("VMWRITE to %#lx failed", (u64)field);
}

void guest_set(u32 field, u64 bits, bool on)
{
	u64 value = guest_read(field);

	guest_write(field, on ? value | bits : value & ~bits);
}

/* What must be set is set. What cannot be is left to VM entry to complain about. */
static void write_controls(u32 field, u32 msr, u32 wanted)
{
	guest_write(field, wanted | (u32)read_msr(msr));
}

/* Encodings are in the order of the segment registers: ES, CS, SS, DS, FS, GS, LDTR, TR. */
static void write_segments(void)
{
	static const u32 selectors[] = { 16, 8, 16, 16, 0, 0, 0, 24 };
	static const u32 rights[] = {
		DATA_32, CODE_64, DATA_32, DATA_32, UNUSABLE, UNUSABLE, UNUSABLE, TSS_64
	};

	for (u32 i = 0; i < 8; i++) {
		guest_write(0x800 + 2 * i, selectors[i]);
		guest_write(0x4800 + 2 * i, i == 7 ? 103 : 0xffffffff);
		guest_write(0x4814 + 2 * i, rights[i]);
		guest_write(0x6806 + 2 * i, 0);
		/* The host has no LDTR, and its TR is one lower. */
		if (i != 6)
			guest_write(0xc00 + 2 * (i < 6 ? i : 6), selectors[i]);
	}
}

static void write_host(void)
{
	struct table_pointer idt;

	asm volatile("sidt %0" : "=m"(idt));
	guest_write(0x6c00, READ_CR(0));
	guest_write(0x6c02, READ_CR(3));
	guest_write(0x6c04, READ_CR(4));
	guest_write(0x6c0c, gdt_pointer.base);
	guest_write(0x6c0e, idt.base);
}

void guest_reset(bool ept)
{
	u64 region = (u64)vmcs;

	space_init(&guest_space, PAGE_PRESENT | PAGE_WRITE, PAGE_PRESENT | PAGE_WRITE);
	space_init(&ept_space, EPT_ALLOW_ALL, EPT_ALLOW_ALL | EPT_MEMORY_TYPE(MEMORY_WB));

	for (u32 i = 0; i < PAGE_SIZE / 8; i++)
		((volatile u64 *)vmcs)[i] = 0;
	*(volatile u32 *)vmcs = read_msr(MSR_VMX_BASIC);
	asm volatile("vmclear %0; vmptrld %0" : : "m"(region) : "cc", "memory");
	launched = false;

	write_controls(PIN_CONTROLS, MSR_PIN_CONTROLS, 0);
	write_controls(PRIMARY_CONTROLS, MSR_PRIMARY_CONTROLS, PRIMARY_HLT | PRIMARY_SECONDARY);
	write_controls(SECONDARY_CONTROLS, MSR_SECONDARY_CONTROLS,
		       SECONDARY_BUS_LOCK | (ept ? SECONDARY_EPT : 0));
	write_controls(EXIT_CONTROLS, MSR_EXIT_CONTROLS, EXIT_64_BIT_HOST);
	write_controls(ENTRY_CONTROLS, MSR_ENTRY_CONTROLS, ENTRY_64_BIT_GUEST);
	guest_write(EXCEPTION_BITMAP, 0xffffffff);
	guest_write(EPT_POINTER, (u64)&ept_space | EPT_POINTER_WB_4_LEVELS);
	guest_write(VMCS_LINK, -1ul);

	write_segments();
	write_host();
	guest_write(GUEST_CR0, READ_CR(0));
	guest_write(GUEST_CR3, (u64)&guest_space);
	guest_write(0x6804, READ_CR(4));
	guest_write(0x6816, gdt_pointer.base);
	guest_write(0x4810, gdt_pointer.limit);
	guest_write(GUEST_DR7, 0x400);
	guest_write(GUEST_RSP, (u64)guest_stack + sizeof(guest_stack));
	ept_flush();
}

void ept_flush(void)
{
	const u64 descriptor[2] = { 0, 0 };

	asm volatile("invept %0, %1" : : "m"(descriptor), "r"(2ul) : "cc", "memory");
}

void guest_run(struct regs *r)
{
	register u64 resume asm("r8") = launched;
	register u64 failed asm("r9") = 0;
	u64 interruption;

	guest_write(GUEST_RIP, r->rip);
	guest_write(GUEST_RFLAGS, r->rflags);
	asm volatile("vmwrite %%rsp, %[host_rsp]\n\t"
		     "lea 2f(%%rip), %%r12\n\t"
		     "vmwrite %%r12, %[host_rip]\n\t"
		     "test %[resume], %[resume]\n\t"
		     "jnz 1f\n\t"
		     "vmlaunch\n\t"
		     "jmp 3f\n"
		     "1:	vmresume\n"
		     "3:	inc %[failed]\n"
		     "2:"
		     : "+a"(r->rax), "+b"(r->rbx), "+c"(r->rcx), "+d"(r->rdx), "+S"(r->rsi),
		       "+D"(r->rdi), [failed] "+r"(failed)
		     : [resume] "r"(resume), [host_rsp] "r"((u64)HOST_RSP),
		       [host_rip] "r"((u64)HOST_RIP)
		     : "r12", "memory", "cc");
	if (failed)
		bail_out("VM entry failed: instruction error %lu", guest_read(INSTRUCTION_ERROR));
	launched = true;

	r->rip = guest_read(GUEST_RIP);
	r->rflags = guest_read(GUEST_RFLAGS);
	exit_reason = guest_read(REASON);
	exit_qualification = guest_read(QUALIFICATION);
	interruption = guest_read(INTERRUPTION);
	exit_vector = interruption & INTERRUPTION_VALID ? (long)(interruption & 0xff) : -1;
}
