// SPDX-License-Identifier: GPL-2.0-only
/*
 * Userspace sets RCX at the exit of a REP INS. KVM keeps the count of the exit and supports no
 * other, but must neither loop nor WARN.
 */
#include "io_insn.h"
#include "kmsg.h"
#include "test.h"

FIXTURE(recounted) {
	struct vm *vm;
	struct vcpu *vcpu;
	unsigned long log_start;
};

FIXTURE_VARIANT(recounted) {
	struct io_insn io;
	uint64_t count;
};

FIXTURE_VARIANT_ADD(recounted, insb_0) { IO_REP_INSB, 0 };
FIXTURE_VARIANT_ADD(recounted, insb_1) { IO_REP_INSB, 1 };
FIXTURE_VARIANT_ADD(recounted, insb_more) { IO_REP_INSB, IO_ELEMENTS + 4 };
FIXTURE_VARIANT_ADD(recounted, insd_1) { IO_REP_INSD, 1 };
FIXTURE_VARIANT_ADD(recounted, insd_more) { IO_REP_INSD, IO_ELEMENTS + 4 };

/* Needs: no-string-io */
FIXTURE_SETUP(recounted)
{
	struct kvm_regs regs;

	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	io_run_to(self->vcpu, &variant->io);
	vcpu_get_regs(self->vcpu, &regs);
	regs.rcx = variant->count;
	vcpu_set_regs(self->vcpu, &regs);
	self->log_start = kmsg_next();
}

FIXTURE_TEARDOWN(recounted)
{
	TEARDOWN_VM(self->vm);
}

/* Are all bytes of the buffer but the first @elements 0? */
static bool nothing_else_is_written(const struct io_insn *io, unsigned int elements)
{
	const uint8_t *data = (uint8_t *)IO_AT;

	for (const uint8_t *byte = (uint8_t *)IO_BUFFER;
	     byte < (uint8_t *)IO_BUFFER + IO_BUFFER_SIZE; byte++)
		if (*byte && (byte < data || byte >= data + elements * io->size))
			return false;
	return true;
}

/*
 * A guest whose RCX userspace sets at the exit of a REP INS goes on, in a number of exits that the
 * counts bound, and KVM does not WARN. No more elements reach memory than the larger count has.
 *
 * Source: x86.c emulator_pio_in_emulated(): "userspace can modify ECX before rerunning the vCPU"
 */
TEST_F(recounted, guest_goes_on_and_kvm_does_not_warn)
{
	unsigned int largest = variant->count > IO_ELEMENTS ? variant->count : IO_ELEMENTS;
	unsigned int exits = 0;

	for (vcpu_run(self->vcpu); io_is_exit_of(self->vcpu, &variant->io); vcpu_run(self->vcpu)) {
		exits++;
		ASSERT_GE(largest, exits);
	}
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_TRUE(nothing_else_is_written(&variant->io, largest));
	/* The runner sees a WARN as well, but not its origin. */
	EXPECT_FALSE(kmsg_has(self->log_start, "WARNING"));
}

KVMCONF_MAIN
