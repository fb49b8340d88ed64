// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT when the TDX module refuses: a pair of pages that it does not take
 * (TDH.PHYMEM.PAMT.ADD), and one that it does not give back (TDH.PHYMEM.PAMT.REMOVE). Neither
 * must happen, so the kernel warns of the first of each. Only the emulated module does it, by
 * fault injection.
 */
#include "alarm.h"
#include "commands.h"
#include "kmsg.h"
#include "pamt_td.h"

/* SEAMCALL leaves, and a status that the kernel has no name for. */
#define PAMT_ADD	58
#define PAMT_REMOVE	59
#define SW_ERROR	0xc000040000000000ull

#define NR_PAGES	512ul		/* in more regions than have a pair for control pages */

#define REQUIRE_PROVOCATION() do {							\
	REQUIRE_TDX();									\
	REQUIRE_EMULATED_TDX();								\
	REQUIRE_DYNAMIC_PAMT();								\
} while (0)

#define refuse_pairs(let_through, count) tdx_module_inject(PAMT_ADD, let_through, count, SW_ERROR)

static bool was_refused(unsigned int count)
{
	return tdx_module_read(TDX_MSR_INJECT_COUNT) < count;
}

FIXTURE(refused) {
	struct td td;
	uint64_t owned;		/* by other TDs */
};

/* A command, and what a TD needs before it. */
FIXTURE_VARIANT(refused) {
	td_command *command;
	int error;		/* if each pair is refused */
	bool may_share;		/* all pairs may be there already */
};

#define COMMAND(name, ...) FIXTURE_VARIANT_ADD(refused, name) { .command = __VA_ARGS__ }
/* Control pages come with their pair or not at all. */
COMMAND(init_vm, init_vm, .error = ENOMEM);
COMMAND(init_vcpu, init_vcpu, .error = ENOMEM, .may_share = true);
/* The MMU tries again until the fault is fixed or a signal is there. */
COMMAND(region, fill, .error = EINTR);
COMMAND(fault, fault, .error = EINTR);

FIXTURE_SETUP(refused)
{
	REQUIRE_PROVOCATION();
	kmsg_expect_once(" tdx_pamt_get", "RIP: 0010:tdx_pamt_get+");
	kmsg_allow("TDH_PHYMEM_PAMT_ADD failed");
	self->owned = tdx_module_resources();
	self->td = td_ready_for(variant->command, NR_PAGES);
	/* With its tables: attempts to add these empty KVM's caches, of which it warns. */
	if (variant->command == fill) {
		td_fill(self->td.vcpu, TD_MEMORY, 1);
		region = td_region(TD_MEMORY + PAGE_SIZE, NR_PAGES - 1);
	}
	interrupt_every(10);
}

FIXTURE_TEARDOWN(refused)
{
	interrupt_every(0);
	if (self->td.vm)
		refuse_pairs(0, 0);
	td_free(&self->td);
}

/* Until it is done, or has been refused a pair; signals may come before. Returns the errno. */
static int run(struct td *td, const FIXTURE_VARIANT(refused) *v, unsigned int count)
{
	int error;

	do
		error = v->command(td) ? errno : 0;
	while (error == EINTR && !was_refused(count));
	return error;
}

