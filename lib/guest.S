/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's fixed surroundings, as data in the image: page tables, segment
 * descriptors, exception entry, and the frame around a guest function.
 */
#include "segments.h"

	.section .note.GNU-stack, "", @progbits

/* 4 GiB mapped 1:1 by 2 MiB pages, for user mode too; accessed and dirty are set. */
#define TABLE_FLAGS	0x27	/* present, writable, user, accessed */
#define LARGE_FLAGS	0xe7	/* the same, dirty, page size */

	.data
	.balign 4096
	.globl guest_pml4
guest_pml4:
	.quad	guest_pdpt + TABLE_FLAGS
	.fill	511, 8, 0
guest_pdpt:
	.quad	guest_pd + TABLE_FLAGS
	.quad	guest_pd + 0x1000 + TABLE_FLAGS
	.quad	guest_pd + 0x2000 + TABLE_FLAGS
	.quad	guest_pd + 0x3000 + TABLE_FLAGS
	.fill	508, 8, 0
guest_pd:
	.set	frame, 0
	.rept	2048
	.quad	frame + LARGE_FLAGS
	.set	frame, frame + 0x200000
	.endr

/* Accessed bits are set, so that the CPU has nothing to write here. */
	.balign 16
	.globl guest_gdt
guest_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* GDT_CODE64 */
	.quad	0x00cf93000000ffff	/* GDT_DATA */
	.quad	0x00cf9b000000ffff	/* GDT_CODE32 */
	.quad	0x00cff3000000ffff	/* GDT_USER_DATA */
	.quad	0x00affb000000ffff	/* GDT_USER_CODE64 */
	.if	. - guest_gdt != GDT_SIZE
	.error	"guest_gdt and segments.h disagree"
	.endif

	.text

/* A guest function runs between here and GUEST_PORT_DONE; RDI has its address. */
	.globl guest_start
guest_start:
	call	*%rdi
	.globl guest_done
guest_done:
	mov	$GUEST_PORT_DONE_NR, %edx
	outl	%eax, %dx
	jmp	guest_done

/*
 * One entry a vector, EXCEPTION_ENTRY_SIZE apart. Those with an error code
 * (8, 10 to 14, 17, 21, 29, 30) find it pushed, the others push a zero.
 */
#define ERROR_CODE_VECTORS	0x60227d00
	.balign 16
	.globl guest_exception_entries
guest_exception_entries:
	.set	vector, 0
	.rept	256
	.balign EXCEPTION_ENTRY_SIZE
	.if	vector > 31 || !((ERROR_CODE_VECTORS >> (vector & 31)) & 1)
	pushq	$0
	.endif
	pushq	$vector
	jmp	exception_common
	.set	vector, vector + 1
	.endr
	.balign EXCEPTION_ENTRY_SIZE

exception_common:
	push	%r11
	push	%r10
	push	%r9
	push	%r8
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	cld
	mov	%rsp, %rdi
	mov	guest_exception_handler, %rax
	test	%rax, %rax
	jz	unexpected_exception
	mov	%rsp, %rcx		/* a called function wants RSP aligned */
	and	$~15, %rsp
	push	%rcx
	push	%rcx
	call	*%rax
	pop	%rsp
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%r8
	pop	%r9
	pop	%r10
	pop	%r11
	add	$16, %rsp
	iretq

unexpected_exception:
	mov	$GUEST_PORT_EXCEPTION_NR, %edx
	outl	%eax, %dx
	jmp	unexpected_exception

	.bss
	.balign 8
	.globl guest_exception_handler
guest_exception_handler:
	.skip	8
