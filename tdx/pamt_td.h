/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of Dynamic PAMT share: pairs counted exactly, and TDs that take some. */
#ifndef KVMCONF_TDX_PAMT_TD_H
#define KVMCONF_TDX_PAMT_TD_H

#include "test.h"
#include "pamt.h"
#include "pamt_meters.h"
#include "scatter.h"
#include "tdx.h"

#define REGION_PAGES	512l
#define REGION_SIZE	(REGION_PAGES * PAGE_SIZE)

/* Pages in so many regions take pairs enough to tell from others. */
#define MANY_REGIONS	40
#define MANY_PAIRS	20

/*
 * The next @nr single pages lie far enough apart, as the page allocator tells. On an
 * emulated machine, where memory is scattered, it is no excuse if they do not.
 */
#define REQUIRE_FAR_APART(nr) do {							\
	long __regions = regions_of_next_pages(nr);					\
											\
	REQUIRE(__regions >= MANY_REGIONS, "few-pairs",					\
		"the next %ld single pages lie in %ld regions", (long)(nr), __regions);	\
} while (0)

/* Pairs that tests of how the kernel fails have made it keep; only an emulated module has some. */
static inline long kept_pairs(void)
{
	return tdx_module_read(TDX_MSR_PAMT_KEPT);
}

/* Once a binary. */
static inline void pamt_open(void)
{
	if (host_offers_vm_type(KVM_X86_TDX_VM) && pamt_profile() != PAMT_STATIC)
		pamt_open_meters();
}

/*
 * Once a binary: opens the meters and, on an emulated machine, scatters memory, so that a TD's
 * pages are in many regions of 2 MiB.
 */
static inline void pamt_prepare_nodes(bool all_nodes)
{
	if (!host_offers_vm_type(KVM_X86_TDX_VM) || pamt_profile() == PAMT_STATIC)
		return;
	if (tdx_machine_is_emulated())
		printf("# memory: %ld single pages are free\n", scatter_memory(all_nodes));
	pamt_open();
}

static inline void pamt_prepare(void)
{
	pamt_prepare_nodes(false);
}

#define PAMT_MAIN KVMCONF_MAIN_WITH(pamt_prepare)

/* Pairs of other processes' TDs would be counted, too. */
#define REQUIRE_DYNAMIC_PAMT() do {							\
	REQUIRE_TDX();									\
	REQUIRE_PAMT_PROFILE(PAMT_DYNAMIC);						\
	REQUIRE(pamt_kvm_users() == 0, "kvm-in-use", "other virtual machines may be TDs"); \
	REQUIRE_PAMT_METER();								\
} while (0)

/* As many are in use, and none that no TD needs. */
#define EXPECT_PAIRS(want) do {								\
	EXPECT_EQ(want, pamt_pairs());							\
	EXPECT_EQ(0, pamt_idle_pairs());						\
} while (0)

/*
 * From @least to @most, and none that no TD needs: for a number that depends on where the
 * kernel has found pages.
 */
#define EXPECT_PAIRS_WITHIN(least, most) do {						\
	long __pairs = pamt_pairs();							\
											\
	EXPECT_LE(least, __pairs);							\
	EXPECT_LE(__pairs, most);							\
	EXPECT_EQ(0, pamt_idle_pairs());						\
} while (0)

/* A TD with a slot of private memory for @regions regions, and nothing in it. */
static inline struct td empty_td(unsigned long regions)
{
	return td_build_until(TD_VCPU_READY, regions * REGION_PAGES);
}

#endif
