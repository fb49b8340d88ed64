// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O of an SMI's handler: its exits tell so, it is completed as any other, and nothing
 * of it is left when RSM has led back to the code, L2's perhaps, that the SMI interrupted.
 */
#include "io_insn.h"
#include "l2.h"
#include "smm.h"
#include "test.h"

FIXTURE(handler) {
	struct l2 l2;
	unsigned int done;
};

FIXTURE_VARIANT(handler) {
	struct io_insn io;		/* in 16-bit code */
	bool nested;
};

#define SMM_OUT8	{ 1, 1, false, false, false, { 0xee } }
#define SMM_OUT16	{ 1, 2, false, false, false, { 0xef } }
#define SMM_OUT32	{ 2, 4, false, false, false, { 0x66, 0xef } }
#define SMM_IN8		{ 1, 1, true, false, false, { 0xec } }
#define SMM_IN32	{ 2, 4, true, false, false, { 0x66, 0xed } }
#define SMM_OUTSB	{ 2, 1, false, true, false, { 0x67, 0x6e } }
#define SMM_INSW	{ 2, 2, true, true, false, { 0x67, 0x6d } }
#define SMM_REP_OUTSB	{ 3, 1, false, true, true, { 0x67, 0xf3, 0x6e } }
#define SMM_REP_INSB	{ 3, 1, true, true, true, { 0x67, 0xf3, 0x6c } }

FIXTURE_VARIANT_ADD(handler, out8) { SMM_OUT8, false };
FIXTURE_VARIANT_ADD(handler, out16) { SMM_OUT16, false };
FIXTURE_VARIANT_ADD(handler, out32) { SMM_OUT32, false };
FIXTURE_VARIANT_ADD(handler, in8) { SMM_IN8, false };
FIXTURE_VARIANT_ADD(handler, in32) { SMM_IN32, false };
FIXTURE_VARIANT_ADD(handler, outsb) { SMM_OUTSB, false };
FIXTURE_VARIANT_ADD(handler, insw) { SMM_INSW, false };
FIXTURE_VARIANT_ADD(handler, rep_outsb) { SMM_REP_OUTSB, false };
FIXTURE_VARIANT_ADD(handler, rep_insb) { SMM_REP_INSB, false };
FIXTURE_VARIANT_ADD(handler, l2_outsb) { SMM_OUTSB, true };
FIXTURE_VARIANT_ADD(handler, l2_in8) { SMM_IN8, true };
FIXTURE_VARIANT_ADD(handler, l2_rep_outsb) { SMM_REP_OUTSB, true };
FIXTURE_VARIANT_ADD(handler, l2_rep_insb) { SMM_REP_INSB, true };

#define HANDLER_OUT	0x14		/* the handler's last instruction before RSM: to this port */

/* Without INS: KVM_SET_REGS at the exit of an emulated input is a known issue, see pio_emulated. */
FIXTURE(moved) {
	struct l2 l2;
};

FIXTURE_VARIANT(moved) {
	struct io_insn io;
	bool nested;
};

FIXTURE_VARIANT_ADD(moved, out8) { SMM_OUT8, false };
FIXTURE_VARIANT_ADD(moved, out16) { SMM_OUT16, false };
FIXTURE_VARIANT_ADD(moved, out32) { SMM_OUT32, false };
FIXTURE_VARIANT_ADD(moved, in8) { SMM_IN8, false };
FIXTURE_VARIANT_ADD(moved, in32) { SMM_IN32, false };
FIXTURE_VARIANT_ADD(moved, outsb) { SMM_OUTSB, false };
FIXTURE_VARIANT_ADD(moved, rep_outsb) { SMM_REP_OUTSB, false };
FIXTURE_VARIANT_ADD(moved, l2_outsb) { SMM_OUTSB, true };
FIXTURE_VARIANT_ADD(moved, l2_in8) { SMM_IN8, true };
FIXTURE_VARIANT_ADD(moved, l2_rep_outsb) { SMM_REP_OUTSB, true };

/* The code that the SMI interrupts is but the OUT to IO_PORT_AFTER. */
static struct vcpu *create_interrupted(struct l2 *l2, const struct io_insn *io, bool nested)
{
	static const struct io_insn nothing = { 0, 1, false, true, false, { 0 } };
	struct vcpu *vcpu = io_l2_create(l2, &nothing, MODE_LONG, 0, nested);
	uint8_t code[16];

