/* SPDX-License-Identifier: GPL-2.0-only */
/* The counter's life, from VMRUN to whichever exit, and what must not count twice. */
#include "svm_claims.h"
#include "svm_guest.h"
#include "tap.h"

#define CPUID_SVM		0x8000000a
#define EDX_BUS_LOCK_THRESHOLD	(1u << 29)
#define RFLAGS_TF		0x100
#define DR6_BS			0x4000
#define DR6_B0			0x1
#define DR7_WRITE_4_BYTES_0	0x000d0402	/* breakpoint 0, global */

/* What the guest locks: four bytes, two on each side of a page boundary. */
#define SPLIT	((volatile u32 *)(ARENA + PAGE_SIZE - 2))

/* Guest code: a bus lock, then what may cause another exit. */
#define LOCK_THEN(name, instruction)					\
	asm(".pushsection .text\n"					\
	    #name ":	lock incl (%rdi)\n"				\
	    #name "_next:	" instruction "\n"			\
	    "hlt\n"							\
	    ".popsection");						\
	extern const u8 name[], name##_next[]

LOCK_THEN(then_hlt, "hlt");
LOCK_THEN(then_nop, "nop");
LOCK_THEN(then_cpuid, "cpuid");
LOCK_THEN(then_vmmcall, "vmmcall");
LOCK_THEN(then_in, "inb $0x80, %al");
LOCK_THEN(then_out, "outb %al, $0x80");
LOCK_THEN(then_undefined, "ud2");
LOCK_THEN(then_read_cr0, "mov %cr0, %rax");
LOCK_THEN(then_write_cr0, "mov %rbx, %cr0");
LOCK_THEN(then_invlpg, "invlpg (%rdi)");
LOCK_THEN(then_load, "mov (%rsi), %rax");
LOCK_THEN(then_again, "dec %rcx; jnz then_again");

static struct regs begin(const u8 *code)
{
	guest_reset(true);
	*SPLIT = 0;
	return (struct regs) { .rip = (u64)code, .rdi = (u64)SPLIT, .rflags = 2 };
}

static void run(struct regs *regs, u16 counter)
{
	vmcb.bus_lock_counter = counter;
	guest_run(regs);
}

static void expect(u64 code, u16 counter, u64 executed)
{
	if (vmcb.exit_code != code)
		claim_fails("exit %#lx, not %#lx", vmcb.exit_code, code);
	if (vmcb.bus_lock_counter != counter)
		claim_fails("counter %lu, not %lu", (u64)vmcb.bus_lock_counter, (u64)counter);
	if (*SPLIT != executed)
		claim_fails("%lu bus locks executed, not %lu", (u64)*SPLIT, executed);
}

void claim_feature(void)
{
	claim_begin("CPUID Fn8000_000A_EDX[29] is set");
	if (!svm_present())
		bail_out("no SVM with nested paging");
	if (!(cpuid(CPUID_SVM).edx & EDX_BUS_LOCK_THRESHOLD))
		claim_fails("edx %#lx", (u64)cpuid(CPUID_SVM).edx);
	claim_end();
}

static void claim_all_used(void)
{
	struct regs regs = begin(then_again);

	claim_begin("65535 bus locks execute, the next one exits");
	regs.rcx = 70000;
	run(&regs, 65535);
	expect(EXIT_BUS_LOCK, 0, 65535);
	claim_end();
}

static void claim_loaded(void)
{
	struct regs regs = begin(then_again);

	claim_begin("VMRUN loads the counter each time");
	regs.rcx = 100;
	run(&regs, 2);
	expect(EXIT_BUS_LOCK, 0, 2);
	run(&regs, 0);
	expect(EXIT_BUS_LOCK, 0, 2);
	run(&regs, 5);
	expect(EXIT_BUS_LOCK, 0, 7);
	run(&regs, 1000);
	expect(EXIT_HLT, 907, 100);
	claim_end();
}

