// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O of an L2 that its L1 does not intercept: it exits to L0's userspace and is
 * completed in L2, once, whatever L1 has come to want of L2's I/O since.
 */
#include "io_insn.h"
#include "l2.h"
#include "smm.h"
#include "test.h"

#define CS_BASE		LOW_MEMORY_BASE	/* in a 32-bit code segment */

struct io_guest {
	struct l2 l2;
	unsigned long cs_base;
	const struct io_insn *io;
	unsigned int done;		/* elements that the device has had */
};

FIXTURE(nested) {
	struct io_guest g;
};

FIXTURE_VARIANT(nested) {
	enum guest_mode mode;
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(nested, out8) { MODE_LONG, IO_OUT8_IMM };
FIXTURE_VARIANT_ADD(nested, out32) { MODE_LONG, IO_OUT32 };
FIXTURE_VARIANT_ADD(nested, in8) { MODE_LONG, IO_IN8_IMM };
FIXTURE_VARIANT_ADD(nested, in16) { MODE_LONG, IO_IN16 };
FIXTURE_VARIANT_ADD(nested, in32) { MODE_LONG, IO_IN32 };
FIXTURE_VARIANT_ADD(nested, outsb) { MODE_LONG, IO_OUTSB };
FIXTURE_VARIANT_ADD(nested, insd) { MODE_LONG, IO_INSD };
FIXTURE_VARIANT_ADD(nested, rep_outsw) { MODE_LONG, IO_REP_OUTSW };
FIXTURE_VARIANT_ADD(nested, rep_insb) { MODE_LONG, IO_REP_INSB };
FIXTURE_VARIANT_ADD(nested, forced_out8) { MODE_LONG, IO_FORCED_OUT8 };
FIXTURE_VARIANT_ADD(nested, forced_in32) { MODE_LONG, IO_FORCED_IN32 };
FIXTURE_VARIANT_ADD(nested, compat_out16) { MODE_COMPAT, IO_OUT16_IMM };
FIXTURE_VARIANT_ADD(nested, compat_in8) { MODE_COMPAT, IO_IN8 };
FIXTURE_VARIANT_ADD(nested, compat_insw) { MODE_COMPAT, IO_INSW };
FIXTURE_VARIANT_ADD(nested, compat_rep_outsd) { MODE_COMPAT, IO_REP_OUTSD };

static void create(struct io_guest *g, const struct io_insn *io, enum guest_mode mode)
{
	g->io = io;
	g->cs_base = mode == MODE_LONG ? 0 : CS_BASE;
	l2_prepare(&g->l2, io_l2_create(&g->l2, io, mode, g->cs_base, true), L1_IO_BITMAP);
}

/* Needs: no-nested, module-param, no-string-io */
FIXTURE_SETUP(nested)
{
	REQUIRE_IO(&variant->io);
	REQUIRE_L2();
	create(&self->g, &variant->io, variant->mode);
	vcpu_run(self->g.l2.vcpu);
}

FIXTURE_TEARDOWN(nested)
{
	TEARDOWN_VM(self->g.l2.vm);
}

static void serve(struct io_guest *g)
{
	g->done = io_serve(g->l2.vcpu, g->io, g->done);
}

/* Serves the exit that the vCPU is at, and runs on until it leaves for something else. */
static void run_past_it(struct io_guest *g)
{
	g->done = io_run_past(g->l2.vcpu, g->io, g->done);
}

static bool is_over(const struct io_guest *g)
{
	return g->done == io_elements(g->io);
}

/*
 * Is @rip, of L2, where it is due when @g->done elements have been moved and written back? A
 * REP that has moved its last one is to be begun once more, to find RCX 0, or is not.
 */
static bool is_due(const struct io_guest *g, uint64_t rip)
{
	uint64_t linear = rip + g->cs_base;

	return linear == (is_over(g) ? io_after(g->io) : IO_INSN) ||
	       (g->io->rep && linear == IO_INSN);
}

static uint64_t rax_before(const struct io_guest *g)
{
	return g->cs_base ? (uint32_t)IO_RAX : IO_RAX;
}

/* The registers that L2 is due to have then; @got: its own, or as L1 has them. */
#define EXPECT_L2_REGISTERS(g, got) EXPECT_IO_REGISTERS((g)->io, (g)->done, rax_before(g), got)

/* All of it has been done, once, and L2 is at the OUT behind it. */
#define EXPECT_DONE(g) do {								\
	EXPECT_IO_COMPLETE((g)->l2.vcpu, (g)->io, (g)->done, rax_before(g));		\
	EXPECT_TRUE(l2_flag_is(&(g)->l2, true));					\
} while (0)

#define EXPECT_L1_HAS(reason, g) do {							\
	ASSERT_TRUE(l1_has_control(&(g)->l2)) {						\
		TH_LOG("KVM_RUN stopped at: %s", io_stop_name((g)->l2.vcpu));		\
	}										\
	EXPECT_TRUE(l2_flag_is(&(g)->l2, false));					\
	EXPECT_STREQ(reason, l1_exit_name());						\
} while (0)

/* Where RIP stands at the first exit: an output of the emulator's is over, but for a REP. */
static unsigned long rip_at_exit(const struct io_insn *io)
{
	if (!io_is_emulated(io) || io->rep)
		return IO_INSN;
	if (!io->in)
		return io_after(io);
	return IO_INSN + (io_is_forced(io) ? IO_FORCED_PREFIX : 0);
}

/*
 * Port I/O of L2 that L1 does not intercept exits to L0's userspace with KVM_RUN_X86_GUEST_MODE
 * and L2's registers. RIP is at the instruction, or behind it for an emulated output.
 *
 * Source: KVM api.rst 5 "run->flags", KVM_EXIT_IO; nested.c nested_svm_intercept_ioio(), nested_vmx_exit_handled_io()
 */
