/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of more than 32 bits, which the guest's tables do not map by themselves:
 *
 *	HIGH_MEMORY	memory at HVA = GVA = GPA, above 4 GiB
 *	ALIAS_*(a)	other addresses of the address a below 4 GiB, each with one more bit
 */
#ifndef KVMCONF_HIGH_MEMORY_H
#define KVMCONF_HIGH_MEMORY_H

#include "vm.h"

#define HIGH_MEMORY		(9ul << 30)
#define HIGH_MEMORY_SIZE	(2ul << 20)

#define ALIAS_4G(a)		((1ul << 32) + (a))
#define ALIAS_512G(a)		((1ul << 39) + (a))
#define ALIAS_UPPER_HALF(a)	((-1ul << 39) + (a))	/* sign-extended */

/* Gives the VM HIGH_MEMORY, and has the guest's tables map it and the aliases. */
void high_memory_add(struct vm *vm);

/* Copies the guest's tables to HIGH_MEMORY, as its first pages, and returns the CR3 of it. */
#define HIGH_TABLES_SIZE	(6 * 4096ul)
unsigned long high_memory_copy_tables(void);

#endif
