// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and how a TD's memory is mapped: by pages of 4 KiB, each of which needs the pair
 * of its region, and from a cache that each vCPU has.
 */
#include "pamt_td.h"

#define NR_TABLES	3	/* S-EPT pages below the root, for pages of one region */

FIXTURE(td) {
	struct td td;
	long none;
};

FIXTURE_SETUP(td)
{
	REQUIRE_DYNAMIC_PAMT();
	self->none = pamt_pairs();
	self->td = empty_td(1);
}

FIXTURE_TEARDOWN(td)
{
	td_free(&self->td);
}

/*
 * Pages that are far apart take many PAMT pairs, and removing the pages releases them.
 *
 * Source: Dynamic PAMT series, cover letter: one pair for each region of 2 MiB
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter, few-pairs
 */
TEST_F(td, has_many_pairs_for_pages_far_apart)
{
	const long nr = REGION_PAGES, empty = pamt_pairs();
	long many;

	REQUIRE_FAR_APART(nr);
	td_fill(self->td.vcpu, TD_MEMORY, nr);
	many = pamt_pairs() - empty;
	print_measurement("pairs_of_pages_far_apart", many, "pairs");
	EXPECT_LE(MANY_PAIRS, many);
	td_punch_hole(self->td.memfd, 0, nr * PAGE_SIZE);
	EXPECT_PAIRS_WITHIN(empty, empty + NR_TABLES);
}

/*
 * A vCPU's access to a page that is mapped already takes no PAMT pair, though KVM fills the
 * vCPU's cache of PAMT pages first. The cache is freed with the vCPU.
 *
 * Source: Dynamic PAMT series, topup_external_cache(): pages, not yet a pair of a region's
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(td, has_no_pair_for_an_unused_cache)
{
	struct kvm_pre_fault_memory range = { .gpa = TD_MEMORY, .size = PAGE_SIZE };
	long before;

	td_fill(self->td.vcpu, TD_MEMORY, 1);
	vm_tdx_finalize(self->td.vm, 0);
	before = pamt_pairs();
	for (int i = 0; i < 10; i++) {
		range.gpa = TD_MEMORY;
		range.size = PAGE_SIZE;
		vcpu_pre_fault(self->td.vcpu, &range);
		EXPECT_PAIRS(before);
	}
	td_free(&self->td);
	self->td.vm = NULL;
	EXPECT_PAIRS(self->none);
}

/*
 * A whole region of 2 MiB is mapped in pages of 4 KiB and takes the region's one PAMT pair:
 * there are no huge pages.
 *
 * Source: Dynamic PAMT series, cover letter: huge pages are future work; vmx/tdx.c
 * tdx_gmem_max_mapping_level(): PG_LEVEL_4K
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter, not-emulated
 */
TEST_F(td, has_no_huge_pages)
{
	struct kvm_pre_fault_memory range = { .gpa = TD_MEMORY, .size = REGION_SIZE };
	long pages, tables;

	REQUIRE_TDX_BOOKS();
	vm_tdx_finalize(self->td.vm, 0);
	pages = tdx_module_read(TDX_MSR_GUEST_PAGES);
	tables = tdx_module_read(TDX_MSR_SEPT_PAGES);
	while (range.size)
		vcpu_pre_fault(self->td.vcpu, &range);
	EXPECT_EQ(pages + REGION_PAGES, (long)tdx_module_read(TDX_MSR_GUEST_PAGES));
	EXPECT_EQ(tables + NR_TABLES, (long)tdx_module_read(TDX_MSR_SEPT_PAGES));
	EXPECT_EQ(0, pamt_idle_pairs());
}

PAMT_MAIN
