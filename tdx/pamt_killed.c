// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and processes that are killed: what a TD had goes with its process, however far
 * the TD had come.
 */
#include "pamt_td.h"

#define NR_PAGES	64ul

FIXTURE(killed) {
	long before;
};

/* @faults, @punches: the final TD is given more pages, and has some taken away. */
FIXTURE_VARIANT(killed) {
	enum td_stage stage;
	bool faults, punches;
};

#define STAGE(name, ...) FIXTURE_VARIANT_ADD(killed, name) { __VA_ARGS__ }
STAGE(created, .stage = TD_CREATED);
STAGE(initialized, .stage = TD_INITIALIZED);
STAGE(has_vcpu, .stage = TD_HAS_VCPU);
STAGE(vcpu_ready, .stage = TD_VCPU_READY);
STAGE(filled, .stage = TD_FILLED);
STAGE(finalized, .stage = TD_FINALIZED);
STAGE(faulted, .stage = TD_FINALIZED, .faults = true);
STAGE(punched, .stage = TD_FINALIZED, .faults = true, .punches = true);

FIXTURE_SETUP(killed)
{
	REQUIRE_DYNAMIC_PAMT();
	self->before = pamt_pairs();
}

FIXTURE_TEARDOWN(killed)
{
}

static void fault_elsewhere(struct td *td)
{
	struct kvm_pre_fault_memory range = {
		.gpa = TD_MEMORY + REGION_SIZE, .size = NR_PAGES * PAGE_SIZE,
	};

	td_add_memory(td->vm, range.gpa, range.size);
	vcpu_pre_fault(td->vcpu, &range);
}

/*
 * A process that is killed takes all pairs of its TD with it.
 *
 * Source: Dynamic PAMT series; kvm_main.c kvm_destroy_vm()
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(killed, process_leaves_no_pair)
{
	int status, ready[2];
	char byte;
	pid_t child;

	ASSERT_SUCCESS(pipe(ready));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		struct td td = td_build_until(variant->stage, NR_PAGES);

		if (variant->faults)
			fault_elsewhere(&td);
		if (variant->punches)
			td_punch_hole(td.memfd, 0, NR_PAGES / 2 * PAGE_SIZE);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_LE(self->before + (variant->stage >= TD_INITIALIZED), pamt_pairs());
	EXPECT_EQ(0, pamt_idle_pairs());
	ASSERT_SUCCESS(kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_PAIRS(self->before);
}

PAMT_MAIN
