// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps and breakpoints over an I/O instruction, of userspace's and of the guest's
 * own: a step ends behind the instruction when it has been completed, a breakpoint comes
 * before it, and neither costs or repeats the I/O.
 */
#include "guest_debug.h"
#include "io_insn.h"
#include "test.h"

FIXTURE(debug) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(debug) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(debug, out8) { IO_OUT8_IMM };
FIXTURE_VARIANT_ADD(debug, out32) { IO_OUT32 };
FIXTURE_VARIANT_ADD(debug, in8) { IO_IN8 };
FIXTURE_VARIANT_ADD(debug, in32) { IO_IN32_IMM };
FIXTURE_VARIANT_ADD(debug, outsb) { IO_OUTSB };
FIXTURE_VARIANT_ADD(debug, insw) { IO_INSW };

/* Needs: no-string-io */
FIXTURE_SETUP(debug)
{
	REQUIRE_KVM();
	if (variant->io.string)
		REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
}

FIXTURE_TEARDOWN(debug)
{
	TEARDOWN_VM(self->vm);
}

#define EXPECT_DEBUG_EXIT(vcpu, at, reason) do {					\
	ASSERT_DEBUG_EXIT(vcpu, at);							\
	EXPECT_HEX(at, vcpu_rip(vcpu));							\
	EXPECT_HEX(reason, (vcpu)->run->debug.arch.dr6 & (DR6_B0 | DR6_BS));		\
} while (0)

/*
 * An I/O instruction that userspace single-steps makes two exits: one for the I/O, and after its
 * completion one for the step, with RIP behind it.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG: KVM_GUESTDBG_SINGLESTEP; x86.c kvm_skip_emulated_instruction()
 */
TEST_F(debug, single_step_ends_behind_the_completed_io)
{
	vcpu_single_step(self->vcpu);
	io_run_to(self->vcpu, &variant->io);
	vcpu_run(self->vcpu);
	EXPECT_DEBUG_EXIT(self->vcpu, io_after(&variant->io), DR6_BS);
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), vcpu_rax(self->vcpu));
	vcpu_stop_debugging(self->vcpu);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * A KVM_RUN with immediate_exit that completes a single-stepped I/O instruction reports the
 * step, and the next KVM_RUN does not report it again.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG; KVM_EXIT_IO: the immediate_exit field
 */
