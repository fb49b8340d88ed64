// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD costs the memory cgroup of the process that makes it. Where no row in
 * /proc/meminfo counts Dynamic PAMT, this is the only account of it; elsewhere it is one more.
 *
 * The charge has other parts, which come and go in their own time: hence the slack.
 */
#include "cgroup.h"
#include "pamt.h"
#include "tdx.h"

#define PAGE_SIZE	4096ul
#define PAGE_KB		4l
#define REGION_SIZE	(512 * PAGE_SIZE)
#define SLACK_KB	400l

FIXTURE(charge) {
	struct cgroup cgroup;
};

/* The kernel's own memory that is charged to the cgroup, in kB; -1 if it is not counted. */
static long charge_kb(const struct cgroup *cgroup)
{
	long bytes = cgroup_read(cgroup, "memory.stat", "kernel");

	return bytes < 0 ? -1 : bytes / 1024;
}

FIXTURE_SETUP(charge)
{
	bool is_counted;

	REQUIRE_TDX();
	REQUIRE_CGROUP(&self->cgroup);
	is_counted = charge_kb(&self->cgroup) >= 0;
	if (!is_counted)
		rmdir(self->cgroup.dir);
	REQUIRE(is_counted, "no-memcg", "no memory controller in " CGROUP_ROOT);
	cgroup_enter(&self->cgroup);
}

FIXTURE_TEARDOWN(charge)
{
	cgroup_remove(&self->cgroup);
}

static void one_td(void)
{
	struct td td = td_build(8);

	vm_tdx_finalize(td.vm, 0);
	td_free(&td);
}

/*
 * A hundred TDs one after the other leave no charge behind: less than a pair of PAMT pages
 * each.
 *
 * Source: Dynamic PAMT series: pairs are allocated GFP_KERNEL_ACCOUNT and given back;
 * vmx/tdx.c tdx_reclaim_td_control_pages()
 * Needs: no-tdx, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_a_hundred_tds_comes_back)
{
	long before;

	for (int i = 0; i < 5; i++)
		one_td();
	before = charge_kb(&self->cgroup);
	for (int i = 0; i < 100; i++)
		one_td();
	EXPECT_LT(charge_kb(&self->cgroup), before + SLACK_KB);
}

/*
 * Pages of a TD in many regions are charged with their S-EPT, and with a pair for each region
 * where PAMT is dynamic: at most one a page. When the TD ends, all that comes back.
 *
 * Source: vmx/tdx.c tdx_sept_map_nonleaf_spte(); Dynamic PAMT series, cover letter
 * Needs: no-tdx, permission, no-cgroup, no-memcg, no-kmsg
 */
TEST_F(charge, is_for_tables_and_pairs)
{
	/* The S-EPT's upper levels are there already. */
	const long regions = 100, nr = 3 * regions, tables = regions;
	/* KVM has tables of its own beside the S-EPT's, and their headers. */
	long least = tables * PAGE_KB, most = 3 * tables * PAGE_KB + SLACK_KB;
	enum pamt_profile profile = pamt_profile();
	long empty, with_td, full;
	struct td td;

	REQUIRE(profile != PAMT_UNKNOWN, "no-kmsg", "the log of the boot is gone or not readable");
	if (profile != PAMT_STATIC) {
		least += (nr + tables + 511) / 512 * PAMT_PAIR_KB;
		most += (nr + tables) * PAMT_PAIR_KB;
	}
	one_td();
	empty = charge_kb(&self->cgroup);
	td = td_build(1);
	close(td.memfd);
	td.memfd = td_add_memory(td.vm, TD_MEMORY + REGION_SIZE, regions * REGION_SIZE);
	with_td = charge_kb(&self->cgroup);
	for (long i = 1; i <= regions; i++)
		td_fill(td.vcpu, TD_MEMORY + i * REGION_SIZE, 3);
	full = charge_kb(&self->cgroup);
	print_measurement("charge_of_pages", full - with_td, "kB");
	/* The first of the pairs may be there already, for the TD's control pages. */
	EXPECT_LE(least, full - empty);
	EXPECT_LE(full - with_td, most);

	td_free(&td);
	EXPECT_LT(charge_kb(&self->cgroup), empty + SLACK_KB);
}

#define NR_FULL		4l
#define FULL_SIZE	(NR_FULL * REGION_SIZE)

static void punch(struct td *td)
{
	td_punch_hole(td->memfd, 0, FULL_SIZE);
}

static void convert(struct td *td)
{
	td_convert(td->vm, TD_MEMORY + REGION_SIZE, FULL_SIZE, false);
}

/* What is charged for all pages of some regions, and what is left when @remove has taken them. */
static void measure(FIXTURE_DATA(charge) *self, void (*remove)(struct td *), long *full, long *left)
{
	struct td td;
	long empty;

	one_td();
	td = td_build(1);
	close(td.memfd);
	td.memfd = td_add_memory(td.vm, TD_MEMORY + REGION_SIZE, FULL_SIZE);
	empty = charge_kb(&self->cgroup);
	for (long i = 1; i <= NR_FULL; i++)
		td_fill(td.vcpu, TD_MEMORY + i * REGION_SIZE, REGION_SIZE / PAGE_SIZE);
	*full = charge_kb(&self->cgroup) - empty;
	remove(&td);
	*left = charge_kb(&self->cgroup) - empty;
	td_free(&td);
}

/* Tables stay until the TD's end, KVM's own, too, and so do their pairs. */
#define EXPECT_GIVEN_BACK(remove) do {							\
	enum pamt_profile __profile = pamt_profile();					\
	long __full, __left;								\
											\
	REQUIRE(__profile != PAMT_UNKNOWN, "no-kmsg",					\
		"the log of the boot is gone or not readable");				\
	REQUIRE(__profile != PAMT_STATIC, "pamt-profile", "the kernel has no Dynamic PAMT"); \
	measure(self, remove, &__full, &__left);					\
	REQUIRE(__full >= 3 * SLACK_KB, "few-pairs", "%ld kB in all", __full);		\
	EXPECT_LE(__left, SLACK_KB + NR_FULL * (3 * PAGE_KB + PAMT_PAIR_KB));		\
} while (0)

/*
 * Memory that a TD loses to a hole in its guest_memfd is charged no longer: its pairs are given
 * back.
 *
 * Source: Dynamic PAMT series: pairs are given back as pages are removed from the TD
 * Needs: no-tdx, permission, no-cgroup, no-memcg, no-kmsg, pamt-profile, few-pairs
 */
TEST_F(charge, of_pairs_comes_back_at_a_hole_punch)
{
	EXPECT_GIVEN_BACK(punch);
}

/*
 * So it is with memory that is converted to shared.
 *
 * Source: Dynamic PAMT series: pairs are given back as pages are removed from the TD
 * Needs: no-tdx, permission, no-cgroup, no-memcg, no-kmsg, pamt-profile, few-pairs
 */
TEST_F(charge, of_pairs_comes_back_at_conversion)
{
	EXPECT_GIVEN_BACK(convert);
}

KVMCONF_MAIN
