// SPDX-License-Identifier: GPL-2.0-only
/*
 * What else userspace changes at the exit for port I/O, with the linear RIP left alone: the
 * I/O is completed, and all that it does not write itself is as userspace has set it.
 */
#include "io_insn.h"
#include "segments.h"
#include "test.h"

FIXTURE(changed) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(changed) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(changed, out8) { IO_OUT8_IMM };
FIXTURE_VARIANT_ADD(changed, out16) { IO_OUT16 };
FIXTURE_VARIANT_ADD(changed, out32) { IO_OUT32 };
FIXTURE_VARIANT_ADD(changed, in8) { IO_IN8_IMM };
FIXTURE_VARIANT_ADD(changed, in16) { IO_IN16 };
FIXTURE_VARIANT_ADD(changed, in32) { IO_IN32 };
/* The emulator's outputs are over at their exit; its inputs are another matter, see below. */
FIXTURE_VARIANT_ADD(changed, outsb) { IO_OUTSB };
FIXTURE_VARIANT_ADD(changed, outsd) { IO_OUTSD };
FIXTURE_VARIANT_ADD(changed, forced_out32) { IO_FORCED_OUT32 };

/* Needs: module-param, no-string-io, no-fast-pio */
FIXTURE_SETUP(changed)
{
	REQUIRE_IO(&variant->io);
	REQUIRE_FAST_PIO(!variant->io.in || host_kvm_vendor() != VENDOR_OTHER);
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	io_run_to(self->vcpu, &variant->io);
}

FIXTURE_TEARDOWN(changed)
{
	TEARDOWN_VM(self->vm);
}

/* Registers that the instruction has no use for, and those that it has read. */
static void set_other_registers(struct kvm_regs *regs)
{
	regs->rax = 0xfedcba9876543210;
	regs->rbx = 0x1b1b1b1b1b1b1b1b;
	regs->rcx = 0x1c1c1c1c1c1c1c1c;
	regs->rdx = 0x1d1d1d1d1d1d1d1d;
	regs->rsi = 0x2121212121212121;
	regs->rdi = 0x2222222222222222;
	regs->rbp = 0x2323232323232323;
	regs->r8 = 0x0808080808080808;
	regs->r9 = 0x0909090909090909;
	regs->r10 = 0x1010101010101010;
	regs->r11 = 0x1111111111111111;
	regs->r12 = 0x1212121212121212;
	regs->r13 = 0x1313131313131313;
	regs->r14 = 0x1414141414141414;
	regs->r15 = 0x1515151515151515;
	regs->rflags ^= 0xcd5;		/* OF, DF, SF, ZF, AF, PF, CF */
}

/*
 * Registers that userspace sets at an exit for port I/O keep their values, and an IN's data
 * merge into the RAX that userspace has set.
 *
 * Source: KVM api.rst, KVM_SET_REGS; x86.c complete_fast_pio_in(): the RAX of now
 */
TEST_F(changed, registers_are_as_userspace_has_set_them)
{
	struct kvm_regs regs, after;

	vcpu_get_regs(self->vcpu, &regs);
	set_other_registers(&regs);
	vcpu_set_regs(self->vcpu, &regs);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));

	vcpu_get_regs(self->vcpu, &after);
	EXPECT_HEX(io_rax_after(&variant->io, regs.rax), after.rax);
	regs.rax = after.rax;
	regs.rip = after.rip;
	EXPECT_HEX(regs.rflags, after.rflags);
	EXPECT_EQ(0, memcmp(&regs, &after, sizeof(regs)));
}

/*
 * Stack, data segments, FS.base, CR3, CR4 and CR8 that userspace sets at an exit for port I/O
 * are in effect when the guest goes on, and the I/O is completed.
 *
 * Source: KVM api.rst, KVM_SET_SREGS; regs.c kvm_is_linear_rip(): nothing else is looked at
 */
