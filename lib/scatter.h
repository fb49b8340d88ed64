/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory in single pages, far apart: so that pages which the kernel allocates one after the
 * other lie in different regions of 2 MiB.
 */
#ifndef KVMCONF_SCATTER_H
#define KVMCONF_SCATTER_H

/*
 * Fills memory of each node with a guest_memfd and frees every 16th page of it. The rest stays
 * taken until the calling process ends. The kernel prefers single free pages to parts of larger
 * blocks, so the next thousands of pages are these. For emulated machines only, which have
 * nothing better to do with their memory. Returns how many pages are free, 0 without a guest_memfd.
 */
long scatter_memory(void);

/* How many users of KVM's module are there for it. */
long scatter_kvm_users(void);

#endif
