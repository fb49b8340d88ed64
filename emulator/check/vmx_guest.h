/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least hypervisor on VMX: one guest in 64-bit mode that shares the address space and
 * exits at HLT, at every exception, and at what else a caller asks for. Fields and exit
 * reasons: Intel SDM, volume 3D, appendices B and C.
 */
#ifndef CHECK_VMX_GUEST_H
#define CHECK_VMX_GUEST_H

#include <stdbool.h>
#include "cpu.h"
#include "pages.h"

#define PRIMARY_CONTROLS	0x4002
#define PRIMARY_INTERRUPT_WINDOW (1u << 2)
#define PRIMARY_MONITOR_TRAP	(1u << 27)
#define SECONDARY_CONTROLS	0x401e
#define SECONDARY_EPT		(1u << 1)
#define SECONDARY_BUS_LOCK	(1u << 30)
#define GUEST_CR0		0x6800
#define GUEST_CR3		0x6802
#define GUEST_DR7		0x681a
#define GUEST_PENDING_DEBUG	0x6822

#define EXIT_EXCEPTION		0
#define EXIT_INTERRUPT_WINDOW	7
#define EXIT_CPUID		10
#define EXIT_HLT		12
#define EXIT_MONITOR_TRAP	37
#define EXIT_EPT_VIOLATION	48
#define EXIT_BUS_LOCK		74
#define BUS_LOCK_ASSERTED	(1u << 26)	/* in any exit reason */

#define VECTOR_DB		1
#define VECTOR_UD		6
#define VECTOR_GP		13
#define VECTOR_PF		14
#define VECTOR_AC		17

#define EPT_ALLOW_ALL		7
#define EPT_MEMORY_TYPE(type)	((type) << 3)
#define EPT_IGNORE_PAT		0x40

#define MEMORY_UC		0
#define MEMORY_WC		1
#define MEMORY_WT		4
#define MEMORY_WP		5
#define MEMORY_WB		6

#define MSR_TEST_CTRL		0x33
#define SPLIT_LOCK_DETECT	(1u << 29)
#define MSR_CORE_CAPABILITIES	0xcf
#define SPLIT_LOCK_DETECT_OFFERED (1u << 5)
#define MSR_SECONDARY_CONTROLS	0x48b	/* low half: must be 1, high half: may be 1 */

/* The last exit: the reason with all its bits, and the vector of an exception, or -1. */
extern u64 exit_reason, exit_qualification;
extern long exit_vector;

extern struct space guest_space, ept_space;

bool vmx_present(void);
void vmx_enable(void);

/* A new guest, with bus-lock detection on. Both spaces as after a reset. */
void guest_reset(bool ept);

u64 guest_read(u32 field);
void guest_write(u32 field, u64 value);

/* Switch bits of a field on or off. */
void guest_set(u32 field, u64 bits, bool on);

/* After space_set() on ept_space. */
void ept_flush(void);

/* From *regs until the next exit, whose state is then in *regs. */
void guest_run(struct regs *regs);

#endif
