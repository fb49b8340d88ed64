// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps over an I/O instruction in a code segment with a base: debug addresses are
 * linear, and a step does not care where its segment begins.
 */
#include "io_insn.h"
#include "test.h"

/* APM vol. 2, 13.1.1 and SDM vol. 3, 18.2. */
#define DR6_BS		(1ull << 14)
#define DR6_FIXED	0xffff0ff0ull	/* bit 11: no bus lock */
#define DB_VECTOR	1

FIXTURE(based) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_guest_debug control;
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

#define SET_DEBUG(flags) do {								\
	self->control.control = flags;							\
	vcpu_set_guest_debug(self->vcpu, &self->control);				\
} while (0)

/* A debug exit at the linear address @at, for @reason alone in DR6. */
#define EXPECT_DEBUG(at, reason) do {							\
	vcpu_run(self->vcpu);								\
	ASSERT_EXIT(KVM_EXIT_DEBUG, self->vcpu);					\
	EXPECT_EQ(DB_VECTOR, self->vcpu->run->debug.arch.exception);			\
	EXPECT_HEX(at, self->vcpu->run->debug.arch.pc);					\
	EXPECT_HEX((at) - variant->base, vcpu_rip(self->vcpu));				\
	EXPECT_HEX(DR6_FIXED | (reason), self->vcpu->run->debug.arch.dr6);		\
} while (0)

#define EXPECT_IO() do {								\
	vcpu_run(self->vcpu);								\
	ASSERT_STREQ("the instruction", io_stop_name(self->vcpu));			\
	io_serve(self->vcpu, &variant->io, 0);						\
} while (0)

/*
 * In a code segment with a base, an I/O instruction that userspace single-steps makes an exit
 * for the I/O and one for the step, with the linear address behind it. DR6 has the step and the
 * bits that are always 1, so it reports no bus lock.
 *
 * Source: KVM api.rst, KVM_SET_GUEST_DEBUG: KVM_GUESTDBG_SINGLESTEP; APM vol. 2, 13.1.1.3 and SDM vol. 3, 18.2.3: DR6
 */
TEST_F(based, single_step_ends_behind_the_completed_io)
{
	SET_DEBUG(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	EXPECT_IO();
	EXPECT_DEBUG(io_after(&variant->io), DR6_BS);
}

KVMCONF_MAIN
