// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and regions of 2 MiB in which several TDs have pages: these share one pair, which
 * stays until the last of the pages is given back. pamt_concurrent.c has TDs that take them at a
 * time.
 */
#include "pamt_td.h"

/* On a machine whose memory is scattered so many have a page in each region with a free one. */
#define NR_MANY		1500ul
#define NR_REGIONS	3ul		/* of each slot */
#define SLOT_SIZE	(NR_REGIONS * REGION_SIZE)
#define NR_FEW		16ul
#define FEW_PAGES	(NR_FEW + 64)	/* with tables and control pages */

FIXTURE(shared) {
	long before;
	struct td tds[2];
};

FIXTURE_VARIANT(shared) {
	int dies_first;
};

FIXTURE_VARIANT_ADD(shared, first_dies_first) { .dies_first = 0 };
FIXTURE_VARIANT_ADD(shared, second_dies_first) { .dies_first = 1 };

FIXTURE_SETUP(shared)
{
	REQUIRE_DYNAMIC_PAMT();
	self->before = pamt_pairs();
	self->tds[0] = empty_td(NR_REGIONS);
	td_fill(self->tds[0].vcpu, TD_MEMORY, NR_MANY);
}

FIXTURE_TEARDOWN(shared)
{
	td_free(&self->tds[0]);
	td_free(&self->tds[1]);
}

static void end_td(struct td *td)
{
	td_free(td);
	td->vm = NULL;
}

/*
 * A TD whose pages lie in regions of another TD takes few PAMT pairs, or none. The first TD to
 * end leaves the pairs that the other one needs, and the second leaves none.
 *
 * Source: Dynamic PAMT series: pages are counted by region, not by TD
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(shared, pairs_stay_for_the_other_td)
{
	const long of_first = pamt_pairs();
	long of_both;

	self->tds[1] = empty_td(NR_REGIONS);
	td_fill(self->tds[1].vcpu, TD_MEMORY, NR_FEW);
	of_both = pamt_pairs();
	EXPECT_PAIRS_WITHIN(of_first, of_first + (long)FEW_PAGES);
	if (tdx_module_has_books())
		EXPECT_LE(1, pamt_shared_pairs());

	end_td(&self->tds[variant->dies_first]);
	EXPECT_EQ(0, pamt_shared_pairs());
	if (variant->dies_first)
		EXPECT_PAIRS(of_first);
	else
		EXPECT_PAIRS_WITHIN(self->before + 1, self->before + (long)FEW_PAGES);
	EXPECT_LE(pamt_pairs(), of_both);

	end_td(&self->tds[!variant->dies_first]);
	EXPECT_PAIRS(self->before);
}

/*
 * If one of two TDs with pages in the same regions loses its pages to a hole in guest_memfd and
 * gets them again, the PAMT pairs that the other TD needs stay.
 *
 * Source: Dynamic PAMT series: pages are counted by region, not by TD
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(shared, pairs_stay_for_the_other_tds_memory)
{
	struct td *loser = &self->tds[variant->dies_first];
	struct td *other = &self->tds[!variant->dies_first];
	long of_both;

	self->tds[1] = empty_td(NR_REGIONS);
	td_fill(self->tds[1].vcpu, TD_MEMORY, NR_FEW);
	of_both = pamt_pairs();
	td_punch_hole(loser->memfd, 0, SLOT_SIZE);
	EXPECT_PAIRS_WITHIN(self->before + 1, of_both);
	td_fill(loser->vcpu, TD_MEMORY, NR_FEW);
	EXPECT_PAIRS_WITHIN(self->before + 1, of_both + (long)NR_FEW);
	td_punch_hole(other->memfd, 0, SLOT_SIZE);
	EXPECT_PAIRS_WITHIN(self->before + 1, self->before + 2 * (long)FEW_PAGES);
	end_td(loser);
	end_td(other);
	EXPECT_PAIRS(self->before);
}

PAMT_MAIN
