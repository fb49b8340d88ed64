// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_TDX_MEASURE_MEMORY_REGION: what KVM_TDX_INIT_MEM_REGION adds to a TD goes into the TD's
 * measurement, which the module makes by chunks of 256 bytes.
 */
#include "making.h"

#define MR_EXTEND	16
#define CALLS_A_PAGE	(PAGE_SIZE / 256)

/* More calls than any test makes; none of them is answered by injection, but all are counted. */
#define FAR_AWAY	1000000ul

static void count_extensions(void)
{
	tdx_module_inject(MR_EXTEND, FAR_AWAY, 1, ~0ul);
}

static unsigned long nr_extensions(void)
{
	return FAR_AWAY - tdx_module_read(TDX_MSR_INJECT_SKIP);
}

FIXTURE(measured) {
};

FIXTURE_SETUP(measured)
{
	REQUIRE_TDX();
	make(TD_VCPU_READY);
}

FIXTURE_TEARDOWN(measured)
{
	td_free(&made.td);
}

/*
 * KVM_TDX_INIT_MEM_REGION with measurement adds pages like one without, and writes back how far
 * it got.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION: KVM_TDX_MEASURE_MEMORY_REGION
 * Needs: no-tdx
 */
TEST_F(measured, region_is_added)
{
	ASSERT_SUCCESS(fill_measured());
	EXPECT_EQ(0, made.region.nr_pages);
	EXPECT_HEX(TD_MEMORY + NR_PAGES * PAGE_SIZE, made.region.gpa);
	made.region = td_region(TD_MEMORY, NR_PAGES);
	EXPECT_ERRNO(EIO, fill());
	EXPECT_SUCCESS(finalize());
}

FIXTURE(extension) {
};

FIXTURE_SETUP(extension)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	make(TD_VCPU_READY);
	count_extensions();
}

FIXTURE_TEARDOWN(extension)
{
	if (made.td.vm)
		tdx_module_inject(0, 0, 0, 0);
	td_free(&made.td);
}

/*
 * KVM_TDX_MEASURE_MEMORY_REGION extends the measurement by all 16 chunks of each page of the
 * region.
 *
 * Source: vmx/tdx.c tdx_gmem_post_populate(); TDX Module ABI Reference, TDH.MR.EXTEND
 * Needs: no-tdx, not-emulated
 */
TEST_F(extension, is_of_every_chunk_of_every_page)
{
	ASSERT_SUCCESS(fill_measured());
	EXPECT_EQ(NR_PAGES * CALLS_A_PAGE, nr_extensions());
}

/*
 * KVM_TDX_INIT_MEM_REGION without KVM_TDX_MEASURE_MEMORY_REGION extends no measurement.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION; vmx/tdx.c tdx_gmem_post_populate()
 * Needs: no-tdx, not-emulated
 */
TEST_F(extension, is_only_of_what_is_to_be_measured)
{
	ASSERT_SUCCESS(fill());
	EXPECT_EQ(0, nr_extensions());
}

/*
 * A measured region that fails at a page which is there already does not measure that page.
 * After the region is corrected and resumed, each of its pages has been measured once.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION; vmx/tdx.c tdx_vcpu_init_mem_region()
 * Needs: no-tdx, not-emulated
 */
TEST_F(extension, is_of_each_page_once_though_the_region_was_interrupted)
{
	td_fill(made.td.vcpu, TD_MEMORY + PAGE_SIZE, 1);
	ASSERT_ERRNO(EIO, fill_measured());
	EXPECT_EQ(CALLS_A_PAGE, nr_extensions());
	EXPECT_EQ(NR_PAGES - 1, made.region.nr_pages);
	td_punch_hole(made.td.memfd, PAGE_SIZE, PAGE_SIZE);
	ASSERT_SUCCESS(fill_measured());
	EXPECT_EQ(NR_PAGES * CALLS_A_PAGE, nr_extensions());
}

KVMCONF_MAIN
