// SPDX-License-Identifier: GPL-2.0-only
/*
 * The charge of commands for which the TDX module takes no pair of PAMT pages: the pages that
 * were allocated for it come back. Only the emulated module refuses a pair, by fault injection.
 */
#include "alarm.h"
#include "kmsg.h"
#include "pamt_charge.h"

#define PAMT_ADD	58
#define SW_ERROR	0xc000040000000000ull
#define NR_PAGES	64ul
#define NR_ROUNDS	5

static union tdx_init_vm params;

/* Until a pair has been refused; earlier signals may come before. */
static long until_refused(long (*command)(struct td *td), struct td *td)
{
	long ret;

	do
		ret = command(td);
	while (ret && errno == EINTR &&
	       tdx_module_read(TDX_MSR_INJECT_COUNT) == TDX_INJECT_FOR_EVER);
	return ret;
}

static long init_vm(struct td *td)	{ return __vm_tdx_init(td->vm, &params.init); }
static long init_vcpu(struct td *td)	{ return __vcpu_tdx_init(td->vcpu, 0); }

static long fill(struct td *td)
{
	struct kvm_tdx_init_mem_region region = td_region(TD_MEMORY + PAGE_SIZE, NR_PAGES - 1);

	return __vcpu_tdx_init_mem_region(td->vcpu, &region);
}

static long fault(struct td *td)
{
	struct kvm_pre_fault_memory range = { .gpa = TD_MEMORY, .size = NR_PAGES * PAGE_SIZE };

	return __vcpu_pre_fault_all(td->vcpu, &range);
}

FIXTURE(refused) {
	struct cgroup cgroup;
};

/* A command, and what a TD needs before it. */
FIXTURE_VARIANT(refused) {
	long (*command)(struct td *td);
};

FIXTURE_VARIANT_ADD(refused, init_vm) { .command = init_vm };
FIXTURE_VARIANT_ADD(refused, init_vcpu) { .command = init_vcpu };
FIXTURE_VARIANT_ADD(refused, region) { .command = fill };
FIXTURE_VARIANT_ADD(refused, fault) { .command = fault };

FIXTURE_SETUP(refused)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	REQUIRE_DYNAMIC_PAMT();
	SET_UP_CHARGE(&self->cgroup);
	kmsg_expect_once(" tdx_pamt_get", "RIP: 0010:tdx_pamt_get+");
	kmsg_allow("TDH_PHYMEM_PAMT_ADD failed");
}

FIXTURE_TEARDOWN(refused)
{
	tdx_module_inject(0, 0, 0, 0);
	cgroup_remove(&self->cgroup);
}

/* Returns the command's errno, when the pair after @skip was refused; 0 if it has taken fewer. */
static int refuse(long (*command)(struct td *td), unsigned int skip)
{
	struct td td = { .vm = td_create(), .memfd = -1 };
	int error;

	td_default_params(td.vm, &params);
	if (command != init_vm) {
		vm_tdx_init(td.vm, &params.init);
		td.vcpu = vcpu_create(td.vm);
	}
	if (command == fill || command == fault) {
		vcpu_tdx_init(td.vcpu, 0);
		td.memfd = td_add_memory(td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE);
	}
	/* With its tables: attempts to add these empty KVM's caches, of which it warns. */
	if (command == fill)
		td_fill(td.vcpu, TD_MEMORY, 1);
	if (command == fault)
		vm_tdx_finalize(td.vm, 0);
	/* KVM tries again to map memory until a signal comes. */
	interrupt_every(command == fill || command == fault ? 10 : 0);
	tdx_module_inject(PAMT_ADD, skip, TDX_INJECT_FOR_EVER, SW_ERROR);
	error = until_refused(command, &td) ? errno : 0;
	tdx_module_inject(0, 0, 0, 0);
	interrupt_every(0);
	td_free(&td);
	return error;
}

/*
 * A command for which the module refuses a PAMT pair, the first or a later one, leaves no charge
 * once the TD has ended, neither of the pair nor of the page that it was for.
 *
 * Source: Dynamic PAMT series, tdx_pamt_get(), tdx_alloc_control_page(): pages are freed on every
 * error path
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter, permission,
 *	no-cgroup, no-memcg
 */
TEST_F(refused, pair_comes_back)
{
	long before;

	EXPECT_NE(0, refuse(variant->command, 0));
	before = pages_charged();
	for (unsigned int round = 0; round < NR_ROUNDS; round++)
		refuse(variant->command, round);
	EXPECT_EQ(before, pages_charged());
	EXPECT_EQ(0, pamt_idle_pairs());
}

PAMT_MAIN
