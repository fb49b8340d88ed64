// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memory cgroup's limit, and TDs whose control pages, S-EPT pages and PAMT pages are beyond it.
 */
#include <fcntl.h>

#include "alarm.h"
#include "commands.h"
#include "pamt_charge.h"

#define NR_PAGES	256ul

FIXTURE(limit) {
	struct cgroup cgroup;
	struct td td;
};

/* A command, and how many pages it may take: less than it needs. */
FIXTURE_VARIANT(limit) {
	td_command *command;
	long pages;
};

#define LIMIT(name, of, nr) FIXTURE_VARIANT_ADD(limit, name) { .command = of, .pages = nr }
LIMIT(init_vm_without_a_page, init_vm, 0);
LIMIT(init_vm_with_a_page, init_vm, 1);
LIMIT(init_vm_with_two_pages, init_vm, 2);
LIMIT(init_vm_with_five_pages, init_vm, 5);
LIMIT(init_vcpu_without_a_page, init_vcpu, 0);
LIMIT(init_vcpu_with_a_page, init_vcpu, 1);
LIMIT(init_vcpu_with_two_pages, init_vcpu, 2);
LIMIT(init_vcpu_with_five_pages, init_vcpu, 5);
LIMIT(fill_without_a_page, fill, 0);
LIMIT(fill_with_hundred_pages, fill, 100);
LIMIT(fault_without_a_page, fault, 0);
LIMIT(fault_with_hundred_pages, fault, 100);

/* Needs: pamt-profile */
FIXTURE_SETUP(limit)
{
	SET_UP_CHARGE(&self->cgroup);
	self->td = td_ready_for(variant->command, NR_PAGES);
}

FIXTURE_TEARDOWN(limit)
{
	charge_unlimit();
	td_free(&self->td);
	cgroup_remove(&self->cgroup);
}

/*
 * The outcome of @command while there is room for @pages only: an errno's name or "success".
 * @beyond: how far it went beyond that, as charge_beyond_limit() has it.
 */
static const char *outcome_within(const char *cgroup, long pages, td_command *command,
				  struct td *td, long *beyond)
{
	const char *outcome;

	charge_limit(cgroup, pages);
	outcome = errno_or_success(command(td));
	*beyond = charge_beyond_limit();
	charge_unlimit();
	return outcome;
}

/*
 * A command for whose pages the cgroup has no room fails with ENOMEM and never exceeds the
 * limit. It keeps no PAMT pair but those of memory that the TD has by then, and succeeds as soon
 * as there is room.
 *
 * Source: cgroup-v2.rst, memory.max; Dynamic PAMT series: pairs are allocated GFP_KERNEL_ACCOUNT
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(limit, is_enomem_and_loses_nothing)
{
	const long pairs = pairs_now(), before = pages_charged();
	const char *outcome;
	long beyond;

	outcome = outcome_within(self->cgroup.dir, variant->pages, variant->command, &self->td,
				 &beyond);
	EXPECT_STREQ("ENOMEM", outcome);
	EXPECT_EQ(0, beyond);
	EXPECT_EQ(0, pamt_idle_pairs());
	if (!is_of_memory(variant->command)) {
		EXPECT_EQ(pairs, pairs_now());
		EXPECT_EQ(before, pages_charged());
	}
	EXPECT_SUCCESS(variant->command(&self->td));
	EXPECT_EQ(0, pamt_idle_pairs());
}

FIXTURE(pairs) {
	struct cgroup cgroup;
	struct td td;
};

FIXTURE_VARIANT(pairs) {
	td_command *command;
};

FIXTURE_VARIANT_ADD(pairs, fill) { .command = fill };
FIXTURE_VARIANT_ADD(pairs, fault) { .command = fault };

/* Needs: pamt-profile */
FIXTURE_SETUP(pairs)
{
	REQUIRE_TDX();
	REQUIRE_PAMT_PROFILE(PAMT_DYNAMIC);
	SET_UP_CHARGE(&self->cgroup);
	self->td = empty_td(1);
}

/* All that the command needs is there, in the vCPU's caches or in the guest_memfd, but pairs. */
static void provide_all_but_pairs(struct td *td, td_command *command)
{
	if (fallocate(td->memfd, FALLOC_FL_KEEP_SIZE, 0, NR_PAGES * PAGE_SIZE))
		report_error("fallocate: %s", errno_or_success(-1));
	td_fill(td->vcpu, TD_MEMORY, 1);
	region = td_region(TD_MEMORY + PAGE_SIZE, NR_PAGES - 1);
	range = (struct kvm_pre_fault_memory){ .gpa = TD_MEMORY, .size = NR_PAGES * PAGE_SIZE };
	if (command == fault)
		vm_tdx_finalize(td->vm, 0);
}

FIXTURE_TEARDOWN(pairs)
{
	charge_unlimit();
	td_free(&self->td);
	cgroup_remove(&self->cgroup);
}

/*
 * Pages that guest_memfd has already cannot be added to the TD if the cgroup has no room for
 * their PAMT pairs. KVM does not use up a vCPU's cache that it cannot refill.
 *
 * Source: cgroup-v2.rst, memory.max; Dynamic PAMT series, tdx_topup_pamt_cache()
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg,
 *	few-pairs
 */
TEST_F(pairs, alone_beyond_the_limit_are_enomem)
{
	const char *outcome;
	long beyond;

	REQUIRE_FAR_APART(NR_PAGES);
	provide_all_but_pairs(&self->td, variant->command);
	/* A kernel that tries again for ever is interrupted. */
	interrupt_every(5000);
	outcome = outcome_within(self->cgroup.dir, 0, variant->command, &self->td, &beyond);
	interrupt_every(0);
	EXPECT_STREQ("ENOMEM", outcome);
	EXPECT_EQ(0, beyond);
	EXPECT_EQ(0, pamt_idle_pairs());
	EXPECT_SUCCESS(variant->command(&self->td));
	EXPECT_EQ(0, pamt_idle_pairs());
}

PAMT_MAIN
