/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEV without ES: what a hypervisor finds, ASIDs, and the C-bit in the guest's page walks.
 * AMD64 Architecture Programmer's Manual, volume 2, 15.34.
 */
#include <stddef.h>
#include "svm_claims.h"
#include "svm_guest.h"
#include "svm_sev.h"
#include "tap.h"

#define CPUID_SEV_LEAF		0x8000001f
#define CPUID_SVM		0x8000000a
#define EAX_SEV			(1u << 1)
#define EAX_SEV_ES		(1u << 3)
#define EDX_NEEDED		((1u << 1) | (1u << 6))	/* LBR virtualization, flush by ASID */
#define MSR_SYSCFG		0xc0010010
#define SYSCFG_MEM_ENCRYPT	(1u << 23)
#define MSR_HWCR		0xc0010015
#define HWCR_SMM_LOCK		1
#define FAULT_RESERVED		8
#define SEGMENT_CODE_32		0xc9b
#define EFER_SVME		0x1000

#define WHERE	(ARENA + 8 * PAGE_SIZE)

struct sev_limits sev_limits;

#define CODE(name, text)						\
	asm(".pushsection .text\n" #name ":	" text "\n"		\
	    #name "_next:	hlt\n.popsection");			\
	extern const u8 name[], name##_next[]

CODE(load_rdi, "mov (%rdi), %rax");
CODE(read_cr3, "mov %cr3, %rax; mov %rax, %cr3; mov (%rdi), %rbx");
CODE(read_status, "rdmsr");
CODE(halt, "nop");

void sev_reset(void)
{
	u64 i;

	guest_reset(true);
	for (i = 0; i < sizeof(msr_permissions); i++)
		msr_permissions[i] = 0xff;
	vmcb.intercept_3 |= INTERCEPT_3_MSR;
	vmcb.nested_paging = NESTED_PAGING | NESTED_SEV;
	vmcb.asid = sev_limits.min_asid;
}

static void claim_found(void)
{
	struct cpuid r = cpuid(CPUID_SEV_LEAF), svm = cpuid(CPUID_SVM);

	claim_begin("CPUID Fn8000_001F tells SEV, SEV-ES, the C-bit and the ASIDs");
	if (cpuid(0x80000000).eax < CPUID_SEV_LEAF || !(r.eax & EAX_SEV) ||
	    !(r.eax & EAX_SEV_ES))
		claim_fails("eax %#lx", (u64)r.eax);
	if (!r.ecx || r.edx < 2 || r.edx > r.ecx || svm.ebx <= r.ecx)
		claim_fails("ASIDs: from %lu to %lu of %lu", (u64)r.edx, (u64)r.ecx, (u64)svm.ebx);
	if (~svm.edx & EDX_NEEDED)
		claim_fails("Fn8000_000A_EDX %#lx", (u64)svm.edx);
	claim_end();
	sev_limits = (struct sev_limits) {
		.c_bit = 1ul << (r.ebx & 63), .max_asid = r.ecx, .min_asid = r.edx,
	};

	claim_begin("SYSCFG and HWCR are as firmware leaves them for SEV");
	if (!(read_msr(MSR_SYSCFG) & SYSCFG_MEM_ENCRYPT) || !(read_msr(MSR_HWCR) & HWCR_SMM_LOCK))
		claim_fails("SYSCFG %#lx, HWCR %#lx", read_msr(MSR_SYSCFG), read_msr(MSR_HWCR));
	claim_end();

	claim_begin("outside of a guest the SEV status is 0");
	if (read_msr(MSR_SEV_STATUS))
		claim_fails("%#lx", read_msr(MSR_SEV_STATUS));
	claim_end();
}

static u64 run_with(u64 nested, u64 asid)
{
	struct regs regs = { .rip = (u64)halt, .rflags = 2 };

	sev_reset();
	vmcb.nested_paging = nested;
	vmcb.asid = asid;
	guest_run(&regs);
	return vmcb.exit_code;
}

static void claim_vmrun(void)
{
	const u64 sev = NESTED_PAGING | NESTED_SEV;
	const struct {
		const char *text;
		u64 nested, asid, exit_code;
	} rows[] = {
		{ "the lowest ASID for SEV", sev, sev_limits.min_asid, EXIT_HLT },
		{ "the highest", sev, sev_limits.max_asid, EXIT_HLT },
		{ "one above", sev, sev_limits.max_asid + 1, EXIT_INVALID },
		{ "one for SEV-ES", sev, sev_limits.min_asid - 1, EXIT_INVALID },
		{ "ASID 0", sev, 0, EXIT_INVALID },
		{ "no nested paging", NESTED_SEV, sev_limits.min_asid, EXIT_INVALID },
		{ "SEV-ES without SEV", NESTED_PAGING | NESTED_SEV_ES, 1, EXIT_INVALID },
		{ "no SEV, and an ASID above", NESTED_PAGING, sev_limits.max_asid + 1, EXIT_HLT },
	};
	u64 i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		u64 code;

		claim_begin("VMRUN with SEV: %s", rows[i].text);
		code = run_with(rows[i].nested, rows[i].asid);
		if (code != rows[i].exit_code)
			claim_fails("exit %#lx, not %#lx", code, rows[i].exit_code);
		if (code == EXIT_INVALID && vmcb.rip != (u64)halt)
			claim_fails("the guest's RIP is %#lx", vmcb.rip);
		claim_end();
	}
}

