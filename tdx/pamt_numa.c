// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which NUMA node a TD's memory comes from, with all that comes with it: S-EPT pages and
 * PAMT pairs. Each node counts what is allocated from it, by others, too: hence much memory,
 * and bounds rather than numbers.
 */
#include <numa.h>

#include "pamt_td.h"

#define PAGE_KB		4l
#define NR_PAGES	1024l			/* 4 MiB */
#define NR_KB		(NR_PAGES * PAGE_KB)
#define OTHERS_KB	(NR_KB / 4)		/* what others may take or free meanwhile */
#define NR_REGIONS	150
#define NR_SCATTERED	200l
#define MAX_NODES	64
#define ROUNDS		4

static long free_kb(int node)
{
	char path[64], line[128];
	long kb = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d MemFree: %ld kB", &kb) == 1)
			break;
	fclose(file);
	return kb;
}

/*
 * What has been allocated from the node since boot. Unlike MemFree it is exact: of pages on
 * per-CPU lists, too, which are free, but not in there.
 */
static long allocated_kb(int node)
{
	char path[64], line[128];
	long nr, pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/numastat", node);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "numa_hit %ld", &nr) == 1 || sscanf(line, "numa_miss %ld", &nr) == 1)
			pages += nr;
	fclose(file);
	return pages * PAGE_KB;
}

FIXTURE(numa_node) {
	int nr;			/* highest number, plus 1 */
	bool usable[MAX_NODES];
	long before[MAX_NODES];
};

FIXTURE_SETUP(numa_node)
{
	int nr_usable = 0;

	REQUIRE_TDX();
	REQUIRE(numa_available() >= 0, "one-node", "the kernel is built without NUMA");
	self->nr = numa_max_node() + 1 < MAX_NODES ? numa_max_node() + 1 : MAX_NODES;
	for (int node = 0; node < self->nr; node++) {
		self->usable[node] = free_kb(node) > 6 * NR_KB;
		nr_usable += self->usable[node];
	}
	REQUIRE(nr_usable > 1, "one-node", "%d nodes with memory enough", nr_usable);
	REQUIRE(allocated_kb(0), "no-numa-stat", "numastat has no hits");
}

FIXTURE_TEARDOWN(numa_node)
{
}

static void bind_to(int node)
{
	struct bitmask *nodes = numa_bitmask_setbit(numa_allocate_nodemask(), node);

	numa_set_membind(nodes);
	numa_free_nodemask(nodes);
}

/* @kb at least have been allocated from @node, and less than @others from another one. */
#define EXPECT_TAKEN(self, kb, node, others) do {					\
	for (int __i = 0; __i < (self)->nr; __i++) {					\
		long __taken = allocated_kb(__i) - (self)->before[__i];			\
											\
		if (__i == (node)) {							\
			EXPECT_LE(kb, __taken);						\
		} else {								\
			EXPECT_LT(__taken, others);					\
		}									\
	}										\
} while (0)

static void start_on(FIXTURE_DATA(numa_node) *self, int node)
{
	bind_to(node);
	for (int i = 0; i < self->nr; i++)
		self->before[i] = allocated_kb(i);
}

/*
 * A TD of a task that is bound to a node has its memory from that node, whichever it is, with
 * all that belongs to it.
 *
 * Source: numa_memory_policy.rst, Task/Process Policy; Dynamic PAMT series: pairs are allocated
 * by the task that adds the page
 * Needs: no-tdx, one-node, no-numa-stat
 */
TEST_F(numa_node, of_the_task_gives_the_tds_memory)
{
	for (int node = 0; node < self->nr; node++) {
		struct td td;

		if (!self->usable[node])
			continue;
		start_on(self, node);
		td = td_build(NR_PAGES);
		EXPECT_TAKEN(self, NR_KB, node, OTHERS_KB);
		td_free(&td);
	}
}

/*
 * A TD of a task that is bound to a node has its S-EPT pages from that node: one for each region
 * of 2 MiB that has a page.
 *
 * Source: numa_memory_policy.rst, Task/Process Policy; mmu.c mmu_topup_memory_caches()
 * Needs: no-tdx, one-node, no-numa-stat
 */
