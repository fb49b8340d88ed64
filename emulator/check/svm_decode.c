/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exit says of the instruction: the next RIP, and the decode assists. AMD64
 * Architecture Programmer's Manual, volume 2, 15.7.1 and 15.10.
 */
#include <stddef.h>
#include "svm_claims.h"
#include "svm_guest.h"
#include "tap.h"

#define CPUID_SVM		0x8000000a
#define EDX_NEXT_RIP		(1u << 3)
#define EDX_DECODE_ASSISTS	(1u << 7)

#define GPR(n)			(1ul << 63 | (n))
#define LINEAR			0x5230ul
#define EVENT_VALID		(1u << 31)
#define EVENT_SOFTWARE		(4u << 8)
#define EVENT_EXCEPTION		(3u << 8)
#define FAULT_PRESENT		1
#define FAULT_FETCH		0x10
#define BYTES_PAGE		(ARENA + 8 * PAGE_SIZE)
#define FAULT_PAGE		(ARENA + 16 * PAGE_SIZE)

struct row {
	const char *text;
	const u8 *code, *next;
	u64 exit_code, exit_info_1;
};

extern const struct row decode_rows[], decode_rows_end[];

/* An instruction, its exit and EXITINFO1; the next RIP is the address behind it. */
#define ROW(text, exit_code, exit_info_1)				\
	asm(".pushsection .text\n1:	" text "\n2:	hlt\n"		\
	    ".popsection\n"						\
	    ".pushsection .rodata.str\n3:	.asciz \"" text "\"\n"	\
	    ".popsection\n"						\
	    ".pushsection .data.rows, \"aw\"\n"				\
	    ".quad 3b, 1b, 2b, " #exit_code ", " #exit_info_1 "\n"	\
	    ".popsection")

asm(".pushsection .data.rows, \"aw\"\n.balign 8\n.globl decode_rows\ndecode_rows:\n.popsection");
ROW("cpuid", 0x72, 0);
ROW("rdtsc", 0x6e, 0);
ROW("rdmsr", 0x7c, 0);
ROW("wrmsr", 0x7c, 1);
ROW("vmmcall", 0x81, 0);
ROW("wbinvd", 0x89, 0);
ROW("hlt", 0x78, 0);
ROW("outb %al, $0x80", 0x7b, 0x800010);
ROW("inl %dx, %eax", 0x7b, 0x800041);
ROW(".byte 0x3e, 0x3e; wrmsr", 0x7c, 1);
ROW("mov %cr0, %rax", 0x00, 0x8000000000000000);
ROW("mov %cr0, %r15", 0x00, 0x800000000000000f);
ROW("mov %cr3, %rdi", 0x03, 0x8000000000000007);
ROW("mov %cr4, %r8", 0x04, 0x8000000000000008);
ROW("mov %cr8, %rdx", 0x08, 0x8000000000000002);
ROW("mov %rcx, %cr0", 0x10, 0x8000000000000001);
ROW("mov %r13, %cr4", 0x14, 0x800000000000000d);
ROW("mov %rsp, %cr3", 0x13, 0x8000000000000004);
ROW("mov %r9, %cr8", 0x18, 0x8000000000000009);
ROW("smsw %eax", 0x00, 0);
ROW("lmsw %bx", 0x10, 0);
ROW("clts", 0x10, 0);
ROW("mov %dr7, %rbx", 0x27, 3);
ROW("mov %dr0, %r12", 0x20, 12);
ROW("mov %rax, %dr6", 0x36, 0);
ROW("mov %r14, %dr1", 0x31, 14);
ROW("invlpg 0x30(%rdi)", 0x79, 0x5230);
ROW("invlpg %gs:0x5230", 0x79, 0x5230);
ROW("int $0x80", 0x75, 0x80);
ROW("int $3", 0x43, 0);
ROW(".byte 0xcd, 3", 0x75, 3);
ROW("ds int $0x55", 0x75, 0x55);
asm(".pushsection .data.rows, \"aw\"\n.globl decode_rows_end\ndecode_rows_end:\n.popsection");

