// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD's memory costs the memory cgroup beside itself: S-EPT pages, and with Dynamic PAMT
 * pairs. What a vCPU has in stock is charged, too, so that what is added can be told within
 * bounds, and what is removed exactly.
 */
#include "pamt_charge.h"

FIXTURE(charge) {
	struct cgroup cgroup;
};

/* Needs: pamt-profile */
FIXTURE_SETUP(charge)
{
	SET_UP_CHARGE(&self->cgroup);
}

FIXTURE_TEARDOWN(charge)
{
	cgroup_remove(&self->cgroup);
}

/* KVM fills a cache of its own for each kind of table, and one of PAMT pages. */
#define NR_CACHED	(2 * 40 + 16)

/*
 * Private pages of a TD in many regions are charged with their S-EPT pages, and with a PAMT pair
 * for each region that had none.
 *
 * Source: vmx/tdx.c tdx_sept_map_nonleaf_spte(); Dynamic PAMT series, tdx_pamt_get()
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_pages_is_tables_and_pairs)
{
	/* The S-EPT's upper levels are there already. */
	const long regions = 100, tables = regions;
	long before, charged, pairs;
	struct td td = td_build(1);

	close(td.memfd);
	td.memfd = td_add_memory(td.vm, TD_MEMORY + REGION_SIZE, regions * REGION_SIZE);
	before = pages_charged();
	pairs = pairs_now();
	for (long i = 1; i <= regions; i++)
		td_fill(td.vcpu, TD_MEMORY + i * REGION_SIZE, 3);
	charged = pages_charged() - before;
	pairs = pairs_now() - pairs;
	print_measurement("charge_of_pages", charged, "pages");
	print_measurement("pairs_of_pages", pairs, "pairs");
	EXPECT_LE(tables + pairs * PAMT_PAIR_PAGES - NR_CACHED, charged);
	EXPECT_LE(charged, tables + pairs * PAMT_PAIR_PAGES + NR_CACHED);
	td_free(&td);
}

#define NR_FULL		4l
#define FULL_SIZE	(NR_FULL * REGION_SIZE)
#define NR_PAGES	(FULL_SIZE / PAGE_SIZE)

static void punch(struct td *td)
{
	td_punch_hole(td->memfd, 0, FULL_SIZE);
}

static void convert(struct td *td)
{
	td_convert(td->vm, TD_MEMORY, FULL_SIZE, false);
}

static void delete_slot(struct td *td)
{
	struct kvm_userspace_memory_region2 none = { .slot = 0 };

	vm_set_memory_region2(td->vm, &none);
}

static void close_memfd(struct td *td)
{
	close(td->memfd);
	td->memfd = -1;
}

FIXTURE(removal) {
	struct cgroup cgroup;
};

FIXTURE_VARIANT(removal) {
	void (*remove)(struct td *td);
};

FIXTURE_VARIANT_ADD(removal, hole_punch) { .remove = punch };
FIXTURE_VARIANT_ADD(removal, conversion) { .remove = convert };
FIXTURE_VARIANT_ADD(removal, slot_deletion) { .remove = delete_slot };
FIXTURE_VARIANT_ADD(removal, closed_memfd) { .remove = close_memfd };

/* Needs: pamt-profile */
FIXTURE_SETUP(removal)
{
	SET_UP_CHARGE(&self->cgroup);
}

FIXTURE_TEARDOWN(removal)
{
	cgroup_remove(&self->cgroup);
}

/*
 * Removing a TD's private memory uncharges its PAMT pairs and nothing else: S-EPT pages, KVM's
 * own tables and their pairs stay until the TD's end.
 *
 * Source: Dynamic PAMT series: pairs are given back as pages are removed from the TD
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg, few-pairs
 */
TEST_F(removal, takes_pairs_out_of_the_charge)
{
	const bool is_dynamic = pamt_profile() == PAMT_DYNAMIC;
	long charged, pairs;
	struct td td;

	if (is_dynamic)
		REQUIRE_FAR_APART(NR_PAGES);
	td = td_build(NR_PAGES);
	charged = pages_charged();
	pairs = pairs_now();
	variant->remove(&td);
	pairs -= pairs_now();
	charged -= pages_charged();
	print_measurement("pairs_given_back", pairs, "pairs");
	EXPECT_EQ(pairs * PAMT_PAIR_PAGES, charged);
	td_free(&td);
	EXPECT_LE(is_dynamic ? MANY_PAIRS : 0, pairs);
}

/*
 * Private memory that was removed and is added again is charged with as many PAMT pairs as
 * before.
 *
 * Source: Dynamic PAMT series, tdx_pamt_get(): pairs are allocated GFP_KERNEL_ACCOUNT
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_pages_that_come_again_is_pairs)
{
	long charged[2], pairs[2];
	struct td td = td_build(NR_PAGES);

	for (int i = 0; i < 2; i++) {
		td_punch_hole(td.memfd, 0, FULL_SIZE);
		charged[i] = pages_charged();
		pairs[i] = pairs_now();
		td_fill(td.vcpu, TD_MEMORY, NR_PAGES);
		charged[i] = pages_charged() - charged[i];
		pairs[i] = pairs_now() - pairs[i];
	}
	EXPECT_LE(pairs[1] * PAMT_PAIR_PAGES - NR_CACHED, charged[1]);
	EXPECT_LE(charged[1], pairs[1] * PAMT_PAIR_PAGES + NR_CACHED);
	td_free(&td);
}

PAMT_MAIN
