/* SPDX-License-Identifier: GPL-2.0-only */
/* TDX's Physical Address Metadata Table, as far as the kernel tells of it. */
#ifndef KVMCONF_PAMT_H
#define KVMCONF_PAMT_H

#include <stdbool.h>

/*
 * What a kernel shows of PAMT: all of it allocated at boot; or Dynamic PAMT, whose 4K level
 * comes and goes with the TDs, with or without a row in /proc/meminfo that counts it.
 */
enum pamt_profile { PAMT_STATIC, PAMT_ROW, PAMT_NO_ROW, PAMT_UNKNOWN };

/* PAMT_UNKNOWN: there is no row, and the kernel's log of its boot is gone or not readable. */
enum pamt_profile pamt_profile(void);

/*
 * The row "TDX:" of /proc/meminfo, in kB: the pairs of pages that are in use at the moment.
 * -1 if there is no such row.
 */
long pamt_row_kb(void);

/* A pair of 4K pages, in kB: what each region of 2 MiB takes. */
#define PAMT_PAIR_KB	8

/*
 * The last "virt/tdx: N KB allocated for PAMT" of the kernel's log; -1 if that is not readable or
 * has lost its beginning.
 */
long pamt_boot_kb(void);

/*
 * The headline of the first WARN in the kernel's log, from record number @since on, whose file or
 * function has @words in its name; "" if there is none, or NULL: the log is not readable. Valid
 * until the next call.
 */
const char *pamt_warning(const char *words, unsigned long since);

/*
 * The 1 GiB blocks that have RAM, in each of which a TDMR covers all of it; from /proc/iomem.
 * 0 if the addresses are hidden from this user.
 */
unsigned long pamt_ram_blocks(void);

/* The address behind the last of RAM, from /proc/iomem; 0 if the addresses are hidden. */
unsigned long pamt_end_of_ram(void);

/*
 * How many bytes the kernel has for its counts of TDX pages, in whole pages: from
 * /proc/vmallocinfo, which names the function that allocated them. -1 if that is not readable
 * or names none.
 */
long pamt_refcounts_size(void);

/* Virtual machines that there are on this host, or -1; their users may have TDs. */
long pamt_kvm_users(void);

#endif
