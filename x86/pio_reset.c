// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU that is reset while userspace has its port I/O: by userspace, as a write to a reset
 * port has it, or by an INIT. The I/O is over then, and nothing of it reaches what starts.
 */
#include <stdlib.h>

#include "io_insn.h"
#include "l2.h"
#include "test.h"

#define PORT_START	0x15		/* what has been reset does an OUT to it, once */
#define NEXT_INSN	(IO_OTHER + 0x100)
#define NEXT_DATA	0x77
#define CS_BASE		LOW_MEMORY_BASE	/* so that its RIP is one of real mode, too */

FIXTURE(reset) {
	struct l2 l2;			/* vcpu alone, but for L2's cases */
};

FIXTURE_VARIANT(reset) {
	struct io_insn io;
	bool nested;
};

FIXTURE_VARIANT_ADD(reset, out8) { IO_OUT8, false };
FIXTURE_VARIANT_ADD(reset, in32) { IO_IN32, false };
FIXTURE_VARIANT_ADD(reset, outsb) { IO_OUTSB, false };
FIXTURE_VARIANT_ADD(reset, rep_outsb) { IO_REP_OUTSB, false };
FIXTURE_VARIANT_ADD(reset, insb) { IO_INSB, false };
FIXTURE_VARIANT_ADD(reset, l2_out8) { IO_OUT8, true };
FIXTURE_VARIANT_ADD(reset, l2_in32) { IO_IN32, true };
FIXTURE_VARIANT_ADD(reset, l2_rep_outsb) { IO_REP_OUTSB, true };
FIXTURE_VARIANT_ADD(reset, l2_insb) { IO_INSB, true };

/* Without INS: what its completion writes after KVM_SET_REGS is a known issue, see known_issues. */
FIXTURE(moved) {
	struct l2 l2;
};

FIXTURE_VARIANT(moved) {
	struct io_insn io;
	bool nested;
};

FIXTURE_VARIANT_ADD(moved, out8) { IO_OUT8, false };
FIXTURE_VARIANT_ADD(moved, in32) { IO_IN32, false };
FIXTURE_VARIANT_ADD(moved, outsb) { IO_OUTSB, false };
FIXTURE_VARIANT_ADD(moved, rep_outsb) { IO_REP_OUTSB, false };
FIXTURE_VARIANT_ADD(moved, l2_out8) { IO_OUT8, true };
FIXTURE_VARIANT_ADD(moved, l2_in32) { IO_IN32, true };
FIXTURE_VARIANT_ADD(moved, l2_rep_outsb) { IO_REP_OUTSB, true };

/* At the exit for @io, in a 32-bit code segment. */
static void run_to_exit(struct l2 *l2, const struct io_insn *io, bool nested)
{
	struct vcpu *vcpu = io_l2_create(l2, io, MODE_COMPAT, CS_BASE, nested);

	if (nested)
		l2_prepare(l2, vcpu, L1_IO_BITMAP);
	io_run_to(l2->vcpu, io);
}

#define REQUIRE_IO_AND_LEVEL(variant) do {						\
	REQUIRE_KVM();									\
	REQUIRE_FAST_PIO(host_kvm_vendor() != VENDOR_OTHER || !(variant)->io.in);	\
	if ((variant)->nested)								\
		REQUIRE_L2();								\
	if ((variant)->io.string)							\
		REQUIRE_STRING_IO();							\
} while (0)

/* Needs: no-nested, no-string-io, no-fast-pio */
FIXTURE_SETUP(reset)
{
	REQUIRE_IO_AND_LEVEL(variant);
	run_to_exit(&self->l2, &variant->io, variant->nested);
}

FIXTURE_TEARDOWN(reset)
{
	TEARDOWN_VM(self->l2.vm);
}

/* Needs: no-nested, no-string-io, no-fast-pio */
FIXTURE_SETUP(moved)
{
	REQUIRE_IO_AND_LEVEL(variant);
	run_to_exit(&self->l2, &variant->io, variant->nested);
}

FIXTURE_TEARDOWN(moved)
{
	TEARDOWN_VM(self->l2.vm);
}

/* out %al, $PORT_START; in (%dx), %al; out %al, $IO_PORT_AFTER */
static void put_start(unsigned long address)
{
	static const uint8_t code[] = { 0xe6, PORT_START, 0xec, 0xe6, IO_PORT_AFTER };

	memcpy((void *)address, code, sizeof(code));
}

