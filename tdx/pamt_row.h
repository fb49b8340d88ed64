/* SPDX-License-Identifier: GPL-2.0-only */
/* The row "TDX:" of /proc/meminfo, in pairs, for tests of what raises and lowers it. */
#ifndef KVMCONF_TDX_PAMT_ROW_H
#define KVMCONF_TDX_PAMT_ROW_H

#include "test.h"
#include "pamt.h"
#include "tdx.h"

#define PAGE_SIZE	4096ul
#define REGION_PAGES	512l
#define REGION_SIZE	(REGION_PAGES * PAGE_SIZE)
#define SLOT_SIZE	(128 * REGION_SIZE)

static inline long pairs(void)
{
	long kb = pamt_row_kb();

	if (kb < 0)
		report_fail("the row has gone from /proc/meminfo");
	if (kb % PAMT_PAIR_KB)
		report_fail("the row's %ld kB are not a number of pairs", kb);
	return kb / PAMT_PAIR_KB;
}

/* Only where nobody else has a TD can the row be told to the kilobyte. */
#define REQUIRE_IDLE_ROW() do {									\
	REQUIRE_TDX();										\
	REQUIRE(pamt_row_kb() >= 0, "pamt-profile", "/proc/meminfo has no row TDX:");		\
	REQUIRE(pamt_kvm_users() == 0, "kvm-in-use", "other virtual machines may be TDs");	\
} while (0)

/* A TD with a slot of private memory, and nothing in it. */
static inline struct td empty_td(void)
{
	struct td td = { .vm = td_create() };

	td_init(td.vm);
	td.vcpu = td_create_vcpu(td.vm);
	td.memfd = td_add_memory(td.vm, TD_MEMORY, SLOT_SIZE);
	return td;
}

#endif
