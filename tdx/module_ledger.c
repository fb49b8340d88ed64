// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TDX module owns while there are TDs, and after: only the emulated one tells, see
 * tdx_emulated.h.
 */
#include "test.h"
#include "tdx.h"
#include "tdx_emulated.h"

#define PAGE_SIZE	4096ul
#define NR_PAGES	8ul
#define NR_TABLES	3ul	/* S-EPT pages below the root, for pages of one region */

static void expect_nothing_owned(struct __test_metadata *_metadata)
{
	for (enum tdx_msr msr = TDX_MSR_TDS; msr <= TDX_MSR_PAMT_PAIRS; msr++) {
		EXPECT_EQ(0, tdx_module_read(msr)) {
			TH_LOG("in ledger entry %d", msr - TDX_MSR_TDS);
		}
	}
}

FIXTURE(module) {
	int unused;
};

FIXTURE_SETUP(module)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	expect_nothing_owned(_metadata);
}

FIXTURE_TEARDOWN(module)
{
}

/*
 * The module owns what the TD was given, gives back what a hole is punched into, and owns
 * nothing when the TD has ended.
 *
 * Source: vmx/tdx.c tdx_sept_remove_leaf_spte(), tdx_reclaim_td_control_pages()
 * Needs: no-tdx, not-emulated
 */
TEST_F(module, owns_what_the_td_has)
{
	struct td td = td_build(NR_PAGES);

	EXPECT_EQ(1, tdx_module_read(TDX_MSR_TDS));
	EXPECT_EQ(1, tdx_module_read(TDX_MSR_VCPUS));
	EXPECT_EQ(1, tdx_module_read(TDX_MSR_KEYS));
	EXPECT_LE(4, tdx_module_read(TDX_MSR_CONTROL_PAGES));
	EXPECT_EQ(NR_TABLES, tdx_module_read(TDX_MSR_SEPT_PAGES));
	EXPECT_EQ(NR_PAGES, tdx_module_read(TDX_MSR_GUEST_PAGES));
	td_punch_hole(td.memfd, 0, 3 * PAGE_SIZE);
	EXPECT_EQ(NR_PAGES - 3, tdx_module_read(TDX_MSR_GUEST_PAGES));
	td_convert(td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE, false);
	EXPECT_EQ(0, tdx_module_read(TDX_MSR_GUEST_PAGES));
	td_free(&td);
	expect_nothing_owned(_metadata);
}

KVMCONF_MAIN
