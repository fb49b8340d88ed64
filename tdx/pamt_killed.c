// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and processes that are killed: what a TD had goes with its process, however far
 * the TD had come.
 */
#include "pamt_td.h"

enum stage { CREATED, INITIALIZED, HAS_VCPU, VCPU_READY, FILLED, FINALIZED, FAULTED, PUNCHED };

FIXTURE(killed) {
	long before;
};

FIXTURE_VARIANT(killed) {
	enum stage stage;
};

#define STAGE(name, of) FIXTURE_VARIANT_ADD(killed, name) { .stage = of }
STAGE(created, CREATED);
STAGE(initialized, INITIALIZED);
STAGE(has_vcpu, HAS_VCPU);
STAGE(vcpu_ready, VCPU_READY);
STAGE(filled, FILLED);
STAGE(finalized, FINALIZED);
STAGE(faulted, FAULTED);
STAGE(punched, PUNCHED);

FIXTURE_SETUP(killed)
{
	REQUIRE_DYNAMIC_PAMT();
	self->before = pamt_pairs();
}

FIXTURE_TEARDOWN(killed)
{
}

static void come_to(enum stage stage)
{
	struct kvm_pre_fault_memory range = {
		.gpa = TD_MEMORY + REGION_SIZE, .size = 64 * PAGE_SIZE,
	};
	struct td td = { .vm = td_create() };

	if (stage >= INITIALIZED)
		td_init(td.vm);
	if (stage >= HAS_VCPU)
		td.vcpu = vcpu_create(td.vm);
	if (stage >= VCPU_READY) {
		vcpu_tdx_init(td.vcpu, 0);
		td.memfd = td_add_memory(td.vm, TD_MEMORY, 2 * REGION_SIZE);
	}
	if (stage >= FILLED)
		td_fill(td.vcpu, TD_MEMORY, 64);
	if (stage >= FINALIZED)
		vm_tdx_finalize(td.vm, 0);
	if (stage >= FAULTED)
		vcpu_pre_fault(td.vcpu, &range);
	if (stage >= PUNCHED)
		td_punch_hole(td.memfd, 0, 32 * PAGE_SIZE);
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
		come_to(variant->stage);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_LE(self->before + (variant->stage >= INITIALIZED), pamt_pairs());
	EXPECT_EQ(0, pamt_idle_pairs());
	ASSERT_SUCCESS(kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_PAIRS(self->before);
}

PAMT_MAIN
