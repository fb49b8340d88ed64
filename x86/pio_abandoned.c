// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IN that is never completed, because userspace has moved RIP away from it: nothing of
 * it, neither its data nor that it was owed, is left to the I/O that comes next.
 */
#include "pio.h"

#define BUFFER		(LOW_MEMORY_BASE + 0x20000)
#define NEXT_DATA	0x55		/* IN_DATA is the first one's */

FIXTURE(next) {
	struct pio pio;
};

FIXTURE_VARIANT(next) {
	uint8_t code[2];
	bool string;			/* to memory, by KVM's emulator */
};

FIXTURE_VARIANT_ADD(next, in) { { OPCODE_IN, PORT_ELSEWHERE }, false };
FIXTURE_VARIANT_ADD(next, insb) { { 0x90, 0x6c }, true };

FIXTURE_SETUP(next)
{
	struct kvm_regs regs;

	REQUIRE_KVM();
	if (variant->string)
		REQUIRE_STRING_IO();
	pio_start(&self->pio, MODE_LONG, true);
	REQUIRE_FAST_PIO(!self->pio.emulated);
	memcpy((void *)PIO_OTHER, variant->code, sizeof(variant->code));
	pio_put_insn(PIO_OTHER + 2, OPCODE_OUT, PORT_AFTER);
	*(uint8_t *)BUFFER = 0;

	vcpu_get_regs(self->pio.vcpu, &regs);
	regs.rip = PIO_OTHER;
	regs.rdx = PORT_ELSEWHERE;
	regs.rdi = BUFFER;
	vcpu_set_regs(self->pio.vcpu, &regs);
}

FIXTURE_TEARDOWN(next)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * An IN at the RIP to which userspace has moved exits for itself, and reads what userspace
 * answers to that exit.
 *
 * Source: KVM api.rst, KVM_EXIT_IO; x86.c complete_fast_pio_in(): pio.count = 0
 * Needs: no-fast-pio, no-string-io
 */
TEST_F(next, in_exits_and_reads_its_own_data)
{
	struct kvm_run *run = self->pio.vcpu->run;

	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("elsewhere", port_name(self->pio.vcpu));
	ASSERT_EXIT(KVM_EXIT_IO, self->pio.vcpu);
	EXPECT_EQ(KVM_EXIT_IO_IN, run->io.direction);
	EXPECT_EQ(1, run->io.count);
	*((uint8_t *)run + run->io.data_offset) = NEXT_DATA;

	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(variant->string ? NEXT_DATA : 0, *(uint8_t *)BUFFER);
	EXPECT_HEX(variant->string ? RAX_BEFORE : (RAX_BEFORE & ~0xffull) | NEXT_DATA,
		   vcpu_rax(self->pio.vcpu));
}

KVMCONF_MAIN
