// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals while KVM_TDX_INIT_MEM_REGION is at work. Userfaultfd makes it stop at a page of
 * the test's choice until the signal has been sent.
 */
#include "hkid.h"
#include "uffd.h"

#define NR_PAGES	64ul

/* Pages that come when they are read, empty; with number @page comes @signal for @reader. */
struct source {
	int uffd, signal;
	char *pages;
	unsigned long page;
	pthread_t reader, server;
};

static void *serve(void *arg)
{
	struct source *source = arg;
	struct uffd_msg msg;

	while (read(source->uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		unsigned long page = msg.arg.pagefault.address & ~(PAGE_SIZE - 1);

		if (page == (unsigned long)source->pages + source->page * PAGE_SIZE)
			pthread_kill(source->reader, source->signal);
		uffd_give(source->uffd, page);
	}
	return NULL;
}

/* The calling thread is who reads. */
static struct kvm_tdx_init_mem_region region_of(struct source *source)
{
	source->uffd = uffd_map(&source->pages, NR_PAGES);
	source->reader = pthread_self();
	if (pthread_create(&source->server, NULL, serve, source))
		report_error("pthread_create");
	return (struct kvm_tdx_init_mem_region){
		.source_addr = (__u64)source->pages, .gpa = TD_MEMORY, .nr_pages = NR_PAGES,
	};
}

/* A TD with room for the region. */
static struct td td_with_room(void)
{
	struct td td = td_build(NR_PAGES);

	td_punch_hole(td.memfd, 0, NR_PAGES * PAGE_SIZE);
	return td;
}

static void do_nothing(int signal)
{
	(void)signal;
}

FIXTURE(pending_signal) {
	struct td td;
};

/* The page at whose reading the signal comes. */
FIXTURE_VARIANT(pending_signal) {
	unsigned long page;
};

FIXTURE_VARIANT_ADD(pending_signal, first_page) { .page = 0 };
FIXTURE_VARIANT_ADD(pending_signal, some_page) { .page = NR_PAGES / 2 };
FIXTURE_VARIANT_ADD(pending_signal, last_page) { .page = NR_PAGES - 1 };

FIXTURE_SETUP(pending_signal)
{
	struct sigaction action = { .sa_handler = do_nothing };

	REQUIRE_TDX();
	REQUIRE_USERFAULTFD();
	ASSERT_SUCCESS(sigaction(SIGUSR1, &action, NULL));
	self->td = td_with_room();
}

FIXTURE_TEARDOWN(pending_signal)
{
	td_free(&self->td);
}

/*
 * A signal interrupts KVM_TDX_INIT_MEM_REGION, which writes back how far it got. The same call
 * completes it, with no page left out and none added twice.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION; vmx/tdx.c tdx_vcpu_init_mem_region()
 * Needs: no-tdx, permission, no-userfaultfd
 */
TEST_F(pending_signal, interrupts_a_region_that_can_be_resumed)
{
	struct source source = { .signal = SIGUSR1, .page = variant->page };
	struct kvm_tdx_init_mem_region region = region_of(&source);
	unsigned long done;
	long ret;

	ret = __vcpu_tdx_init_mem_region(self->td.vcpu, &region);
	done = NR_PAGES - region.nr_pages;
	/* The page at which the signal came may be in already. */
	EXPECT_LE(variant->page, done);
	EXPECT_LE(done, variant->page + 1);
	EXPECT_HEX((__u64)source.pages + done * PAGE_SIZE, region.source_addr);
	EXPECT_HEX(TD_MEMORY + done * PAGE_SIZE, region.gpa);
	if (done < NR_PAGES) {
		ASSERT_STREQ("EINTR", errno_or_success(ret));
		ASSERT_SUCCESS(__vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	}
	EXPECT_EQ(0, region.nr_pages);
	for (unsigned long i = 0; i < NR_PAGES; i++) {
		region = td_region(TD_MEMORY + i * PAGE_SIZE, 1);
		EXPECT_ERRNO(EIO, __vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	}
	EXPECT_SUCCESS(__vm_tdx_finalize(self->td.vm, 0));
}

FIXTURE(sigkill) {
	struct td_resources before;
};

FIXTURE_VARIANT(sigkill) {
	unsigned long page;
};

FIXTURE_VARIANT_ADD(sigkill, first_page) { .page = 0 };
FIXTURE_VARIANT_ADD(sigkill, some_page) { .page = NR_PAGES / 2 };
FIXTURE_VARIANT_ADD(sigkill, last_page) { .page = NR_PAGES - 1 };

FIXTURE_SETUP(sigkill)
{
	REQUIRE_ALL_HKIDS();
	REQUIRE_USERFAULTFD();
	hkid_take_all_but_one();
	self->before = td_resources();
}

FIXTURE_TEARDOWN(sigkill)
{
}

/*
 * A process that is killed during KVM_TDX_INIT_MEM_REGION takes its TD with it: its HKID and all
 * its visible resources are free again.
 *
 * Source: vmx/tdx.c tdx_vcpu_init_mem_region(), tdx_mmu_release_hkid(); kvm_main.c kvm_destroy_vm()
 * Needs: no-tdx, kvm-in-use, cgroup-limit, permission, no-userfaultfd
 */
TEST_F(sigkill, in_a_region_ends_the_td)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct source source = { .signal = SIGKILL, .page = variant->page };
		struct td td = td_with_room();
		struct kvm_tdx_init_mem_region region = region_of(&source);

		__vcpu_tdx_init_mem_region(td.vcpu, &region);
		_exit(1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_TRUE(hkid_is_free());
	EXPECT_RESOURCES(self->before);
}

KVMCONF_MAIN
