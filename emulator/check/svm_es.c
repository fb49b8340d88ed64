/* SPDX-License-Identifier: GPL-2.0-only */
/* SEV-ES: what is an exit and what #VC; the MSRs of the guest's own. */
#include <stddef.h>
#include "svm_claims.h"
#include "svm_es_guest.h"
#include "svm_sev.h"
#include "tap.h"

#define RESERVED_NESTED	(1ul << 51)
#define RFLAGS_IF	0x200
#define STATE_IF	2
#define MASK_INTERRUPTS	(1ul << 24)	/* the host's RFLAGS.IF is for them, not the guest's */
#define WHERE		(ARENA + 8 * PAGE_SIZE)
#define SPLIT		(ARENA + PAGE_SIZE - 2)

#define CODE(name, text)						\
	asm(".pushsection .text\n" #name ":	" text "\n"		\
	    #name "_next:	hlt\n.popsection");			\
	extern const u8 name[], name##_next[]

CODE(es_cpuid, "cpuid");
CODE(es_rdtsc, "rdtsc");
CODE(es_rdmsr, "rdmsr");
CODE(es_wrmsr, "wrmsr");
CODE(es_in, "inb $0x80, %al");
CODE(es_out, "outb %al, $0x80");
CODE(es_vmmcall, "vmmcall");
CODE(es_wbinvd, "wbinvd");
CODE(es_read_cr0, "mov %cr0, %rax");
CODE(es_write_cr0, "mov %rdx, %cr0");
CODE(es_read_dr7, "mov %dr7, %rax");
CODE(es_write_dr7, "mov %rdx, %dr7");
CODE(es_invlpg, "invlpg (%rdi)");
CODE(es_undefined, "ud2");
CODE(es_load, "mov (%rdi), %rax");
CODE(es_vmgexit, ".byte 0xf3, 0x0f, 0x01, 0xd9");
CODE(es_pause, "pause");
CODE(es_halt, "hlt");
CODE(es_lock, "lock incl (%rsi)");
CODE(es_sti, "sti; nop");
CODE(es_read_back, "wrmsr; xor %eax, %eax; xor %edx, %edx; rdmsr");

static void begin(const u8 *code)
{
	u64 i;

	es_reset(code);
	vmcb.read_cr = vmcb.write_cr = 0;
	vmcb.intercept_3 |= INTERCEPT_3_RDTSC | INTERCEPT_3_INVLPG | INTERCEPT_3_MSR |
			    INTERCEPT_3_CPUID | INTERCEPT_3_IO | 1u << 23;	/* PAUSE */
	vmcb.intercept_4 |= INTERCEPT_4_VMMCALL | INTERCEPT_4_WBINVD;
	for (i = 0; i < sizeof(msr_permissions); i++)
		msr_permissions[i] = 0xff;
	VMSA_64(VMSA_RCX) = 0xc0000080;
	VMSA_64(0x310) = 0x80;			/* RDX */
	VMSA_64(0x330) = (u64)SPLIT;		/* RSI */
	VMSA_64(0x338) = (u64)WHERE;		/* RDI */
}

static void expect(const u8 *rip, u64 code)
{
	if (vmcb.exit_code != code)
		claim_fails("exit %#lx, not %#lx", vmcb.exit_code, code);
	if (VMSA_64(VMSA_RIP) != (u64)rip)
		claim_fails("RIP %#lx, not %#lx", VMSA_64(VMSA_RIP), (u64)rip);
}

extern const u8 vc_handler[];

static void claim_vc(void)
{
	static const struct {
		const char *text;
		const u8 *code;
		u64 exit_code;
	} rows[] = {
		{ "CPUID", es_cpuid, EXIT_CPUID },
		{ "RDTSC", es_rdtsc, EXIT_RDTSC },
		{ "RDMSR", es_rdmsr, EXIT_MSR },
		{ "WRMSR", es_wrmsr, EXIT_MSR },
		{ "IN", es_in, EXIT_IO },
		{ "OUT", es_out, EXIT_IO },
		{ "VMMCALL", es_vmmcall, EXIT_VMMCALL },
		{ "WBINVD", es_wbinvd, EXIT_WBINVD },
		{ "a read of CR0", es_read_cr0, EXIT_READ_CR0 },
		{ "a write of CR0", es_write_cr0, EXIT_WRITE_CR0 },
		{ "a read of DR7", es_read_dr7, EXIT_READ_DR0 + 7 },
		{ "a write of DR7", es_write_dr7, EXIT_WRITE_DR0 + 7 },
		{ "INVLPG", es_invlpg, EXIT_INVLPG },
		{ "#UD", es_undefined, EXIT_EXCEPTION + VECTOR_UD },
		{ "a reserved bit in nested tables", es_load, EXIT_NESTED_PAGE_FAULT },
	};
	u64 i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		claim_begin("SEV-ES: %s is #VC", rows[i].text);
		begin(rows[i].code);
		vmcb.read_cr = vmcb.write_cr = vmcb.read_dr = vmcb.write_dr = 0xffff;
		vmcb.exceptions = 1u << VECTOR_UD;
		nested_space.arena[8] |= RESERVED_NESTED;
		es_run(NULL);
		if (vmcb.exit_code != EXIT_HLT)
			claim_fails("exit %#lx", vmcb.exit_code);
		if (vc_code != rows[i].exit_code || vc_rip != (u64)rows[i].code)
			claim_fails("error code %#lx at %#lx, not %#lx at %#lx", vc_code, vc_rip,
				    rows[i].exit_code, (u64)rows[i].code);
		claim_end();
	}
}