TEST_F(changed, special_registers_are_as_userspace_has_set_them)
{
	static uint64_t other_pml4[512] __attribute__((aligned(4096)));
	struct kvm_sregs sregs, after;

	memcpy(other_pml4, guest_pml4, sizeof(other_pml4));
	vcpu_get_sregs(self->vcpu, &sregs);
	sregs.cr3 = (uint64_t)other_pml4;
	sregs.cr2 = 0x123456000;
	sregs.cr8 = 5;
	sregs.cr4 |= 1ull << 7;			/* PGE */
	sregs.fs.base = 0x12345678;
	sregs.gs.base = 0x87654321;
	vcpu_set_sregs(self->vcpu, &sregs);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));

	vcpu_get_sregs(self->vcpu, &after);
	EXPECT_HEX(sregs.cr3, after.cr3);
	EXPECT_HEX(sregs.cr2, after.cr2);
	EXPECT_HEX(sregs.cr4, after.cr4);
	EXPECT_EQ(sregs.cr8, after.cr8);
	EXPECT_HEX(sregs.fs.base, after.fs.base);
	EXPECT_HEX(sregs.gs.base, after.gs.base);
}

/*
 * A vCPU that userspace sets to halted at an exit for port I/O completes the I/O and executes
 * nothing more. Made runnable, it goes on behind the instruction.
 *
 * Source: KVM api.rst, KVM_SET_MP_STATE, KVM_EXIT_IO: "first finish incomplete operations"
 */
TEST_F(changed, halted_vcpu_completes_and_waits)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_HALTED };

	vcpu_set_mp_state(self->vcpu, &state);
	io_complete_only(self->vcpu);
	EXPECT_HEX(io_after(&variant->io), vcpu_rip(self->vcpu));
	vcpu_get_mp_state(self->vcpu, &state);
	EXPECT_EQ(KVM_MP_STATE_HALTED, state.mp_state);

	state.mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu_set_mp_state(self->vcpu, &state);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * A vCPU that userspace makes wait for INIT and SIPI at an exit for port I/O, and then makes
 * runnable, completes the I/O once.
 *
 * Source: KVM api.rst, KVM_SET_MP_STATE
 */
TEST_F(changed, vcpu_taken_back_from_waiting_goes_on)
{
	static const uint32_t states[] = { KVM_MP_STATE_UNINITIALIZED, KVM_MP_STATE_INIT_RECEIVED };

	for (unsigned int i = 0; i < ARRAY_SIZE(states); i++) {
		struct kvm_mp_state state = { .mp_state = states[i] };

		vcpu_set_mp_state(self->vcpu, &state);
		io_complete_only(self->vcpu);
	}
	vcpu_set_mp_state(self->vcpu, &(struct kvm_mp_state){ KVM_MP_STATE_RUNNABLE });
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/*
 * KVM_SET_CPUID2 at an exit for port I/O succeeds with the vCPU's own CPUID and fails with
 * another. The I/O is completed once either way.
 *
 * Source: KVM api.rst, KVM_SET_CPUID2; cpuid.c kvm_set_cpuid(): a vCPU that has run
 */
TEST_F(changed, cpuid_set_anew_changes_nothing)
{
	struct kvm_cpuid2 *cpuid = vcpu_read_cpuid(self->vcpu);

	EXPECT_SUCCESS(__vcpu_set_cpuid(self->vcpu, cpuid));
	cpuid->nent--;
	EXPECT_ERRNO(EINVAL, __vcpu_set_cpuid(self->vcpu, cpuid));
	free(cpuid);
	vcpu_run(self->vcpu);
	EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
}

/* What the handler of an event finds as the place that it has interrupted. */
static volatile uint64_t interrupted_rip, interrupted_rax;

static __guest void note_place(struct guest_exception *frame)
{
	interrupted_rip = frame->rip;
	interrupted_rax = frame->rax;
}

/*
 * An interrupt that userspace injects at an exit for port I/O is delivered after the completion:
 * its handler returns to the next instruction.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations"; KVM_SET_VCPU_EVENTS
 */
TEST_F(changed, interrupt_injected_finds_it_completed)
{
	struct kvm_vcpu_events events;
	struct kvm_regs regs;

	guest_exception_handler = note_place;
	vcpu_get_regs(self->vcpu, &regs);
	regs.rflags |= RFLAGS_IF;	/* VMX injects none without */
	vcpu_set_regs(self->vcpu, &regs);
	vcpu_get_events(self->vcpu, &events);
	events.interrupt.injected = 1;
	events.interrupt.nr = 0x40;
	vcpu_set_events(self->vcpu, &events);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_HEX(io_after(&variant->io), interrupted_rip);
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), interrupted_rax);
}

