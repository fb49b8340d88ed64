/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SEV-ES guest: its state is in a page of its own (VMSA), all registers with it, and #VMEXIT
 * takes the host's from the host save area. AMD64 Architecture Programmer's Manual, volume 2,
 * 15.35 and table B-4.
 */
#ifndef CHECK_SVM_ES_GUEST_H
#define CHECK_SVM_ES_GUEST_H

#include <stdbool.h>
#include "pages.h"
#include "svm_guest.h"

#define VMSA_CR4		0x148
#define VMSA_RFLAGS		0x170
#define VMSA_RIP		0x178
#define VMSA_RSP		0x1d8
#define VMSA_RAX		0x1f8
#define VMSA_STAR		0x200
#define VMSA_PKRU		0x2e8
#define VMSA_RCX		0x308
#define VMSA_FEATURES		0x3b0
#define VMSA_XCR0		0x3e8
#define VMSA_MXCSR		0x408
#define VMSA_X87_CONTROL	0x410
#define VMSA_X87		0x420
#define VMSA_XMM		0x470
#define VMSA_YMM		0x570

extern u8 vmsa[PAGE_SIZE];

#define VMSA_64(offset) (*(volatile u64 *)(vmsa + (offset)))
#define VMSA_32(offset) (*(volatile u32 *)(vmsa + (offset)))
#define VMSA_16(offset) (*(volatile u16 *)(vmsa + (offset)))
#define HOST_64(offset) (*(volatile u64 *)(host_save + 0x400 + (offset)))

/* What #VC has found on its stack. */
extern u64 vc_code, vc_rip;

/* A guest that begins at @code, with a handler for #VC that halts. */
void es_reset(const u8 *code);

/* Until the next exit. The host's registers then: RBX, RBP, RSI, RDI, R12..R15, XMM0. */
#define ES_HOST_REGS	9
void es_run(u64 host_regs[ES_HOST_REGS]);

#endif
