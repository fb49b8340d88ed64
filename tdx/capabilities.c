// SPDX-License-Identifier: GPL-2.0-only
/* What KVM_TDX_CAPABILITIES says, and when. Its errors are in lifecycle_errors.c. */
#include "test.h"
#include "tdx.h"

#define XFAM_X87_AND_SSE	3ull
#define PHYS_BITS_LEAF		0x80000008
#define GUEST_PHYS_BITS		0x00ff0000u	/* of its EAX */
#define TSX			(1u << 4 | 1u << 11)	/* of leaf 7's EBX: HLE, RTM */
#define WAITPKG			(1u << 5)		/* of its ECX */

static union tdx_capabilities got, again;

FIXTURE(capabilities) {
	struct vm *vm;
};

FIXTURE_SETUP(capabilities)
{
	REQUIRE_TDX();
	self->vm = td_create();
	got.caps.cpuid.nent = again.caps.cpuid.nent = TDX_MAX_CPUID;
}

FIXTURE_TEARDOWN(capabilities)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_TDX_CAPABILITIES returns the attributes and extended features that a TD can have, x87 and
 * SSE among them.
 *
 * Source: intel-tdx.rst, KVM_TDX_CAPABILITIES; vmx/tdx.c tdx_get_supported_xfam()
 * Needs: no-tdx
 */
TEST_F(capabilities, have_attributes_and_features)
{
	vm_tdx_capabilities(self->vm, &got.caps);
	EXPECT_NE(0, got.caps.supported_attrs);
	EXPECT_HEX(XFAM_X87_AND_SSE, got.caps.supported_xfam & XFAM_X87_AND_SSE);
}

/*
 * The reserved fields of the capabilities are written as zero.
 *
 * Source: intel-tdx.rst, KVM_TDX_CAPABILITIES
 * Needs: no-tdx
 */
TEST_F(capabilities, reserved_is_zero)
{
	memset(got.caps.reserved, 0xa5, sizeof(got.caps.reserved));
	vm_tdx_capabilities(self->vm, &got.caps);
	for (unsigned int i = 0; i < ARRAY_SIZE(got.caps.reserved); i++)
		EXPECT_HEX(0, got.caps.reserved[i]);
	EXPECT_HEX(0, got.caps.cpuid.padding);
}

/*
 * The number of CPUID entries is written back, and room for just as many is enough.
 *
 * Source: intel-tdx.rst, KVM_TDX_CAPABILITIES; vmx/tdx.c tdx_get_capabilities()
 * Needs: no-tdx
 */
TEST_F(capabilities, fit_into_as_many_entries_as_they_have)
{
	vm_tdx_capabilities(self->vm, &got.caps);
	ASSERT_LT(got.caps.cpuid.nent, TDX_MAX_CPUID);
	ASSERT_NE(0, got.caps.cpuid.nent);
	again.caps.cpuid.nent = got.caps.cpuid.nent;
	ASSERT_SUCCESS(__vm_tdx_capabilities(self->vm, &again.caps));
	EXPECT_EQ(0, memcmp(&got, &again, sizeof(got)));
}

/*
 * Capabilities that do not fit leave the caller's memory as it was.
 *
 * Source: intel-tdx.rst, KVM_TDX_CAPABILITIES; vmx/tdx.c tdx_get_capabilities()
 * Needs: no-tdx
 */
TEST_F(capabilities, too_few_entries_write_nothing)
{
	memset(&got, 0xa5, sizeof(got));
	got.caps.cpuid.nent = 0;
	memcpy(&again, &got, sizeof(got));
	ASSERT_ERRNO(E2BIG, __vm_tdx_capabilities(self->vm, &got.caps));
	EXPECT_EQ(0, memcmp(&got, &again, sizeof(got)));
}

/*
 * The configurable CPUID entries contain the guest's physical address bits, and no leaf twice.
 *
 * Source: intel-tdx.rst, KVM_TDX_CAPABILITIES; vmx/tdx.c td_init_cpuid_entry2()
 * Needs: no-tdx
 */
