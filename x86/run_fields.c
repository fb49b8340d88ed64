// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fields of kvm_run that are for userspace's own interrupt controller: what KVM stores in
 * them at the exits for port I/O, what it takes from them, and the window for an interrupt.
 */
#include "io_insn.h"
#include "test.h"

#define VECTOR		0x40

enum apic { APIC_OF_USERSPACE, APIC_IN_KERNEL };

static volatile uint64_t interrupted_rip;

static __guest void note_place(struct guest_exception *frame)
{
	GUEST_ASSERT(frame->vector == VECTOR);
	interrupted_rip = frame->rip;
}

/* A vCPU about to execute @insn. */
static struct vcpu *create(struct vm **vm, enum apic apic, const struct io_insn *insn,
			   uint64_t rflags)
{
	struct kvm_regs regs;
	struct vcpu *vcpu;

	if (apic == APIC_IN_KERNEL) {
		*vm = vm_create();
	} else {
		*vm = __vm_create_type(KVM_X86_DEFAULT_VM);
		if (!*vm)
			report_error("KVM_CREATE_VM: %s", errno_or_success(-1));
		vm_add_image(*vm);
	}
	vcpu = io_vcpu_create(*vm, insn, MODE_LONG, 0);
	vcpu_get_regs(vcpu, &regs);
	regs.rflags |= rflags;
	vcpu_set_regs(vcpu, &regs);
	guest_exception_handler = note_place;
	return vcpu;
}

FIXTURE(stored) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(stored) {
	struct io_insn io;
	uint64_t rflags;
};

FIXTURE_VARIANT_ADD(stored, out8_if_off) { IO_OUT8, 0 };
FIXTURE_VARIANT_ADD(stored, out8_if_on) { IO_OUT8, RFLAGS_IF };
FIXTURE_VARIANT_ADD(stored, in32_if_off) { IO_IN32, 0 };
FIXTURE_VARIANT_ADD(stored, in32_if_on) { IO_IN32, RFLAGS_IF };

FIXTURE_SETUP(stored)
{
	REQUIRE_KVM();
	self->vcpu = create(&self->vm, APIC_OF_USERSPACE, &variant->io, variant->rflags);
}

FIXTURE_TEARDOWN(stored)
{
	TEARDOWN_VM(self->vm);
}

/* Fields as no exit leaves them. */
static void spoil_fields(struct kvm_run *run, bool if_flag)
{
	run->if_flag = !if_flag;
	run->ready_for_interrupt_injection = !if_flag;
	run->apic_base = ~0ull;
}

#define EXPECT_FIELDS(self, variant) do {						\
	struct kvm_sregs __sregs;							\
											\
	vcpu_get_sregs((self)->vcpu, &__sregs);						\
	EXPECT_EQ((variant)->rflags != 0, (self)->vcpu->run->if_flag);			\
	EXPECT_EQ((variant)->rflags != 0,						\
		  (self)->vcpu->run->ready_for_interrupt_injection);			\
	EXPECT_HEX(__sregs.apic_base, (self)->vcpu->run->apic_base);			\
} while (0)

/*
 * if_flag, apic_base and ready_for_interrupt_injection are those of the vCPU at every return of
 * KVM_RUN, the interrupted one too.
 *
 * Source: KVM api.rst 5 "if_flag", "ready_for_interrupt_injection", "apic_base"
 */
TEST_F(stored, fields_are_those_of_the_return)
{
	spoil_fields(self->vcpu->run, variant->rflags);
	vcpu_run(self->vcpu);
	ASSERT_STREQ("the instruction", io_stop_name(self->vcpu));
	EXPECT_FIELDS(self, variant);
	spoil_fields(self->vcpu->run, variant->rflags);
	io_complete_only(self->vcpu);
	EXPECT_FIELDS(self, variant);
}

FIXTURE(priority) {
	struct vm *vm;
	struct vcpu *vcpu;
};

/* mov %cr8, %rbx; mov %rax, %cr8 */
static const struct io_insn exchange_cr8 = {
	8, 1, false, true, false, { 0x44, 0x0f, 0x20, 0xc3, 0x44, 0x0f, 0x22, 0xc0 }
};

FIXTURE_SETUP(priority)
{
	REQUIRE_KVM();
	self->vcpu = create(&self->vm, APIC_OF_USERSPACE, &exchange_cr8, 0);
}

FIXTURE_TEARDOWN(priority)
{
	TEARDOWN_VM(self->vm);
}

#define CR8_BEFORE	5
#define CR8_AFTER	9

/*
 * The guest reads the CR8 that userspace has put into kvm_run, and userspace finds there the CR8
 * that the guest has written.
 *
 * Source: KVM api.rst 5 "cr8": "Both input and output."
 */
TEST_F(priority, cr8_goes_both_ways)
{
	struct kvm_regs regs;

	vcpu_get_regs(self->vcpu, &regs);
	regs.rax = CR8_AFTER;
	vcpu_set_regs(self->vcpu, &regs);
	self->vcpu->run->cr8 = CR8_BEFORE;
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_EQ(CR8_AFTER, self->vcpu->run->cr8);
	vcpu_get_regs(self->vcpu, &regs);
	EXPECT_EQ(CR8_BEFORE, regs.rbx);
}

/*
 * An interrupt of the host may open a window that KVM has not asked the CPU for. Each claim about
 * the window is tried often enough that chance does not meet it every time.
 */
