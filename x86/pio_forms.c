// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forms of port I/O: what each leaves in registers and memory when KVM has
 * completed it. The string forms go through KVM's emulator, which keeps state
 * of its own across the exit.
 */
#include "io_insn.h"
#include "test.h"

/* An IN by operand size, with the RAX that it leaves. */
FIXTURE(in_width) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(in_width) {
	struct io_insn io;
	uint64_t rax;
};

FIXTURE_VARIANT_ADD(in_width, al) { IO_IN8, 0x11223344556677a1 };
FIXTURE_VARIANT_ADD(in_width, ax) { IO_IN16, 0x112233445566a4a1 };
FIXTURE_VARIANT_ADD(in_width, eax) { IO_IN32, 0x00000000aaa7a4a1 };

FIXTURE_SETUP(in_width)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	io_run_to(self->vcpu, &variant->io);
}

FIXTURE_TEARDOWN(in_width)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A completed IN to AL or AX merges into RAX, and one to EAX clears the upper half.
 *
 * Source: x86.c complete_fast_pio_in(); APM vol. 3 and SDM vol. 2, IN
 */
TEST_F(in_width, completion_writes_what_the_instruction_would)
{
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_HEX(variant->rax, vcpu_rax(self->vcpu));
}

FIXTURE(string_io) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(string_io) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(string_io, outsb) { IO_OUTSB };
FIXTURE_VARIANT_ADD(string_io, rep_outsb) { IO_REP_OUTSB };
FIXTURE_VARIANT_ADD(string_io, insb) { IO_INSB };
FIXTURE_VARIANT_ADD(string_io, rep_insb) { IO_REP_INSB };

FIXTURE_SETUP(string_io)
{
	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	vcpu_run(self->vcpu);
}

FIXTURE_TEARDOWN(string_io)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A string instruction moves every element once and leaves its registers as the processor would.
 *
 * Source: APM vol. 3 and SDM vol. 2, INS and OUTS; KVM api.rst, KVM_EXIT_IO
 * Needs: no-string-io
 */
TEST_F(string_io, moves_each_element_once)
{
	unsigned int done = io_run_past(self->vcpu, &variant->io, 0);

	EXPECT_IO_COMPLETE(self->vcpu, &variant->io, done, IO_RAX);
}

/*
 * KVM_SET_REGS with the values of KVM_GET_REGS changes nothing at the exit for string I/O.
 *
 * Source: KVM api.rst, KVM_GET_REGS and KVM_SET_REGS
 * Needs: no-string-io
 */
TEST_F(string_io, registers_written_back_unchanged_change_nothing)
{
	unsigned int done = 0;
	struct kvm_regs regs;

	while (done < IO_ELEMENTS && io_is_exit_of(self->vcpu, &variant->io)) {
		done = io_serve(self->vcpu, &variant->io, done);
		vcpu_get_regs(self->vcpu, &regs);
		vcpu_set_regs(self->vcpu, &regs);
		vcpu_run(self->vcpu);
	}
	EXPECT_IO_COMPLETE(self->vcpu, &variant->io, done, IO_RAX);
}

KVMCONF_MAIN
