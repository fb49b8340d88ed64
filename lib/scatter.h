/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory in single pages, far apart: so that pages which the kernel allocates one after the
 * other lie in different regions of 2 MiB.
 */
#ifndef KVMCONF_SCATTER_H
#define KVMCONF_SCATTER_H

/*
 * Fills nearly all free memory with a guest_memfd and frees every 64th page of it. The memory
 * stays taken until the calling process ends. For emulated machines only: it leaves the host
 * hardly any free memory. Returns how many pages it has freed, 0 if there is no guest_memfd.
 */
long scatter_memory(void);

/* How many users of KVM's module are there for it. */
long scatter_kvm_users(void);

#endif
