/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With SMAP, EFLAGS.AC opens users' pages to the supervisor until it is cleared (SDM, volume 3A,
 * "Determination of Access Rights"). Bochs keeps such translations (see ../bochs/fixes.patch),
 * and must give them up in time.
 */
#include "tap.h"
#include "vmx_claims.h"
#include "vmx_guest.h"

#define GUEST_CR4	0x6804
#define CR4_SMAP	(1u << 21)
#define RFLAGS_FIXED	2
#define USED		0x77

/* Use the page at RSI, or copy from it to RDI, while AC is set, and then again: at "closed". */
#define CODE(name, use, clear)						\
	extern const u8 name[], name##_closed[];			\
	asm(".pushsection .text\n" #name ":	stac\n"			\
	    use "\n" use "\n" clear "\n" #name "_closed:\n"		\
	    use "\n	hlt\n	.popsection")

#define CLEAR_BY_POPF	"pushfq; andl $~0x40000, (%rsp); popfq"

CODE(read_clac, "movb (%rsi), %al", "clac");
CODE(read_popf, "movb (%rsi), %al", CLEAR_BY_POPF);
CODE(write_clac, "movb %al, (%rsi)", "clac");
CODE(copy_clac, "rep movsb", "mov $64, %ecx; clac");

static void claim_closed(const char *what, const u8 *code, const u8 *closed)
{
	claim_begin("SMAP: AC opens a user's page, and no longer: %s", what);
	for (int ept = 0; ept <= 1; ept++) {
		struct regs regs = {
			.rip = (u64)code, .rflags = RFLAGS_FIXED, .rax = USED, .rcx = 64,
			.rsi = (u64)ARENA, .rdi = (u64)ARENA + PAGE_SIZE,
		};

		*ARENA = USED;
		guest_reset(ept);
		space_init(&guest_space, PAGE_PRESENT | PAGE_WRITE | PAGE_USER,
			   PAGE_PRESENT | PAGE_WRITE);
		space_set(&guest_space, ARENA, PAGE_PRESENT | PAGE_WRITE | PAGE_USER);
		guest_set(GUEST_CR4, CR4_SMAP, true);
		guest_run(&regs);
		if (exit_reason != EXIT_EXCEPTION || exit_vector != VECTOR_PF)
			claim_fails("exit reason %#lx, vector %ld", exit_reason, exit_vector);
		if (regs.rip != (u64)closed)
			claim_fails("at %#lx, not %#lx", regs.rip, (u64)closed);
		if ((u8)regs.rax != USED)
			claim_fails("read %#lx", regs.rax);
	}
	claim_end();
}

void claim_smap(void)
{
	claim_closed("read, CLAC", read_clac, read_clac_closed);
	claim_closed("read, POPF", read_popf, read_popf_closed);
	claim_closed("write, CLAC", write_clac, write_clac_closed);
	claim_closed("REP MOVSB, CLAC", copy_clac, copy_clac_closed);
}
