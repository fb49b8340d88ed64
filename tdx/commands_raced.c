// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command that comes for a TD while KVM_TDX_INIT_MEM_REGION is at work, with another thread
 * waiting for a page of its source: each of both is done as if the other had come first or last.
 */
#include <sched.h>
#include <stdatomic.h>

#include "test.h"
#include "tdx.h"
#include "thread_state.h"
#include "uffd.h"

#define NR_FILLED	2ul
#define NR_PAGES	4ul		/* the last one is for what comes behind */
#define LAST		(TD_MEMORY + (NR_PAGES - 1) * PAGE_SIZE)

/* A thread that gives one command. */
struct caller {
	pthread_t thread;
	long (*command)(struct td *td);
	struct td *td;
	atomic_int tid;
	atomic_bool done;
	int error;
};

static struct kvm_tdx_init_mem_region filled;

static long fill(struct td *td)
{
	struct kvm_tdx_cmd cmd = {
		.id = KVM_TDX_INIT_MEM_REGION, .flags = KVM_TDX_MEASURE_MEMORY_REGION,
		.data = (__u64)&filled,
	};

	return __vcpu_mem_enc_op(td->vcpu, &cmd);
}

static long finalize(struct td *td)
{
	return __vm_tdx_finalize(td->vm, 0);
}

static long init_vcpu_again(struct td *td)
{
	return __vcpu_tdx_init(td->vcpu, 0);
}

static long fill_last(struct td *td)
{
	struct kvm_tdx_init_mem_region region = td_region(LAST, 1);

	return __vcpu_tdx_init_mem_region(td->vcpu, &region);
}

static long init_again(struct td *td)
{
	static union tdx_init_vm params;

	td_default_params(td->vm, &params);
	return __vm_tdx_init(td->vm, &params.init);
}

static void *call(void *arg)
{
	struct caller *caller = arg;

	caller->tid = syscall(SYS_gettid);
	caller->error = caller->command(caller->td) ? errno : 0;
	caller->done = true;
	return NULL;
}

static void start(struct caller *caller)
{
	if (pthread_create(&caller->thread, NULL, call, caller))
		report_error("pthread_create");
}

static void wait_until_it_waits_or_is_done(struct caller *caller)
{
	while (!caller->done && !(caller->tid && thread_state(caller->tid) == 'D'))
		sched_yield();
}

FIXTURE(raced) {
	struct td td;
	int uffd;
	struct caller region, command;
};

FIXTURE_VARIANT(raced) {
	long (*command)(struct td *td);
	int error;
	bool finalizes;
};

FIXTURE_VARIANT_ADD(raced, finalize) { finalize, 0, true };
FIXTURE_VARIANT_ADD(raced, init_vcpu) { init_vcpu_again, EINVAL, false };
FIXTURE_VARIANT_ADD(raced, region) { fill_last, 0, false };
FIXTURE_VARIANT_ADD(raced, init_vm) { init_again, EINVAL, false };

FIXTURE_SETUP(raced)
{
	char *source;

	REQUIRE_TDX();
	REQUIRE_USERFAULTFD();
	self->td = td_build_until(TD_VCPU_READY, NR_PAGES);
	self->uffd = uffd_map(&source, NR_FILLED);
	filled = (struct kvm_tdx_init_mem_region){
		.source_addr = (__u64)source, .gpa = TD_MEMORY, .nr_pages = NR_FILLED,
	};
	self->region = (struct caller){ .command = fill, .td = &self->td };
	self->command = (struct caller){ .command = variant->command, .td = &self->td };
}

FIXTURE_TEARDOWN(raced)
{
	td_free(&self->td);
}

/*
 * A command that comes while memory is added to the TD has its result, and all of the memory is
 * added and measured. The TD takes what comes behind.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION, KVM_TDX_FINALIZE_VM; vmx/tdx.c
 * tdx_acquire_vm_state_locks()
 * Needs: no-tdx, permission, no-userfaultfd
 */
TEST_F(raced, each_command_has_its_result)
{
	struct kvm_tdx_init_mem_region behind = td_region(LAST - PAGE_SIZE, 1);
	struct kvm_pre_fault_memory range = { .gpa = LAST, .size = PAGE_SIZE };
	unsigned long page;

	start(&self->region);
	page = uffd_wait(self->uffd);
	start(&self->command);
	wait_until_it_waits_or_is_done(&self->command);
	uffd_give(self->uffd, page + PAGE_SIZE);
	uffd_give(self->uffd, page);
	ASSERT_EQ(0, pthread_join(self->region.thread, NULL));
	ASSERT_EQ(0, pthread_join(self->command.thread, NULL));

	EXPECT_EQ(0, self->region.error);
	EXPECT_EQ(0, filled.nr_pages);
	EXPECT_EQ(variant->error, self->command.error);
	if (variant->finalizes) {
		EXPECT_SUCCESS(__vcpu_pre_fault(self->td.vcpu, &range));
	} else {
		EXPECT_SUCCESS(__vcpu_tdx_init_mem_region(self->td.vcpu, &behind));
	}
}

KVMCONF_MAIN
