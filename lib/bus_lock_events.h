/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events that reach the guest at the re-entry after a bus-lock exit, before the
 * instruction that the exit was about, and what their handler does.
 */
#ifndef KVMCONF_BUS_LOCK_EVENTS_H
#define KVMCONF_BUS_LOCK_EVENTS_H

#include "bus_lock.h"
#include "bus_lock_reload.h"
#include "segments.h"

enum event { INTERRUPT, NMI, PAGE_FAULT, SMI };

#define VECTOR		0x40

/* How often the handler ran; whether it locks, and where, across a line as well. */
#define HANDLED		(*(volatile uint16_t *)(BL_DATA + 4 * 64))
#define HANDLER_OPERAND	(BL_DATA + 8 * 64 - 1)
extern volatile bool handler_locks;

/* handler_lock is the address of the handler's bus lock. */
void handler_lock(unsigned long operand);

/* The handler of an SMI, where a reset puts it: 16-bit code, but flat data segments. */
#define SMI_CS_BASE	0x30000ul
#define SMI_ENTRY	(SMI_CS_BASE + 0x8000)
#define SMI_LOCK	(SMI_ENTRY + 8)

/* The event will reach the guest before its next instruction, or by it. */
void raise_event(struct vcpu *vcpu, enum event event);

#endif