static void intercept_all(void)
{
	u64 i;

	vmcb.read_cr = vmcb.write_cr = vmcb.read_dr = vmcb.write_dr = 0xffff;
	vmcb.intercept_3 |= INTERCEPT_3_RDTSC | INTERCEPT_3_INT_N | INTERCEPT_3_INVLPG |
			    INTERCEPT_3_MSR | INTERCEPT_3_CPUID | INTERCEPT_3_IO;
	vmcb.intercept_4 |= INTERCEPT_4_VMMCALL | INTERCEPT_4_WBINVD;
	for (i = 0; i < sizeof(msr_permissions); i++)
		msr_permissions[i] = 0xff;
	vmcb.next_rip = -1;
	vmcb.insn_length = 255;
}

static void claim_instructions(void)
{
	const struct row *row;

	for (row = decode_rows; row < decode_rows_end; row++) {
		struct regs regs = { .rip = (u64)row->code, .rdi = LINEAR - 0x30, .rdx = 0x80,
				     .rcx = 0xc0000080, .rflags = 2 };

		claim_begin("%s: next RIP and EXITINFO1", row->text);
		guest_reset(true);
		intercept_all();
		guest_run(&regs);
		if (vmcb.exit_code != row->exit_code)
			claim_fails("exit %#lx, not %#lx", vmcb.exit_code, row->exit_code);
		if (vmcb.next_rip != (u64)row->next)
			claim_fails("next RIP %#lx, not %#lx", vmcb.next_rip, (u64)row->next);
		/* Of I/O, the port and size: segment and address size are another matter. */
		if ((vmcb.exit_info_1 & (row->exit_code == EXIT_IO ? ~0x1f80ul : ~0ul)) !=
		    row->exit_info_1)
			claim_fails("EXITINFO1 %#lx, not %#lx", vmcb.exit_info_1,
				    row->exit_info_1);
		if (regs.rip != (u64)row->code)
			claim_fails("RIP %#lx, not %#lx", regs.rip, (u64)row->code);
		if (vmcb.insn_length)
			claim_fails("%lu bytes of the instruction", (u64)vmcb.insn_length);
		claim_end();
	}
}

#define CODE(name, text)						\
	asm(".pushsection .text\n" #name ":	" text "\n"		\
	    #name "_next:	hlt\n.popsection");			\
	extern const u8 name[], name##_next[]

CODE(selective, "mov %rdx, %cr0");
CODE(undefined, "ud2");
CODE(load, "mov 0x12345678(%rsi), %rax");

static void claim_selective(void)
{
	struct regs regs = { .rip = (u64)selective, .rflags = 2 };

	claim_begin("a selective write of CR0: next RIP and EXITINFO1");
	guest_reset(true);
	vmcb.intercept_3 |= INTERCEPT_3_SELECTIVE;
	regs.rdx = vmcb.cr0 ^ 0x20000000;
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_SELECTIVE_CR0 || vmcb.exit_info_1 != GPR(2) ||
	    vmcb.next_rip != (u64)selective_next)
		claim_fails("exit %#lx, EXITINFO1 %#lx, next RIP %#lx", vmcb.exit_code,
			    vmcb.exit_info_1, vmcb.next_rip);
	claim_end();
}

static void claim_none(void)
{
	struct regs regs = { .rip = (u64)undefined, .rflags = 2 };

	claim_begin("an exception leaves no next RIP and no bytes");
	guest_reset(true);
	intercept_all();
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_EXCEPTION + VECTOR_UD || vmcb.next_rip || vmcb.insn_length)
		claim_fails("exit %#lx, next RIP %#lx, %lu bytes", vmcb.exit_code, vmcb.next_rip,
			    (u64)vmcb.insn_length);
	claim_end();
}

/* An instruction whose load faults stands that far from the end of a page. */
static void run_load(u64 room, bool nested, bool next_page)
{
	u8 *at = BYTES_PAGE + PAGE_SIZE - room;
	struct regs regs = { .rip = (u64)at, .rsi = (u64)FAULT_PAGE - 0x12345678, .rflags = 2 };
	const u8 *code = load;
	u64 i;

	for (i = 0; i < 2 * PAGE_SIZE; i++)
		BYTES_PAGE[i] = 0x90;
	for (i = 0; code + i < load_next; i++)
		at[i] = code[i];
	guest_reset(true);
	intercept_all();
	space_set(nested ? &nested_space : &guest_space, FAULT_PAGE, 0);
	if (!next_page)
		space_set(nested ? &nested_space : &guest_space, BYTES_PAGE + PAGE_SIZE, 0);
	guest_run(&regs);
	if (vmcb.exit_code != (nested ? EXIT_NESTED_PAGE_FAULT : EXIT_EXCEPTION + VECTOR_PF))
		claim_fails("exit %#lx", vmcb.exit_code);
	if (vmcb.next_rip)
		claim_fails("next RIP %#lx", vmcb.next_rip);
}

