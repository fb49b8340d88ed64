/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every x86 instruction that takes a LOCK prefix, and XCHG, in every form and size, each
 * locked and unlocked. The table itself is in instructions.S, where the assembler encodes
 * the very text that is reported.
 *
 * An instruction's only memory access is an operand of SIZE bytes, which the register
 * values below must place. INITIAL values make each one change memory, registers or flags:
 *
 *	operand   low half OPERAND_LOW, high half (16 bytes only) OPERAND_HIGH
 *	rax, rcx  from the table: comparands, sources, bit offsets
 *	rbx       VALUE_RBX
 *	rdx       OPERAND_HIGH, so that rdx:rax and edx:eax can match the operand
 *	rsi       VALUE_RSI, an index in the forms that have one
 *	rdi       the operand's address - DISPLACEMENT
 *	rflags    VALUE_RFLAGS: carry set, for ADC and SBB
 *
 * What stops a guest behind its instruction is INSN_STOP, one instruction: an OUT, or what
 * the build defines it to be. It serves guests of ours and guests on a bare machine.
 */
#ifndef KVMCONF_INSTRUCTIONS_H
#define KVMCONF_INSTRUCTIONS_H

#define OPERAND_LOW	0x8123456789abcdd6
#define OPERAND_HIGH	0x0000000081234567
#define VALUE_RBX	0x1f2e3d4c5b6a7988
#define VALUE_RCX	0x5a5aa5a55a5a3c3c
#define VALUE_RSI	12
#define VALUE_RFLAGS	0x3

#define INSN_LOCKED	1	/* with LOCK, or XCHG */
#define INSN_ALIGNED	2	/* #GP unless aligned to its size, so never split */

#define INSN_STOP_PORT	0x44	/* of the OUT that INSN_STOP is by default */

#ifndef __ASSEMBLER__

#include <stdint.h>

struct instruction {
	const char *text;
	const uint8_t *guest;	/* the instruction, then INSN_STOP */
	const uint8_t *native;	/* the same instruction, then RET */
	uint64_t rax;
	uint64_t rcx;
	int32_t displacement;
	uint8_t length;		/* of the instruction in bytes */
	uint8_t size;		/* of the operand in bytes: 1, 2, 4, 8 or 16 */
	uint8_t flags;
};

extern const struct instruction instructions[], instructions_end[];

#endif
#endif
