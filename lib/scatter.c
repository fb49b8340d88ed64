// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ioctls.h"
#include "pamt.h"
#include "report.h"
#include "scatter.h"
#include "tracepoint.h"

#define REGION_SIZE	(2ul << 20)
#define REGION_PAGES	(REGION_SIZE / PAGE_SIZE)
#define NODE_SIZE	(96ul << 20)	/* of each node */
#define DISTANCE	8ul		/* in pages */
#define PHASES		(REGION_SIZE / PAGE_SIZE / DISTANCE)
#define MAX_NODES	64

static long kvm_users;

/* Its pages cannot be moved, so what is freed between them stays apart. */
static int create_memfd(unsigned long size)
{
	struct kvm_create_guest_memfd create = { .size = size };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, KVM_X86_TDX_VM);
	int memfd = vm < 0 ? -1 : ioctl(vm, KVM_CREATE_GUEST_MEMFD, &create);

	if (vm >= 0)
		close(vm);
	if (kvm >= 0)
		close(kvm);
	return memfd;
}

/* From node @node alone; false if there is no such node, or too little free memory. */
static bool take(int memfd, int node, unsigned long offset)
{
	unsigned long nodes = 1ul << node;
	bool taken = !syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, MAX_NODES + 1) &&
		     !fallocate(memfd, FALLOC_FL_KEEP_SIZE, offset, NODE_SIZE);

	syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0);
	return taken;
}

static bool is_online(int node)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", node);
	return !node || !access(path, F_OK);
}

static bool punch(int memfd, unsigned long offset, unsigned long size)
{
	return !fallocate(memfd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, size);
}

/* One page of each region at a time: what is freed last is allocated first. */
static long punch_pages(int memfd, unsigned long start)
{
	long nr = 0;

	for (unsigned long phase = 0; phase < PHASES; phase++)
		for (unsigned long region = start; region < start + NODE_SIZE; region += REGION_SIZE)
			nr += punch(memfd, region + phase * DISTANCE * PAGE_SIZE, PAGE_SIZE);
	return nr;
}

long scatter_memory(bool all_nodes)
{
	const long users = pamt_kvm_users();
	int memfd = create_memfd(MAX_NODES * NODE_SIZE);
	unsigned int cpu, own = 0;
	unsigned long offset = 0;
	long nr = 0;

	if (memfd < 0 || getcpu(&cpu, &own))
		return 0;
	kvm_users = pamt_kvm_users() - users;
	for (int node = 0; node < MAX_NODES && is_online(node); node++, offset += NODE_SIZE)
		if ((all_nodes || node == (int)own) && take(memfd, node, offset))
			nr += punch_pages(memfd, offset);
	/* Never closed: the memory is for the tests of this process. */
	return nr;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static long count_regions(uint64_t *frames, unsigned long nr)
{
	long regions = 0;

	qsort(frames, nr, sizeof(*frames), compare);
	for (unsigned long i = 0; i < nr; i++)
		regions += !i || frames[i] / REGION_PAGES != frames[i - 1] / REGION_PAGES;
	return regions;
}

/* Pages that the kernel has handed out to this thread. */
static unsigned long take_frames(struct tracepoint *allocations, uint64_t *frames, unsigned long nr)
{
	unsigned long found = 0;

	while (tracepoint_next(allocations))
		if (found < nr)
			frames[found++] = tracepoint_field(allocations, "pfn");
	return found;
}

long regions_of_next_pages(unsigned long nr)
{
	uint64_t *frames = calloc(nr, sizeof(*frames));
	int memfd = create_memfd(nr * PAGE_SIZE);
	struct tracepoint allocations = { 0 };
	unsigned long found = 0;
	long regions = -1;

	if (!frames || memfd < 0)
		report_error("a guest_memfd of %lu pages: %s", nr, errno_name(errno));
	if (!tracepoint_open(&allocations, "kmem", "mm_page_alloc")) {
		for (unsigned long i = 0; i < nr; i++) {
			if (fallocate(memfd, FALLOC_FL_KEEP_SIZE, i * PAGE_SIZE, PAGE_SIZE))
				report_error("a page of a guest_memfd: %s", errno_name(errno));
			found += take_frames(&allocations, frames + found, nr - found);
		}
		regions = count_regions(frames, found);
		tracepoint_close(&allocations);
	}
	close(memfd);
	free(frames);
	return regions;
}

long scatter_kvm_users(void)
{
	return kvm_users;
}
