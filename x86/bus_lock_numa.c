// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks on memory of another NUMA node than the vCPU's: for the CPU a
 * transaction that leaves the socket, for the guest and userspace no
 * difference.
 */
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <sys/mman.h>

#include "test.h"
#include "bus_lock.h"

#define PAGE		4096ul

/* Some nodes are memory without CPUs, some are not for this process. */
static bool has_cpu(int node)
{
	struct bitmask *cpus = numa_allocate_cpumask();
	bool has = false;

	if (!numa_node_to_cpus(node, cpus))
		for (unsigned int cpu = 0; cpu < cpus->size; cpu++)
			has |= numa_bitmask_isbitset(cpus, cpu) &&
			       numa_bitmask_isbitset(numa_all_cpus_ptr, cpu);
	numa_free_cpumask(cpus);
	return has;
}

static bool has_memory(int node)
{
	return numa_bitmask_isbitset(numa_all_nodes_ptr, node) && numa_node_size64(node, NULL) > 0;
}

/* Is there a CPU with memory of another node, and @own: its own node's beside it? */
static bool has_remote_memory(bool own)
{
	if (numa_available() < 0)
		return false;
	for (int cpus = 0; cpus <= numa_max_node(); cpus++)
		for (int memory = 0; memory <= numa_max_node(); memory++)
			if (cpus != memory && has_cpu(cpus) && has_memory(memory) &&
			    (!own || has_memory(cpus)))
				return true;
	return false;
}

static void run_on_node(int node)
{
	if (numa_run_on_node(node))
		report_error("no CPU of node %d: %s", node, errno_or_success(-1));
	if (numa_node_of_cpu(sched_getcpu()) != node)
		report_error("CPU %d is not of node %d", sched_getcpu(), node);
}

/* A fresh page, bound to its node, so that the kernel leaves it there. */
static void put_page_on_node(unsigned long address, int node)
{
	void *page = (void *)(address & ~(PAGE - 1));
	struct bitmask *nodes = numa_bitmask_setbit(numa_allocate_nodemask(), node);
	int now;

	if (mbind(page, PAGE, MPOL_BIND, nodes->maskp, nodes->size + 1, 0))
		report_error("mbind to node %d: %s", node, errno_or_success(-1));
	numa_free_nodemask(nodes);
	if (madvise(page, PAGE, MADV_DONTNEED))
		report_error("madvise: %s", errno_or_success(-1));
	memset(page, 0, PAGE);
	if (get_mempolicy(&now, NULL, 0, page, MPOL_F_NODE | MPOL_F_ADDR) || now != node)
		report_error("a page for node %d is on node %d", node, now);
}

FIXTURE(numa) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(numa) {
	unsigned long operand;
	bool two_nodes;			/* its second half is on the vCPU's node */
};

FIXTURE_VARIANT_ADD(numa, line) { LINE_SPLIT, false };
FIXTURE_VARIANT_ADD(numa, page) { PAGE_SPLIT, false };
FIXTURE_VARIANT_ADD(numa, page_on_two_nodes) { PAGE_SPLIT, true };

FIXTURE_SETUP(numa)
{
	REQUIRE_BUS_LOCK_EXIT();
	REQUIRE(has_remote_memory(variant->two_nodes), "one-node", "no CPU has memory of another NUMA node");
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
}

FIXTURE_TEARDOWN(numa)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A bus lock on memory of any node, or with its halves on two nodes, exits and executes like one
 * on the vCPU's own node.
 *
 * Source: KVM api.rst 7.22: "KVM exits to userspace for all such VM exits"
 * Needs: no-cap, split-lock-detect, one-node
 */
TEST_F(numa, remote_lock_exits_like_a_local_one)
{
	for (int cpus = 0; cpus <= numa_max_node(); cpus++) {
		for (int memory = 0; memory <= numa_max_node(); memory++) {
			if (!has_cpu(cpus) || !has_memory(memory) ||
			    (variant->two_nodes && !has_memory(cpus)))
				continue;
			TH_LOG("vCPU on node %d, memory on node %d", cpus, memory);
			run_on_node(cpus);
			put_page_on_node(variant->operand, memory);
			put_page_on_node(variant->operand + 1, variant->two_nodes ? cpus : memory);
			bus_lock_enter(&self->g, self->g.vcpu, MODE_LONG, 0,
				       variant->operand);

			EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
			EXPECT_EQ(bus_lock_is_fault_like() ? 0 : 1, locks_executed(&self->g));
			EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
			EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
			EXPECT_EQ(2, locks_executed(&self->g));
			if (!__test_passed(_metadata))
				return;
		}
	}
}

KVMCONF_MAIN
