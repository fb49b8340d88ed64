// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and a TD's memory. Where its pages are is the kernel's choice, so N pages take
 * from N / 512 pairs, rounded up, to N.
 */
#include "pamt_td.h"

/* S-EPT pages for all that is in @regions regions of a slot: one each, and two above them. */
#define TABLES(regions)	((regions) + 2)

/* As many as @added pages can take beside those of @before, with room for @owned pages. */
#define EXPECT_PAIRS_FOR(before, added, owned) do {		\
	EXPECT_PAIRS_WITHIN(before, (before) + (added));	\
	EXPECT_LE(owned, pamt_pairs() * REGION_PAGES);		\
} while (0)

/* One region is left over. */
#define SLOT_SIZE	((variant->regions + 1) * REGION_SIZE)

/* How pages are added: @regions regions of the slot get @each pages. */
FIXTURE(pages) {
	struct td td, other;
	long none;		/* pairs without these TDs */
	long before;		/* pairs with TDs that have no memory yet */
};

FIXTURE_VARIANT(pages) {
	long regions, each;
	bool two_tds;		/* turn by turn, so that they may share regions */
	bool when_final;	/* as a guest's accesses do */
};

FIXTURE_VARIANT_ADD(pages, single) { .regions = 1, .each = 1 };
FIXTURE_VARIANT_ADD(pages, contiguous) { .regions = 2, .each = REGION_PAGES };
FIXTURE_VARIANT_ADD(pages, scattered) { .regions = 32, .each = 3 };
FIXTURE_VARIANT_ADD(pages, shared) { .regions = 4, .each = REGION_PAGES / 2, .two_tds = true };
FIXTURE_VARIANT_ADD(pages, final_contiguous) {
	.regions = 2, .each = REGION_PAGES, .when_final = true,
};
FIXTURE_VARIANT_ADD(pages, final_scattered) { .regions = 32, .each = 3, .when_final = true };

FIXTURE_SETUP(pages)
{
	REQUIRE_DYNAMIC_PAMT();
	self->none = pamt_pairs();
	self->td = empty_td(variant->regions + 1);
	if (variant->two_tds)
		self->other = empty_td(variant->regions + 1);
	if (variant->when_final)
		vm_tdx_finalize(self->td.vm, 0);
	self->before = pamt_pairs();
}

FIXTURE_TEARDOWN(pages)
{
	td_free(&self->td);
	td_free(&self->other);
}

/* Each time there are as many more as the pages, and tables for them, can take. */
static void add(struct td *td, bool is_final, unsigned long gpa, unsigned long nr_pages)
{
	struct kvm_pre_fault_memory range = { .gpa = gpa, .size = nr_pages * PAGE_SIZE };
	long before = pamt_pairs(), now;

	if (is_final)
		vcpu_pre_fault(td->vcpu, &range);
	else
		td_fill(td->vcpu, gpa, nr_pages);
	now = pamt_pairs();
	if (now < before || now > before + (long)nr_pages + TABLES(1))
		report_fail("%lu pages change %ld pairs to %ld", nr_pages, before, now);
}

/* Returns how many pages all TDs have now. */
static long add_all(struct td *td, struct td *other, const FIXTURE_VARIANT(pages) *v)
{
	const unsigned long turn = v->two_tds ? 16 : v->each;

	for (long region = 0; region < v->regions; region++)
		for (unsigned long page = 0; page < (unsigned long)v->each; page += turn) {
			unsigned long gpa = TD_MEMORY + region * REGION_SIZE + page * PAGE_SIZE;

			add(td, v->when_final, gpa, turn);
			if (v->two_tds)
				add(other, v->when_final, gpa, turn);
		}
	return v->regions * v->each * (v->two_tds ? 2 : 1);
}

/* Nothing is left when all TDs have ended. */
#define EXPECT_ALL_IS_BACK(self) do {						\
	td_free(&(self)->td);							\
	td_free(&(self)->other);						\
	(self)->td.vm = (self)->other.vm = NULL;				\
	EXPECT_PAIRS((self)->none);						\
} while (0)

#define NR_TABLES (TABLES(variant->regions) * (variant->two_tds ? 2 : 1))

/*
 * A TD's memory takes a PAMT pair for each region that has a page of it or of its S-EPT, and all
 * pairs come back when the TD ends.
 *
 * Source: Dynamic PAMT series, cover letter: one pair for each region of 2 MiB
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pages, take_pairs_until_the_end)
{
	long nr = add_all(&self->td, &self->other, variant);

	EXPECT_PAIRS_FOR(self->before, nr + NR_TABLES, nr + NR_TABLES);
	td_free(&self->other);
	self->other.vm = NULL;
	if (variant->two_tds)
		EXPECT_LE((nr + NR_TABLES) / 2, pamt_pairs() * REGION_PAGES);
	EXPECT_ALL_IS_BACK(self);
}

/* What is left of the pairs for memory that went, of which the S-EPT is not given back yet. */
#define EXPECT_MEMORY_IS_BACK(self) EXPECT_PAIRS_FOR((self)->before, NR_TABLES, NR_TABLES)

