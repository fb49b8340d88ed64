/* SPDX-License-Identifier: GPL-2.0-only */
/* TDX's Physical Address Metadata Table, as far as the kernel tells of it. */
#ifndef KVMCONF_PAMT_H
#define KVMCONF_PAMT_H

#include <stdbool.h>

#include "tdx.h"

/*
 * What the kernel does about PAMT: all of it is allocated at boot; or the 4K level comes and goes
 * with the TDs, in pairs of pages. From the log of the boot; where that is gone, from the
 * books of an emulated module.
 */
enum pamt_profile { PAMT_STATIC, PAMT_DYNAMIC, PAMT_UNKNOWN };

enum pamt_profile pamt_profile(void);

/*
 * Whether the kernel has the code for Dynamic PAMT, and so must use it where the TDX module
 * offers it: since Linux 7.4, or earlier if a distribution has it.
 */
bool pamt_kernel_knows_dynamic(void);

/* Skips a test that is about the other profile. */
#define REQUIRE_PAMT_PROFILE(profile) do {						\
	enum pamt_profile __profile = pamt_profile();					\
											\
	if (__profile != PAMT_DYNAMIC &&						\
	    (tdx_module_read(TDX_MSR_PAMT_STATE) & TDX_PAMT_OFFERED) &&			\
	    pamt_kernel_knows_dynamic())						\
		report_fail("the TDX module offers Dynamic PAMT, and the kernel does not use it"); \
	REQUIRE(__profile != PAMT_UNKNOWN, "no-kmsg",					\
		"the log of the boot is gone or not readable");				\
	REQUIRE(__profile == (profile), "pamt-profile", "the kernel has %s PAMT",	\
		__profile == PAMT_STATIC ? "static" : "dynamic");			\
} while (0)

/* A pair of 4K pages: what each region of 2 MiB takes. */
#define PAMT_PAIR_PAGES	2
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

/* Virtual machines of others on this host, or -1; their users may have TDs. */
long pamt_kvm_users(void);

#endif
