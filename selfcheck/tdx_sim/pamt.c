// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory, as far as TDX owns pages of it, and the PAMT pairs that they take: with
 * Dynamic PAMT a region of 2 MiB has one from its first page until its last has gone.
 */
#include <errno.h>

#include "sim.h"

#define NR_REGIONS	(SIM_MEMORY_GB * 512)
#define PAGES_OF_A_PAIR	2
#define ENTRY_SIZE	16ul		/* bytes of PAMT for a page of each size */

static uint8_t taken[NR_REGIONS * REGION_PAGES];	/* 1 plus the node */
static unsigned int refcount[NR_REGIONS];
static unsigned int owner[NR_REGIONS];		/* who took the pair */
static unsigned int pair_node[NR_REGIONS];
static bool was_shared[NR_REGIONS];
static bool returned[NR_REGIONS];		/* too early, that is */

/* The series has the WARN since it has no row. */
static void warn(const char *function)
{
	if (profile != PROFILE_ROW)
		kernel_warn(function);
}

static void pair_take_pages(unsigned int region)
{
	unsigned int node = node_bind(0);

	if (!broken("wrong-node-of-pairs"))
		node_bind(node);
	if (profile != PROFILE_STATIC)
		for (int i = 0; i < PAGES_OF_A_PAIR; i++)
			pair_node[region] = node_take();
	node_bind(node);
}

static void pair_give_pages(unsigned int region)
{
	if (profile != PROFILE_STATIC)
		for (int i = 0; i < PAGES_OF_A_PAIR; i++)
			node_give(pair_node[region]);
}

/* 0, or -ENOMEM without memory for a pair, or -EIO for one that the module does not take. */
static int pair_add(unsigned int region, unsigned int td_id)
{
	if (!refcount[region] && profile != PROFILE_STATIC && !kernel_has_memory())
		return -ENOMEM;
	if (!refcount[region] && profile != PROFILE_STATIC && seamcall(PAMT_ADD)) {
		warn("tdx_pamt_get");
		if (!broken("counted-though-refused"))
			return -EIO;
		ledger.pairs++;
	}
	if (!refcount[region]++) {
		pair_take_pages(region);
		owner[region] = td_id;
		was_shared[region] = false;
		ledger.pairs += broken("counted-twice") ? 2 : 1;
	}
	if (owner[region] != td_id)
		was_shared[region] = true;
	return 0;
}

/* A pair that the module does not give back stays, as if a page were left in its region. */
static void pair_remove(unsigned int region)
{
	static bool once_kept;
	bool last = !--refcount[region];
	bool kept = last && profile != PROFILE_STATIC && seamcall(PAMT_REMOVE);

	kept |= last && once_kept && broken("kept-pair-spreads");
	once_kept |= kept;
	if (kept || (last && broken("remove-warns")))
		warn("tdx_pamt_put");
	if (kept) {
		refcount[region] = 1;
		ledger.pairs -= broken("kept-pair-forgotten");
		return;
	}
	if (broken("leak-when-shared") && was_shared[region])
		return;
	if (broken("early-return") ? !returned[region] : last)
		ledger.pairs--;
	returned[region] = !last;
	if (last)
		pair_give_pages(region);
}

static long first_free_in(unsigned int region)
{
	if (refcount[region] < REGION_PAGES)
		for (long page = region * REGION_PAGES; ; page++)
			if (!taken[page])
				return page;
	return -1;
}

/*
 * Contiguous: regions are filled one after the other. Scattered: each page is in another
 * region than the one before it. Adversarial: each second page goes where another page
 * already is, each first to a region of its own.
 */
static long choose(void)
{
	static unsigned int next;
	unsigned int start = 0;
	long page = -1;

	if (placement == PLACE_SCATTERED)
		start = ++next;
	if (placement == PLACE_ADVERSARIAL && ++next % 2)
		start = next * 7;
	for (unsigned int i = 0; i < NR_REGIONS && page < 0; i++)
		page = first_free_in((start + i) % NR_REGIONS);
	return page;
}

long page_take(unsigned int td_id)
{
	long page = choose();
	int ret;

	if (page < 0 || !kernel_has_memory())
		return broken("no-memory-is-eagain") ? -EAGAIN : -ENOMEM;
	ret = pair_add(page / REGION_PAGES, td_id);
	if (ret)
		return ret;
	taken[page] = 1 + node_take();
	ledger.pages++;
	return page;
}

void page_give(long page)
{
	node_give(taken[page] - 1);
	taken[page] = 0;
	ledger.pages--;
	pair_remove(page / REGION_PAGES);
}

/* To the one memory cgroup that there is: all kernel memory but PAMT of boot. */
unsigned long sim_charge(void)
{
	return (ledger.pages - ledger.guest + (profile == PROFILE_STATIC ? 0 : ledger.pairs * PAGES_OF_A_PAIR)) * PAGE;
}

unsigned long sim_row_kb(void)
{
	return (ledger.pairs + broken("boot-counted")) *
	       (broken("half-pair") ? 1 : PAGES_OF_A_PAIR) * PAGE / 1024;
}

static unsigned long level_kb(unsigned long bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE / 1024;
}

/* One TDMR, from address 0. Dynamic: a bit for each 4K page in place of its entry. */
unsigned long sim_boot_kb(void)
{
	unsigned long pages_4k = SIM_MEMORY_GB << 18;
	unsigned long kb = level_kb((SIM_MEMORY_GB << 9) * ENTRY_SIZE) +
			   level_kb(SIM_MEMORY_GB * ENTRY_SIZE);

	if (profile == PROFILE_STATIC || broken("static-as-dynamic"))
		return kb + level_kb(pages_4k * ENTRY_SIZE);
	return kb + level_kb(pages_4k / 8) - (broken("bitmap-short") ? PAGE / 1024 : 0);
}
