// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O that KVM's emulator executes, where the RIP-unchanged rule has no part: an output
 * is over and done with at its exit, so that RIP stands behind it already and the guest goes
 * on wherever userspace leaves RIP.
 */
#include "io_insn.h"
#include "test.h"

FIXTURE(output) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(output) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(output, outsb) { IO_OUTSB };
FIXTURE_VARIANT_ADD(output, forced_outsb) { IO_FORCED_OUTSB };
FIXTURE_VARIANT_ADD(output, forced_out) { IO_FORCED_OUT8 };

/* Needs: module-param, no-string-io */
FIXTURE_SETUP(output)
{
	REQUIRE_IO(&variant->io);
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	vcpu_run(self->vcpu);
	ASSERT_STREQ("the instruction", io_stop_name(self->vcpu));
}

FIXTURE_TEARDOWN(output)
{
	TEARDOWN_VM(self->vm);
}

/*
 * At the exit for an emulated output RIP stands behind the instruction, and userspace has its
 * data.
 *
 * Source: x86.c x86_emulate_instruction(): RIP is written back before the exit; KVM api.rst, KVM_EXIT_IO
 */
TEST_F(output, rip_at_the_exit_is_behind_it)
{
	EXPECT_HEX(io_after(&variant->io), vcpu_rip(self->vcpu));
	io_serve(self->vcpu, &variant->io, 0);
}

/*
 * KVM_SET_REGS with the values of KVM_GET_REGS changes nothing at the exit for an emulated
 * output: the guest goes on behind the instruction.
 *
 * Source: KVM api.rst, KVM_GET_REGS and KVM_SET_REGS
 */
TEST_F(output, registers_written_back_unchanged_change_nothing)
{
	struct kvm_regs regs;

	vcpu_get_regs(self->vcpu, &regs);
	vcpu_set_regs(self->vcpu, &regs);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * After an emulated output the guest goes on where userspace moves RIP, with nothing skipped.
 * Moved onto the output, it executes it again.
 *
 * Source: KVM api.rst, KVM_SET_REGS; x86.c x86_emulate_instruction(): pio.count = 0
 */
TEST_F(output, rip_moved_is_where_the_guest_goes_on)
{
	vcpu_set_rip(self->vcpu, IO_INSN);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("the instruction", io_stop_name(self->vcpu));
	vcpu_set_rip(self->vcpu, IO_OTHER);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("elsewhere", io_stop_name(self->vcpu));
}

FIXTURE(input) {
	struct vm *vm;
	struct vcpu *vcpu;
};

static const struct io_insn input = IO_FORCED_IN8;

/* Needs: module-param, no-string-io */
FIXTURE_SETUP(input)
{
	REQUIRE_IO(&input);
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &input, MODE_LONG, 0);
	io_run_to(self->vcpu, &input);
}

FIXTURE_TEARDOWN(input)
{
	TEARDOWN_VM(self->vm);
}

/*
 * An emulated IN is completed at the next KVM_RUN.
 *
 * Source: KVM api.rst, KVM_EXIT_IO; x86.c complete_emulated_pio()
 */
TEST_F(input, is_completed_at_re_entry)
{
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &input, IO_RAX);
}

/*
 * An emulated IN is completed if userspace reads the registers at the exit and writes them back
 * unchanged.
 *
 * Source: KVM api.rst, KVM_GET_REGS and KVM_SET_REGS
 */
TEST_F(input, is_completed_with_registers_written_back_unchanged)
{
	struct kvm_regs regs;

	vcpu_get_regs(self->vcpu, &regs);
	vcpu_set_regs(self->vcpu, &regs);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &input, IO_RAX);
}

KVMCONF_MAIN
