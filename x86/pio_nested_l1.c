// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which port I/O of an L2 is its L1's: a bit of L1's bitmap for each port that an access
 * touches. L1 gets what it needs to do the I/O, and userspace learns nothing of it.
 */
#include "io_insn.h"
#include "l2.h"
#include "test.h"

#define BIT_OF_NONE	0x3000		/* no access touches it */

FIXTURE(intercepted) {
	struct l2 l2;
	struct kvm_regs regs;		/* L2's when it begins */
};

FIXTURE_VARIANT(intercepted) {
	struct io_insn io;
	unsigned int port;
	unsigned int bit;		/* the only one that is set in L1's bitmap */
	bool on_svm, on_vmx;		/* is it L1's? */
};

#define PORT_IS(name, io, port, bit, svm, vmx) \
	FIXTURE_VARIANT_ADD(intercepted, name) { io, port, bit, svm, vmx }

PORT_IS(out8, IO_OUT8, 0x10, 0x10, true, true);
PORT_IS(out8_below, IO_OUT8, 0x10, 0x0f, false, false);
PORT_IS(out8_above, IO_OUT8, 0x10, 0x11, false, false);
PORT_IS(in8, IO_IN8, 0x17, 0x17, true, true);
PORT_IS(in8_next_byte, IO_IN8, 0x17, 0x18, false, false);
PORT_IS(out16_first, IO_OUT16, 0x10, 0x10, true, true);
PORT_IS(out16_last, IO_OUT16, 0x10, 0x11, true, true);
PORT_IS(out16_above, IO_OUT16, 0x10, 0x12, false, false);
PORT_IS(in32_last, IO_IN32, 0x10, 0x13, true, true);
PORT_IS(in32_above, IO_IN32, 0x10, 0x14, false, false);
PORT_IS(out32_first_of_two_bytes, IO_OUT32, 0x0d, 0x0d, true, true);
PORT_IS(out32_in_the_next_byte, IO_OUT32, 0x0d, 0x10, true, true);
PORT_IS(out32_behind_the_next_byte, IO_OUT32, 0x0d, 0x11, false, false);
PORT_IS(in16_in_the_next_byte, IO_IN16, 0x0f, 0x10, true, true);
PORT_IS(in32_in_the_second_half, IO_IN32, 0x7ffe, 0x8001, true, true);
PORT_IS(in32_in_the_first_half, IO_IN32, 0x7ffe, 0x7fff, true, true);
PORT_IS(out8_in_the_second_half, IO_OUT8, 0x8010, 0x8010, true, true);
PORT_IS(out8_of_the_first_half, IO_OUT8, 0x8010, 0x0010, false, false);
PORT_IS(out8_of_the_second_half, IO_OUT8, 0x0010, 0x8010, false, false);
PORT_IS(in8_last_port, IO_IN8, 0xffff, 0xffff, true, true);
/* SVM has bits for what wraps around, VMX has the access come to L1 for it. */
PORT_IS(in16_wraps, IO_IN16, 0xffff, 0x10000, true, true);
PORT_IS(in16_wraps_unwanted, IO_IN16, 0xffff, BIT_OF_NONE, false, true);
PORT_IS(out32_wraps, IO_OUT32, 0xfffd, 0x10000, true, true);
PORT_IS(in32_up_to_the_end, IO_IN32, 0xfffc, BIT_OF_NONE, false, false);
PORT_IS(outsb, IO_OUTSB, 0x10, 0x10, true, true);
PORT_IS(outsw_last, IO_OUTSW, 0x10, 0x11, true, true);
PORT_IS(insd_in_the_next_byte, IO_INSD, 0x0d, 0x10, true, true);
PORT_IS(insd_above, IO_INSD, 0x10, 0x14, false, false);
PORT_IS(rep_outsd_last, IO_REP_OUTSD, 0x10, 0x13, true, true);
PORT_IS(rep_insb, IO_REP_INSB, 0x10, 0x10, true, true);
PORT_IS(rep_insb_above, IO_REP_INSB, 0x10, 0x11, false, false);
PORT_IS(forced_out8, IO_FORCED_OUT8, 0x10, 0x10, true, true);
PORT_IS(forced_out8_above, IO_FORCED_OUT8, 0x10, 0x11, false, false);
PORT_IS(forced_out32_last, IO_FORCED_OUT32, 0x10, 0x13, true, true);
PORT_IS(forced_in8, IO_FORCED_IN8, 0x10, 0x10, true, true);
PORT_IS(forced_in32_in_the_next_byte, IO_FORCED_IN32, 0x0d, 0x10, true, true);

static void create(struct l2 *l2, const struct io_insn *io, unsigned int port, struct kvm_regs *regs)
{
	struct vcpu *template = io_l2_create(l2, io, MODE_LONG, 0, true);

	vcpu_get_regs(template, regs);
	regs->rdx = port;
	vcpu_set_regs(template, regs);
	l2_prepare(l2, template, L1_IO_BITMAP);
}

/* Needs: no-nested, module-param, no-string-io */
FIXTURE_SETUP(intercepted)
{
	REQUIRE_IO(&variant->io);
	REQUIRE_L2();
	create(&self->l2, &variant->io, variant->port, &self->regs);
	l1_intercept_port(variant->bit, true);
}

FIXTURE_TEARDOWN(intercepted)
{
	TEARDOWN_VM(self->l2.vm);
}

static bool on_svm(void)
{
	return host_kvm_vendor() == VENDOR_SVM;
}

#define IS_L1S()	(on_svm() ? variant->on_svm : variant->on_vmx)