	memcpy(code, io->bytes, io->length);
	memcpy(code + io->length, (uint8_t []){ 0xe6, HANDLER_OUT, OPCODE_RSM }, 4);
	smm_install(l2->vm, code, io->length + 4);
	for (unsigned int i = 0; i < IO_ELEMENTS * io->size; i++)
		((uint8_t *)IO_AT)[i] = io->in ? 0 : IO_DATA(i);
	return vcpu;
}

#define REQUIRE_SMM(variant) do {							\
	REQUIRE_KVM();									\
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");			\
	if ((variant)->nested)								\
		REQUIRE_L2();								\
	if ((variant)->io.string)							\
		REQUIRE_STRING_IO();							\
} while (0)

/* At the exit for the handler's I/O. */
#define RUN_TO_EXIT(variant, l2) do {							\
	struct vcpu *__interrupted = create_interrupted(l2, &(variant)->io, (variant)->nested); \
											\
	if ((variant)->nested) {							\
		l2_prepare(l2, __interrupted, L1_IO_BITMAP);				\
		/* To L2, past its OUT, and back to it. */				\
		vcpu_run((l2)->vcpu);							\
		ASSERT_STREQ("after it", io_stop_name((l2)->vcpu));			\
		io_complete_only((l2)->vcpu);						\
		vcpu_set_rip((l2)->vcpu, IO_INSN);					\
	}										\
	vcpu_smi((l2)->vcpu);								\
	vcpu_run((l2)->vcpu);								\
} while (0)

/* Needs: no-cap, no-nested, no-string-io */
FIXTURE_SETUP(handler)
{
	REQUIRE_SMM(variant);
	RUN_TO_EXIT(variant, &self->l2);
}

/* Needs: no-cap, no-nested, no-string-io */
FIXTURE_SETUP(moved)
{
	REQUIRE_SMM(variant);
	RUN_TO_EXIT(variant, &self->l2);
}

FIXTURE_TEARDOWN(moved)
{
	TEARDOWN_VM(self->l2.vm);
}

FIXTURE_TEARDOWN(handler)
{
	TEARDOWN_VM(self->l2.vm);
}

/* Is what run->flags say of SMM and of L2 right? Before 6.10 they know SMM alone. */
static bool flags_are(const struct vcpu *vcpu, bool smm, bool in_l2)
{
	uint16_t flags = (smm ? KVM_RUN_X86_SMM : 0) |
			 (in_l2 && vcpu->has_guest_mode_flag ? KVM_RUN_X86_GUEST_MODE : 0);

	return vcpu->run->flags == flags;
}

/* The handler does its I/O to the end, and stops at HANDLER_OUT. */
#define RUN_TO_HANDLERS_END(self, variant) do {						\
	(self)->done = io_run_past((self)->l2.vcpu, &(variant)->io, (self)->done);	\
	ASSERT_EXIT(KVM_EXIT_IO, (self)->l2.vcpu);					\
	EXPECT_EQ(HANDLER_OUT, (self)->l2.vcpu->run->io.port);				\
	EXPECT_TRUE(flags_are((self)->l2.vcpu, true, false));				\
	EXPECT_EQ(io_elements(&(variant)->io), (self)->done);				\
} while (0)

/* RSM leads back: registers are as the SMI found them. */
#define RUN_TO_RETURN(self, variant) do {						\
	struct kvm_regs __regs;								\
											\
	vcpu_run((self)->l2.vcpu);							\
	EXPECT_STREQ("after it", io_stop_name((self)->l2.vcpu));			\
	EXPECT_TRUE(flags_are((self)->l2.vcpu, false, (variant)->nested));		\
	vcpu_get_regs((self)->l2.vcpu, &__regs);					\
	EXPECT_HEX(IO_RAX, __regs.rax);							\
	EXPECT_EQ(IO_ELEMENTS, __regs.rcx);						\
	EXPECT_HEX(IO_AT, __regs.rsi);							\
	EXPECT_HEX(IO_AT, __regs.rdi);							\
} while (0)

/*
 * An exit for port I/O of an SMI handler has KVM_RUN_X86_SMM and not KVM_RUN_X86_GUEST_MODE,
 * even if the SMI interrupted L2, and RIP is in the handler.
 *
 * Source: KVM api.rst 5 "run->flags"; APM vol. 2, 10.3 and SDM vol. 3, 32.4
 */
