// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forms of port I/O: what each leaves in registers and memory when KVM has
 * completed it. The string forms go through KVM's emulator, which keeps state
 * of its own across the exit.
 */
#include "pio.h"

/* An IN by operand size, with the RAX that it leaves. */
FIXTURE(in_width) {
	struct pio pio;
};

FIXTURE_VARIANT(in_width) {
	uint8_t code[2];
	uint64_t rax;
};

FIXTURE_VARIANT_ADD(in_width, al) { { 0x90, 0xec }, 0x11223344556677aa };
FIXTURE_VARIANT_ADD(in_width, ax) { { 0x66, 0xed }, 0x112233445566aaaa };
FIXTURE_VARIANT_ADD(in_width, eax) { { 0x90, 0xed }, 0x00000000aaaaaaaa };

FIXTURE_SETUP(in_width)
{
	struct kvm_regs regs;

	REQUIRE_KVM();
	pio_create(&self->pio, MODE_LONG);
	memcpy((void *)PIO_INSN, variant->code, sizeof(variant->code));
	vcpu_get_regs(self->pio.vcpu, &regs);
	regs.rax = RAX_BEFORE;
	regs.rdx = PORT_IO;
	vcpu_set_regs(self->pio.vcpu, &regs);
	self->pio.in = true;
	pio_run_to_exit(&self->pio);
}

FIXTURE_TEARDOWN(in_width)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * A completed IN to AL or AX merges into RAX, and one to EAX clears the upper half.
 *
 * Source: x86.c complete_fast_pio_in(); APM vol. 3 and SDM vol. 2, IN
 */
TEST_F(in_width, completion_writes_what_the_instruction_would)
{
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(variant->rax, vcpu_rax(self->pio.vcpu));
}

#define BUFFER		(LOW_MEMORY_BASE + 0x20000)
#define STRING_LENGTH	3
#define MAX_EXITS	(STRING_LENGTH + 1)

FIXTURE(string_io) {
	struct pio pio;
	struct kvm_regs before;
};

FIXTURE_VARIANT(string_io) {
	uint8_t code[2];
	unsigned int elements;
	bool in;
};

FIXTURE_VARIANT_ADD(string_io, outsb) { { 0x90, 0x6e }, 1, false };
FIXTURE_VARIANT_ADD(string_io, rep_outsb) { { 0xf3, 0x6e }, STRING_LENGTH, false };
FIXTURE_VARIANT_ADD(string_io, insb) { { 0x90, 0x6c }, 1, true };
FIXTURE_VARIANT_ADD(string_io, rep_insb) { { 0xf3, 0x6c }, STRING_LENGTH, true };

FIXTURE_SETUP(string_io)
{
	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	pio_create(&self->pio, MODE_LONG);
	memcpy((void *)PIO_INSN, variant->code, sizeof(variant->code));
	memcpy((void *)BUFFER, variant->in ? "..." : "abc", STRING_LENGTH);

	vcpu_get_regs(self->pio.vcpu, &self->before);
	self->before.rdx = PORT_IO;
	self->before.rsi = BUFFER;
	self->before.rdi = BUFFER;
	self->before.rcx = STRING_LENGTH;
	vcpu_set_regs(self->pio.vcpu, &self->before);
}

FIXTURE_TEARDOWN(string_io)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * Runs the string instruction to its end as a device does that takes "abc" or
 * gives it; @touch: reads the registers at each exit and writes them back.
 * Returns how much went through, with what an OUTS gave in @taken.
 */
static unsigned int run_string_io(struct vcpu *vcpu, bool in, bool touch, char *taken)
{
	unsigned int done = 0;

	for (unsigned int exits = 0; exits < MAX_EXITS; exits++) {
		struct kvm_run *run = vcpu->run;
		struct kvm_regs regs;
		char *data;

		vcpu_run(vcpu);
		if (run->exit_reason != KVM_EXIT_IO || run->io.port != PORT_IO)
			return done;
		data = (char *)run + run->io.data_offset;
		for (unsigned int i = 0; i < run->io.count && done < STRING_LENGTH; i++, done++) {
			if (in)
				data[i] = "abc"[done];
			else
				taken[done] = data[i];
		}
		if (touch) {
			vcpu_get_regs(vcpu, &regs);
			vcpu_set_regs(vcpu, &regs);
		}
	}
	return done;
}

#define RUN_STRING_IO(self, variant, touch) do {					\
	char taken[STRING_LENGTH + 1] = "";						\
	struct kvm_regs after;								\
											\
	EXPECT_EQ((variant)->elements,							\
		  run_string_io((self)->pio.vcpu, (variant)->in, touch, taken));	\
	EXPECT_STREQ("the instruction after it", port_name((self)->pio.vcpu));		\
	EXPECT_EQ(0, memcmp((variant)->in ? (char *)BUFFER : taken, "abc",		\
			    (variant)->elements));					\
	vcpu_get_regs((self)->pio.vcpu, &after);					\
	EXPECT_HEX((self)->before.rsi + ((variant)->in ? 0 : (variant)->elements), after.rsi); \
	EXPECT_HEX((self)->before.rdi + ((variant)->in ? (variant)->elements : 0), after.rdi); \
	EXPECT_EQ((variant)->elements == 1 ? STRING_LENGTH : 0, after.rcx);		\
} while (0)

/*
 * A string instruction moves every element once and leaves its registers as the processor would.
 *
 * Source: APM vol. 3 and SDM vol. 2, INS and OUTS; KVM api.rst, KVM_EXIT_IO
 * Needs: no-string-io
 */
TEST_F(string_io, moves_each_element_once)
{
	RUN_STRING_IO(self, variant, false);
}

/*
 * KVM_SET_REGS with the values of KVM_GET_REGS changes nothing at the exit for string I/O.
 *
 * Source: KVM api.rst, KVM_GET_REGS and KVM_SET_REGS
 * Needs: no-string-io
 */
TEST_F(string_io, registers_written_back_unchanged_change_nothing)
{
	RUN_STRING_IO(self, variant, true);
}

KVMCONF_MAIN
