// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace that moves RIP at a bus-lock exit moves the guest, and nothing else: every lock
 * that the guest comes to from there exits as if it were the first. What KVM owes the lock
 * that was left behind on AMD, and that it owes nothing on Intel, makes no difference later.
 */
#include "test.h"
#include "bus_lock.h"

FIXTURE(moved) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(moved) {
	enum guest_mode mode;
};

FIXTURE_VARIANT_ADD(moved, long) { MODE_LONG };
FIXTURE_VARIANT_ADD(moved, protected) { MODE_PROTECTED };
FIXTURE_VARIANT_ADD(moved, real) { MODE_REAL };

FIXTURE_SETUP(moved)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, variant->mode, LINE_SPLIT);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
}

FIXTURE_TEARDOWN(moved)
{
	TEARDOWN_VM(self->g.vm);
}

/* The first lock's part in what was executed: it comes before the exit on Intel alone. */
#define FIRST_EXECUTED	(bus_lock_is_fault_like() ? 0 : 1)

/*
 * If userspace moves RIP to another bus lock, that lock exits once and executes once.
 *
 * Source: KVM api.rst 7.22; SDM vol. 3, 26.2: the exit is trap-like; svm.c complete_userspace_buslock()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(moved, lock_found_there_exits)
{
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(FIRST_EXECUTED + 1, locks_executed(&self->g));
}

/*
 * If userspace moves RIP over bus locks, these do not exit, and the next one that the guest
 * executes does.
 *
 * Source: KVM api.rst 7.22; SDM vol. 3, 26.2: the exit is trap-like; svm.c complete_userspace_buslock()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(moved, lock_met_later_exits)
{
	set_linear_rip(&self->g, BL_END);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(FIRST_EXECUTED + 1, locks_executed(&self->g));
}

/*
 * If userspace puts RIP onto the lock that made the exit, AMD grants the credit, for RIP stood
 * there. On Intel, where RIP stood behind the lock, the lock executes and exits again.
 *
 * Source: KVM api.rst 7.22: "On Intel hosts, RIP points at the next instruction"; svm.c
 * complete_userspace_buslock()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(moved, lock_put_back_to_exits_again_on_intel)
{
	set_linear_rip(&self->g, BL_INSN1);
	if (!bus_lock_is_fault_like())
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(FIRST_EXECUTED + 2, locks_executed(&self->g));
}

KVMCONF_MAIN
