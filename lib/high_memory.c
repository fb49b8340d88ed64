// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <string.h>

#include "high_memory.h"
#include "segments.h"

#define TABLE_FLAGS	0x27ul		/* present, writable, user, accessed */
#define LARGE_FLAGS	0xe7ul		/* the same, dirty, page size */
#define FLAGS_MASK	0xffful
#define ENTRIES		512

static uint64_t high_pd[ENTRIES] __attribute__((aligned(4096)));

static uint64_t *table_of(uint64_t entry)
{
	return (uint64_t *)(entry & ~FLAGS_MASK);
}

void high_memory_add(struct vm *vm)
{
	uint64_t *pdpt = table_of(guest_pml4[0]);

	vm_add_memory(vm, HIGH_MEMORY, HIGH_MEMORY_SIZE);
	for (unsigned int i = 0; i < 4; i++)
		pdpt[4 + i] = pdpt[i];
	high_pd[0] = HIGH_MEMORY | LARGE_FLAGS;
	pdpt[HIGH_MEMORY >> 30] = (uint64_t)high_pd | TABLE_FLAGS;
	guest_pml4[1] = guest_pml4[0];
	guest_pml4[ENTRIES - 1] = guest_pml4[0];
}

unsigned long high_memory_copy_tables(void)
{
	uint64_t *copy = (uint64_t *)HIGH_MEMORY;
	uint64_t *pdpt = table_of(guest_pml4[0]);

	memcpy(copy, guest_pml4, 4096);
	memcpy(copy + ENTRIES, pdpt, 4096);
	copy[0] = (uint64_t)(copy + ENTRIES) | TABLE_FLAGS;
	for (unsigned int i = 0; i < 4; i++) {
		memcpy(copy + (2 + i) * ENTRIES, table_of(pdpt[i]), 4096);
		copy[ENTRIES + i] = (uint64_t)(copy + (2 + i) * ENTRIES) | TABLE_FLAGS;
	}
	return (unsigned long)copy;
}
