// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA nodes: what the task may ask of libnuma, on the test's side, and the memory that each
 * node has left, on the other. One task asks at a time.
 */
#include <numa.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define NODE_KB	(SIM_MEMORY_GB << 20)

static unsigned long pages[SIM_MAX_NODES], allocated[SIM_MAX_NODES];
static unsigned int bound_to;

unsigned int node_bind(unsigned int node)
{
	unsigned int before = bound_to;

	bound_to = node < nr_nodes ? node : 0;
	return before;
}

unsigned int node_take(void)
{
	unsigned int node = broken("wrong-node") ? 0 : bound_to;

	pages[node]++;
	allocated[node]++;
	return node;
}

void node_give(unsigned int node)
{
	if (!broken("node-kept"))
		pages[node]--;
}

bool node_file(const char *path, FILE *file)
{
	unsigned int node;
	char name[16];

	if (sscanf(path, "/sys/devices/system/node/node%u/%15s", &node, name) != 2 || node >= nr_nodes)
		return false;
	if (file && !strcmp(name, "numastat"))
		fprintf(file, "numa_hit %lu\nnuma_miss 0\n", 1 + allocated[node]);
	else if (file)
		fprintf(file, "Node %u MemTotal: %u kB\nNode %u MemFree: %llu kB\n", node, NODE_KB,
			node, NODE_KB - pages[node] * (PAGE / 1024));
	return true;
}

int __wrap_numa_available(void);
int __wrap_numa_available(void)
{
	return 0;
}

int __wrap_numa_max_node(void);
int __wrap_numa_max_node(void)
{
	return nr_nodes - 1;
}

void __wrap_numa_set_membind(struct bitmask *nodes);
void __wrap_numa_set_membind(struct bitmask *nodes)
{
	for (unsigned int node = 0; node < nr_nodes; node++)
		if (numa_bitmask_isbitset(nodes, node))
			sim_bind(node);
}
