// SPDX-License-Identifier: GPL-2.0-only
/*
 * Features of KVM's modules that need another one: where a module parameter or the CPU leaves that
 * one off, they are off, too, and KVM does not offer what they are for.
 */
#include "test.h"

FIXTURE(needing) {
};

FIXTURE_VARIANT(needing) {
	const char *module;		/* whose feature it is */
	const char *feature;
	const char *needed_of, *needed;
	unsigned long vm_type;		/* that the feature is for; 0: none */
};

#define NEEDS(module_, feature_, needed_of_, needed_, vm_type_)				\
	FIXTURE_VARIANT_ADD(needing, feature_##_needs_##needed_) {			\
		.module = #module_, .feature = #feature_, .needed_of = #needed_of_,	\
		.needed = #needed_, .vm_type = vm_type_ }
NEEDS(kvm_amd, sev, kvm_amd, npt, KVM_X86_SEV_VM);
NEEDS(kvm_amd, sev, kvm_amd, nrips, KVM_X86_SEV_VM);
NEEDS(kvm_amd, sev_es, kvm_amd, sev, KVM_X86_SEV_ES_VM);
NEEDS(kvm_amd, sev_es, kvm_amd, npt, KVM_X86_SEV_ES_VM);
NEEDS(kvm_amd, sev_es, kvm, mmio_caching, KVM_X86_SEV_ES_VM);
NEEDS(kvm_amd, sev_snp, kvm_amd, sev_es, KVM_X86_SNP_VM);
NEEDS(kvm_amd, vls, kvm_amd, npt, 0);
NEEDS(kvm_intel, unrestricted_guest, kvm_intel, ept, 0);
NEEDS(kvm_intel, eptad, kvm_intel, ept, 0);
NEEDS(kvm_intel, pml, kvm_intel, ept, 0);
NEEDS(kvm_intel, pml, kvm_intel, eptad, 0);
NEEDS(kvm_intel, tdx, kvm_intel, ept, KVM_X86_TDX_VM);
NEEDS(kvm_intel, tdx, kvm, mmio_caching, KVM_X86_TDX_VM);
NEEDS(kvm_intel, tdx, kvm, tdp_mmu, KVM_X86_TDX_VM);

FIXTURE_SETUP(needing)
{
	bool newer = !strcmp(variant->needed, "nrips");

	REQUIRE_KVM();
	REQUIRE(!newer || host_kernel_at_least(6, 6), "kernel-too-old", "Linux 6.6 has this rule");
	REQUIRE(host_module_param(variant->module, variant->feature) != PARAM_ABSENT, "module-param",
		"%s has no parameter %s, or is not loaded", variant->module, variant->feature);
	REQUIRE(host_module_param(variant->needed_of, variant->needed) == PARAM_OFF, "module-param",
		"%s.%s is on or absent", variant->needed_of, variant->needed);
}

FIXTURE_TEARDOWN(needing)
{
}

/*
 * A feature that needs another one is off where that is off, and so are VMs of its type.
 *
 * Source: svm/sev.c sev_hardware_setup(); svm/svm.c svm_hardware_setup(); vmx/vmx.c
 * vmx_hardware_setup(); vmx/tdx.c tdx_hardware_setup()
 * Needs: kernel-too-old, module-param
 */
TEST_F(needing, feature_is_off_without_what_it_needs)
{
	EXPECT_EQ(PARAM_OFF, host_module_param(variant->module, variant->feature));
	EXPECT_FALSE(variant->vm_type && host_offers_vm_type(variant->vm_type));
}

KVMCONF_MAIN