TEST_F(numa_node, of_the_task_gives_the_tds_tables)
{
	for (int node = 0; node < self->nr; node++) {
		struct td td;

		if (!self->usable[node])
			continue;
		bind_to(node);
		td = td_build(1);
		close(td.memfd);
		td.memfd = td_add_memory(td.vm, TD_MEMORY + REGION_SIZE, NR_REGIONS * REGION_SIZE);
		start_on(self, node);
		for (int i = 1; i <= NR_REGIONS; i++)
			td_fill(td.vcpu, TD_MEMORY + i * REGION_SIZE, 1);
		EXPECT_TAKEN(self, 2 * NR_REGIONS * PAGE_KB, node, NR_REGIONS * PAGE_KB / 2);
		td_free(&td);
	}
}

/*
 * A TD of a task that is bound to a node has the PAMT pages of its memory from that node: a pair
 * for each region of 2 MiB that has a page of the TD. Unless memory is scattered, these can be
 * too few to tell.
 *
 * Source: numa_memory_policy.rst, Task/Process Policy; Dynamic PAMT series: pairs are allocated
 * by the task that adds the page
 * Needs: no-tdx, one-node, no-numa-stat, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter,
 *	few-pairs
 */
TEST_F(numa_node, of_the_task_gives_the_tds_pairs)
{
	REQUIRE_DYNAMIC_PAMT();
	for (int node = 0; node < self->nr; node++) {
		long pairs;
		struct td td;

		if (!self->usable[node])
			continue;
		bind_to(node);
		REQUIRE_FAR_APART(NR_SCATTERED);
		pairs = -pamt_pairs();
		start_on(self, node);
		td = td_build(NR_SCATTERED);
		pairs += pamt_pairs();
		EXPECT_LE(MANY_PAIRS, pairs);
		EXPECT_TAKEN(self, NR_SCATTERED * PAGE_KB + pairs * PAMT_PAIR_KB, node,
			     pairs * PAMT_PAIR_KB / 2);
		td_free(&td);
	}
}

#define NR_TDS		6
#define NR_CONTROL	40l	/* at least, of all these */

static void build_without_memory(struct vm **vms)
{
	for (int i = 0; i < NR_TDS; i++) {
		vms[i] = td_create();
		td_init(vms[i]);
		td_create_vcpu(vms[i]);
	}
}

/*
 * TDs of a task that is bound to a node have the PAMT pages of their control pages from that
 * node.
 *
 * Source: numa_memory_policy.rst, Task/Process Policy; Dynamic PAMT series,
 * tdx_alloc_control_page()
 * Needs: no-tdx, one-node, no-numa-stat, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter,
 *	few-pairs
 */
TEST_F(numa_node, of_the_task_gives_the_pairs_of_control_pages)
{
	REQUIRE_DYNAMIC_PAMT();
	for (int node = 0; node < self->nr; node++) {
		struct vm *vms[NR_TDS];
		long pairs;

		if (!self->usable[node])
			continue;
		bind_to(node);
		REQUIRE_FAR_APART(4 * NR_CONTROL);
		pairs = -pamt_pairs();
		start_on(self, node);
		build_without_memory(vms);
		pairs += pamt_pairs();
		EXPECT_LE(MANY_PAIRS, pairs);
		EXPECT_TAKEN(self, NR_CONTROL * PAGE_KB + pairs * PAMT_PAIR_KB, node,
			     pairs * PAMT_PAIR_KB / 2);
		for (int i = 0; i < NR_TDS; i++)
			vm_free(vms[i]);
	}
}

/*
 * A TD's end returns its memory to its node: the fifth TD takes what the first one had, though
 * per-CPU lists can keep that from MemFree.
 *
 * Source: vmx/tdx.c tdx_sept_remove_leaf_spte(); Dynamic PAMT series: pairs are given back
 * Needs: no-tdx, one-node, no-numa-stat
 */
TEST_F(numa_node, has_the_memory_of_an_ended_td_back)
{
	for (int node = 0; node < self->nr; node++) {
		struct td td;
		long first;

		if (!self->usable[node])
			continue;
		bind_to(node);
		td = td_build(NR_PAGES);
		td_free(&td);
		first = free_kb(node);
		for (int i = 0; i < ROUNDS; i++) {
			td = td_build(NR_PAGES);
			td_free(&td);
		}
		EXPECT_LE(first - free_kb(node), NR_KB);
	}
}

static void prepare(void)
{
	pamt_prepare_nodes(true);
}

KVMCONF_MAIN_WITH(prepare)