static void claim_automatic(void)
{
	static const struct {
		const char *text;
		const u8 *code, *rip;
		u64 exit_code;
	} rows[] = {
		{ "HLT", es_halt, es_halt_next, EXIT_HLT },
		{ "PAUSE", es_pause, es_pause_next, 0x77 },
		{ "VMGEXIT", es_vmgexit, es_vmgexit_next, EXIT_VMGEXIT },
		{ "a bus lock", es_lock, es_lock, EXIT_BUS_LOCK },
		{ "a nested page fault", es_load, es_load, EXIT_NESTED_PAGE_FAULT },
		{ "a write of CR0, by its trap,", es_write_cr0, es_write_cr0_next, EXIT_TRAP_CR0 },
	};
	u64 i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		u64 cr0;

		claim_begin("SEV-ES: %s is an exit", rows[i].text);
		begin(rows[i].code);
		space_set(&nested_space, WHERE, 0);
		vmcb.intercept_4 |= INTERCEPT_4_TRAP_CR(0);
		cr0 = VMSA_64(0x158);
		if (rows[i].exit_code == EXIT_TRAP_CR0)
			VMSA_64(0x310) = cr0 ^ 2;	/* MP */
		vmcb.next_rip = -1;
		es_run(NULL);
		expect(rows[i].rip, rows[i].exit_code);
		if (vmcb.next_rip || vmcb.insn_length)
			claim_fails("next RIP %#lx, %lu bytes", vmcb.next_rip,
				    (u64)vmcb.insn_length);
		if (rows[i].exit_code == EXIT_TRAP_CR0 &&
		    (vmcb.exit_info_1 != (cr0 ^ 2) || VMSA_64(0x158) != (cr0 ^ 2)))
			claim_fails("EXITINFO1 %#lx, CR0 %#lx", vmcb.exit_info_1, VMSA_64(0x158));
		claim_end();
	}

	claim_begin("SEV-ES: a write of EFER, by its trap, is an exit");
	begin(es_wrmsr);
	vmcb.intercept_3 &= ~INTERCEPT_3_MSR;
	vmcb.intercept_4 |= INTERCEPT_4_TRAP_EFER;
	VMSA_64(VMSA_RAX) = 0x1501;
	VMSA_64(0x310) = 0;
	es_run(NULL);
	expect(es_wrmsr_next, EXIT_TRAP_EFER);
	if (vmcb.exit_info_1 != 0x1501)
		claim_fails("EXITINFO1 %#lx", vmcb.exit_info_1);
	claim_end();

	claim_begin("SEV-ES: what no handler for #VC takes is a shutdown");
	begin(es_cpuid);
	VMSA_32(0x84) = 0;	/* IDTR's limit */
	es_run(NULL);
	if (vmcb.exit_code != EXIT_SHUTDOWN)
		claim_fails("exit %#lx", vmcb.exit_code);
	claim_end();
}