/*
 * L2's port I/O exits to L1 if L1's bitmap has a bit for any of the ports that it touches, and
 * else to userspace.
 *
 * Source: APM vol. 2, 15.10.1; SDM vol. 3, 26.1.3; nested.c nested_svm_intercept_ioio(), nested_vmx_check_io_bitmaps()
 */
TEST_F(intercepted, bitmap_decides_who_gets_it)
{
	bool is_l1s = IS_L1S();
	const struct kvm_run *run = self->l2.vcpu->run;

	vcpu_run(self->l2.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->l2.vcpu);
	ASSERT_EQ(is_l1s, l1_has_control(&self->l2));
	if (is_l1s) {
		EXPECT_STREQ("port I/O", l1_exit_name());
	} else {
		EXPECT_EQ(variant->port, run->io.port);
		EXPECT_EQ(variant->io.size, run->io.size);
	}
}

/* What L1 is to find of an I/O instruction, without what the CPU alone can tell. */
#define SVM_INFO_MASK	0xffff007du	/* port, size, REP, string, direction */

static uint64_t svm_info(const struct io_insn *io, unsigned int port)
{
	return (uint64_t)port << 16 | io->size << 4 | io->rep << 3 | io->string << 2 | io->in;
}

#define VMX_INFO_MASK	0xffff007fu	/* port, immediate, REP, string, direction, size */

static uint64_t vmx_info(const struct io_insn *io, unsigned int port)
{
	return (uint64_t)port << 16 | io->rep << 5 | io->string << 4 | io->in << 3 |
	       (io->size - 1);
}

/*
 * L2's port I/O exits to L1 with its port, size and direction, whether it is a string
 * instruction and a repeated one, and its length. RIP is at the instruction and no register has
 * changed. Completing another I/O that is not intercepted tells L1 nothing.
 *
 * Source: APM vol. 2, 15.10.2, figure 15-2; SDM vol. 3, table 28-5 and 28.2.5
 */
TEST_F(intercepted, l1_is_told_which_io_it_is)
{
	const struct io_insn *io = &variant->io;
	unsigned int prefix = io_is_forced(io) ? IO_FORCED_PREFIX : 0;

	vcpu_run(self->l2.vcpu);
	if (!IS_L1S()) {
		io_complete_only(self->l2.vcpu);
		EXPECT_TRUE(l2_flag_is(&self->l2, true));
		EXPECT_EQ(0, l1_exit.count);
		return;
	}
	ASSERT_TRUE(l1_has_control(&self->l2));
	EXPECT_HEX(IO_INSN + prefix, l1_exit.rip);
	if (on_svm()) {
		EXPECT_HEX(svm_info(io, variant->port), l1_exit.info1 & SVM_INFO_MASK);
		EXPECT_HEX(io_after(io), l1_exit.info2);
	} else {
		EXPECT_HEX(vmx_info(io, variant->port), l1_exit.info1 & VMX_INFO_MASK);
		EXPECT_EQ(io->length - prefix, l1_exit.info2);
	}
	EXPECT_HEX(IO_RAX, l2_registers.rax);
	EXPECT_EQ(IO_ELEMENTS, l2_registers.rcx);
	EXPECT_HEX(IO_AT, l2_registers.rsi);
	EXPECT_HEX(IO_AT, l2_registers.rdi);
}

FIXTURE(unconditional) {
	struct l2 l2;
};

FIXTURE_VARIANT(unconditional) {
	struct io_insn io;
	enum l1_io wanted;
};

FIXTURE_VARIANT_ADD(unconditional, all_out8) { IO_OUT8, L1_IO_ALL };
FIXTURE_VARIANT_ADD(unconditional, all_insw) { IO_INSW, L1_IO_ALL };
FIXTURE_VARIANT_ADD(unconditional, all_forced_out8) { IO_FORCED_OUT8, L1_IO_ALL };
FIXTURE_VARIANT_ADD(unconditional, none_out8) { IO_OUT8, L1_IO_NONE };
FIXTURE_VARIANT_ADD(unconditional, none_insw) { IO_INSW, L1_IO_NONE };
FIXTURE_VARIANT_ADD(unconditional, none_forced_out8) { IO_FORCED_OUT8, L1_IO_NONE };

/* Needs: no-nested, module-param, no-string-io */
FIXTURE_SETUP(unconditional)
{
	REQUIRE_IO(&variant->io);
	REQUIRE_L2();
	l2_prepare(&self->l2, io_l2_create(&self->l2, &variant->io, MODE_LONG, 0, true),
		   variant->wanted);
}

FIXTURE_TEARDOWN(unconditional)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * An L1 with unconditional I/O exiting gets all port I/O of L2, and one without I/O exiting gets
 * none, even if the memory at its bitmap's address is full of ones.
 *
 * Source: APM vol. 2, 15.10.1; SDM vol. 3, 26.1.3: "use I/O bitmaps" and "unconditional I/O exiting"
 */
TEST_F(unconditional, l1_gets_all_or_nothing)
{
	if (variant->wanted == L1_IO_NONE)
		memset(l1_io_bitmap(), 0xff, L1_IO_BITMAP_SIZE);

	vcpu_run(self->l2.vcpu);
	if (variant->wanted == L1_IO_ALL) {
		ASSERT_TRUE(l1_has_control(&self->l2));
		EXPECT_STREQ("port I/O", l1_exit_name());
	} else {
		EXPECT_TRUE(io_is_exit_of(self->l2.vcpu, &variant->io));
	}
}

KVMCONF_MAIN
