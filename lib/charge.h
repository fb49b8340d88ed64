/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a memory cgroup is charged for single pages of the kernel's, exactly. Among them are
 * control pages of TDs, S-EPT pages and pairs of PAMT pages.
 *
 * memory.stat has the kernel's pages in "kernel", with all slab objects and page tables. Four
 * things keep a difference of it from being exact, and are taken care of:
 *
 *   - Slab, page tables, stacks, per-CPU memory and vmalloc() have lines of their own: they are
 *     subtracted.
 *   - A CPU keeps part of a page in stock, charged but not used. The stock is drained by a
 *     limit, memory.high, just below what is charged; on one CPU that is over when the write
 *     is. Less than a page remains, and how much follows from the bytes of the objects.
 *   - Changes reach memory.stat only in batches of 64 for each CPU. The batch is filled with
 *     changes of another kind: pages of user memory, mapped and unmapped.
 *   - The kernel frees objects later than they are given up. Two readings that follow one another
 *     must be the same.
 *
 * Source: mm/memcontrol.c memory_stat_format(), memory_high_write(), memcg_rstat_updated()
 */
#ifndef KVMCONF_CHARGE_H
#define KVMCONF_CHARGE_H

#include <stdbool.h>

/*
 * The calling process must be in the cgroup @dir alone, and stay on one CPU between two calls: see
 * charge_begin(). -1 if the cgroup has no account of memory.
 */
long charge_pages(const char *dir);

/*
 * Binds the calling process, which is in the cgroup @dir, to one CPU, and proves that the charge
 * is exact there: a pipe's pages are charged like a TD's, and their number is known.
 */
void charge_begin(const char *dir);

/*
 * Limits the cgroup to @pages more than it has now. What the calling process does until
 * charge_unlimit() must be no more than system calls: it is spared by the OOM killer, so a page
 * fault would wait for memory for ever. Hence all of its memory is locked.
 */
void charge_limit(const char *dir, long pages);
void charge_unlimit(void);

/* By how many pages the cgroup has gone beyond its limit since; 0 where the kernel cannot tell. */
long charge_beyond_limit(void);

#endif