static void claim_invalid(void)
{
	static const struct {
		const char *text;
		u64 vmsa, features, exit_code;
		s64 asid;
	} rows[] = {
		{ "the highest ASID for it", 0, 0, EXIT_HLT, -1 },
		{ "one above", 0, 0, EXIT_INVALID, 0 },
		{ "a save area at no page", 0x10, 0, EXIT_INVALID, -1 },
		{ "a save area beyond memory", 1ul << 51, 0, EXIT_INVALID, -1 },
		{ "features that there are not", 0, 2, EXIT_INVALID, -1 },
	};
	u64 i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		claim_begin("VMRUN with SEV-ES: %s", rows[i].text);
		begin(es_halt);
		vmcb.asid = sev_limits.min_asid + rows[i].asid;
		vmcb.vmsa += rows[i].vmsa;
		VMSA_64(VMSA_FEATURES) = rows[i].features;
		es_run(NULL);
		if (vmcb.exit_code != rows[i].exit_code)
			claim_fails("exit %#lx, not %#lx", vmcb.exit_code, rows[i].exit_code);
		claim_end();
	}
}

static void claim_msrs(void)
{
	claim_begin("SEV-ES: the SEV status says so, and is not intercepted");
	begin(es_rdmsr);
	VMSA_64(VMSA_RCX) = MSR_SEV_STATUS;
	es_run(NULL);
	expect(es_rdmsr_next + 1, EXIT_HLT);
	if (VMSA_64(VMSA_RAX) != 3 || VMSA_64(0x310))
		claim_fails("RAX %#lx", VMSA_64(VMSA_RAX));
	claim_end();

	claim_begin("SEV-ES: the GHCB MSR is the VMCB's, and is not intercepted");
	begin(es_read_back);
	VMSA_64(VMSA_RCX) = MSR_GHCB;
	VMSA_64(VMSA_RAX) = 0x89abc000;
	VMSA_64(0x310) = 0x1234567;
	es_run(NULL);
	expect(es_read_back_next + 1, EXIT_HLT);
	if (vmcb.ghcb != 0x123456789abc000)
		claim_fails("GHCB %#lx", vmcb.ghcb);
	if (VMSA_64(VMSA_RAX) != 0x89abc000 || VMSA_64(0x310) != 0x1234567)
		claim_fails("read back as %#lx", VMSA_64(VMSA_RAX));
	claim_end();

	claim_begin("SEV-ES: an exit tells RFLAGS.IF");
	begin(es_sti);
	vmcb.interrupt_control = MASK_INTERRUPTS;
	es_run(NULL);
	expect(es_sti_next + 1, EXIT_HLT);
	if (!(vmcb.interrupt_state & STATE_IF) || !(VMSA_64(VMSA_RFLAGS) & RFLAGS_IF))
		claim_fails("interrupt state %#lx", vmcb.interrupt_state);
	begin(es_halt);
	es_run(NULL);
	if (vmcb.interrupt_state & STATE_IF)
		claim_fails("interrupt state %#lx with IF clear", vmcb.interrupt_state);
	claim_end();
}

void claim_sev_es(void)
{
	claim_invalid();
	claim_vc();
	claim_automatic();
	claim_msrs();
	claim_vmsa();
}