/*
 * An NMI that userspace injects at an exit for port I/O is delivered after the completion: its
 * handler returns to the next instruction.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations"; KVM_NMI
 */
TEST_F(changed, nmi_finds_it_completed)
{
	guest_exception_handler = note_place;
	vcpu_nmi(self->vcpu);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_HEX(io_after(&variant->io), interrupted_rip);
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), interrupted_rax);
}

/*
 * An interrupt shadow that userspace sets at an exit for port I/O ends with the completed
 * instruction, or with the next one if RIP stands behind the I/O already.
 *
 * Source: APM vol. 2, 15.21.5 and SDM vol. 3, 6.8.3; x86.c kvm_skip_emulated_instruction()
 */
TEST_F(changed, interrupt_shadow_ends_with_it)
{
	struct kvm_vcpu_events events;

	REQUIRE_FAST_PIO(host_kvm_vendor() != VENDOR_OTHER);
	vcpu_get_events(self->vcpu, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SHADOW;
	events.interrupt.shadow = KVM_X86_SHADOW_INT_STI;
	vcpu_set_events(self->vcpu, &events);
	io_complete_only(self->vcpu);
	vcpu_get_events(self->vcpu, &events);
	/* A VMCB has one bit for both kinds of shadow, and KVM reports both. */
	EXPECT_EQ(io_is_emulated(&variant->io), events.interrupt.shadow != 0);
}

/* A REP between two elements: what is left is a new execution of it. */
FIXTURE(repeated) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_regs regs;		/* at the exit for the first element */
};

FIXTURE_VARIANT(repeated) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(repeated, outsb) { IO_REP_OUTSB };
FIXTURE_VARIANT_ADD(repeated, outsw) { IO_REP_OUTSW };
FIXTURE_VARIANT_ADD(repeated, outsd) { IO_REP_OUTSD };

/* Needs: no-string-io */
FIXTURE_SETUP(repeated)
{
	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	io_run_to(self->vcpu, &variant->io);
	vcpu_get_regs(self->vcpu, &self->regs);
}

FIXTURE_TEARDOWN(repeated)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A REP OUTS whose RCX and RSI userspace sets at the exit goes on from that RSI with that many
 * elements.
 *
 * Source: KVM api.rst, KVM_SET_REGS; APM vol. 3 and SDM vol. 2, REP and OUTS
 */
TEST_F(repeated, count_and_place_are_what_userspace_sets)
{
	unsigned int size = variant->io.size;

	self->regs.rcx = 2;
	self->regs.rsi = IO_AT + (IO_ELEMENTS - 2) * size;
	vcpu_set_regs(self->vcpu, &self->regs);
	vcpu_run(self->vcpu);
	EXPECT_EQ(IO_ELEMENTS, io_run_past(self->vcpu, &variant->io, IO_ELEMENTS - 2));
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	vcpu_get_regs(self->vcpu, &self->regs);
	EXPECT_EQ(0, self->regs.rcx);
	EXPECT_HEX(IO_AT + IO_ELEMENTS * size, self->regs.rsi);
}

/*
 * A REP OUTS whose RCX userspace sets to 0 at the exit moves no more elements.
 *
 * Source: KVM api.rst, KVM_SET_REGS; APM vol. 3 and SDM vol. 2, REP
 */
TEST_F(repeated, count_of_0_ends_it)
{
	self->regs.rcx = 0;
	vcpu_set_regs(self->vcpu, &self->regs);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

/*
 * If userspace moves RIP at the exit of a REP OUTS, the guest goes on there, and the rest of the
 * elements is not moved.
 *
 * Source: KVM api.rst, KVM_SET_REGS
 */
TEST_F(repeated, rip_moved_leaves_the_rest)
{
	vcpu_set_rip(self->vcpu, IO_OTHER);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("elsewhere", io_stop_name(self->vcpu));
	vcpu_get_regs(self->vcpu, &self->regs);
	EXPECT_EQ(IO_ELEMENTS - 1, self->regs.rcx);
	EXPECT_HEX(IO_AT + variant->io.size, self->regs.rsi);
}

KVMCONF_MAIN