/* A walk that finds the C-bit in one entry, in CR3, or in all. */
static void claim_walk(const char *text, u64 *entry)
{
	struct regs regs = { .rip = (u64)load_rdi, .rdi = (u64)WHERE, .rflags = 2 };

	claim_begin("the C-bit in %s is not part of the address", text);
	*(volatile u64 *)WHERE = 0x123456789abcdef;
	sev_reset();
	if (entry)
		*entry |= sev_limits.c_bit;
	else
		vmcb.cr3 |= sev_limits.c_bit;
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_HLT || regs.rax != 0x123456789abcdef)
		claim_fails("exit %#lx, RAX %#lx", vmcb.exit_code, regs.rax);
	if (!entry && !(vmcb.cr3 & sev_limits.c_bit))
		claim_fails("CR3 has lost it: %#lx", vmcb.cr3);
	claim_end();
}

static void claim_walks(void)
{
	struct regs regs = { .rip = (u64)read_cr3, .rdi = (u64)WHERE, .rflags = 2 };

	claim_walk("CR3", NULL);
	claim_walk("a PML4 entry", &guest_space.pml4[0]);
	claim_walk("a PDP entry", &guest_space.pdpt[0]);
	claim_walk("a PD entry", &guest_space.pd[(u64)ARENA >> 21]);
	claim_walk("a 4 KiB page's entry", &guest_space.arena[8]);
	claim_walk("a 2 MiB page's entry", &guest_space.pd[0]);	/* that of the code */

	claim_begin("MOV to and from CR3 keep the C-bit");
	sev_reset();
	vmcb.cr3 |= sev_limits.c_bit;
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_HLT || regs.rax != vmcb.cr3 ||
	    !(regs.rax & sev_limits.c_bit))
		claim_fails("exit %#lx, RAX %#lx, CR3 %#lx", vmcb.exit_code, regs.rax, vmcb.cr3);
	claim_end();

	claim_begin("the C-bit is a reserved bit for a guest without SEV");
	regs = (struct regs) { .rip = (u64)load_rdi, .rdi = (u64)WHERE, .rflags = 2 };
	sev_reset();
	vmcb.nested_paging = NESTED_PAGING;
	guest_space.arena[8] |= sev_limits.c_bit;
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_EXCEPTION + VECTOR_PF ||
	    !(vmcb.exit_info_1 & FAULT_RESERVED))
		claim_fails("exit %#lx, EXITINFO1 %#lx", vmcb.exit_code, vmcb.exit_info_1);
	claim_end();

	claim_begin("the C-bit is a reserved bit in nested page tables");
	regs = (struct regs) { .rip = (u64)load_rdi, .rdi = (u64)WHERE, .rflags = 2 };
	sev_reset();
	nested_space.arena[8] |= sev_limits.c_bit;
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_NESTED_PAGE_FAULT || !(vmcb.exit_info_1 & FAULT_RESERVED))
		claim_fails("exit %#lx, EXITINFO1 %#lx", vmcb.exit_code, vmcb.exit_info_1);
	claim_end();
}

static void claim_status(void)
{
	struct regs regs = { .rip = (u64)read_status, .rcx = MSR_SEV_STATUS, .rflags = 2 };

	claim_begin("the SEV status says SEV, and is not intercepted");
	sev_reset();
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_HLT || regs.rax != 1 || regs.rdx)
		claim_fails("exit %#lx, RAX %#lx", vmcb.exit_code, regs.rax);
	claim_end();

	claim_begin("without SEV it is intercepted as any other MSR");
	regs = (struct regs) { .rip = (u64)read_status, .rcx = MSR_SEV_STATUS, .rflags = 2 };
	sev_reset();
	vmcb.nested_paging = NESTED_PAGING;
	guest_run(&regs);
	if (vmcb.exit_code != EXIT_MSR)
		claim_fails("exit %#lx", vmcb.exit_code);
	claim_end();
}

void claim_sev(void)
{
	claim_found();
	claim_vmrun();
	claim_walks();
	claim_status();
	claim_sev_es();
	claim_firmware();
}
