/* SPDX-License-Identifier: GPL-2.0-only */
#include "pages.h"

#define LARGE_PAGE	0x80
#define LARGE_SIZE	0x200000ul

void space_init(struct space *space, u64 table_flags, u64 page_flags)
{
	u64 i;

	space->pml4[0] = (u64)space->pdpt | table_flags;
	for (i = 0; i < 4; i++)
		space->pdpt[i] = (u64)(space->pd + 512 * i) | table_flags;
	for (i = 0; i < 4 * 512; i++)
		space->pd[i] = i * LARGE_SIZE | page_flags | LARGE_PAGE;
	space->pd[(u64)ARENA / LARGE_SIZE] = (u64)space->arena | table_flags;
	for (i = 0; i < 512; i++)
		space_set(space, ARENA + i * PAGE_SIZE, page_flags);
}

void space_set(struct space *space, const u8 *page, u64 flags)
{
	space->arena[(page - ARENA) / PAGE_SIZE] = (u64)page | flags;
}
