// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM_SET_* has been given the guest has, also a vCPU that has not run yet, and what
 * KVM_GET_* gives is the vCPU's alone.
 */
#include <stdlib.h>

#include "io_insn.h"
#include "test.h"

/* The floating-point and vector registers, of a vCPU that has not run. */
FIXTURE(vector) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(vector) {
	bool xsave;			/* by KVM_SET_XSAVE, not KVM_SET_FPU */
};

FIXTURE_VARIANT_ADD(vector, fpu) { false };
FIXTURE_VARIANT_ADD(vector, xsave) { true };

/* movups %xmm0, (%rdi); stmxcsr 16(%rdi) */
static const struct io_insn store = {
	7, 1, false, true, false, { 0x0f, 0x11, 0x07, 0x0f, 0xae, 0x5f, 0x10 }
};

#define CR4_OSXSAVE	(1ull << 18)

FIXTURE_SETUP(vector)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &store, MODE_LONG, 0);
}

FIXTURE_TEARDOWN(vector)
{
	TEARDOWN_VM(self->vm);
}

#define MXCSR		(MXCSR_DEFAULT | 1)	/* a flag is set */

static void set_vector(struct vcpu *vcpu, bool xsave)
{
	struct kvm_fpu fpu;

	vcpu_get_fpu(vcpu, &fpu);
	for (unsigned int i = 0; i < XMM_SIZE; i++)
		fpu.xmm[0][i] = IO_DATA(i);
	fpu.mxcsr = MXCSR;
	if (xsave)
		vcpu_set_xmm0(vcpu, fpu.xmm[0], MXCSR);
	else
		vcpu_set_fpu(vcpu, &fpu);
}

/*
 * A vector register that userspace sets is the guest's.
 *
 * Source: KVM api.rst, KVM_SET_FPU, KVM_SET_XSAVE
 */
TEST_F(vector, register_is_the_guests)
{
	set_vector(self->vcpu, variant->xsave);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	for (unsigned int i = 0; i < XMM_SIZE; i++)
		EXPECT_HEX(IO_DATA(i), ((uint8_t *)IO_AT)[i]);
}

/*
 * The MXCSR that userspace sets is the guest's.
 *
 * Source: KVM api.rst, KVM_SET_FPU: mxcsr; KVM_SET_XSAVE
 */
TEST_F(vector, mxcsr_is_the_guests)
{
	set_vector(self->vcpu, variant->xsave);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_HEX(MXCSR, *(uint32_t *)(IO_AT + XMM_SIZE));
}

/* What is reserved in a structure, and whether userspace may have anything there. */
FIXTURE(reserved) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(reserved) {
	unsigned long get, set;
	size_t size, offset, length;
};

#define RESERVED(name, get, set, type, field) \
	FIXTURE_VARIANT_ADD(reserved, name) { \
		get, set, sizeof(type), offsetof(type, field), sizeof(((type *)0)->field) }

RESERVED(debugregs, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, struct kvm_debugregs, reserved);
RESERVED(events, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events, reserved);
RESERVED(xcrs, KVM_GET_XCRS, KVM_SET_XCRS, struct kvm_xcrs, padding);
RESERVED(sregs_cs, KVM_GET_SREGS, KVM_SET_SREGS, struct kvm_sregs, cs.padding);
RESERVED(sregs_gdt, KVM_GET_SREGS, KVM_SET_SREGS, struct kvm_sregs, gdt.padding);

FIXTURE_SETUP(reserved)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm);
}

FIXTURE_TEARDOWN(reserved)
{
	TEARDOWN_VM(self->vm);
}

/*
 * Reserved fields of a structure that KVM returns are zero: neither what userspace set there
 * before nor the kernel's memory.
 *
 * Source: regs.c kvm_vcpu_ioctl_x86_get_debugregs(): memset(); x86.c kvm_vcpu_ioctl_x86_get_vcpu_events(): memset()
 */