TEST_F(capabilities, cpuid_entries_are_unique_and_have_the_physical_bits)
{
	unsigned int nr_phys_bits = 0;

	vm_tdx_capabilities(self->vm, &got.caps);
	for (unsigned int i = 0; i < got.caps.cpuid.nent; i++) {
		const struct kvm_cpuid_entry2 *e = &got.caps.cpuid.entries[i];

		for (unsigned int j = 0; j < i; j++)
			EXPECT_FALSE(e->function == got.caps.cpuid.entries[j].function &&
				     e->index == got.caps.cpuid.entries[j].index);
		if (e->function == PHYS_BITS_LEAF) {
			nr_phys_bits++;
			EXPECT_HEX(GUEST_PHYS_BITS, e->eax & GUEST_PHYS_BITS);
		}
	}
	EXPECT_EQ(1, nr_phys_bits);
}

/*
 * KVM_TDX_CAPABILITIES does not offer TSX and WAITPKG, which KVM refuses to a TD.
 *
 * Source: vmx/tdx.c tdx_clear_unsupported_cpuid()
 * Needs: no-tdx
 */
TEST_F(capabilities, do_not_offer_what_is_refused)
{
	vm_tdx_capabilities(self->vm, &got.caps);
	for (unsigned int i = 0; i < got.caps.cpuid.nent; i++) {
		const struct kvm_cpuid_entry2 *e = &got.caps.cpuid.entries[i];

		if (e->function == 7 && !e->index) {
			EXPECT_HEX(0, e->ebx & TSX);
			EXPECT_HEX(0, e->ecx & WAITPKG);
		}
	}
}

/*
 * KVM_TDX_CAPABILITIES returns the same before a TD is initialized, after, and when it is final.
 *
 * Source: intel-tdx.rst, KVM_TDX_CAPABILITIES; vmx/tdx.c tdx_vm_ioctl()
 * Needs: no-tdx
 */
TEST_F(capabilities, are_the_same_at_every_stage)
{
	vm_tdx_capabilities(self->vm, &got.caps);
	td_init(self->vm);
	ASSERT_SUCCESS(__vm_tdx_capabilities(self->vm, &again.caps));
	EXPECT_EQ(0, memcmp(&got, &again, sizeof(got)));

	td_create_vcpu(self->vm);
	vm_tdx_finalize(self->vm, 0);
	again.caps.cpuid.nent = TDX_MAX_CPUID;
	ASSERT_SUCCESS(__vm_tdx_capabilities(self->vm, &again.caps));
	EXPECT_EQ(0, memcmp(&got, &again, sizeof(got)));
}

/*
 * A TD with every configurable CPUID bit that the host has can be initialised, and its
 * vCPUs' CPUID can be read as long as it is not final.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM, KVM_TDX_GET_CPUID
 * Needs: no-tdx
 */
TEST_F(capabilities, make_a_td_whose_cpuid_can_be_read)
{
	static union tdx_cpuid cpuid;
	struct vcpu *vcpu;
	__u32 nent;

	td_init(self->vm);
	vcpu = td_create_vcpu(self->vm);
	ASSERT_ERRNO(E2BIG, __vcpu_tdx_get_cpuid(vcpu, &cpuid.cpuid));
	nent = cpuid.cpuid.nent;
	ASSERT_NE(0, nent);
	ASSERT_LE(nent, TDX_MAX_CPUID);
	ASSERT_SUCCESS(__vcpu_tdx_get_cpuid(vcpu, &cpuid.cpuid));
	EXPECT_EQ(nent, cpuid.cpuid.nent);
}

/*
 * A TD can have exactly as many vCPUs as KVM_CAP_MAX_VCPUS of its VM says.
 *
 * Source: intel-tdx.rst, KVM TDX creation flow; vmx/tdx.c tdx_vm_init()
 * Needs: no-tdx
 */
TEST_F(capabilities, limit_the_number_of_vcpus)
{
	long max = vm_check_extension(self->vm, KVM_CAP_MAX_VCPUS);

	ASSERT_LT(0, max);
	td_init(self->vm);
	for (long id = 0; id < max; id++)
		vm_create_vcpu(self->vm, id);
	EXPECT_ERRNO(EINVAL, __vm_create_vcpu(self->vm, max));
}

KVMCONF_MAIN
