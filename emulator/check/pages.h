/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables for a guest: the first 4 GiB mapped one to one, in 4 KiB pages within ARENA,
 * whose pages can be taken away one by one. The same shape serves as guest page tables, as
 * AMD's nested page tables and as Intel's EPT; only the flags differ.
 */
#ifndef CHECK_PAGES_H
#define CHECK_PAGES_H

#include "types.h"

#define PAGE_SIZE	4096
#define ARENA		((u8 *)0x400000)	/* 2 MiB of memory that nothing else uses */

#define PAGE_PRESENT	1
#define PAGE_WRITE	2
#define PAGE_USER	4

struct space {
	u64 pml4[512];
	u64 pdpt[512];
	u64 pd[4 * 512];
	u64 arena[512];
} __attribute__((aligned(PAGE_SIZE)));

void space_init(struct space *space, u64 table_flags, u64 page_flags);

/* Give one page of ARENA other flags. The TLB is the caller's to flush. */
void space_set(struct space *space, const u8 *page, u64 flags);

#endif