TEST_F(handler, exit_tells_smm)
{
	bool is_behind = variant->io.string && !variant->io.in && !variant->io.rep;

	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &variant->io));
	EXPECT_TRUE(flags_are(self->l2.vcpu, true, false));
	EXPECT_HEX(SMI_ENTRY - SMI_BASE + (is_behind ? variant->io.length : 0),
		   vcpu_rip(self->l2.vcpu));
}

/*
 * Port I/O of an SMI handler is completed once, the flags of the next exits follow the level, in
 * the handler and after RSM, and RSM restores the registers whatever the I/O wrote.
 *
 * Source: KVM api.rst, KVM_EXIT_IO; APM vol. 2, 10.3.4 and SDM vol. 3, 32.4.2
 */
TEST_F(handler, io_is_completed_once_and_rsm_leads_back)
{
	/* What general registers are in SMM before the handler sets them is undefined. */
	uint64_t defined = variant->io.string ? 0 : (1ull << 8 * variant->io.size) - 1;

	RUN_TO_HANDLERS_END(self, variant);
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX) & defined,
		   vcpu_rax(self->l2.vcpu) & defined);
	if (variant->io.string && variant->io.in)
		EXPECT_TRUE(io_buffer_is_filled(&variant->io, self->done));
	RUN_TO_RETURN(self, variant);
}

/*
 * If userspace moves RIP from an SMI handler's I/O to the RSM, neither the completion nor the
 * rest of a REP is left: RSM returns, and nothing comes after it.
 *
 * Source: regs.c kvm_is_linear_rip(): CS.base counts in SMM
 */
TEST_F(moved, rip_moved_to_rsm_completes_nothing)
{
	io_serve(self->l2.vcpu, &variant->io, 0);
	vcpu_set_rip(self->l2.vcpu, SMI_ENTRY - SMI_BASE + variant->io.length + 2);
	RUN_TO_RETURN(self, variant);
}

/*
 * A vCPU in an SMI handler, carried to a fresh vCPU at its I/O, is in SMM there, and RSM returns
 * to the interrupted code.
 *
 * Source: KVM api.rst, KVM_GET_VCPU_EVENTS: smi.smm; KVM_GET_NESTED_STATE: smm.flags
 */
TEST_F(handler, fresh_vcpu_is_in_smm_and_returns)
{
	struct vcpu *fresh;

	RUN_TO_HANDLERS_END(self, variant);
	io_complete_only(self->l2.vcpu);
	fresh = vcpu_create(self->l2.vm);
	vcpu_copy_state(self->l2.vcpu, fresh);
	self->l2.vcpu = fresh;
	RUN_TO_RETURN(self, variant);
}

/*
 * An SMI that arrives at the exit for an SMI handler's I/O waits for the RSM, and is taken
 * before the interrupted code goes on.
 *
 * Source: APM vol. 2, 10.3.3 and SDM vol. 3, 32.3: SMIs are held off in SMM, one of them pending
 */
TEST_F(handler, smi_at_the_exit_waits_for_rsm)
{
	vcpu_smi(self->l2.vcpu);
	RUN_TO_HANDLERS_END(self, variant);
	memset((void *)IO_AT, 0, variant->io.in ? IO_ELEMENTS * variant->io.size : 0);
	vcpu_run(self->l2.vcpu);
	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &variant->io));
	EXPECT_TRUE(flags_are(self->l2.vcpu, true, false));
	self->done = 0;
	RUN_TO_HANDLERS_END(self, variant);
	RUN_TO_RETURN(self, variant);
}

/*
 * An NMI that arrives at the exit for an SMI handler's I/O waits for the RSM. If RSM returns to
 * L2, L1 gets the NMI.
 *
 * Source: APM vol. 2, 10.3.3 and SDM vol. 3, 32.8: NMIs are blocked in SMM
 */
TEST_F(handler, nmi_at_the_exit_waits_for_rsm)
{
	vcpu_nmi(self->l2.vcpu);
	RUN_TO_HANDLERS_END(self, variant);
	EXPECT_SUCCESS(__vcpu_run(self->l2.vcpu));
	ASSERT_EXIT(KVM_EXIT_IO, self->l2.vcpu);
	if (variant->nested) {
		ASSERT_TRUE(l1_has_control(&self->l2));
		EXPECT_STREQ("NMI", l1_exit_name());
	} else {
		EXPECT_EQ(GUEST_PORT_EXCEPTION, self->l2.vcpu->run->io.port);
	}
	EXPECT_TRUE(flags_are(self->l2.vcpu, false, false));
}

KVMCONF_MAIN
