/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory in single pages, far apart: so that pages which the kernel allocates one after the
 * other lie in different regions of 2 MiB.
 */
#ifndef KVMCONF_SCATTER_H
#define KVMCONF_SCATTER_H

#include <stdbool.h>

/*
 * Fills memory of this CPU's node, or of each, with a guest_memfd and frees every 8th page of it.
 * The rest stays taken until the calling process ends. The kernel prefers single free pages to
 * parts of larger blocks, so the next thousands of pages are these. For emulated machines only,
 * which have nothing better to do with their memory. Returns how many pages are free, 0 without
 * a guest_memfd.
 */
long scatter_memory(bool all_nodes);

/*
 * In how many regions of 2 MiB the kernel finds the next @nr single pages: a guest_memfd takes
 * them, and gives them back. The tracepoint kmem:mm_page_alloc tells where they are; -1 if it cannot be
 * had.
 */
long regions_of_next_pages(unsigned long nr);

/* How many users of KVM's module are there for it. */
long scatter_kvm_users(void);

#endif
