// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and processes whose TDs take and give back pages of the same regions of 2 MiB at
 * the same time. Memory is not scattered here: the pages that the kernel hands out one after the
 * other are to be of one region.
 */
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "kmsg.h"
#include "pamt_charge.h"

#define NR_PROCESSES	2
#define NR_ROUNDS	20
#define NR_PAGES	4
#define MAX_TURNS	100000

/* How many times a process has come to the start of a round. */
static atomic_int *arrivals;

/* In step, all TDs of a round begin when those before have gone, with no pair in use. */
struct users {
	bool in_step, with_cpus_of_their_own;
};

/* False if one has not come: it has failed. */
static bool wait_for_all(int round)
{
	atomic_fetch_add(arrivals, 1);
	for (int i = 0; i < MAX_TURNS && *arrivals < round * NR_PROCESSES; i++)
		sched_yield();
	return *arrivals >= round * NR_PROCESSES;
}

static bool succeeds(long ret, const char *what)
{
	if (ret)
		printf("# %s: %s\n", what, errno_or_success(ret));
	return !ret;
}

/* Each command is one that fails if a pair is there that must not be, or is not that must be. */
static bool use_td(void)
{
	static union tdx_init_vm params;
	struct kvm_tdx_init_mem_region region;
	struct vm *vm = td_create();
	bool done = true;
	struct vcpu *vcpu;
	int memfd;

	td_default_params(vm, &params);
	if (!succeeds(__vm_tdx_init(vm, &params.init), "KVM_TDX_INIT_VM"))
		return false;
	vcpu = vcpu_create(vm);
	if (!succeeds(__vcpu_tdx_init(vcpu, 0), "KVM_TDX_INIT_VCPU"))
		return false;
	memfd = td_add_memory(vm, TD_MEMORY, NR_PAGES * PAGE_SIZE);
	for (int i = 0; i < 2 && done; i++) {
		td_punch_hole(memfd, 0, NR_PAGES * PAGE_SIZE);
		sched_yield();
		region = td_region(TD_MEMORY, NR_PAGES);
		done = succeeds(__vcpu_tdx_init_mem_region(vcpu, &region),
				"KVM_TDX_INIT_MEM_REGION");
		sched_yield();
	}
	vm_free(vm);
	close(memfd);
	return done;
}

static bool take_and_give_back(bool in_step)
{
	bool done = true;

	for (int round = 1; done && round <= NR_ROUNDS; round++)
		done = (!in_step || wait_for_all(round)) && use_td();
	return done;
}

/* To a CPU of its own, if there are so many. */
static void move_to_cpu(int nr)
{
	cpu_set_t all, one;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(all), &all))
		report_error("sched_getaffinity: %s", strerror(errno));
	for (nr %= CPU_COUNT(&all); nr >= 0; nr--)
		do
			cpu++;
		while (!CPU_ISSET(cpu, &all));
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		report_error("sched_setaffinity: %s", strerror(errno));
}

/* Returns how many of the processes have failed. */
static int run(const struct users *users)
{
	pid_t children[NR_PROCESSES];
	int status, failed = 0;

	arrivals = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arrivals == MAP_FAILED)
		report_error("mmap: %s", strerror(errno));
	for (int i = 0; i < NR_PROCESSES; i++) {
		children[i] = fork();
		if (children[i] < 0)
			report_error("fork: %s", strerror(errno));
		if (children[i])
			continue;
		if (users->with_cpus_of_their_own)
			move_to_cpu(i);
		_exit(!take_and_give_back(users->in_step));
	}
	for (int i = 0; i < NR_PROCESSES; i++)
		failed += waitpid(children[i], &status, 0) != children[i] || status;
	munmap(arrivals, PAGE_SIZE);
	return failed;
}

FIXTURE(concurrent) {
	long before;
	unsigned long log;	/* what is in the kernel's log from now on */
};

FIXTURE_VARIANT(concurrent) {
	bool in_step;
};

FIXTURE_VARIANT_ADD(concurrent, in_step) { .in_step = true };
FIXTURE_VARIANT_ADD(concurrent, out_of_step) { .in_step = false };

FIXTURE_SETUP(concurrent)
{
	REQUIRE_DYNAMIC_PAMT();
	self->before = pamt_pairs();
	self->log = kmsg_next();
}

FIXTURE_TEARDOWN(concurrent)
{
}

/*
 * Processes whose TDs take and release pages of the same regions concurrently all succeed, leave
 * no pair, and make the kernel warn of nothing. It would warn of a pair that the module refuses
 * to take, or to release while in use.
 *
 * Source: Dynamic PAMT series, tdx_pamt_get(), tdx_pamt_put(): one lock for 0 to 1 and 1 to 0
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(concurrent, users_of_a_region_lose_no_pair)
{
	const struct users users = {
		.in_step = variant->in_step, .with_cpus_of_their_own = true,
	};
	const char *warning;

	EXPECT_EQ(0, run(&users));
	EXPECT_PAIRS(self->before);
	warning = pamt_warning("tdx_pamt", self->log);
	EXPECT_STREQ("", warning ? warning : "");
}

FIXTURE(charged) {
	struct cgroup cgroup;
};

FIXTURE_SETUP(charged)
{
	SET_UP_CHARGE(&self->cgroup);
}

FIXTURE_TEARDOWN(charged)
{
	cgroup_remove(&self->cgroup);
}

/*
 * Processes that preempt each other on one CPU while their TDs take and release pages of the
 * same regions leave no page of charge in their cgroup: a pair that another task added first is
 * freed.
 *
 * Source: Dynamic PAMT series, tdx_pamt_get(): pages that are not used are freed
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charged, users_of_a_region_lose_no_page)
{
	const struct users users = { .in_step = true };
	long before;

	REQUIRE_DYNAMIC_PAMT();
	/* What the kernel allocates for good, once. */
	EXPECT_EQ(0, run(&users));
	before = pages_charged();
	EXPECT_EQ(0, run(&users));
	EXPECT_EQ(before, pages_charged());
}

KVMCONF_MAIN_WITH(pamt_open)
