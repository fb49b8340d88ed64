// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps and breakpoints over an I/O instruction, of userspace's and of the guest's
 * own: a step ends behind the instruction when it has been completed, a breakpoint comes
 * before it, and neither costs or repeats the I/O.
 */
#include "io_insn.h"
#include "test.h"

/* APM vol. 2, 13.1.1 and SDM vol. 3, 18.2. */
#define DR6_B0		(1ull << 0)
#define DR6_BS		(1ull << 14)
#define DR7_EXECUTE_0	(2ull | 1ull << 10)
#define RFLAGS_TF	(1ull << 8)
#define DB_VECTOR	1

FIXTURE(debug) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_guest_debug control;
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

#define SET_DEBUG(flags) do {								\
	self->control.control = flags;							\
	vcpu_set_guest_debug(self->vcpu, &self->control);				\
} while (0)

#define EXPECT_IO() do {								\
	vcpu_run(self->vcpu);								\
	ASSERT_STREQ("the instruction", io_stop_name(self->vcpu));			\
	io_serve(self->vcpu, &variant->io, 0);						\
} while (0)

#define EXPECT_AFTER_IT() do {								\
	vcpu_run(self->vcpu);								\
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));				\
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), vcpu_rax(self->vcpu));		\
} while (0)

/* A debug exit at @at, for @reason in DR6. */
#define EXPECT_DEBUG(at, reason) do {							\
	ASSERT_EXIT(KVM_EXIT_DEBUG, self->vcpu);					\
	EXPECT_EQ(DB_VECTOR, self->vcpu->run->debug.arch.exception);			\
	EXPECT_HEX(at, self->vcpu->run->debug.arch.pc);					\
	EXPECT_HEX(at, vcpu_rip(self->vcpu));						\
	EXPECT_HEX(reason, self->vcpu->run->debug.arch.dr6 & (DR6_B0 | DR6_BS));	\
} while (0)

/*
 * An I/O instruction that userspace single-steps makes two exits: one for the I/O, and after its
 * completion one for the step, with RIP behind it.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG: KVM_GUESTDBG_SINGLESTEP; x86.c kvm_skip_emulated_instruction()
 */
TEST_F(debug, single_step_ends_behind_the_completed_io)
{
	SET_DEBUG(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	EXPECT_IO();
	vcpu_run(self->vcpu);
	EXPECT_DEBUG(io_after(&variant->io), DR6_BS);
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), vcpu_rax(self->vcpu));
	SET_DEBUG(0);
	EXPECT_AFTER_IT();
}

/*
 * A KVM_RUN with immediate_exit that completes a single-stepped I/O instruction reports the
 * step, and the next KVM_RUN does not report it again.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG; KVM_EXIT_IO: the immediate_exit field
 */
TEST_F(debug, step_is_reported_by_the_run_that_completes)
{
	SET_DEBUG(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	EXPECT_IO();
	self->vcpu->run->immediate_exit = 1;
	EXPECT_SUCCESS(__vcpu_run(self->vcpu));
	EXPECT_DEBUG(io_after(&variant->io), DR6_BS);
	self->vcpu->run->immediate_exit = 0;
	SET_DEBUG(0);
	EXPECT_AFTER_IT();
}

/*
 * Single-stepping that userspace begins at the exit ends behind the I/O instruction.
 * Single-stepping that it ends there reports no step.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG
 */
TEST_F(debug, single_step_taken_back_at_the_exit_is_none)
{
	SET_DEBUG(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	EXPECT_IO();
	SET_DEBUG(0);
	EXPECT_AFTER_IT();
}

/*
 * A breakpoint of userspace's on the I/O instruction exits before the I/O, as often as the
 * instruction is reached.
 *
 * Source: KVM api.rst, KVM_GUESTDBG_USE_HW_BP; APM vol. 2, 13.1.4 and SDM vol. 3, 18.3.1.1: a fault
 */
TEST_F(debug, breakpoint_comes_before_the_io)
{
	self->control.arch.debugreg[0] = IO_INSN;
	self->control.arch.debugreg[7] = DR7_EXECUTE_0;
	SET_DEBUG(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP);
	for (unsigned int i = 0; i < 2; i++) {
		vcpu_run(self->vcpu);
		EXPECT_DEBUG(IO_INSN, DR6_B0);
	}
	SET_DEBUG(0);
	EXPECT_IO();
	EXPECT_AFTER_IT();
}

/*
 * A breakpoint that userspace sets at the exit on the next instruction is hit after the I/O is
 * completed. One on the I/O instruction itself is not hit any more.
 *
 * Source: KVM api.rst, KVM_GUESTDBG_USE_HW_BP; KVM_EXIT_IO
 */
TEST_F(debug, breakpoint_set_at_the_exit_is_for_what_follows)
{
	EXPECT_IO();
	self->control.arch.debugreg[0] = io_after(&variant->io);
	self->control.arch.debugreg[1] = IO_INSN;
	self->control.arch.debugreg[7] = DR7_EXECUTE_0 | 2ull << 2;
	SET_DEBUG(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP);
	vcpu_run(self->vcpu);
	EXPECT_DEBUG(io_after(&variant->io), DR6_B0);
	SET_DEBUG(0);
	EXPECT_AFTER_IT();
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
		frame->rflags |= 1ull << 16;		/* RF */
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
	EXPECT_IO();
	EXPECT_AFTER_IT();
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
	debugregs.dr7 = DR7_EXECUTE_0;
	vcpu_set_debugregs(self->vcpu, &debugregs);
	EXPECT_IO();
	EXPECT_EQ(1, nr_traps);
	EXPECT_HEX(IO_INSN, trap_rip);
	EXPECT_HEX(DR6_B0, trap_dr6 & (DR6_BS | DR6_B0));
	EXPECT_AFTER_IT();
	EXPECT_EQ(1, nr_traps);
}

KVMCONF_MAIN
