/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of instructions that instructions.h describes. */
#include "instructions.h"

#ifndef INSN_STOP
#define INSN_STOP outb %al, $INSN_STOP_PORT
#endif

	.section .note.GNU-stack, "", @progbits

/* Names for addresses in what a test reports. */
	.section .text.guest, "ax"
guest_instructions:
	.section .text.native, "ax"
native_instructions:

/* One row. The text is assembled twice: for the guest, and for the reference run. */
.macro insn text, size, flags=0, rax=OPERAND_LOW, rcx=VALUE_RCX, displacement=0
	.pushsection .rodata.names, "a"
1:	.asciz "\text"
	.popsection
	.pushsection .text.guest, "ax"
2:	\text
3:	INSN_STOP
	.popsection
	.pushsection .text.native, "ax"
4:	\text
	ret
	.popsection
	.quad 1b, 2b, 4b, \rax, \rcx
	.long \displacement
	.byte 3b - 2b, \size, \flags, 0
.endm

/* Two rows: locked and unlocked. */
.macro pair text, size, rax=OPERAND_LOW, rcx=VALUE_RCX, displacement=0
	insn "lock \text", \size, INSN_LOCKED, \rax, \rcx, \displacement
	insn "\text", \size, 0, \rax, \rcx, \displacement
.endm

	.section .rodata.instructions, "a"
	.balign 8
	.globl instructions, instructions_end
instructions:

.irp op, add, or, adc, sbb, and, sub, xor
	pair "\op\()b %cl, (%rdi)", 1
	pair "\op\()w %cx, (%rdi)", 2
	pair "\op\()l %ecx, (%rdi)", 4
	pair "\op\()q %rcx, (%rdi)", 8
	pair "\op\()b $0x35, (%rdi)", 1
	pair "\op\()w $0x35, (%rdi)", 2
	pair "\op\()l $0x35, (%rdi)", 4
	pair "\op\()q $0x35, (%rdi)", 8
	pair "\op\()w $0x1357, (%rdi)", 2
	pair "\op\()l $0x13572468, (%rdi)", 4
	pair "\op\()q $0x13572468, (%rdi)", 8
.endr

.irp op, inc, dec, not, neg
	pair "\op\()b (%rdi)", 1
	pair "\op\()w (%rdi)", 2
	pair "\op\()l (%rdi)", 4
	pair "\op\()q (%rdi)", 8
.endr

/*
 * The bit is one that the operation changes. By register, a bit offset outside the operand
 * moves the access: 4 operands up, 1 operand down, which splits what the base address does
 * not, and the other way round.
 */
.macro bits op, bit
	pair "\op\()w $\bit, (%rdi)", 2
	pair "\op\()l $\bit, (%rdi)", 4
	pair "\op\()q $\bit, (%rdi)", 8
.irp steps, 0, 4, -1
	pair "\op\()w %cx, (%rdi)", 2, rcx=(\steps * 16 + \bit), displacement=(\steps * 2)
	pair "\op\()l %ecx, (%rdi)", 4, rcx=(\steps * 32 + \bit), displacement=(\steps * 4)
	pair "\op\()q %rcx, (%rdi)", 8, rcx=(\steps * 64 + \bit), displacement=(\steps * 8)
.endr
.endm
	bits bts, 3
	bits btr, 4
	bits btc, 3

	pair "xaddb %cl, (%rdi)", 1
	pair "xaddw %cx, (%rdi)", 2
	pair "xaddl %ecx, (%rdi)", 4
	pair "xaddq %rcx, (%rdi)", 8

/* Equal, then not: the write cycle happens, and locks the bus, both times. */
.irp comparand, OPERAND_LOW, ~OPERAND_LOW
	pair "cmpxchgb %cl, (%rdi)", 1, rax=\comparand
	pair "cmpxchgw %cx, (%rdi)", 2, rax=\comparand
	pair "cmpxchgl %ecx, (%rdi)", 4, rax=\comparand
	pair "cmpxchgq %rcx, (%rdi)", 8, rax=\comparand
	pair "cmpxchg8b (%rdi)", 8, rax=\comparand
	insn "lock cmpxchg16b (%rdi)", 16, INSN_LOCKED | INSN_ALIGNED, \comparand
	insn "cmpxchg16b (%rdi)", 16, INSN_ALIGNED, \comparand
.endr

	/* XCHG with memory locks without being told to. */
.irp prefix, "", "lock "
	insn "\prefix\()xchgb %cl, (%rdi)", 1, INSN_LOCKED
	insn "\prefix\()xchgw %cx, (%rdi)", 2, INSN_LOCKED
	insn "\prefix\()xchgl %ecx, (%rdi)", 4, INSN_LOCKED
	insn "\prefix\()xchgq %rcx, (%rdi)", 8, INSN_LOCKED
.endr

	/* Other ways to form the address. */
	pair "incl 24(%rdi)", 4, displacement=24
	pair "incl 0x12345678(%rdi)", 4, displacement=0x12345678
	pair "incl (%rdi, %rsi, 2)", 4, displacement=(2 * VALUE_RSI)
	pair "incl %es:(%rdi)", 4
	pair "incl (%edi)", 4

instructions_end:
