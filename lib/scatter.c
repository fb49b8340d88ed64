// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/mempolicy.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ioctls.h"
#include "pamt.h"
#include "scatter.h"

#define PAGE_SIZE	4096ul
#define REGION_SIZE	(2ul << 20)
#define NODE_SIZE	(192ul << 20)	/* of each node */
#define DISTANCE	16ul		/* in pages */
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

long scatter_memory(void)
{
	const long users = pamt_kvm_users();
	int memfd = create_memfd(MAX_NODES * NODE_SIZE);
	unsigned long offset = 0;
	long nr = 0;

	if (memfd < 0)
		return 0;
	kvm_users = pamt_kvm_users() - users;
	for (int node = 0; node < MAX_NODES && is_online(node); node++, offset += NODE_SIZE)
		if (take(memfd, node, offset))
			nr += punch_pages(memfd, offset);
	/* Never closed: the memory is for the tests of this process. */
	return nr;
}

long scatter_kvm_users(void)
{
	return kvm_users;
}
