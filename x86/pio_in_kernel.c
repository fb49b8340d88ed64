// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O that a device in the kernel takes: the PIC and the PIT. There is no exit for it,
 * and to the guest it is as if there were: skipped once, the data where they belong.
 */
#include "guest_debug.h"
#include "io_insn.h"
#include "l2.h"
#include "test.h"

#define PIC_DATA	0x21		/* of the first PIC, out of its initialisation: the mask */
#define PIC2_DATA	0xa1
#define PIC_ELCR	0x4d0
#define PIT_SPEAKER	0x61		/* bit 0: gate of channel 2; bit 1: speaker */
#define SPEAKER_MASK	3
#define VALUE		0x5a

FIXTURE(device) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(device) {
	struct io_insn io;
	unsigned int port;
	uint64_t mask;			/* of what the device keeps */
};

FIXTURE_VARIANT_ADD(device, pic_out8) { IO_OUT8, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic2_out8) { IO_OUT8, PIC2_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic_in8) { IO_IN8, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, elcr_in8) { IO_IN8, PIC_ELCR, 0xf8 };
FIXTURE_VARIANT_ADD(device, pit_in8) { IO_IN8, PIT_SPEAKER, SPEAKER_MASK };
FIXTURE_VARIANT_ADD(device, pit_in16) { IO_IN16, PIT_SPEAKER, SPEAKER_MASK };
FIXTURE_VARIANT_ADD(device, pit_in32) { IO_IN32, PIT_SPEAKER, SPEAKER_MASK };
FIXTURE_VARIANT_ADD(device, pic_outsb) { IO_OUTSB, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic_rep_outsb) { IO_REP_OUTSB, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic_insb) { IO_INSB, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic_rep_insb) { IO_REP_INSB, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic_forced_out8) { IO_FORCED_OUT8, PIC_DATA, 0xff };
FIXTURE_VARIANT_ADD(device, pic_forced_in8) { IO_FORCED_IN8, PIC_DATA, 0xff };

/* mov $VALUE, %al; out %al, (%dx); mov from RBX to RAX: what an input is to find. */
static const uint8_t put_value[] = { 0xb0, VALUE, 0xee, 0x48, 0x89, 0xd8 };

static void set_regs(struct vcpu *vcpu, unsigned int port)
{
	struct kvm_regs regs;

	vcpu_get_regs(vcpu, &regs);
	regs.rdx = port;
	regs.rbx = IO_RAX;
	vcpu_set_regs(vcpu, &regs);
}

/* Has the code give the device VALUE before the instruction. */
static void put_value_first(struct vcpu *vcpu)
{
	unsigned long start = IO_INSN - sizeof(put_value);

	memcpy((void *)start, put_value, sizeof(put_value));
	vcpu_set_rip(vcpu, start);
}

/* Needs: module-param, no-cap, no-string-io */
FIXTURE_SETUP(device)
{
	REQUIRE_IO(&variant->io);
	REQUIRE(kvm_cap(KVM_CAP_IRQCHIP) && kvm_cap(KVM_CAP_PIT2), "no-cap",
		"KVM is built without the PIC and the PIT (CONFIG_KVM_IOAPIC)");
	self->vm = vm_create_with_irqchip();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	set_regs(self->vcpu, variant->port);
	if (variant->io.in)
		put_value_first(self->vcpu);
}

FIXTURE_TEARDOWN(device)
{
	TEARDOWN_VM(self->vm);
}

/* What the device is to have, or to have given: VALUE, or what an output had. */
static uint64_t due_value(const struct io_insn *io)
{
	if (io->in)
		return VALUE;
	return io->string ? IO_DATA(io_elements(io) - 1) : (uint8_t)IO_RAX;
}

/* The PIC's mask, or -1. */
static uint64_t device_value(struct vm *vm, unsigned int port)
{
	struct kvm_irqchip chip = {
		.chip_id = port == PIC_DATA ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE,
	};

	must_succeed(ioctl(vm->fd, KVM_GET_IRQCHIP, &chip), "KVM_GET_IRQCHIP");
	return chip.chip.pic.imr;
}