/* Out of L2, if it is there, as a VMM does it that resets a machine. */
static void leave_l2(struct vcpu *vcpu)
{
	struct kvm_nested_state *state = vcpu_read_nested_state(vcpu);
	uint16_t format;

	if (!state)
		return;
	format = state->format;
	memset(state, 0, sizeof(*state));
	state->size = sizeof(*state);
	state->format = format;
	if (format == KVM_STATE_NESTED_FORMAT_SVM) {
		state->flags = KVM_STATE_NESTED_GIF_SET;
	} else {
		state->hdr.vmx.vmxon_pa = ~0ull;
		state->hdr.vmx.vmcs12_pa = ~0ull;
	}
	vcpu_set_nested_state(vcpu, state);
	free(state);
}

/* What has been started stops at its OUT, with @rax, and then reads what it is given. */
#define RUN_FROM_START(self, want_rax) do {						\
	struct vcpu *__vcpu = (self)->l2.vcpu;						\
	struct kvm_run *__run = __vcpu->run;						\
											\
	ASSERT_EXIT(KVM_EXIT_IO, __vcpu);						\
	ASSERT_EQ(PORT_START, __run->io.port);						\
	EXPECT_EQ(0, __run->flags);							\
	EXPECT_HEX(want_rax, vcpu_rax(__vcpu));						\
	vcpu_run(__vcpu);								\
	ASSERT_EXIT(KVM_EXIT_IO, __vcpu);						\
	EXPECT_EQ(KVM_EXIT_IO_IN, __run->io.direction);					\
	EXPECT_EQ(1, __run->io.count);							\
	((uint8_t *)__run)[__run->io.data_offset] = NEXT_DATA;				\
	vcpu_run(__vcpu);								\
	EXPECT_STREQ("after it", io_stop_name(__vcpu));					\
	EXPECT_HEX(((want_rax) & ~0xffull) | NEXT_DATA, vcpu_rax(__vcpu));		\
} while (0)

/*
 * A vCPU that userspace resets at the exit by setting all of its state starts there, with the
 * registers that it was given, out of L2, and its next IN reads its own data.
 *
 * Source: KVM api.rst, KVM_SET_REGS, KVM_SET_SREGS, KVM_SET_NESTED_STATE; regs.c kvm_is_linear_rip()
 */
TEST_F(reset, by_userspace_leaves_nothing_of_the_io)
{
	struct vcpu *vcpu = self->l2.vcpu;
	struct kvm_regs regs;

	leave_l2(vcpu);
	vcpu_set_mode(vcpu, MODE_LONG, NEXT_INSN, 0);
	put_start(NEXT_INSN);
	vcpu_get_regs(vcpu, &regs);
	regs.rax = 0x600dull;
	vcpu_set_regs(vcpu, &regs);
	vcpu_run(vcpu);
	RUN_FROM_START(self, 0x600dull);
}

/*
 * A vCPU that userspace puts into real mode at the exit, with the same RIP but another linear
 * RIP, completes nothing.
 *
 * Source: regs.c kvm_is_linear_rip(): the rule compares linear addresses
 */
TEST_F(moved, to_the_same_rip_in_real_mode_leaves_nothing)
{
	struct vcpu *vcpu = self->l2.vcpu;

	leave_l2(vcpu);
	vcpu_set_mode(vcpu, MODE_REAL, NEXT_INSN, NEXT_INSN - (IO_INSN - CS_BASE));
	ASSERT_EQ(IO_INSN - CS_BASE, vcpu_rip(vcpu));
	put_start(NEXT_INSN);
	vcpu_run(vcpu);
	RUN_FROM_START(self, 0ull);
}

#define RESET_PAGE	0xfffff000ul	/* memory under the reset vector */
#define RESET_VECTOR	0xfffffff0ul

/*
 * An INIT that is pending at re-entry starts the vCPU at the reset vector with the registers of
 * an INIT, and its next IN reads its own data. An L1 gets the INIT as an exit, or the INIT ends
 * L2.
 *
 * Source: APM vol. 2, 14.1.3, 15.21.8 and SDM vol. 3, 10.1.4, 26.2: INIT; KVM api.rst, KVM_SET_VCPU_EVENTS
 */
TEST_F(reset, by_init_leaves_nothing_of_the_io)
{
	struct vcpu *vcpu = self->l2.vcpu;
	struct kvm_vcpu_events events;

	vm_add_memory(self->l2.vm, RESET_PAGE, 0x1000);
	put_start(RESET_VECTOR);
	vcpu_get_events(vcpu, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SMM;
	events.smi.latched_init = 1;
	vcpu_set_events(vcpu, &events);
	vcpu_run(vcpu);
	if (variant->nested && l1_has_control(&self->l2)) {
		EXPECT_STREQ("INIT", l1_exit_name());
		EXPECT_HEX(io_rax_after(&variant->io, (uint32_t)IO_RAX), l2_registers.rax);
		return;
	}
	RUN_FROM_START(self, 0ull);
}

KVMCONF_MAIN