TEST_F(reserved, is_zero_in_what_kvm_gives)
{
	static const uint8_t zero[512];
	uint8_t state[2048];

	ASSERT_GE(sizeof(state), variant->size);
	ASSERT_GE(sizeof(zero), variant->length);
	/* Where on its stack the kernel has it is random, if it is so configured. */
	for (unsigned int i = 0; i < 8; i++) {
		memset(state, 0x5a, sizeof(state));
		ASSERT_SUCCESS(ioctl(self->vcpu->fd, variant->get, state));
		EXPECT_EQ(0, memcmp(zero, state + variant->offset, variant->length));
		memset(state + variant->offset, 0xa5, variant->length);
		ASSERT_SUCCESS(ioctl(self->vcpu->fd, variant->set, state));
	}
}

/* What KVM_SET_VCPU_EVENTS takes only if a flag says so. */
FIXTURE(events) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_vcpu_events events;
};

FIXTURE_SETUP(events)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm);
	vcpu_get_events(self->vcpu, &self->events);
}

FIXTURE_TEARDOWN(events)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_SET_VCPU_EVENTS leaves an interrupt shadow, a pending NMI and a pending SMI as they are
 * without their flags, and changes them with the flags.
 *
 * Source: KVM api.rst 4.32 KVM_SET_VCPU_EVENTS: "Fields that may be modified asynchronously by running VCPUs can be excluded from the update"
 */
TEST_F(events, what_has_no_flag_is_left_alone)
{
	const uint32_t flags = self->events.flags;
	bool has_smm = kvm_cap(KVM_CAP_X86_SMM);

	for (unsigned int i = 0; i < 2; i++) {
		/* There, then told to go without a flag, then with all. */
		vcpu_nmi(self->vcpu);
		if (has_smm)
			vcpu_smi(self->vcpu);
		vcpu_get_events(self->vcpu, &self->events);
		self->events.interrupt.shadow = KVM_X86_SHADOW_INT_STI;
		self->events.flags = flags;
		vcpu_set_events(self->vcpu, &self->events);

		self->events.interrupt.shadow = 0;
		self->events.nmi.pending = 0;
		self->events.smi.pending = 0;
		self->events.flags = i ? flags : 0;
		vcpu_set_events(self->vcpu, &self->events);
		vcpu_get_events(self->vcpu, &self->events);
		EXPECT_EQ(!i, self->events.interrupt.shadow != 0);
		EXPECT_EQ(!i, self->events.nmi.pending);
		EXPECT_EQ(!i && has_smm, self->events.smi.pending);
	}
}

/* CPUID bits that follow the guest's control registers. */
FIXTURE(cpuid) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_cpuid2 *at_first;
};

static const struct io_insn out8 = IO_OUT8;

FIXTURE_SETUP(cpuid)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &out8, MODE_LONG, 0);
	self->at_first = vcpu_read_cpuid(self->vcpu);
	io_run_to(self->vcpu, &out8);
}

FIXTURE_TEARDOWN(cpuid)
{
	free(self->at_first);
	TEARDOWN_VM(self->vm);
}

/*
 * A vCPU that has run takes its first CPUID again after CR4.OSXSAVE has changed, which KVM
 * mirrors in CPUID.
 *
 * Source: KVM api.rst, KVM_SET_CPUID2; cpuid.c kvm_set_cpuid(): "Apply pending runtime CPUID updates"
 */
TEST_F(cpuid, first_one_is_taken_again_after_a_change_of_cr4)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(self->vcpu, &sregs);
	for (unsigned int i = 0; i < 2; i++) {
		sregs.cr4 ^= CR4_OSXSAVE;
		vcpu_set_sregs(self->vcpu, &sregs);
		EXPECT_SUCCESS(__vcpu_set_cpuid(self->vcpu, self->at_first));
	}
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

KVMCONF_MAIN
