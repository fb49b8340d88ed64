// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which NUMA node a TD's memory comes from, with all that comes with it: S-EPT pages and
 * PAMT pairs. Per-node free memory cannot tell these apart, and others use memory, too:
 * hence much memory, and bounds rather than numbers.
 */
#include <numa.h>

#include "test.h"
#include "tdx.h"

#define PAGE_KB		4l
#define NR_PAGES	4096l			/* 16 MiB */
#define NR_KB		(NR_PAGES * PAGE_KB)
#define OTHERS_KB	(NR_KB / 4)		/* what others may take or free meanwhile */
#define MAX_NODES	64

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

FIXTURE(node) {
	int nr;			/* highest number, plus 1 */
	bool usable[MAX_NODES];
	long free[MAX_NODES];
};

FIXTURE_SETUP(node)
{
	int nr_usable = 0;

	REQUIRE_TDX();
	REQUIRE(numa_available() >= 0, "one-node", "the kernel is built without NUMA");
	self->nr = numa_max_node() + 1 < MAX_NODES ? numa_max_node() + 1 : MAX_NODES;
	for (int node = 0; node < self->nr; node++) {
		self->usable[node] = free_kb(node) > 4 * NR_KB;
		nr_usable += self->usable[node];
	}
	REQUIRE(nr_usable > 1, "one-node", "%d nodes with memory enough", nr_usable);
}

FIXTURE_TEARDOWN(node)
{
}

static void bind_to(int node)
{
	struct bitmask *nodes = numa_bitmask_setbit(numa_allocate_nodemask(), node);

	numa_set_membind(nodes);
	numa_free_nodemask(nodes);
}

/*
 * A task that is bound to a node has its TD's memory from there, whichever node that is, with
 * all that goes with it; and when the TD ends the node has it back.
 *
 * Source: numa_memory_policy.rst, Task/Process Policy; Dynamic PAMT series: pairs are allocated
 * by the task that adds the page
 * Needs: no-tdx, one-node
 */
TEST_F(node, of_the_task_gives_the_tds_memory)
{
	for (int node = 0; node < self->nr; node++) {
		struct td td;

		if (!self->usable[node])
			continue;
		bind_to(node);
		for (int i = 0; i < self->nr; i++)
			self->free[i] = free_kb(i);
		td = td_build(NR_PAGES);
		for (int i = 0; i < self->nr; i++) {
			long taken = self->free[i] - free_kb(i);

			if (i == node) {
				EXPECT_LE(NR_KB - OTHERS_KB, taken);
			} else {
				EXPECT_LE(taken, OTHERS_KB);
			}
		}
		td_free(&td);
		EXPECT_LE(self->free[node] - free_kb(node), OTHERS_KB);
	}
}

KVMCONF_MAIN