TEST_F(nested, io_of_l2_exits_to_userspace_with_l2s_state)
{
	struct io_guest *g = &self->g;
	struct kvm_regs regs;

	ASSERT_TRUE(io_is_exit_of(g->l2.vcpu, g->io));
	EXPECT_TRUE(l2_flag_is(&g->l2, true));
	vcpu_get_regs(g->l2.vcpu, &regs);
	EXPECT_HEX(rip_at_exit(g->io) - g->cs_base, regs.rip);
	EXPECT_HEX(rax_before(g), regs.rax);
	EXPECT_EQ(IO_PORT, regs.rdx);
	EXPECT_EQ(0, l1_exit.count);
}

/*
 * Port I/O of L2 that exits to L0's userspace is completed once, in L2, without an exit to L1.
 *
 * Source: KVM api.rst, KVM_EXIT_IO; APM vol. 3 and SDM vol. 2, IN, OUT, INS, OUTS
 */
TEST_F(nested, io_of_l2_is_completed_once)
{
	run_past_it(&self->g);
	EXPECT_DONE(&self->g);
	EXPECT_EQ(0, l1_exit.count);
}

/*
 * If L1's bitmap comes to intercept the port while userspace handles the exit, the I/O is
 * completed without an exit to L1. What is left of a REP then exits to L1, with the registers as
 * far as it has got.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: completion is part of the I/O; x86.c x86_emulate_instruction(): "KVM has already checked the intercepts"
 */
TEST_F(nested, intercept_set_at_the_exit_is_for_later_io_alone)
{
	struct io_guest *g = &self->g;

	serve(g);
	l1_intercept_port(IO_PORT, true);
	vcpu_run(g->l2.vcpu);
	/* With RCX 0 a REP may be begun once more, and then come to L1. */
	if (g->io->rep && (!is_over(g) || l1_has_control(&g->l2))) {
		EXPECT_L1_HAS("port I/O", g);
		EXPECT_TRUE(is_due(g, l1_exit.rip));
		EXPECT_L2_REGISTERS(g, &l2_registers);
		l1_intercept_port(IO_PORT, false);
		vcpu_run(g->l2.vcpu);
		run_past_it(g);
	}
	EXPECT_DONE(g);
}

/*
 * An event for L1 that is pending at re-entry comes after the completion: L1 sees L2 behind the
 * I/O, with its data, and nothing is done twice when L2 goes on. A REP is between two elements
 * then.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations"; APM vol. 2, 15.6 and SDM vol. 3, 27.3
 */
TEST_F(nested, event_for_l1_comes_behind_the_completion)
{
	struct io_guest *g = &self->g;

	for (unsigned int i = 0; i < IO_MAX_EXITS && io_is_exit_of(g->l2.vcpu, g->io); i++) {
		serve(g);
		vcpu_nmi(g->l2.vcpu);
		vcpu_run(g->l2.vcpu);
		EXPECT_L1_HAS("NMI", g);
		EXPECT_TRUE(is_due(g, l1_exit.rip)) {
			TH_LOG("L2's rip is %s", hex(l1_exit.rip));
		}
		EXPECT_L2_REGISTERS(g, &l2_registers);
		vcpu_run(g->l2.vcpu);
	}
	EXPECT_DONE(g);
}

/*
 * KVM_SET_NESTED_STATE with what KVM_GET_NESTED_STATE returned changes nothing at an exit for
 * L2's port I/O: the I/O is completed once.
 *
 * Source: KVM api.rst, KVM_GET_NESTED_STATE and KVM_SET_NESTED_STATE
 */
TEST_F(nested, nested_state_written_back_changes_nothing)
{
	struct io_guest *g = &self->g;
	struct kvm_nested_state *state;

	serve(g);
	state = vcpu_read_nested_state(g->l2.vcpu);
	vcpu_set_nested_state(g->l2.vcpu, state);
	free(state);
	vcpu_run(g->l2.vcpu);
	run_past_it(g);
	EXPECT_DONE(g);
	EXPECT_EQ(0, l1_exit.count);
}

/*
 * An SMI that is pending at re-entry comes after the completion of L2's I/O, and RSM returns to
 * L2 behind the instruction.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations"; APM vol. 2, 10.3 and SDM vol. 3, 32.4
 * Needs: no-cap
 */
TEST_F(nested, smi_comes_behind_the_completion)
{
	static const uint8_t rsm[] = { OPCODE_RSM };
	struct io_guest *g = &self->g;

	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	smm_install(g->l2.vm, rsm, sizeof(rsm));
	vcpu_smi(g->l2.vcpu);
	run_past_it(g);
	EXPECT_DONE(g);
	EXPECT_EQ(0, l1_exit.count);
}

/*
 * L2's state carried to a fresh vCPU at the exit has no pending completion: an I/O instruction
 * with RIP still on it executes there anew, and is completed. One with RIP behind it does not
 * execute again.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "The pending state of the operation is not preserved in state which is visible to userspace"
 */
TEST_F(nested, fresh_vcpu_executes_what_was_not_over)
{
	struct io_guest *g = &self->g;
	bool was_over = io_is_emulated(g->io) && !g->io->in;
	struct vcpu *fresh = vcpu_create(g->l2.vm);

	if (was_over)
		serve(g);
	vcpu_copy_state(g->l2.vcpu, fresh);
	g->l2.vcpu = fresh;
	vcpu_run(fresh);
	run_past_it(g);
	EXPECT_DONE(g);
	EXPECT_EQ(0, l1_exit.count);
}

KVMCONF_MAIN