/*
 * Punching a hole into guest_memfd releases a region's PAMT pair with the last of the region's
 * pages, and not before.
 *
 * Source: Dynamic PAMT series: pairs are given back as pages are removed from the TD
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pages, give_pairs_back_at_a_hole_punch)
{
	long nr = add_all(&self->td, &self->other, variant);
	long full = pamt_pairs(), kept = nr;

	for (long page = 0; page < variant->regions * REGION_PAGES; page += 2) {
		if (page % REGION_PAGES < variant->each) {
			td_punch_hole(self->td.memfd, page * PAGE_SIZE, PAGE_SIZE);
			kept--;
		}
	}
	EXPECT_LE(pamt_pairs(), full);
	EXPECT_LE(kept + NR_TABLES, pamt_pairs() * REGION_PAGES);

	td_punch_hole(self->td.memfd, 0, SLOT_SIZE);
	if (variant->two_tds)
		td_punch_hole(self->other.memfd, 0, SLOT_SIZE);
	EXPECT_MEMORY_IS_BACK(self);
	EXPECT_ALL_IS_BACK(self);
}

/*
 * Converting memory to shared releases its PAMT pairs, and adding it anew takes them again.
 *
 * Source: Dynamic PAMT series: pairs are given back as pages are removed from the TD
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pages, give_pairs_back_at_conversion)
{
	long nr = add_all(&self->td, &self->other, variant);

	td_convert(self->td.vm, TD_MEMORY, SLOT_SIZE, false);
	if (variant->two_tds)
		td_convert(self->other.vm, TD_MEMORY, SLOT_SIZE, false);
	EXPECT_MEMORY_IS_BACK(self);

	td_convert(self->td.vm, TD_MEMORY, SLOT_SIZE, true);
	if (variant->two_tds)
		td_convert(self->other.vm, TD_MEMORY, SLOT_SIZE, true);
	add_all(&self->td, &self->other, variant);
	EXPECT_PAIRS_FOR(self->before, nr + NR_TABLES, nr + NR_TABLES);
	EXPECT_ALL_IS_BACK(self);
}

/*
 * Deleting a memslot releases the PAMT pairs of its private memory.
 *
 * Source: Dynamic PAMT series: pairs are given back as pages are removed from the TD
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pages, give_pairs_back_with_their_slot)
{
	struct kvm_userspace_memory_region2 none = { .slot = 0 };

	add_all(&self->td, &self->other, variant);
	vm_set_memory_region2(self->td.vm, &none);
	if (variant->two_tds)
		vm_set_memory_region2(self->other.vm, &none);
	EXPECT_MEMORY_IS_BACK(self);
	EXPECT_ALL_IS_BACK(self);
}

/*
 * Removing pages one by one releases a PAMT pair only with the last page of its region: the
 * pages that are left always have exactly the pairs that they need.
 *
 * Source: Dynamic PAMT series: a pair is removed with the last page of its region
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pages, give_a_pair_back_with_its_last_page)
{
	const long nr = add_all(&self->td, &self->other, variant), left = nr - variant->each;
	long last = pamt_pairs();

	for (long page = 0; page < variant->each; page++) {
		td_punch_hole(self->td.memfd, page * PAGE_SIZE, PAGE_SIZE);
		ASSERT_EQ(0, pamt_idle_pairs());
		ASSERT_LE(pamt_pairs(), last);
		last = pamt_pairs();
	}
	EXPECT_LE(left + NR_TABLES, last * REGION_PAGES);
	EXPECT_ALL_IS_BACK(self);
}

/*
 * KVM_TDX_INIT_MEM_REGION that fails at its first page takes no PAMT pair.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pages, refused_take_no_pair)
{
	struct kvm_tdx_init_mem_region region;
	long full;

	add_all(&self->td, &self->other, variant);
	full = pamt_pairs();
	region = td_region(TD_MEMORY, 1);
	EXPECT_ERRNO(variant->when_final ? EINVAL : EIO,
		     __vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	EXPECT_EQ(full, pamt_pairs());

	region = td_region(TD_MEMORY + SLOT_SIZE, 1);
	EXPECT_ERRNO(EINVAL, __vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	EXPECT_EQ(full, pamt_pairs());

	region = td_region(TD_MEMORY + SLOT_SIZE - PAGE_SIZE, 1);
	region.source_addr = PAGE_SIZE;		/* below every vm.mmap_min_addr */
	EXPECT_EQ(-1, __vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	EXPECT_EQ(full, pamt_pairs());
	EXPECT_ALL_IS_BACK(self);
}

PAMT_MAIN
