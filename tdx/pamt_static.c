// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel gave to the TDX module for PAMT at boot: "N KB allocated for PAMT" in its
 * log, against the size that the machine's RAM makes necessary.
 *
 * The TDX module has 16 bytes of metadata for each page of 4 KiB, of 2 MiB and of 1 GiB, for
 * every 1 GiB block with RAM; with Dynamic PAMT a bit instead for each page of 4 KiB. Each
 * level of each TDMR is rounded up to a page, so the 1 GiB level takes from one page in all
 * to one a block.
 */
#include "test.h"
#include "pamt.h"
#include "tdx.h"

#define BLOCK_4K_KB	4096l	/* 262144 entries of 16 bytes */
#define BLOCK_BITMAP_KB	32l	/* 262144 bits */
#define BLOCK_2M_KB	8l	/* 512 entries */
#define PAGE_KB		4l
#define REGION_SIZE	(2l << 20)
#define REFCOUNT_SIZE	4l

FIXTURE(at_boot) {
	long kb, blocks;
};

FIXTURE_SETUP(at_boot)
{
	REQUIRE_TDX();
	self->kb = pamt_boot_kb();
	REQUIRE(self->kb >= 0, "no-kmsg", "the log of the boot is gone or not readable");
	self->blocks = pamt_ram_blocks();
	REQUIRE(self->blocks, "permission", "/proc/iomem shows no addresses");
	print_measurement("pamt_at_boot", self->kb, "kB");
}

FIXTURE_TEARDOWN(at_boot)
{
}

/*
 * A kernel without Dynamic PAMT allocates all of PAMT at boot: 16 bytes for each page, or
 * about 0.4 % of memory.
 *
 * Source: Documentation/arch/x86/tdx.rst; virt/vmx/tdx/tdx.c tdmr_get_pamt_sz()
 * Needs: no-tdx, no-kmsg, permission, pamt-profile
 */
TEST_F(at_boot, static_pamt_is_all_allocated)
{
	long least = self->blocks * (BLOCK_4K_KB + BLOCK_2M_KB) + PAGE_KB;

	REQUIRE_PAMT_PROFILE(PAMT_STATIC);
	EXPECT_LE(least, self->kb);
	EXPECT_LE(self->kb, least + (self->blocks - 1) * PAGE_KB);
}

/*
 * A kernel with Dynamic PAMT allocates at boot the larger levels and a bit for each page of
 * 4 KiB, or about 0.004 % of memory.
 *
 * Source: Dynamic PAMT series, "virt/tdx: Allocate page bitmap for Dynamic PAMT"
 * Needs: no-tdx, no-kmsg, permission, pamt-profile
 */
TEST_F(at_boot, dynamic_pamt_is_a_bitmap)
{
	long least = self->blocks * (BLOCK_BITMAP_KB + BLOCK_2M_KB) + PAGE_KB;

	REQUIRE_PAMT_PROFILE(PAMT_DYNAMIC);
	EXPECT_LE(least, self->kb);
	EXPECT_LE(self->kb, least + (self->blocks - 1) * PAGE_KB);
}

/*
 * A kernel with Dynamic PAMT counts TDX's pages in each region of 2 MiB, from address 0 to the
 * end of RAM, in 4 bytes: 2 MiB for 1 TiB.
 *
 * Source: Dynamic PAMT series, "x86/virt/tdx: Allocate ref counts for Dynamic PAMT memory"
 * Needs: no-tdx, no-kmsg, permission, pamt-profile, no-vmallocinfo
 */
TEST_F(at_boot, refcounts_are_four_bytes_a_region)
{
	long regions = (pamt_end_of_ram() + REGION_SIZE - 1) / REGION_SIZE;
	long pages = (regions * REFCOUNT_SIZE + (long)PAGE_SIZE - 1) / (long)PAGE_SIZE;
	long size = pamt_refcounts_size();

	REQUIRE_PAMT_PROFILE(PAMT_DYNAMIC);
	REQUIRE(size >= 0, "no-vmallocinfo", "/proc/vmallocinfo names none that counts TDX pages");
	EXPECT_EQ(pages * (long)PAGE_SIZE, size);
}

/*
 * A kernel that supports Dynamic PAMT uses it if the TDX module offers it, without a boot option
 * or parameter, and logs that it does. Otherwise PAMT is static, and no PAMT pair is ever in
 * use.
 *
 * Source: Dynamic PAMT series, "x86/virt/tdx: Enable Dynamic PAMT"; TDX Module ABI Reference,
 * TDH.SYS.CONFIG, TDX_FEATURES0
 * Needs: no-tdx, no-kmsg, permission, not-emulated
 */
TEST_F(at_boot, profile_is_what_the_module_offers)
{
	uint64_t state = tdx_module_read(TDX_MSR_PAMT_STATE);
	bool is_offered = state & TDX_PAMT_OFFERED, is_taken = state & TDX_PAMT_DYNAMIC;
	struct td td;

	REQUIRE_TDX_BOOKS();
	EXPECT_EQ(is_taken ? PAMT_DYNAMIC : PAMT_STATIC, pamt_profile());
	EXPECT_EQ(is_offered && pamt_kernel_knows_dynamic(), is_taken);
	td = td_build(1);
	EXPECT_EQ(is_taken, tdx_module_read(TDX_MSR_PAMT_PAIRS) > 0);
	td_free(&td);
}

/*
 * TDs come and go without a line about PAMT in the kernel's log.
 *
 * Source: virt/vmx/tdx/tdx.c init_tdx_module()
 * Needs: no-tdx, no-kmsg, permission
 */
TEST_F(at_boot, size_is_not_changed_by_tds)
{
	struct td td = td_build(512);

	EXPECT_EQ(self->kb, pamt_boot_kb());
	td_free(&td);
	EXPECT_EQ(self->kb, pamt_boot_kb());
}

KVMCONF_MAIN
