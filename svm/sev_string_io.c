// SPDX-License-Identifier: GPL-2.0-only
/*
 * String I/O is for KVM's emulator, which would have to read an encrypted guest's instruction: it
 * cannot, and so the guest gets a #UD.
 */
#include "sev_guest.h"
#include "test.h"

#define PORT_STRING	0x44
#define STOP_UD		0x55
#define STOP_BEHIND	0x66
#define VECTOR_UD	6
#define HANDLER		(SEV_PRIVATE + 0x2000)
#define ELEMENTS	3

FIXTURE(string_io) {
	struct sev_guest guest;
};

FIXTURE_VARIANT(string_io) {
	uint8_t code[2];
};

FIXTURE_VARIANT_ADD(string_io, outsb) { { 0x90, 0x6e } };
FIXTURE_VARIANT_ADD(string_io, outsw) { { 0x66, 0x6f } };
FIXTURE_VARIANT_ADD(string_io, insb) { { 0x90, 0x6c } };
FIXTURE_VARIANT_ADD(string_io, rep_outsb) { { 0xf3, 0x6e } };
FIXTURE_VARIANT_ADD(string_io, rep_insb) { { 0xf3, 0x6c } };

FIXTURE_SETUP(string_io)
{
	unsigned long at = SEV_PRIVATE;
	struct kvm_regs regs;

	REQUIRE_SEV_KIND(sev_newest_kind(false));
	sev_guest_create(&self->guest, sev_newest_kind(false));
	SEV_EMIT(at, variant->code[0], variant->code[1], 0xe6, STOP_BEHIND);
	SEV_EMIT_END(at);
	at = HANDLER;
	/* mov (%rsp), %rax; mov %rax, SEV_RESULT(0) */
	SEV_EMIT(at, 0x48, 0x8b, 0x04, 0x24, 0x48, 0x89, 0x04, 0x25, CODE32(SEV_DATA + 0x800));
	SEV_EMIT(at, 0xe6, STOP_UD);
	SEV_EMIT_END(at);
	sev_set_handler(VECTOR_UD, HANDLER);

	self->guest.vcpu = sev_vcpu_create(self->guest.vm, SEV_PRIVATE);
	vcpu_get_regs(self->guest.vcpu, &regs);
	regs.rcx = ELEMENTS;
	regs.rdx = PORT_STRING;
	regs.rsi = SEV_DATA;
	regs.rdi = SEV_DATA;
	vcpu_set_regs(self->guest.vcpu, &regs);
	memset((void *)SEV_DATA, 'x', ELEMENTS);
	sev_guest_launch(&self->guest);
}

FIXTURE_TEARDOWN(string_io)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * String I/O of an SEV guest raises #UD with RIP at the instruction: no element is moved, and
 * there is no exit to userspace.
 *
 * Source: svm.c svm_check_emulate_instruction(): "inject #UD if KVM reached this
 * point without an instruction buffer"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(string_io, of_an_encrypted_guest_is_ud)
{
	/* A prefix is the instruction's, a NOP before it is not. */
	unsigned long at = SEV_PRIVATE + (variant->code[0] == 0x90);
	struct kvm_regs regs;

	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_UD, sev_stop_code(self->guest.vcpu));
	EXPECT_HEX(at, SEV_RESULT(0));
	vcpu_get_regs(self->guest.vcpu, &regs);
	EXPECT_EQ(ELEMENTS, regs.rcx);
	EXPECT_HEX(SEV_DATA, regs.rsi);
	EXPECT_HEX(SEV_DATA, regs.rdi);
	EXPECT_EQ(0, memcmp((void *)SEV_DATA, "xxx", ELEMENTS));
}

KVMCONF_MAIN
