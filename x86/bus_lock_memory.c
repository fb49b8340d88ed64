// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks on every kind of memory that a VM can be given: small pages, huge
 * pages of both sorts, guest_memfd.
 */
#include <linux/mman.h>
#include <sys/mman.h>

#include "test.h"
#include "bus_lock.h"

#define SMALL_PAGE	4096ul
#define HUGE_PAGE	(2ul << 20)
#define BACKING		FREE_BASE	/* two huge pages */

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25		/* 6.1 */
#endif

enum kind { SMALL, TRANSPARENT_HUGE, HUGETLB, GUEST_MEMFD };

FIXTURE(backing) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(backing) {
	enum kind kind;
	unsigned long boundary;		/* that splits the locks' operand */
};

#define LINE_BOUNDARY	(BACKING + 64)
#define SMALL_BOUNDARY	(BACKING + SMALL_PAGE)
#define HUGE_BOUNDARY	(BACKING + HUGE_PAGE)

FIXTURE_VARIANT_ADD(backing, small_line) { SMALL, LINE_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, small_page) { SMALL, SMALL_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, thp_line) { TRANSPARENT_HUGE, LINE_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, thp_small_page) { TRANSPARENT_HUGE, SMALL_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, thp_huge_page) { TRANSPARENT_HUGE, HUGE_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, hugetlb_line) { HUGETLB, LINE_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, hugetlb_small_page) { HUGETLB, SMALL_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, hugetlb_huge_page) { HUGETLB, HUGE_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, guest_memfd_line) { GUEST_MEMFD, LINE_BOUNDARY };
FIXTURE_VARIANT_ADD(backing, guest_memfd_page) { GUEST_MEMFD, SMALL_BOUNDARY };

/* Maps @size bytes at BACKING; false if there is no memory of that kind. */
static bool map_backing(size_t size, int flags, int fd)
{
	void *want = (void *)BACKING;

	return mmap(want, size, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE | flags, fd, 0) == want;
}

static int create_guest_memfd(struct vm *vm, size_t size)
{
	struct kvm_create_guest_memfd create = {
		.size = size,
		.flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED,
	};

	return vm_create_guest_memfd(vm, &create);
}

static void add_guest_memfd_slot(struct vm *vm, int fd, size_t size)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = vm->nr_slots++,
		.flags = KVM_MEM_GUEST_MEMFD,
		.guest_phys_addr = BACKING,
		.memory_size = size,
		.userspace_addr = BACKING,
		.guest_memfd = fd,
	};

	vm_set_memory_region2(vm, &region);
}

FIXTURE_SETUP(backing)
{
	const __u64 gmem_flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED;
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	struct bus_lock_guest *g = &self->g;
	const size_t size = 2 * HUGE_PAGE;
	int fd;

	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(g, MODE_LONG, variant->boundary - 1);
	switch (variant->kind) {
	case SMALL:
		ASSERT_TRUE(map_backing(size, anonymous, -1));
		ASSERT_SUCCESS(madvise((void *)BACKING, size, MADV_NOHUGEPAGE));
		break;
	case TRANSPARENT_HUGE:
		ASSERT_TRUE(map_backing(size, anonymous, -1));
		memset((void *)BACKING, 0, size);
		/* Success says that the pages are huge, whatever is the system's policy. */
		REQUIRE(!madvise((void *)BACKING, size, MADV_COLLAPSE), "no-memory",
			"no transparent huge pages: %s", errno_or_success(-1));
		break;
	case HUGETLB:
		REQUIRE(map_backing(size, anonymous | MAP_HUGETLB | MAP_HUGE_2MB, -1),
			"no-memory", "no huge pages are set aside: %s", errno_or_success(-1));
		break;
	case GUEST_MEMFD:
		REQUIRE_SINCE((vm_check_extension(g->vm, KVM_CAP_GUEST_MEMFD_FLAGS) &
			       gmem_flags) == gmem_flags, 6, 18, "KVM_CAP_GUEST_MEMFD_FLAGS");
		fd = create_guest_memfd(g->vm, size);
		ASSERT_TRUE(map_backing(size, MAP_SHARED, fd));
		add_guest_memfd_slot(g->vm, fd, size);
		close(fd);
		return;
	}
	vm_add_slot(g->vm, BACKING, size);
}

FIXTURE_TEARDOWN(backing)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * Every bus lock exits once and executes once on memory of any backing.
 *
 * Source: KVM api.rst 7.22; APM vol. 2, 15.14.5 (bus lock) and SDM vol. 3, 26.2: paging plays no part
 * Needs: no-cap, split-lock-detect, no-memory, kernel-too-old
 */
TEST_F(backing, each_lock_exits_once_and_executes_once)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

KVMCONF_MAIN
