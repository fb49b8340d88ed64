// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TDX module owns while there are TDs, and after: only the emulated one tells, see
 * tdx_emulated.h.
 */
#include "test.h"
#include "pamt.h"
#include "tdx.h"
#include "tdx_emulated.h"

#define PAGE_SIZE	4096ul
#define NR_PAGES	8ul
#define NR_TABLES	3ul	/* S-EPT pages below the root, for pages of one region */

#define PAMT_ADD	58			/* a SEAMCALL leaf */
#define SW_ERROR	0xc000040000000000ull	/* a status that KVM has no name for */
#define FOR_EVER	1000000

/* The next @count pairs of PAMT pages are refused. */
static void refuse_pairs(unsigned int count)
{
	tdx_module_write(TDX_MSR_INJECT_LEAF, PAMT_ADD);
	tdx_module_write(TDX_MSR_INJECT_SKIP, 0);
	tdx_module_write(TDX_MSR_INJECT_COUNT, count);
	tdx_module_write(TDX_MSR_INJECT_STATUS, SW_ERROR);
}

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
	refuse_pairs(0);
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

/*
 * A pair that the module does not take is EIO for the command that wanted it, and nothing of
 * what the command did is left.
 *
 * Source: Dynamic PAMT series: "Failures: ENOMEM, EIO"; pairs are given back on every error path
 * Needs: no-tdx, not-emulated, pamt-profile
 */
TEST_F(module, that_refuses_a_pair_is_eio)
{
	enum pamt_profile profile = pamt_profile();
	static union tdx_init_vm params;
	struct vm *vm;

	REQUIRE(profile == PAMT_ROW || profile == PAMT_NO_ROW, "pamt-profile",
		"PAMT is not known to be dynamic");
	vm = td_create();
	td_default_params(vm, &params);
	refuse_pairs(FOR_EVER);
	EXPECT_ERRNO(EIO, __vm_tdx_init(vm, &params.init));
	refuse_pairs(0);
	expect_nothing_owned(_metadata);
	if (profile == PAMT_ROW)
		EXPECT_EQ(0, pamt_row_kb());
	EXPECT_SUCCESS(__vm_tdx_init(vm, &params.init));
	vm_free(vm);
}

KVMCONF_MAIN
