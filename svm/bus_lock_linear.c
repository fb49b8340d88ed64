// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RIP that the bus-lock counter's reload looks at is the linear one: RIP
 * itself in 64-bit mode, else CS.base + RIP in 32 bits.
 */
#include "bus_lock_reload.h"

FIXTURE(segmented) {
	struct bus_lock locks;
};

FIXTURE_VARIANT(segmented) {
	enum guest_mode mode;
};

FIXTURE_VARIANT_ADD(segmented, compat) { MODE_COMPAT };
FIXTURE_VARIANT_ADD(segmented, protected) { MODE_PROTECTED };
FIXTURE_VARIANT_ADD(segmented, real) { MODE_REAL };

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(segmented)
{
	SETUP_AT_FIRST_LOCK(&self->locks, variant->mode);
}

FIXTURE_TEARDOWN(segmented)
{
	TEARDOWN_VM(self->locks.vm);
}

static void set_code_segment(struct bus_lock *locks, unsigned long base, unsigned long linear)
{
	vcpu_set_cs_base(locks->vcpu, base);
	locks->cs_base = base;
	vcpu_set_rip(locks->vcpu, (uint32_t)(linear - base));
}

/*
 * CS.base and RIP traded so that their sum stays: RIP was left alone.
 *
 * Source: svm.c complete_userspace_buslock(); regs.c kvm_get_linear_rip()
 */
TEST_F(segmented, cs_base_traded_for_rip_lets_it_pass)
{
	set_code_segment(&self->locks, SEGMENT_BASE + TRADE, FIRST);
	EXPECT_PASS(&self->locks);
}

/*
 * The same RIP with another CS.base has moved: the bus lock there exits, the
 * old one is not executed.
 *
 * Source: svm.c complete_userspace_buslock(); regs.c kvm_get_linear_rip()
 */
TEST_F(segmented, cs_base_moved_gives_no_pass)
{
	set_code_segment(&self->locks, SEGMENT_BASE + TRADE, FIRST_REBASED);
	EXPECT_RUNS_TO_BUS_LOCK(&self->locks, FIRST_REBASED);
	EXPECT_EQ(0, locks_executed(&self->locks));
}

FIXTURE(wrapped) {
	struct bus_lock locks;
};

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(wrapped)
{
	SETUP_AT_FIRST_LOCK(&self->locks, MODE_PROTECTED);
}

FIXTURE_TEARDOWN(wrapped)
{
	TEARDOWN_VM(self->locks.vm);
}

/*
 * The sum of CS.base and RIP is taken in 32 bits: a base above the instruction
 * and a RIP that wraps around meet at the same linear RIP.
 *
 * Source: regs.c kvm_get_linear_rip(): the (u32) cast
 */
TEST_F(wrapped, sum_is_taken_in_32_bits)
{
	set_code_segment(&self->locks, FIRST + TRADE, FIRST);
	EXPECT_PASS(&self->locks);
}

FIXTURE(flat) {
	struct bus_lock locks;
};

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(flat)
{
	SETUP_AT_FIRST_LOCK(&self->locks, MODE_LONG);
}

FIXTURE_TEARDOWN(flat)
{
	TEARDOWN_VM(self->locks.vm);
}

/*
 * In 64-bit mode CS.base does not count.
 *
 * Source: APM vol. 2, 4.8.1: the base of CS is ignored; regs.c kvm_get_linear_rip()
 */
TEST_F(flat, cs_base_is_ignored_in_64_bit_mode)
{
	vcpu_set_cs_base(self->locks.vcpu, TRADE);
	EXPECT_PASS(&self->locks);
}

KVMCONF_MAIN
