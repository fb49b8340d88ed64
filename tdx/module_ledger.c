// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TDX module owns while there are TDs, and after: only the emulated one tells, see
 * tdx_emulated.h.
 */
#include <sys/mman.h>
#include "test.h"
#include "tdx.h"
#include "tdx_emulated.h"

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
	REQUIRE_TDX_BOOKS();
	expect_nothing_owned(_metadata);
}

FIXTURE_TEARDOWN(module)
{
}

/*
 * The TDX module owns the pages that the TD was given, releases those of a punched hole, and
 * owns nothing when the TD has ended.
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

/* What the kernel got back last, it gives away first. */
static void use_free_memory(void)
{
	const size_t size = 1024 * PAGE_SIZE;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		report_error("4 MiB of memory: %s", strerror(errno));
	munmap(memory, size);
}

/*
 * The host does not access a TD's pages, and clears a released page by whole lines before it is
 * used again. On CPUs with the partial-write erratum, as this one, anything else is a machine
 * check.
 *
 * Source: Documentation/arch/x86/tdx.rst, Kexec; virt/vmx/tdx/tdx.c tdx_quirk_reset_paddr()
 * Needs: no-tdx, not-emulated
 */
TEST_F(module, sees_no_access_to_private_memory)
{
	const uint64_t before = tdx_module_read(TDX_MSR_VIOLATIONS);
	struct td td = td_build(NR_PAGES);

	use_free_memory();
	EXPECT_EQ(before, tdx_module_read(TDX_MSR_VIOLATIONS));
	td_punch_hole(td.memfd, 0, NR_PAGES * PAGE_SIZE);
	use_free_memory();
	EXPECT_EQ(before, tdx_module_read(TDX_MSR_VIOLATIONS));
	td_free(&td);
	use_free_memory();
	EXPECT_EQ(before, tdx_module_read(TDX_MSR_VIOLATIONS));
}

KVMCONF_MAIN
