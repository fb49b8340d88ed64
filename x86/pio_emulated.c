// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O that KVM's emulator executes, where the RIP-unchanged rule has no part: an output
 * is over and done with at its exit, so that RIP stands behind it already and the guest goes
 * on wherever userspace leaves RIP.
 */
#include "pio.h"

#define BUFFER		(LOW_MEMORY_BASE + 0x20000)
#define OUT_DATA	'a'

struct code {
	bool forced;
	unsigned int length;
	uint8_t bytes[7];
};

/* To the exit of the instruction that @code is. */
#define SETUP_AT_IO(pio, code, is_in) do {						\
	REQUIRE_KVM();									\
	REQUIRE(!(code)->forced || host_forces_emulation(), "module-param",		\
		"kvm.force_emulation_prefix is not 1");					\
	if (!(code)->forced)								\
		REQUIRE_STRING_IO();							\
	run_to_io(pio, code, is_in);							\
	ASSERT_STREQ("the I/O instruction", port_name((pio)->vcpu));			\
} while (0)

static void run_to_io(struct pio *pio, const struct code *code, bool in)
{
	struct kvm_regs regs;

	pio_create(pio, MODE_LONG);
	pio->in = in;
	memcpy((void *)PIO_INSN, code->bytes, code->length);
	pio_put_insn(PIO_INSN + code->length, OPCODE_OUT, PORT_AFTER);
	*(uint8_t *)BUFFER = OUT_DATA;

	vcpu_get_regs(pio->vcpu, &regs);
	regs.rax = (RAX_BEFORE & ~0xffull) | OUT_DATA;
	regs.rdx = PORT_IO;
	regs.rsi = BUFFER;
	vcpu_set_regs(pio->vcpu, &regs);
	pio_run_to_exit(pio);
}

FIXTURE(output) {
	struct pio pio;
};

FIXTURE_VARIANT(output) {
	struct code code;
};

FIXTURE_VARIANT_ADD(output, outsb) { { false, 2, { 0x90, 0x6e } } };
FIXTURE_VARIANT_ADD(output, forced_outsb) { { true, 6, { FORCE_EMULATION, 0x6e } } };
FIXTURE_VARIANT_ADD(output, forced_out) { { true, 7, { FORCE_EMULATION, OPCODE_OUT, PORT_IO } } };

FIXTURE_SETUP(output)
{
	SETUP_AT_IO(&self->pio, &variant->code, false);
}

FIXTURE_TEARDOWN(output)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * At the exit for an emulated output RIP stands behind the instruction, and userspace has its
 * data.
 *
 * Source: x86.c x86_emulate_instruction(): RIP is written back before the exit; KVM api.rst, KVM_EXIT_IO
 * Needs: module-param, no-string-io
 */
TEST_F(output, rip_at_the_exit_is_behind_it)
{
	const struct kvm_run *run = self->pio.vcpu->run;

	EXPECT_HEX(PIO_INSN + variant->code.length, self->pio.at_exit.rip);
	EXPECT_EQ(OUT_DATA, *((const char *)run + run->io.data_offset));
}

/*
 * KVM_SET_REGS with the values of KVM_GET_REGS changes nothing at the exit for an emulated
 * output: the guest goes on behind the instruction.
 *
 * Source: KVM api.rst, KVM_GET_REGS and KVM_SET_REGS
 * Needs: module-param, no-string-io
 */
TEST_F(output, registers_written_back_unchanged_change_nothing)
{
	vcpu_set_regs(self->pio.vcpu, &self->pio.at_exit);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));
}

/*
 * After an emulated output the guest goes on where userspace moves RIP, with nothing skipped.
 * Moved onto the output, it executes it again.
 *
 * Source: KVM api.rst, KVM_SET_REGS; x86.c x86_emulate_instruction(): pio.count = 0
 * Needs: module-param, no-string-io
 */
TEST_F(output, rip_moved_is_where_the_guest_goes_on)
{
	vcpu_set_rip(self->pio.vcpu, PIO_INSN);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the I/O instruction", port_name(self->pio.vcpu));
	vcpu_set_rip(self->pio.vcpu, PIO_OTHER);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("elsewhere", port_name(self->pio.vcpu));
}

FIXTURE(input) {
	struct pio pio;
};

/* Needs: no-string-io */
FIXTURE_SETUP(input)
{
	static const struct code code = { true, 7, { FORCE_EMULATION, OPCODE_IN, PORT_IO } };

	SETUP_AT_IO(&self->pio, &code, true);
}

FIXTURE_TEARDOWN(input)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * An emulated IN is completed at the next KVM_RUN.
 *
 * Source: KVM api.rst, KVM_EXIT_IO; x86.c complete_emulated_pio()
 * Needs: module-param
 */
TEST_F(input, is_completed_at_re_entry)
{
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

/*
 * An emulated IN is completed if userspace reads the registers at the exit and writes them back
 * unchanged.
 *
 * Source: KVM api.rst, KVM_GET_REGS and KVM_SET_REGS
 * Needs: module-param
 */
TEST_F(input, is_completed_with_registers_written_back_unchanged)
{
	vcpu_set_regs(self->pio.vcpu, &self->pio.at_exit);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

KVMCONF_MAIN
