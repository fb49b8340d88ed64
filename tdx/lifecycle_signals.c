// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals while KVM_TDX_INIT_MEM_REGION is at work. Userfaultfd makes it stop at a page of
 * the test's choice until the signal has been sent.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test.h"
#include "tdx.h"

#define PAGE_SIZE	4096ul
#define NR_PAGES	16ul

FIXTURE(signal) {
	struct td td;
	int uffd;
	char *source;
	pthread_t main_thread, server;
};

/* The page at whose reading the signal comes. */
FIXTURE_VARIANT(signal) {
	unsigned long page;
};

FIXTURE_VARIANT_ADD(signal, first_page) { .page = 0 };
FIXTURE_VARIANT_ADD(signal, some_page) { .page = NR_PAGES / 2 };
FIXTURE_VARIANT_ADD(signal, last_page) { .page = NR_PAGES - 1 };

static unsigned long signal_at;

/* Every page of the source comes when it is read, empty. */
static void *serve(void *arg)
{
	FIXTURE_DATA(signal) *self = arg;
	struct uffd_msg msg;

	while (read(self->uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		struct uffdio_zeropage page = {
			.range = { msg.arg.pagefault.address & ~(PAGE_SIZE - 1), PAGE_SIZE },
		};

		if (page.range.start == (__u64)self->source + signal_at * PAGE_SIZE)
			pthread_kill(self->main_thread, SIGUSR1);
		must_succeed(ioctl(self->uffd, UFFDIO_ZEROPAGE, &page), "UFFDIO_ZEROPAGE");
	}
	return NULL;
}

static void do_nothing(int signal)
{
	(void)signal;
}

FIXTURE_SETUP(signal)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	REQUIRE_TDX();
	self->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	REQUIRE(self->uffd >= 0 || errno != EPERM, "permission", "userfaultfd: EPERM");
	REQUIRE(self->uffd >= 0 || errno != ENOSYS, "no-userfaultfd", "the kernel is built without");
	ASSERT_LE(0, self->uffd);
	must_succeed(ioctl(self->uffd, UFFDIO_API, &api), "UFFDIO_API");

	self->source = mmap(NULL, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->source);
	range.range = (struct uffdio_range){ (__u64)self->source, NR_PAGES * PAGE_SIZE };
	must_succeed(ioctl(self->uffd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");

	self->td = td_build(NR_PAGES);
	td_punch_hole(self->td.memfd, 0, NR_PAGES * PAGE_SIZE);
	signal_at = variant->page;
	self->main_thread = pthread_self();
	ASSERT_SUCCESS(sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&self->server, NULL, serve, self));
}

FIXTURE_TEARDOWN(signal)
{
	td_free(&self->td);
}

/*
 * A signal interrupts KVM_TDX_INIT_MEM_REGION, which says in the region how far it got: the
 * same call completes it, with no page left out and none added twice.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION; vmx/tdx.c tdx_vcpu_init_mem_region()
 * Needs: no-tdx, permission, no-userfaultfd
 */
TEST_F(signal, interrupts_a_region_that_can_be_resumed)
{
	struct kvm_tdx_init_mem_region region = {
		.source_addr = (__u64)self->source, .gpa = TD_MEMORY, .nr_pages = NR_PAGES,
	};
	unsigned long done;
	long ret;

	ret = __vcpu_tdx_init_mem_region(self->td.vcpu, &region);
	done = NR_PAGES - region.nr_pages;
	/* The page at which the signal came may be in already. */
	EXPECT_LE(variant->page, done);
	EXPECT_LE(done, variant->page + 1);
	EXPECT_HEX((__u64)self->source + done * PAGE_SIZE, region.source_addr);
	EXPECT_HEX(TD_MEMORY + done * PAGE_SIZE, region.gpa);
	if (done < NR_PAGES) {
		ASSERT_STREQ("EINTR", call_outcome(ret));
		ASSERT_SUCCESS(__vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	}
	EXPECT_EQ(0, region.nr_pages);
	for (unsigned long i = 0; i < NR_PAGES; i++) {
		region = td_region(TD_MEMORY + i * PAGE_SIZE, 1);
		EXPECT_ERRNO(EIO, __vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	}
	EXPECT_SUCCESS(__vm_tdx_finalize(self->td.vm, 0));
}

KVMCONF_MAIN
