// SPDX-License-Identifier: GPL-2.0-only
/*
 * What commands do that find no memory. The kernel's fault injection lets the nth allocation
 * of a command fail, for each n until there is none. It has to be allowed to first:
 *
 *	cd /sys/kernel/debug
 *	echo N | tee failslab/ignore-gfp-wait fail_page_alloc/ignore-gfp-wait
 *	echo 0 | tee fail_page_alloc/min-order failslab/verbose fail_page_alloc/verbose
 */
#include <fcntl.h>

#include "hkid.h"
#include "making.h"

#define MAX_ALLOCATIONS	500

/* The thread's fail-nth: the nth allocation from now on fails; 0 is none. */
static int fail_nth_fd;

static void fail_nth(unsigned int n)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%u", n);

	must_succeed(pwrite(fail_nth_fd, text, size, 0), "fail-nth");
}

/* Ends it; true if an allocation has failed. */
static bool has_failed(void)
{
	char text[16] = "";

	must_succeed(pread(fail_nth_fd, text, sizeof(text) - 1, 0), "fail-nth");
	fail_nth(0);
	return !atoi(text);
}

/* One for a new VM fails, if any does. */
static bool allocations_can_fail(void)
{
	int kvm = kvm_open(), vm;
	bool failed = true;

	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth_fd < 0)
		return false;
	for (unsigned int n = 1; failed; n++) {
		fail_nth(n);
		vm = ioctl(kvm, KVM_CREATE_VM, KVM_X86_DEFAULT_VM);
		failed = has_failed();
		if (vm < 0)
			break;
		close(vm);
	}
	close(kvm);
	return failed;
}

FIXTURE(no_memory) {
	int nr_tds;
	uint64_t owned;
};

FIXTURE_VARIANT(no_memory) {
	enum td_stage stage;		/* at which the command is given */
	long (*command)(void);
};

#define COMMAND(name, at) \
	FIXTURE_VARIANT_ADD(no_memory, name) { .stage = at, .command = name }
COMMAND(create_vm, TD_CREATED);
COMMAND(init_vm, TD_CREATED);
COMMAND(create_vcpu, TD_INITIALIZED);
COMMAND(init_vcpu, TD_HAS_VCPU);
COMMAND(create_memfd, TD_INITIALIZED);
COMMAND(fill, TD_VCPU_READY);
COMMAND(fault, TD_FINALIZED);

FIXTURE_SETUP(no_memory)
{
	REQUIRE_ALL_HKIDS();
	REQUIRE(allocations_can_fail(), "no-fault-injection",
		"the kernel lets no allocation fail on request");
	made.kvm = kvm_open();
	self->nr_tds = nr_possible_tds();
	self->owned = tdx_module_resources();
}

FIXTURE_TEARDOWN(no_memory)
{
}

/*
 * If an allocation in a TDX command fails, the command fails with ENOMEM or succeeds without it.
 * Repeating it succeeds, and neither attempt leaks.
 *
 * Source: intel-tdx.rst; vmx/tdx.c __tdx_td_init(), tdx_td_vcpu_init(); fault-injection.rst, fail-nth
 * Needs: no-tdx, kvm-in-use, cgroup-limit, no-fault-injection
 */
TEST_F(no_memory, is_enomem_and_leaves_nothing)
{
	unsigned int n, refused = 0;
	bool failed = true;

	for (n = 1; failed && n <= MAX_ALLOCATIONS; n++) {
		const char *outcome;
		uint64_t owned;
		long ret;

		make(variant->stage);
		owned = tdx_module_resources();
		fail_nth(n);
		ret = variant->command();
		outcome = errno_or_success(ret);
		failed = has_failed();
		if (ret) {
			refused++;
			EXPECT_STREQ("ENOMEM", outcome) {
				TH_LOG("allocation %u", n);
			}
			/* Tables of memory may stay until the end. */
			if (variant->stage < TD_VCPU_READY)
				EXPECT_EQ(owned, tdx_module_resources());
			EXPECT_SUCCESS(variant->command()) {
				TH_LOG("allocation %u", n);
			}
		}
		td_free(&made.td);
	}
	EXPECT_FALSE(failed);
	EXPECT_LE(1, refused);
	print_measurement("allocations", n - 2, "allocations");
	EXPECT_EQ(self->nr_tds, nr_possible_tds());
	EXPECT_EQ(self->owned, tdx_module_resources());
}

KVMCONF_MAIN