/* The guest's registers when the instruction is over. */
#define EXPECT_OVER(variant, vcpu) do {							\
	const struct io_insn *__io = &(variant)->io;					\
	uint64_t __value = due_value(__io) & (variant)->mask;				\
	uint64_t __width = __io->size == 4 ? ~0ull : (1ull << __io->size * 8) - 1;	\
	struct kvm_regs __regs;								\
											\
	vcpu_get_regs(vcpu, &__regs);							\
	if (__io->in && !__io->string) {						\
		EXPECT_HEX((IO_RAX & ~__width) | __value,				\
			   __regs.rax & ~(__width & 0xff & ~(variant)->mask));		\
	} else {									\
		EXPECT_HEX(IO_RAX, __regs.rax);						\
	}										\
	EXPECT_EQ(__io->rep ? 0 : IO_ELEMENTS, __regs.rcx);				\
	EXPECT_HEX(IO_AT + (__io->string && !__io->in ? io_elements(__io) : 0), __regs.rsi); \
	EXPECT_HEX(IO_AT + (__io->string && __io->in ? io_elements(__io) : 0), __regs.rdi); \
} while (0)

/*
 * A device in the kernel takes a guest's output and answers its input without an exit to
 * userspace: each element of a string goes to it, and an IN merges into RAX as its size says.
 *
 * Source: KVM api.rst, KVM_CREATE_IRQCHIP, KVM_CREATE_PIT2; x86.c kvm_fast_pio(), emulator_pio_in_out()
 */
TEST_F(device, takes_the_io_without_an_exit)
{
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_OVER(variant, self->vcpu);
	if (!variant->io.in)
		EXPECT_EQ(due_value(&variant->io), device_value(self->vm, variant->port));
	for (unsigned int i = 0; variant->io.in && variant->io.string && i < IO_ELEMENTS; i++)
		EXPECT_EQ(i < io_elements(&variant->io) ? VALUE : 0, ((uint8_t *)IO_AT)[i]);
}

/*
 * An I/O instruction that a device in the kernel handles is one single step, which ends behind
 * it. A REP makes at most one step for each element.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG; x86.c kvm_fast_pio(): kvm_skip_emulated_instruction()
 */
TEST_F(device, is_one_step_for_userspace)
{
	unsigned int steps;

	/* The device keeps what it has after a reset; this is not about its value. */
	vcpu_set_rip(self->vcpu, IO_INSN);
	vcpu_single_step(self->vcpu);
	for (steps = 0; steps < IO_ELEMENTS + 2 && vcpu_rip(self->vcpu) != io_after(&variant->io);
	     steps++) {
		vcpu_run(self->vcpu);
		ASSERT_EXIT(KVM_EXIT_DEBUG, self->vcpu);
	}
	EXPECT_HEX(io_after(&variant->io), self->vcpu->run->debug.arch.pc);
	if (!variant->io.rep)
		EXPECT_EQ(1, steps);
	vcpu_stop_debugging(self->vcpu);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

/*
 * A device in the kernel handles L2's I/O that L1 does not intercept, without an exit to
 * userspace or to L1.
 *
 * Source: KVM api.rst, KVM_CREATE_IRQCHIP; nested.c nested_svm_intercept_ioio(), nested_vmx_exit_handled_io()
 * Needs: no-nested
 */
TEST_F(device, takes_the_io_of_l2)
{
	struct l2 l2 = { .vm = self->vm };

	REQUIRE_L2();
	l2.vcpu = vcpu_create(self->vm);
	l2_prepare(&l2, self->vcpu, L1_IO_BITMAP);
	vcpu_run(l2.vcpu);
	EXPECT_STREQ("after it", io_stop_name(l2.vcpu));
	EXPECT_TRUE(l2_flag_is(&l2, true));
	EXPECT_EQ(0, l1_exit.count);
	EXPECT_OVER(variant, l2.vcpu);
}

KVMCONF_MAIN