#define ROUNDS		8

FIXTURE(window) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_regs start;
};

FIXTURE_VARIANT(window) {
	enum apic apic;
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(window, out8) { APIC_OF_USERSPACE, IO_OUT8 };
FIXTURE_VARIANT_ADD(window, in32) { APIC_OF_USERSPACE, IO_IN32 };
FIXTURE_VARIANT_ADD(window, split_out8) { APIC_IN_KERNEL, IO_OUT8 };
FIXTURE_VARIANT_ADD(window, split_in32) { APIC_IN_KERNEL, IO_IN32 };

FIXTURE_SETUP(window)
{
	REQUIRE_KVM();
	self->vcpu = create(&self->vm, variant->apic, &variant->io, 0);
	vcpu_get_regs(self->vcpu, &self->start);
}

FIXTURE_TEARDOWN(window)
{
	TEARDOWN_VM(self->vm);
}

/* The window is open, at @rip; an interrupt comes there, once. */
#define RUN_TO_WINDOW_AT(self, rip) do {						\
	struct kvm_interrupt __interrupt = { .irq = VECTOR };				\
											\
	vcpu_run((self)->vcpu);								\
	ASSERT_EXIT(KVM_EXIT_IRQ_WINDOW_OPEN, (self)->vcpu);				\
	EXPECT_EQ(1, (self)->vcpu->run->ready_for_interrupt_injection);			\
	EXPECT_HEX(rip, vcpu_rip((self)->vcpu));					\
	(self)->vcpu->run->request_interrupt_window = 0;				\
	interrupted_rip = 0;								\
	EXPECT_SUCCESS(ioctl((self)->vcpu->fd, KVM_INTERRUPT, &__interrupt));		\
	vcpu_run((self)->vcpu);								\
	EXPECT_HEX(rip, interrupted_rip);						\
} while (0)

static void open_window(struct vcpu *vcpu)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	regs.rflags |= RFLAGS_IF;
	vcpu_set_regs(vcpu, &regs);
}

/*
 * Port I/O of a guest with interrupts off opens no interrupt window. If userspace sets RFLAGS.IF
 * at the exit, the window opens after the completion and before the next instruction.
 *
 * Source: KVM api.rst 5 "request_interrupt_window", KVM_EXIT_IO: "first finish incomplete operations"
 */
TEST_F(window, opens_behind_the_completed_io)
{
	for (int round = 0; round < ROUNDS; round++) {
		vcpu_set_regs(self->vcpu, &self->start);
		self->vcpu->run->request_interrupt_window = 1;
		vcpu_run(self->vcpu);
		ASSERT_STREQ("the instruction", io_stop_name(self->vcpu));
		EXPECT_EQ(0, self->vcpu->run->ready_for_interrupt_injection);
		io_serve(self->vcpu, &variant->io, 0);
		open_window(self->vcpu);
		RUN_TO_WINDOW_AT(self, io_after(&variant->io));
		EXPECT_IO_DONE(self->vcpu, &variant->io, IO_RAX);
	}
}

/*
 * An interrupt window that the guest opens by STI opens behind the instruction in STI's shadow.
 *
 * Source: KVM api.rst 5 "request_interrupt_window"; APM vol. 2, 15.21.5 and SDM vol. 3, 6.8.3
 */
TEST_F(window, opens_behind_the_shadow_of_sti)
{
	static const uint8_t code[] = { 0xfb, 0x90, 0x90 };	/* sti; nop; nop */

	memcpy((void *)IO_OTHER, code, sizeof(code));
	memcpy((void *)(IO_OTHER + sizeof(code)), (uint8_t []){ 0xe6, IO_PORT_OTHER, 0xf4 }, 3);
	self->start.rip = IO_OTHER;
	for (int round = 0; round < ROUNDS; round++) {
		vcpu_set_regs(self->vcpu, &self->start);
		self->vcpu->run->request_interrupt_window = 1;
		RUN_TO_WINDOW_AT(self, IO_OTHER + 2);
		EXPECT_STREQ("elsewhere", io_stop_name(self->vcpu));
	}
}

/*
 * An interrupt that is injected already is delivered before the window for another one opens.
 *
 * Source: x86.c kvm_vcpu_ready_for_interrupt_injection(): kvm_event_needs_reinjection()
 */
TEST_F(window, opens_behind_an_event_that_is_injected)
{
	struct kvm_vcpu_events events;

	for (int round = 0; round < ROUNDS; round++) {
		vcpu_set_regs(self->vcpu, &self->start);
		self->vcpu->run->request_interrupt_window = 0;
		interrupted_rip = 0;
		io_run_to(self->vcpu, &variant->io);
		open_window(self->vcpu);
		vcpu_get_events(self->vcpu, &events);
		events.interrupt.injected = 1;
		events.interrupt.nr = VECTOR;
		vcpu_set_events(self->vcpu, &events);
		self->vcpu->run->request_interrupt_window = 1;
		vcpu_run(self->vcpu);
		ASSERT_EXIT(KVM_EXIT_IRQ_WINDOW_OPEN, self->vcpu);
		EXPECT_HEX(io_after(&variant->io), interrupted_rip);
		EXPECT_HEX(io_after(&variant->io), vcpu_rip(self->vcpu));
	}
}

KVMCONF_MAIN
