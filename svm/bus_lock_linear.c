// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RIP that the bus-lock counter's reload looks at is the linear one: RIP
 * itself in 64-bit mode, else CS.base + RIP in 32 bits.
 */
#include "test.h"
#include "bus_lock_reload.h"

FIXTURE(segmented) {
	struct bus_lock_guest g;
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
	SETUP_AT_FIRST_LOCK(&self->g, variant->mode);
}

FIXTURE_TEARDOWN(segmented)
{
	TEARDOWN_VM(self->g.vm);
}

static void set_code_segment(struct bus_lock_guest *g, unsigned long base, unsigned long linear)
{
	vcpu_set_cs_base(g->vcpu, base);
	g->cs_base = base;
	vcpu_set_rip(g->vcpu, (uint32_t)(linear - base));
}

/*
 * A CS.base and a RIP changed so that their sum stays grant the credit.
 *
 * Source: svm.c complete_userspace_buslock(); regs.c kvm_get_linear_rip()
 */
TEST_F(segmented, cs_base_traded_for_rip_grants_the_credit)
{
	set_code_segment(&self->g, SEGMENT_BASE + BL_REBASE, BL_INSN1);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * The same RIP with another CS.base gives no credit: the bus lock at the new linear RIP exits,
 * and the old one does not execute.
 *
 * Source: svm.c complete_userspace_buslock(); regs.c kvm_get_linear_rip()
 */
TEST_F(segmented, cs_base_moved_gives_no_credit)
{
	set_code_segment(&self->g, SEGMENT_BASE + BL_REBASE, BL_INSN1_REBASED);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1_REBASED);
	EXPECT_EQ(0, locks_executed(&self->g));
}

FIXTURE(wrapped) {
	struct bus_lock_guest g;
};

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(wrapped)
{
	SETUP_AT_FIRST_LOCK(&self->g, MODE_PROTECTED);
}

FIXTURE_TEARDOWN(wrapped)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * The sum of CS.base and RIP is taken in 32 bits: a base above the instruction
 * and a RIP that wraps around meet at the same linear RIP.
 *
 * Source: regs.c kvm_get_linear_rip(): the (u32) cast
 */
TEST_F(wrapped, sum_is_taken_in_32_bits)
{
	set_code_segment(&self->g, BL_INSN1 + BL_REBASE, BL_INSN1);
	EXPECT_ONE_CREDIT(&self->g);
}

FIXTURE(flat) {
	struct bus_lock_guest g;
};

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(flat)
{
	SETUP_AT_FIRST_LOCK(&self->g, MODE_LONG);
}

FIXTURE_TEARDOWN(flat)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A changed CS.base does not cost a 64-bit guest the credit.
 *
 * Source: APM vol. 2, 4.8.1: the base of CS is ignored; regs.c kvm_get_linear_rip()
 */
TEST_F(flat, cs_base_is_ignored_in_64_bit_mode)
{
	vcpu_set_cs_base(self->g.vcpu, BL_REBASE);
	EXPECT_ONE_CREDIT(&self->g);
}

KVMCONF_MAIN
