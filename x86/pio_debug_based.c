// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps over an I/O instruction in a code segment with a base: debug addresses are
 * linear, and a step does not care where its segment begins.
 */
#include "guest_debug.h"
#include "io_insn.h"
#include "test.h"

FIXTURE(based) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(based) {
	enum guest_mode mode;
	unsigned long base;
	struct io_insn io;
};

#define REAL_BASE	(IO_INSN & ~0xffful)

#define REAL_OUT16	{ 1, 2, false, false, false, { 0xef } }
#define REAL_IN8	{ 1, 1, true, false, false, { 0xec } }

FIXTURE_VARIANT_ADD(based, real_out16) { MODE_REAL, REAL_BASE, REAL_OUT16 };
FIXTURE_VARIANT_ADD(based, real_in8) { MODE_REAL, REAL_BASE, REAL_IN8 };
FIXTURE_VARIANT_ADD(based, protected_out32) { MODE_PROTECTED, 0x1230, IO_OUT32 };
FIXTURE_VARIANT_ADD(based, protected_in8) { MODE_PROTECTED, 0x1230, IO_IN8 };
FIXTURE_VARIANT_ADD(based, compat_out8) { MODE_COMPAT, 0x1230, IO_OUT8 };
FIXTURE_VARIANT_ADD(based, compat_insb) { MODE_COMPAT, 0x1230, IO_INSB };

/* Needs: no-string-io */
FIXTURE_SETUP(based)
{
	REQUIRE_KVM();
	if (variant->io.string)
		REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, variant->mode, variant->base);
}

FIXTURE_TEARDOWN(based)
{
	TEARDOWN_VM(self->vm);
}

/*
 * In a code segment with a base, an I/O instruction that userspace single-steps makes an exit
 * for the I/O and one for the step, with the linear address behind it. DR6 has the step and the
 * bits that are always 1, so it reports no bus lock.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG: KVM_GUESTDBG_SINGLESTEP; APM vol. 2, 13.1.1.3 and SDM vol. 3, 18.2.3: DR6
 */
TEST_F(based, single_step_ends_behind_the_completed_io)
{
	vcpu_single_step(self->vcpu);
	io_run_to(self->vcpu, &variant->io);
	vcpu_run(self->vcpu);
	ASSERT_DEBUG_EXIT(self->vcpu, io_after(&variant->io));
	EXPECT_HEX(io_after(&variant->io) - variant->base, vcpu_rip(self->vcpu));
	EXPECT_HEX(DR6_FIXED | DR6_BS, self->vcpu->run->debug.arch.dr6);
}

KVMCONF_MAIN
