/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a multiboot loader (32-bit protected mode) to main() in 64-bit mode: flat segments,
 * the first 4 GiB mapped one to one, interrupts off, every exception fatal and reported by
 * trapped(). Knows nothing of SVM and VMX.
 */
#define MULTIBOOT_MAGIC	0x1badb002
#define PRESENT_WRITE	0x003
#define LARGE		0x080
#define CR0_PG_WP	0x80010000
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100

	.section .multiboot, "a"
	.balign 4
	.long MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

	.section .data.boot, "aw"
	.balign 4096
boot_pml4:
	.quad boot_pdpt + PRESENT_WRITE
	.fill 511, 8, 0
boot_pdpt:
	.quad boot_pd + PRESENT_WRITE, boot_pd + 4096 + PRESENT_WRITE
	.quad boot_pd + 8192 + PRESENT_WRITE, boot_pd + 12288 + PRESENT_WRITE
	.fill 508, 8, 0
boot_pd:
	.set address, 0
	.rept 2048
	.quad address + PRESENT_WRITE + LARGE
	.set address, address + 0x200000
	.endr

	.globl gdt_pointer
gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	.word . - gdt - 1
	.quad gdt

	.bss
	.balign 16
	.skip 16384
stack:

	.text
	.code32
	.globl _start
_start:
	cli
	cld
	mov	$boot_pml4, %eax
	mov	%eax, %cr3
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG_WP, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$8, $1f

	.code64
1:	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$stack, %rsp
	call	main
2:	hlt
	jmp	2b

	/* 16 bytes a vector; those that push no error code get one. */
	.balign 16
	.globl exception_stubs
exception_stubs:
	.set vector, 0
	.rept 32
	.balign 16
	.ifeq (0x60227d00 >> vector) & 1
	push	$0
	.endif
	push	$vector
	jmp	exception
	.set vector, vector + 1
	.endr

exception:
	pop	%rdi
	pop	%rsi
	pop	%rdx
	and	$-16, %rsp
	call	trapped