TEST_F(debug, step_is_reported_by_the_run_that_completes)
{
	vcpu_single_step(self->vcpu);
	io_run_to(self->vcpu, &variant->io);
	self->vcpu->run->immediate_exit = 1;
	EXPECT_SUCCESS(__vcpu_run(self->vcpu));
	EXPECT_DEBUG_EXIT(self->vcpu, io_after(&variant->io), DR6_BS);
	self->vcpu->run->immediate_exit = 0;
	vcpu_stop_debugging(self->vcpu);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * Single-stepping that userspace begins at the exit ends behind the I/O instruction.
 * Single-stepping that it ends there reports no step.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG
 */
TEST_F(debug, single_step_taken_back_at_the_exit_is_none)
{
	vcpu_single_step(self->vcpu);
	io_run_to(self->vcpu, &variant->io);
	vcpu_stop_debugging(self->vcpu);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * A breakpoint of userspace's on the I/O instruction exits before the I/O, as often as the
 * instruction is reached.
 *
 * Source: KVM api.rst, KVM_GUESTDBG_USE_HW_BP; APM vol. 2, 13.1.4 and SDM vol. 3, 18.3.1.1: a fault
 */
TEST_F(debug, breakpoint_comes_before_the_io)
{
	vcpu_set_breakpoints(self->vcpu, IO_INSN, 0, DR7_EXECUTE(0));
	for (unsigned int i = 0; i < 2; i++) {
		vcpu_run(self->vcpu);
		EXPECT_DEBUG_EXIT(self->vcpu, IO_INSN, DR6_B0);
	}
	vcpu_stop_debugging(self->vcpu);
	io_run_to(self->vcpu, &variant->io);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * A breakpoint that userspace sets at the exit on the next instruction is hit after the I/O is
 * completed. One on the I/O instruction itself is not hit any more.
 *
 * Source: KVM api.rst, KVM_GUESTDBG_USE_HW_BP; KVM_EXIT_IO
 */
TEST_F(debug, breakpoint_set_at_the_exit_is_for_what_follows)
{
	io_run_to(self->vcpu, &variant->io);
	vcpu_set_breakpoints(self->vcpu, io_after(&variant->io), IO_INSN,
			     DR7_EXECUTE(0) | DR7_EXECUTE(1));
	vcpu_run(self->vcpu);
	EXPECT_DEBUG_EXIT(self->vcpu, io_after(&variant->io), DR6_B0);
	vcpu_stop_debugging(self->vcpu);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/* What the guest's own #DB handler has found. */
static volatile unsigned int nr_traps;
static volatile uint64_t trap_rip, trap_dr6, trap_rax;
static bool handler_goes_on;

static __guest void handle_debug(struct guest_exception *frame)
{
	uint64_t dr6;

	GUEST_ASSERT(frame->vector == DB_VECTOR);
	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	if (!nr_traps) {
		trap_rip = frame->rip;
		trap_rax = frame->rax;
		trap_dr6 = dr6;
	}
	nr_traps++;
	frame->rflags &= ~RFLAGS_TF;
	if (handler_goes_on)
		frame->rflags |= RFLAGS_RF;
}

/*
 * A guest that single-steps itself gets #DB behind the I/O instruction, with the I/O done.
 *
 * Source: APM vol. 2, 13.1.4 and SDM vol. 3, 18.3.1.4; x86.c kvm_skip_emulated_instruction(): X86_EFLAGS_TF
 */
TEST_F(debug, trap_flag_of_the_guest_traps_behind_it)
{
	struct kvm_regs regs;

	guest_exception_handler = handle_debug;
	vcpu_get_regs(self->vcpu, &regs);
	regs.rflags |= RFLAGS_TF;
	vcpu_set_regs(self->vcpu, &regs);
	io_run_to(self->vcpu, &variant->io);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
	EXPECT_EQ(1, nr_traps);
	EXPECT_HEX(io_after(&variant->io), trap_rip);
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), trap_rax);
	EXPECT_HEX(DR6_BS, trap_dr6 & (DR6_BS | DR6_B0));
}

/* What RF is at the exit that has the emulator execute a string instruction is the CPU's affair. */
FIXTURE(own) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(own) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(own, out8) { IO_OUT8_IMM };
FIXTURE_VARIANT_ADD(own, out32) { IO_OUT32 };
FIXTURE_VARIANT_ADD(own, in8) { IO_IN8 };
FIXTURE_VARIANT_ADD(own, in32) { IO_IN32_IMM };

FIXTURE_SETUP(own)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
}

FIXTURE_TEARDOWN(own)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A breakpoint of the guest's own on an I/O instruction raises #DB before the I/O. With RF set
 * by the handler the I/O is done once, and the breakpoint is not hit again.
 *
 * Source: APM vol. 2, 13.1.1.1 and SDM vol. 3, 18.3.1.1: RF
 */
TEST_F(own, breakpoint_of_the_guest_comes_before_the_io)
{
	struct kvm_debugregs debugregs;

	guest_exception_handler = handle_debug;
	handler_goes_on = true;
	vcpu_get_debugregs(self->vcpu, &debugregs);
	debugregs.db[0] = IO_INSN;
	debugregs.dr7 = DR7_FIXED | DR7_EXECUTE(0);
	vcpu_set_debugregs(self->vcpu, &debugregs);
	io_run_to(self->vcpu, &variant->io);
	EXPECT_EQ(1, nr_traps);
	EXPECT_HEX(IO_INSN, trap_rip);
	EXPECT_HEX(DR6_B0, trap_dr6 & (DR6_BS | DR6_B0));
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
	EXPECT_EQ(1, nr_traps);
}

KVMCONF_MAIN