static void claim_stored(void)
{
	static const struct {
		const char *name;
		const u8 *code, *next;
		u64 exit_code;
		bool shutdown;
	} exits[] = {
		{ "HLT", then_hlt, then_hlt_next, EXIT_HLT, false },
		{ "CPUID", then_cpuid, then_cpuid_next, EXIT_CPUID, false },
		{ "VMMCALL", then_vmmcall, then_vmmcall_next, EXIT_VMMCALL, false },
		{ "IN", then_in, then_in_next, EXIT_IO, false },
		{ "OUT", then_out, then_out_next, EXIT_IO, false },
		{ "#UD", then_undefined, then_undefined_next, EXIT_EXCEPTION + VECTOR_UD, false },
		{ "#PF", then_load, then_load_next, EXIT_EXCEPTION + VECTOR_PF, false },
		{ "nested page fault", then_load, then_load_next, EXIT_NESTED_PAGE_FAULT, false },
		{ "a read of CR0", then_read_cr0, then_read_cr0_next, EXIT_READ_CR0, false },
		{ "a write of CR0", then_write_cr0, then_write_cr0_next, EXIT_WRITE_CR0, false },
		{ "INVLPG", then_invlpg, then_invlpg_next, EXIT_INVLPG, false },
		{ "shutdown", then_undefined, then_undefined_next, EXIT_SHUTDOWN, true },
	};
	u64 i;

	for (i = 0; i < sizeof(exits) / sizeof(*exits); i++) {
		struct regs regs = begin(exits[i].code);

		claim_begin("the counter is stored at an exit for %s", exits[i].name);
		regs.rbx = vmcb.cr0;
		regs.rsi = (u64)ARENA + 8 * PAGE_SIZE;
		vmcb.read_cr = vmcb.write_cr = 1;
		vmcb.intercept_3 |= INTERCEPT_3_CPUID | INTERCEPT_3_INVLPG | INTERCEPT_3_IO;
		vmcb.intercept_4 |= INTERCEPT_4_VMMCALL;
		if (exits[i].shutdown)
			vmcb.exceptions = 0;	/* and no IDT: a triple fault */
		if (exits[i].exit_code == EXIT_EXCEPTION + VECTOR_PF)
			space_set(&guest_space, ARENA + 8 * PAGE_SIZE, 0);
		if (exits[i].exit_code == EXIT_NESTED_PAGE_FAULT)
			space_set(&nested_space, ARENA + 8 * PAGE_SIZE, 0);
		run(&regs, 3);
		expect(exits[i].exit_code, 2, 1);
		if (!exits[i].shutdown && regs.rip != (u64)exits[i].next)
			claim_fails("RIP %#lx, not %#lx", regs.rip, (u64)exits[i].next);
		claim_end();
	}
}

/* Emulators begin an instruction anew for these, and must not count it anew. */
static void claim_once(void)
{
	struct regs regs = begin(then_nop);

	claim_begin("a bus lock under single-step is counted once");
	regs.rflags |= RFLAGS_TF;
	run(&regs, 3);
	expect(EXIT_EXCEPTION + VECTOR_DB, 2, 1);
	if (regs.rip != (u64)then_nop_next || !(vmcb.dr6 & DR6_BS))
		claim_fails("RIP %#lx, DR6 %#lx", regs.rip, vmcb.dr6);
	claim_end();

	regs = begin(then_nop);
	claim_begin("a bus lock that meets a data breakpoint is counted once");
	asm volatile("mov %0, %%dr0" : : "r"(SPLIT));
	vmcb.dr7 = DR7_WRITE_4_BYTES_0;
	run(&regs, 3);
	expect(EXIT_EXCEPTION + VECTOR_DB, 2, 1);
	if (regs.rip != (u64)then_nop_next || !(vmcb.dr6 & DR6_B0))
		claim_fails("RIP %#lx, DR6 %#lx", regs.rip, vmcb.dr6);
	claim_end();
}

/* The operand is the instruction's own last byte and what follows, in the next line. */
static void claim_own_code(void)
{
	static const u8 code[] = { 0xf0, 0x83, 0x0f, 0x00, 0xf4, 0x90, 0x90 };	/* lock orl $0, (%rdi); hlt */
	u8 *at = ARENA + 128 - 4;
	struct regs regs = begin(at);
	u64 i;

	claim_begin("a bus lock on its own code is counted once");
	for (i = 0; i < sizeof(code); i++)
		at[i] = code[i];
	regs.rdi = (u64)at + 3;
	run(&regs, 3);
	expect(EXIT_HLT, 2, 0);
	claim_end();
}

static void claim_host(void)
{
	struct regs regs = begin(then_again);

	claim_begin("the host's own bus locks are not counted");
	regs.rcx = 100;
	run(&regs, 2);
	expect(EXIT_BUS_LOCK, 0, 2);
	asm volatile("lock incl %0" : "+m"(*SPLIT));
	run(&regs, 1);
	expect(EXIT_BUS_LOCK, 0, 4);
	claim_end();
}

void claim_counter(void)
{
	claim_all_used();
	claim_loaded();
	claim_stored();
	claim_once();
	claim_own_code();
	claim_host();
}
