/* SPDX-License-Identifier: GPL-2.0-only */
/* SMM: a handler for SMIs, where a reset puts it. */
#ifndef KVMCONF_SMM_H
#define KVMCONF_SMM_H

#include <stddef.h>
#include <stdint.h>

#include "vm.h"

/* The handler's first instruction: 16-bit code in a segment at SMI_BASE, flat data segments. */
#define SMI_BASE	0x30000ul
#define SMI_ENTRY	(SMI_BASE + 0x8000)

#define OPCODE_RSM	0x0f, 0xaa

/*
 * In SMM the VM has another address space. Gives it the memory that vm_add_low_memory() has
 * given the other one, and puts the handler there: @length bytes of code, an RSM among them.
 */
void smm_install(struct vm *vm, const void *code, size_t length);

#endif
