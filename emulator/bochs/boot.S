/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ROM that starts what Bochs has put into memory: there is no disk, no boot loader, and
 * nothing to copy. It has the place of the VGA BIOS, which nobody needs here, and runs when
 * the BIOS is done with memory, PCI and ACPI.
 *
 * ORDER holds the address to jump to and how: 0 as the multiboot specification has it
 * (32-bit, without an information structure), 1 by Linux's 64-bit boot protocol with the
 * boot parameters at PARAMS, where the BIOS's memory map goes.
 */
#define PARAMS		0x10000
#define E820_ENTRIES	0x1e8		/* in the boot parameters: count of */
#define E820_TABLE	0x2d0		/* memory ranges, and their table */
#define E820_ROOM	128
#define ORDER		0x12000
#define PML4		0x13000
#define PDPT		0x14000

#define CODE64		0x10		/* the selectors that Linux asks for */
#define DATA		0x18
#define CODE32		0x20

	.code16
	.globl _start
_start:
	.byte 0x55, 0xaa, 4		/* signature, 4 blocks of 512 bytes */

	cli
	cld
	mov $(PARAMS >> 4), %ax
	mov %ax, %es
	mov $E820_TABLE, %di
	xor %ebx, %ebx
next_range:
	mov $0xe820, %eax
	mov $20, %ecx
	mov $0x534d4150, %edx		/* "SMAP" */
	int $0x15
	jc no_more
	incb %es:E820_ENTRIES
	add $20, %di
	cmp $(E820_TABLE + 20 * E820_ROOM), %di
	jae no_more
	test %ebx, %ebx
	jnz next_range
no_more:
	cli
	mov $0x3fb, %dx			/* 8 bits on COM1, for programs that trust in it */
	mov $3, %al
	out %al, %dx
	in $0x92, %al			/* open address line 20, without a reset */
	or $2, %al
	and $~1, %al
	out %al, $0x92

	lgdtl %cs:gdt_pointer - _start
	mov %cr0, %eax
	or $1, %al
	mov %eax, %cr0
	ljmpl *%cs:flat_pointer - _start

	.code32
flat:
	mov $DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	mov $PARAMS, %esp

	/* Nothing is put into memory again: taking the order makes a reset the end. */
	xor %ebp, %ebp
	xchg %ebp, ORDER
	test %ebp, %ebp
	jz triple_fault
	cmpl $0, ORDER + 4
	jne boot_linux

	mov $0x2badb002, %eax		/* multiboot's greeting */
	xor %ebx, %ebx
	jmp *%ebp

triple_fault:
	lidt no_idt
	int3

boot_linux:				/* 4 GiB, mapped to themselves */
	movl $(PDPT + 3), PML4
	mov $0x83, %eax
	mov $PDPT, %edi
1:	mov %eax, (%edi)
	add $8, %edi
	add $(1 << 30), %eax
	jnc 1b

	mov $PML4, %eax
	mov %eax, %cr3
	mov %cr4, %eax
	or $(1 << 5), %eax		/* PAE */
	mov %eax, %cr4
	mov $0xc0000080, %ecx		/* EFER.LME */
	rdmsr
	or $(1 << 8), %eax
	wrmsr
	mov %cr0, %eax
	or $(1 << 31), %eax		/* PG */
	mov %eax, %cr0
	ljmp $CODE64, $long_mode

	.code64
long_mode:
	mov $PARAMS, %esi
	mov %ebp, %ebp
	jmp *%rbp

	.balign 8
gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cf9b000000ffff
gdt_pointer:
	.word . - gdt - 1
	.long gdt
flat_pointer:
	.long flat
	.word CODE32
no_idt:
	.word 0
	.long 0

	.org 4 * 512			/* build.sh makes all bytes add up to 0 */