/*
 * A command fails if the module takes no more PAMT pairs, from the first on or from a later one.
 * It keeps no pair but those of memory that the TD has by then, and succeeds as soon as the
 * module takes pairs again. After the TD's end all pairs are back.
 *
 * Source: Dynamic PAMT series, tdx_alloc_control_page(): NULL, tdx_pamt_get() in
 * tdx_sept_map_leaf_spte(); tdp_mmu.c kvm_tdp_mmu_map(): RET_PF_RETRY
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(refused, leaves_the_td_usable)
{
	uint64_t owned = tdx_module_resources();
	int error = EAGAIN, refusals = 0;

	for (long nth = 0; error && nth < 3; nth++) {
		long before = pamt_pairs();

		refuse_pairs(nth, TDX_INJECT_FOR_EVER);
		error = run(&self->td, variant, TDX_INJECT_FOR_EVER);
		if (!error)
			break;
		refusals++;
		EXPECT_STREQ(errno_name(variant->error), errno_name(error));
		EXPECT_PAIRS(before + (is_of_memory(variant->command) ? nth : 0));
		EXPECT_TRUE(is_of_memory(variant->command) || owned == tdx_module_resources());
	}
	EXPECT_LE(variant->may_share ? 0 : 1, refusals);
	refuse_pairs(0, 0);
	EXPECT_EQ(0, error ? run(&self->td, variant, 0) : 0);
	if (variant->command == fill)
		EXPECT_SUCCESS(__vm_tdx_finalize(self->td.vm, 0));
	td_free(&self->td);
	self->td.vm = NULL;
	EXPECT_EQ(self->owned, tdx_module_resources());
}

/*
 * One refused PAMT pair makes a command for control pages fail. For memory the kernel tries
 * again, and userspace sees nothing of it.
 *
 * Source: Dynamic PAMT series, tdx_alloc_control_page(); tdp_mmu.c kvm_tdp_mmu_map(): RET_PF_RETRY
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(refused, once_is_not_seen_for_memory)
{
	int error;

	interrupt_every(0);
	refuse_pairs(0, 1);
	error = run(&self->td, variant, 0);
	EXPECT_TRUE(variant->may_share || was_refused(1));
	EXPECT_EQ(was_refused(1) && !is_of_memory(variant->command) ? variant->error : 0, error);
}

/*
 * The kernel warns of the first PAMT pair that the module refuses.
 *
 * Source: Dynamic PAMT series since v6, tdx_pamt_get(): WARN_ON_ONCE()
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(refused, pair_is_in_the_kernels_log)
{
	interrupt_every(0);
	refuse_pairs(0, 1);
	run(&self->td, variant, 0);
	ASSERT_TRUE(variant->may_share || was_refused(1));
	/* Since boot, as it warns of the first alone; in another function it does of a REMOVE. */
	if (was_refused(1))
		EXPECT_STRNE("", pamt_warning(" tdx_pamt_get", 0));
}

FIXTURE(kept) {
	long before;
};

/* A TD ends, and one of its pairs is not given back. */
FIXTURE_SETUP(kept)
{
	struct td td;

	REQUIRE_PROVOCATION();
	kmsg_expect_once(" tdx_pamt_put", "RIP: 0010:tdx_pamt_put+");
	kmsg_allow("TDH_PHYMEM_PAMT_REMOVE failed");
	self->before = pamt_pairs();
	td = td_build(NR_PAGES);
	tdx_module_inject(PAMT_REMOVE, 0, 1, SW_ERROR);
	td_free(&td);
	ASSERT_EQ(0, tdx_module_read(TDX_MSR_INJECT_COUNT));
}

FIXTURE_TEARDOWN(kept)
{
}

/*
 * A PAMT pair that the module does not release stays counted.
 *
 * Source: Dynamic PAMT series, tdx_pamt_put(): "the PAMT entry still exists since REMOVE failed"
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(kept, pair_stays_counted)
{
	EXPECT_PAIRS(self->before + 1);
}

/*
 * After the module did not release a PAMT pair, other TDs come and go, and no more pairs are
 * lost.
 *
 * Source: Dynamic PAMT series, tdx_pamt_put(): the reference count is set to 1 again
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(kept, pair_does_no_harm_to_other_tds)
{
	for (int i = 0; i < 3; i++) {
		struct td td = td_build(NR_PAGES);

		EXPECT_SUCCESS(__vm_tdx_finalize(td.vm, 0));
		td_free(&td);
		EXPECT_LE(pamt_pairs(), self->before + 1);
	}
}

/*
 * The kernel warns of the first PAMT pair that the module does not release.
 *
 * Source: Dynamic PAMT series since v6, tdx_pamt_put(): WARN_ON_ONCE()
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(kept, pair_is_in_the_kernels_log)
{
	/* Since boot, as it warns of the first alone; in another function it does of an ADD. */
	EXPECT_STRNE("", pamt_warning(" tdx_pamt_put", 0));
}

PAMT_MAIN
