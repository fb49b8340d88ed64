// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and the kernel's log, the only evidence of one fault: the TDX module refuses to give
 * a pair back that is in use, and the kernel tries again later. The kernel warns once, so this
 * runs before the tests that provoke the warning.
 */
#include "kmsg.h"
#include "pamt_td.h"

/* The first record of the kernel's log since this binary began: some things it says but once. */
static unsigned long log_start;

static void prepare(void)
{
	log_start = kmsg_next();
	pamt_prepare();
}

FIXTURE(kernel_log) {
	int unused;
};

FIXTURE_SETUP(kernel_log)
{
	const char *before = pamt_warning("tdx_pamt", 0);

	REQUIRE_TDX();
	REQUIRE(before, "no-kmsg", "the kernel's log is not readable");
	REQUIRE(!*before, "warned-before", "%s", before);
}

FIXTURE_TEARDOWN(kernel_log)
{
}

/*
 * The kernel warns of nothing while TDs are made, are filled, lose memory and end. It would warn
 * of PAMT.ADD or PAMT.REMOVE that fails, and of an allocation under a lock.
 *
 * Source: Dynamic PAMT series, tdx_pamt_get(), tdx_pamt_put(): WARN_ON_ONCE()
 * Needs: no-tdx, no-kmsg, warned-before
 */
TEST_F(kernel_log, has_no_warning_after_tds)
{
	const unsigned long regions = 4;
	struct td td = empty_td(regions), other = empty_td(regions);

	for (unsigned long region = 0; region < regions; region++) {
		td_fill(td.vcpu, TD_MEMORY + region * REGION_SIZE, REGION_PAGES / 2);
		td_fill(other.vcpu, TD_MEMORY + region * REGION_SIZE, 1);
	}
	td_punch_hole(td.memfd, 0, REGION_SIZE);
	vm_tdx_finalize(td.vm, 0);
	td_convert(td.vm, TD_MEMORY, regions * REGION_SIZE, false);
	td_free(&td);
	td_free(&other);
	EXPECT_STREQ("", pamt_warning("tdx", log_start));
	EXPECT_FALSE(kmsg_has(log_start, ";BUG: "));
}

KVMCONF_MAIN_WITH(prepare)
