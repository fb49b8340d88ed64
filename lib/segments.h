/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that the guest's assembly and the host's C must agree on. */
#ifndef KVMCONF_SEGMENTS_H
#define KVMCONF_SEGMENTS_H

/* Selectors into guest_gdt. */
#define GDT_CODE64		0x08
#define GDT_DATA		0x10
#define GDT_CODE32		0x18
#define GDT_USER_DATA		(0x20 | 3)
#define GDT_USER_CODE64		(0x28 | 3)
#define GDT_TSS			0x30	/* loaded by KVM_SET_SREGS, not from the table */
#define GDT_SIZE		0x30

#define EXCEPTION_ENTRY_SIZE	16

/* enum guest_port, for the assembler; vcpu_mode.c checks that they agree. */
#define GUEST_PORT_DONE_NR	0xc0f0
#define GUEST_PORT_EXCEPTION_NR	0xc0f2

#ifndef __ASSEMBLER__
#include <stdint.h>

extern uint64_t guest_pml4[512];
extern char guest_gdt[GDT_SIZE];
extern char guest_exception_entries[];
extern char guest_start[];
#endif

#endif
