/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap.h"
#include "tdx_call.h"

struct seamcall call;
bool dynamic;

/* TDs return in any register, so all but RSP are saved. */
asm(".text\n"
    ".globl seamcall\n"
    "seamcall:\n\t"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdi\n\t"
    "mov (%rdi), %rax; mov 8(%rdi), %rcx; mov 16(%rdi), %rdx; mov 24(%rdi), %r8\n\t"
    "mov 32(%rdi), %r9; mov 40(%rdi), %r10; mov 48(%rdi), %r11; mov 56(%rdi), %r12\n\t"
    "mov 64(%rdi), %r13; mov 72(%rdi), %r14; mov 80(%rdi), %r15\n\t"
    ".byte 0x66, 0x0f, 0x01, 0xcf\n\t"
    "pop %rdi\n\t"
    "mov %rax, (%rdi); mov %rcx, 8(%rdi); mov %rdx, 16(%rdi); mov %r8, 24(%rdi)\n\t"
    "mov %r9, 32(%rdi); mov %r10, 40(%rdi); mov %r11, 48(%rdi); mov %r12, 56(%rdi)\n\t"
    "mov %r13, 64(%rdi); mov %r14, 72(%rdi); mov %r15, 80(%rdi)\n\t"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"
    "ret\n");

void attempt(const struct attempt *list, u64 nr)
{
	for (const struct attempt *a = list; a < list + nr; a++) {
		const u64 mask = a->want & 0xffffffff ? ~0ul : ~0ul << 32;

		call = (struct seamcall){
			.rax = a->leaf, .rcx = a->rcx, .rdx = a->rdx, .r8 = a->r8, .r9 = a->r9,
		};
		seamcall(&call);
		if ((call.rax & mask) != a->want)
			claim_fails("%s: leaf %lu gives %#lx, not %#lx", a->what, a->leaf & 0xffff,
				    call.rax, a->want);
	}
}

void gives(u64 want, const char *what, u64 leaf, u64 rcx, u64 rdx, u64 r8)
{
	const struct attempt a = { want, what, leaf, rcx, rdx, r8, 0 };

	attempt(&a, 1);
}

void needs_pair(enum operand operand, u64 leaf, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	const struct attempt a = {
		MISSING_PAMT_PAGE_PAIR | operand, "no pair", leaf, rcx, rdx, r8, r9
	};

	if (dynamic)
		attempt(&a, 1);
}
