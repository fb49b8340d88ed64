/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One instruction at one place: what a guest must begin with, and what it must end with
 * once the instruction has executed. The latter is taken from the same instruction run
 * outside of any guest, on an operand that is not split: not the instruction is on trial,
 * but what happens around it.
 */
#ifndef CHECK_TRIAL_H
#define CHECK_TRIAL_H

#include <stdbool.h>
#include "cpu.h"
#include "instructions.h"
#include "pages.h"

#define WINDOW	64	/* bytes of memory to watch on each side of the boundary */

#define LINE_BOUNDARY	(ARENA + PAGE_SIZE + PAGE_SIZE / 2)
#define PAGE_BOUNDARY	(ARENA + PAGE_SIZE)

struct trial {
	const struct instruction *insn;
	u8 *boundary;		/* LINE_BOUNDARY or PAGE_BOUNDARY */
	u8 *operand;		/* begins HEAD bytes before it */
	bool split;
	struct regs before;	/* RIP at the instruction */
	struct regs after;	/* RIP at the HLT after it */
	u8 memory_before[2 * WINDOW];
	u8 memory_after[2 * WINDOW];
};

/* Begin a claim about an instruction, by a name that no other row of the table has. */
void claim_instruction(const struct instruction *insn, const char *what);

/* Set up memory and trial->before. The guest may use all of ARENA meanwhile. */
void trial_begin(struct trial *trial, const struct instruction *insn, u8 *boundary, int head);

/* NULL, or the name of what is not as it was before, or as it must be after. */
const char *trial_not_before(const struct trial *trial, const struct regs *regs);
const char *trial_not_after(const struct trial *trial, const struct regs *regs);

#endif