static void expect_bytes(u64 count)
{
	const u8 *at = (const u8 *)vmcb.rip;
	u64 i;

	if (vmcb.insn_length != count)
		claim_fails("%lu bytes, not %lu", (u64)vmcb.insn_length, count);
	for (i = 0; i < count && vmcb.insn_bytes[i] == at[i]; i++)
		;
	if (i < count)
		claim_fails("byte %lu is %#lx", i, (u64)vmcb.insn_bytes[i]);
}

static void claim_bytes(bool nested)
{
	const char *name = nested ? "a nested page fault" : "#PF";

	claim_begin("%s has the bytes of the instruction", name);
	run_load(100, nested, true);
	expect_bytes(15);
	claim_end();

	claim_begin("%s has the bytes of an instruction across pages", name);
	run_load(3, nested, true);
	expect_bytes(15);
	claim_end();

	claim_begin("%s has no bytes from a page that is not there", name);
	run_load(8, nested, false);
	expect_bytes(8);
	claim_end();
}

static void claim_fetch(bool nested)
{
	struct regs regs = { .rip = (u64)FAULT_PAGE, .rflags = 2 };

	claim_begin("%s of a fetch has no bytes", nested ? "a nested page fault" : "#PF");
	guest_reset(true);
	intercept_all();
	/* Only with no-execute does an error code tell fetches. */
	vmcb.efer |= 1 << 11;
	write_msr(0xc0000080, read_msr(0xc0000080) | 1 << 11);
	space_set(nested ? &nested_space : &guest_space, FAULT_PAGE, 0);
	guest_run(&regs);
	if (vmcb.exit_code != (nested ? EXIT_NESTED_PAGE_FAULT : EXIT_EXCEPTION + VECTOR_PF) ||
	    !(vmcb.exit_info_1 & FAULT_FETCH) || vmcb.insn_length)
		claim_fails("exit %#lx, EXITINFO1 %#lx, %lu bytes", vmcb.exit_code,
			    vmcb.exit_info_1, (u64)vmcb.insn_length);
	claim_end();
}

/* Its handler is a HLT, and returns to where the VMCB's next RIP says. */
static void claim_injection(const char *name, u64 event, u8 vector)
{
	static struct { u16 low, selector, flags, middle; u32 high, reserved; } idt[256];
	struct regs regs = { .rip = (u64)undefined, .rflags = 2 };
	u64 handler = (u64)load_next;
	u64 *frame;

	claim_begin("%s, injected, returns to the next RIP", name);
	guest_reset(true);
	idt[vector].low = handler;
	idt[vector].middle = handler >> 16;
	idt[vector].selector = 8;
	idt[vector].flags = 0x8e00;
	vmcb.idtr.base = (u64)idt;
	vmcb.idtr.limit = sizeof(idt) - 1;
	vmcb.event = EVENT_VALID | event | vector;
	vmcb.next_rip = (u64)undefined_next + 1;
	guest_run(&regs);
	frame = (u64 *)vmcb.rsp;
	if (vmcb.exit_code != EXIT_HLT || regs.rip != handler)
		claim_fails("exit %#lx at %#lx", vmcb.exit_code, regs.rip);
	else if (frame[0] != (u64)undefined_next + 1)
		claim_fails("returns to %#lx, not %#lx", frame[0], (u64)undefined_next + 1);
	claim_end();
}

void claim_decode(void)
{
	u64 edx = cpuid(CPUID_SVM).edx;

	claim_begin("CPUID Fn8000_000A_EDX[3,7] are set");
	if (~edx & (EDX_NEXT_RIP | EDX_DECODE_ASSISTS))
		claim_fails("edx %#lx", edx);
	claim_end();
	claim_instructions();
	claim_selective();
	claim_none();
	claim_bytes(false);
	claim_bytes(true);
	claim_fetch(false);
	claim_fetch(true);
	claim_injection("INT n", EVENT_SOFTWARE, 0x80);
	claim_injection("#BP", EVENT_EXCEPTION, VECTOR_BP);
}
