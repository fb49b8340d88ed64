// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RIP that port I/O is completed by is the linear one: RIP itself in 64-bit mode, else
 * CS.base + RIP in 32 bits. pio_rip has the sum; here are its limits.
 */
#include "pio.h"

FIXTURE(wrapped) {
	struct pio pio;
};

FIXTURE_VARIANT(wrapped) {
	bool in;
};

FIXTURE_VARIANT_ADD(wrapped, out) { .in = false };
FIXTURE_VARIANT_ADD(wrapped, in) { .in = true };

/* A base above the instruction, and a RIP that wraps around. */
#define WRAPPED_BASE	(PIO_INSN + PIO_REBASE)
#define WRAPPED(linear)	((uint32_t)((linear) - WRAPPED_BASE))

FIXTURE_SETUP(wrapped)
{
	struct kvm_regs regs;

	REQUIRE_KVM();
	pio_start(&self->pio, MODE_PROTECTED, variant->in);
	REQUIRE_FAST_PIO(!self->pio.emulated);
	vcpu_set_cs_base(self->pio.vcpu, WRAPPED_BASE);
	regs = self->pio.at_exit;
	regs.rip = WRAPPED(PIO_INSN);
	vcpu_set_regs(self->pio.vcpu, &regs);
}

FIXTURE_TEARDOWN(wrapped)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * The sum of CS.base and RIP is taken in 32 bits: a base above the instruction and a RIP that
 * wraps around to the same linear RIP leave it alone, and the I/O is completed once.
 *
 * Source: regs.c kvm_get_linear_rip(): the (u32) cast
 * Needs: no-fast-pio
 */
TEST_F(wrapped, sum_is_taken_in_32_bits)
{
	self->pio.vcpu->run->immediate_exit = 1;
	ASSERT_ERRNO(EINTR, __vcpu_run(self->pio.vcpu));
	self->pio.vcpu->run->immediate_exit = 0;
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
	EXPECT_STRNE(hex(WRAPPED(PIO_INSN)), hex(vcpu_rip(self->pio.vcpu)));
}

/*
 * A guest whose CS.base and RIP wrap around to the same sum goes on behind the completed
 * instruction.
 *
 * Source: regs.c kvm_is_linear_rip(): the rule compares linear addresses
 * Needs: no-fast-pio
 */
TEST_F(wrapped, guest_goes_on_behind_the_instruction)
{
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(WRAPPED(PIO_NEXT), vcpu_rip(self->pio.vcpu));
}

FIXTURE(flat) {
	struct pio pio;
};

FIXTURE_VARIANT(flat) {
	bool in;
};

FIXTURE_VARIANT_ADD(flat, out) { .in = false };
FIXTURE_VARIANT_ADD(flat, in) { .in = true };

FIXTURE_SETUP(flat)
{
	REQUIRE_KVM();
	pio_start(&self->pio, MODE_LONG, variant->in);
	REQUIRE_FAST_PIO(!self->pio.emulated);
}

FIXTURE_TEARDOWN(flat)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * In 64-bit mode a changed CS.base does not move the linear RIP, and the I/O is completed.
 *
 * Source: SDM vol. 1, 3.4.4 and APM vol. 2, 4.8.1: CS.base is ignored; regs.c kvm_get_linear_rip()
 * Needs: no-fast-pio
 */
TEST_F(flat, cs_base_is_ignored_in_64_bit_mode)
{
	vcpu_set_cs_base(self->pio.vcpu, PIO_REBASE);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

KVMCONF_MAIN
