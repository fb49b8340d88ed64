/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's way to L2 and back, with all of L2's registers loaded from l2_registers and stored
 * there. RAX, RSP and RIP are in the VMCB, RSP and RIP in the VMCS.
 */
	.section .note.GNU-stack, "", @progbits

	.set RAX, 0
	.set RCX, 8
	.set RDX, 16
	.set RBX, 24
	.set RBP, 32
	.set RSI, 40
	.set RDI, 48
	.set R8, 56

.macro callee_saved instruction, registers:vararg
	.irp register, \registers
	\instruction %\register
	.endr
.endm

/* All but RAX and RDI. */
.macro load_l2
	mov	l2_registers + RCX, %rcx
	mov	l2_registers + RDX, %rdx
	mov	l2_registers + RBX, %rbx
	mov	l2_registers + RBP, %rbp
	mov	l2_registers + RSI, %rsi
	mov	l2_registers + RDI, %rdi
	.set	offset, R8
	.irp	register, r8, r9, r10, r11, r12, r13, r14, r15
	mov	l2_registers + offset, %\register
	.set	offset, offset + 8
	.endr
.endm

.macro store_l2
	mov	%rcx, l2_registers + RCX
	mov	%rdx, l2_registers + RDX
	mov	%rbx, l2_registers + RBX
	mov	%rbp, l2_registers + RBP
	mov	%rsi, l2_registers + RSI
	mov	%rdi, l2_registers + RDI
	.set	offset, R8
	.irp	register, r8, r9, r10, r11, r12, r13, r14, r15
	mov	%\register, l2_registers + offset
	.set	offset, offset + 8
	.endr
.endm

	.text

/* void l2_enter_svm(struct vmcb *vmcb): RDI is its address; events are held off. */
	.globl	l2_enter_svm
l2_enter_svm:
	callee_saved push, rbx, rbp, r12, r13, r14, r15
	mov	%rdi, %rax
	load_l2
	vmrun	%rax
	store_l2
	callee_saved pop, r15, r14, r13, r12, rbp, rbx
	ret

#define VMCS_HOST_RSP	0x6c14
#define VMCS_HOST_RIP	0x6c16

/* int l2_enter_vmx(int launched): 0 if L2 was entered and came back. */
	.globl	l2_enter_vmx
l2_enter_vmx:
	callee_saved push, rbx, rbp, r12, r13, r14, r15
	mov	$VMCS_HOST_RSP, %eax
	vmwrite	%rsp, %rax
	lea	came_back(%rip), %rdx
	mov	$VMCS_HOST_RIP, %eax
	vmwrite	%rdx, %rax
	test	%edi, %edi
	mov	l2_registers + RAX, %rax
	load_l2
	jnz	resume
	vmlaunch
	jmp	not_entered
resume:
	vmresume
not_entered:
	mov	$1, %eax
	jmp	out
came_back:
	mov	%rax, l2_registers + RAX
	store_l2
	xor	%eax, %eax
out:
	callee_saved pop, r15, r14, r13, r12, rbp, rbx
	ret
