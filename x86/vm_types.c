// SPDX-License-Identifier: GPL-2.0-only
/* Which types of VM there are: KVM_CREATE_VM and KVM_CAP_VM_TYPES agree. */
#include "test.h"

FIXTURE(type) {
	struct vm *vm;
};

FIXTURE_VARIANT(type) {
	unsigned long type;
};

FIXTURE_VARIANT_ADD(type, default_vm) { .type = KVM_X86_DEFAULT_VM };
FIXTURE_VARIANT_ADD(type, sw_protected) { .type = KVM_X86_SW_PROTECTED_VM };
FIXTURE_VARIANT_ADD(type, sev) { .type = KVM_X86_SEV_VM };
FIXTURE_VARIANT_ADD(type, sev_es) { .type = KVM_X86_SEV_ES_VM };
FIXTURE_VARIANT_ADD(type, snp) { .type = KVM_X86_SNP_VM };
FIXTURE_VARIANT_ADD(type, tdx) { .type = KVM_X86_TDX_VM };
FIXTURE_VARIANT_ADD(type, next) { .type = KVM_X86_TDX_VM + 1 };
/* Past the end of the bitmap, for an int and for a long; and what truncates to 0. */
FIXTURE_VARIANT_ADD(type, bit_31) { .type = 31 };
FIXTURE_VARIANT_ADD(type, bit_32) { .type = 32 };
FIXTURE_VARIANT_ADD(type, bit_64) { .type = 64 };
FIXTURE_VARIANT_ADD(type, two_to_the_32) { .type = 1ul << 32 };
FIXTURE_VARIANT_ADD(type, all_ones) { .type = ~0ul };

FIXTURE_SETUP(type)
{
	REQUIRE_KVM();
}

FIXTURE_TEARDOWN(type)
{
	vm_free(self->vm);
}

/*
 * KVM_CREATE_VM takes the types that KVM_CAP_VM_TYPES lists, and fails with EINVAL for all
 * others.
 *
 * A KVM without that capability, before 6.8, has the default type alone.
 *
 * Source: KVM api.rst 4.2 KVM_CREATE_VM, 8.41 KVM_CAP_VM_TYPES; x86.c kvm_arch_init_vm()
 */
TEST_F(type, is_taken_if_listed)
{
	self->vm = __vm_create_type(variant->type);
	EXPECT_STREQ(host_offers_vm_type(variant->type) ? "success" : "EINVAL",
		     errno_or_success(self->vm ? 0 : -1));
}

KVMCONF_MAIN
