// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "ioctls.h"
#include "pamt.h"
#include "scatter.h"

#define PAGE_SIZE	4096ul
#define REGION_SIZE	(2ul << 20)
#define CHUNK_SIZE	(16ul << 20)
#define RESERVE_SIZE	(48ul << 20)	/* for all that is no single page */
#define END_SIZE	(32ul << 20)	/* what is given back at each end: of each of two nodes */
#define DISTANCE	64ul		/* in pages */
#define PHASES		(REGION_SIZE / PAGE_SIZE / DISTANCE)

static long kvm_users;

static unsigned long free_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long kb = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemFree: %lu kB", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb * 1024;
}

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

/* Returns the size of what was taken. */
static unsigned long take_all(int memfd, unsigned long size)
{
	unsigned long taken = 0;

	while (taken < size && free_memory() > RESERVE_SIZE + CHUNK_SIZE) {
		if (fallocate(memfd, FALLOC_FL_KEEP_SIZE, taken, CHUNK_SIZE))
			break;
		taken += CHUNK_SIZE;
	}
	return taken;
}

static bool punch(int memfd, unsigned long offset, unsigned long size)
{
	return !fallocate(memfd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, size);
}

/* One page of each region at a time: what is freed last is allocated first. */
static long punch_pages(int memfd, unsigned long start, unsigned long end)
{
	long nr = 0;

	for (unsigned long phase = 0; phase < PHASES; phase++)
		for (unsigned long region = start; region < end; region += REGION_SIZE)
			nr += punch(memfd, region + phase * DISTANCE * PAGE_SIZE, PAGE_SIZE);
	return nr;
}

long scatter_memory(void)
{
	const unsigned long size = free_memory() / CHUNK_SIZE * CHUNK_SIZE;
	const long users = pamt_kvm_users();
	int memfd = size ? create_memfd(size) : -1;
	unsigned long taken;

	if (memfd < 0)
		return 0;
	kvm_users = pamt_kvm_users() - users;
	/* Never closed: the memory is for the tests of this process. */
	taken = take_all(memfd, size);
	if (taken <= 2 * END_SIZE)
		return 0;
	punch(memfd, 0, END_SIZE);
	punch(memfd, taken - END_SIZE, END_SIZE);
	return punch_pages(memfd, END_SIZE, taken - END_SIZE);
}

long scatter_kvm_users(void)
{
	return kvm_users;
}
