// SPDX-License-Identifier: GPL-2.0-only
/*
 * What TDX's commands refuse, each with its error: one broken rule a case, and two of them
 * where it can be seen which KVM looks at first. Every refused TD must be usable afterwards.
 * More of the two is in lifecycle_order.c, and in lifecycle_params.c what KVM_TDX_INIT_VM takes.
 *
 * Out of reach: KVM_TDX_INIT_VM's EBUSY for a TD that has a vCPU, which none has before it;
 * that a command comes to a vCPU whose TD has no HKID, for the same reason;
 * and EIO for a package of which no CPU is online, as the emulated machine has but one package.
 */
#include "refused.h"

FIXTURE(refused) {
	struct td td;
};

FIXTURE_VARIANT(refused) {
	struct refused_case c;
};

FIXTURE_SETUP(refused)
{
	REQUIRE_TDX();
	self->td = td_at(variant->c.stage);
}

FIXTURE_TEARDOWN(refused)
{
	close(self->td.memfd);
	TEARDOWN_VM(self->td.vm);
}

#define SHARED_BIT	(1ul << 47)	/* of a GPA of 48 bits */

static void bad_pointer(void)		{ call.pointer = unreadable; }
static void unknown_id(void)		{ call.cmd.id = KVM_TDX_CMD_NR_MAX; }
static void hw_error_and_few(void)	{ hw_error(); capabilities.caps.cpuid.nent = 0; }

static void few_entries(void)		{ capabilities.caps.cpuid.nent--; }
static void flags_and_few(void)		{ flags(); few_entries(); }

static void reserved(void)		{ params.init.reserved[11] = 1; }
static void padding(void)		{ params.init.cpuid.padding = 1; }
/* The lowest bit alone that there is not: one of many would do for KVM, or for the module. */
static void attributes(void)
{
	params.init.attributes |= ~capabilities.caps.supported_attrs &
				  (capabilities.caps.supported_attrs + 1);
}
static void xfam(void)
{
	params.init.xfam |= ~capabilities.caps.supported_xfam &
			    (capabilities.caps.supported_xfam + 1);
}
static void no_entries(void)		{ params.init.cpuid.nent = 0; }
static void many_and_reserved(void)	{ many_entries(); reserved(); }

static void physical_bits(void)		{ entry(0x80000008)->eax = 46 << 16; }
static void tsx(void)			{ entry(7)->ebx |= 1 << 11; }
static void alien_leaf(void)		{ entry(1)->function = 0x3fffffff; }

static void unaligned_source(void)	{ region.source_addr++; }
static void no_source(void)		{ region.source_addr = 0; }
static void unaligned_gpa(void)		{ region.gpa++; }
static void no_pages(void)		{ region.nr_pages = 0; }
static void wrap(void)			{ region.nr_pages = 1ul << 52; }
static void shared_gpa(void)		{ region.gpa |= SHARED_BIT; }
static void end_is_shared(void)		{ region.gpa = SHARED_BIT - PAGE_SIZE; region.nr_pages = 2; }

CASE(capabilities_unreadable, KVM_TDX_CAPABILITIES, VM, CREATED, bad_pointer, EFAULT);
CASE(capabilities_hw_error, KVM_TDX_CAPABILITIES, VM, CREATED, hw_error, EINVAL);
CASE(capabilities_flags, KVM_TDX_CAPABILITIES, VM, CREATED, flags, EINVAL);
CASE(capabilities_no_data, KVM_TDX_CAPABILITIES, VM, CREATED, bad_data, EFAULT);
CASE(capabilities_too_few, KVM_TDX_CAPABILITIES, VM, CREATED, few_entries, E2BIG);
CASE(capabilities_flags_before_data, KVM_TDX_CAPABILITIES, VM, CREATED, flags_and_bad_data, EINVAL);
CASE(capabilities_flags_before_size, KVM_TDX_CAPABILITIES, VM, CREATED, flags_and_few, EINVAL);
CASE(capabilities_hw_error_before_data, KVM_TDX_CAPABILITIES, VM, CREATED,
     hw_error_and_bad_data, EINVAL);
CASE(capabilities_hw_error_before_size, KVM_TDX_CAPABILITIES, VM, CREATED,
     hw_error_and_few, EINVAL);
CASE(vm_unknown_id, KVM_TDX_CAPABILITIES, VM, CREATED, unknown_id, EINVAL);
CASE(vm_no_init_vcpu, KVM_TDX_INIT_VCPU, VM, INITIALIZED, nothing, EINVAL);
CASE(vm_no_init_mem_region, KVM_TDX_INIT_MEM_REGION, VM, INITIALIZED, nothing, EINVAL);
CASE(vm_no_get_cpuid, KVM_TDX_GET_CPUID, VM, INITIALIZED, nothing, EINVAL);

CASE(init_vm_unreadable, KVM_TDX_INIT_VM, VM, CREATED, bad_pointer, EFAULT);
CASE(init_vm_hw_error, KVM_TDX_INIT_VM, VM, CREATED, hw_error, EINVAL);
CASE(init_vm_flags, KVM_TDX_INIT_VM, VM, CREATED, flags, EINVAL);
CASE(init_vm_no_data, KVM_TDX_INIT_VM, VM, CREATED, bad_data, EFAULT);
CASE(init_vm_flags_before_data, KVM_TDX_INIT_VM, VM, CREATED, flags_and_bad_data, EINVAL);
CASE(init_vm_too_many, KVM_TDX_INIT_VM, VM, CREATED, many_entries, E2BIG);
CASE(init_vm_size_before_reserved, KVM_TDX_INIT_VM, VM, CREATED, many_and_reserved, E2BIG);
CASE(init_vm_reserved, KVM_TDX_INIT_VM, VM, CREATED, reserved, EINVAL);
CASE(init_vm_padding, KVM_TDX_INIT_VM, VM, CREATED, padding, EINVAL);
CASE(init_vm_attributes, KVM_TDX_INIT_VM, VM, CREATED, attributes, EINVAL);
CASE(init_vm_xfam, KVM_TDX_INIT_VM, VM, CREATED, xfam, EINVAL);
CASE(init_vm_no_cpuid, KVM_TDX_INIT_VM, VM, CREATED, no_entries, EINVAL);
CASE(init_vm_physical_bits, KVM_TDX_INIT_VM, VM, CREATED, physical_bits, EINVAL);
CASE(init_vm_tsx, KVM_TDX_INIT_VM, VM, CREATED, tsx, EINVAL);
CASE(init_vm_alien_leaf, KVM_TDX_INIT_VM, VM, CREATED, alien_leaf, EINVAL);
CASE(init_vm_twice, KVM_TDX_INIT_VM, VM, INITIALIZED, nothing, EINVAL);
CASE(init_vm_twice_before_data, KVM_TDX_INIT_VM, VM, INITIALIZED, bad_data, EINVAL);
CASE(init_vm_twice_with_a_vcpu, KVM_TDX_INIT_VM, VM, HAS_VCPU, nothing, EINVAL);
CASE(init_vm_of_a_final_td, KVM_TDX_INIT_VM, VM, FINALIZED, nothing, EINVAL);

CASE(init_vcpu_unreadable, KVM_TDX_INIT_VCPU, VCPU, HAS_VCPU, bad_pointer, EFAULT);
CASE(init_vcpu_hw_error, KVM_TDX_INIT_VCPU, VCPU, HAS_VCPU, hw_error, EINVAL);
CASE(init_vcpu_flags, KVM_TDX_INIT_VCPU, VCPU, HAS_VCPU, flags, EINVAL);
CASE(init_vcpu_twice, KVM_TDX_INIT_VCPU, VCPU, VCPU_READY, nothing, EINVAL);
CASE(init_vcpu_of_a_final_td, KVM_TDX_INIT_VCPU, VCPU, FINAL_UNREADY, nothing, EINVAL);
CASE(vcpu_pointer_before_state, KVM_TDX_INIT_VCPU, VCPU, FINALIZED, bad_pointer, EFAULT);
CASE(vcpu_unknown_id, KVM_TDX_INIT_VCPU, VCPU, VCPU_READY, unknown_id, EINVAL);
CASE(vcpu_no_capabilities, KVM_TDX_CAPABILITIES, VCPU, VCPU_READY, nothing, EINVAL);
CASE(vcpu_no_init_vm, KVM_TDX_INIT_VM, VCPU, VCPU_READY, nothing, EINVAL);
CASE(vcpu_no_finalize, KVM_TDX_FINALIZE_VM, VCPU, VCPU_READY, nothing, EINVAL);

CASE(region_unreadable, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, bad_pointer, EFAULT);
CASE(region_no_data, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, bad_data, EFAULT);
CASE(region_hw_error, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, hw_error, EINVAL);
CASE(region_flags, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, flags, EINVAL);
CASE(region_flags_before_data, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     flags_and_bad_data, EINVAL);
CASE(region_of_an_unready_vcpu, KVM_TDX_INIT_MEM_REGION, VCPU, HAS_VCPU, nothing, EINVAL);
CASE(region_unready_before_data, KVM_TDX_INIT_MEM_REGION, VCPU, HAS_VCPU, bad_data, EINVAL);
CASE(region_unaligned_source, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, unaligned_source, EINVAL);
CASE(region_no_source, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, no_source, EINVAL);
CASE(region_unmapped_source, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, unmapped_source, EFAULT);
CASE(region_unaligned_gpa, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, unaligned_gpa, EINVAL);
CASE(region_no_pages, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, no_pages, EINVAL);
CASE(region_wraps, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, wrap, EINVAL);
CASE(region_shared_gpa, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, shared_gpa, EINVAL);
CASE(region_end_is_shared, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, end_is_shared, EINVAL);
CASE(region_without_a_slot, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, no_slot, EINVAL);
CASE(region_not_private, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY, shared_attribute, EINVAL);
CASE(region_mapped_already, KVM_TDX_INIT_MEM_REGION, VCPU, FILLED, nothing, EIO);
CASE(region_of_a_final_td, KVM_TDX_INIT_MEM_REGION, VCPU, FINALIZED, nothing, EINVAL);

CASE(cpuid_no_data, KVM_TDX_GET_CPUID, VCPU, VCPU_READY, bad_data, EFAULT);
CASE(cpuid_hw_error, KVM_TDX_GET_CPUID, VCPU, VCPU_READY, hw_error, EINVAL);
CASE(cpuid_flags, KVM_TDX_GET_CPUID, VCPU, VCPU_READY, flags, EINVAL);
CASE(cpuid_too_few, KVM_TDX_GET_CPUID, VCPU, VCPU_READY, few_of_td, E2BIG);
CASE(cpuid_of_a_final_td, KVM_TDX_GET_CPUID, VCPU, FINALIZED, nothing, EINVAL);

CASE(finalize_unreadable, KVM_TDX_FINALIZE_VM, VM, FILLED, bad_pointer, EFAULT);
CASE(finalize_hw_error, KVM_TDX_FINALIZE_VM, VM, FILLED, hw_error, EINVAL);
CASE(finalize_flags, KVM_TDX_FINALIZE_VM, VM, FILLED, flags, EINVAL);
CASE(finalize_without_a_td, KVM_TDX_FINALIZE_VM, VM, CREATED, nothing, EINVAL);
CASE(finalize_twice, KVM_TDX_FINALIZE_VM, VM, FINALIZED, nothing, EINVAL);

/*
 * A TDX command that breaks a rule fails with that rule's error and changes nothing: the TD can
 * be completed.
 *
 * Source: intel-tdx.rst, API description; vmx/tdx.c tdx_get_cmd(), tdx_vm_ioctl(),
 * tdx_get_capabilities(), tdx_td_init(), setup_tdparams(), tdx_td_finalize(),
 * tdx_vcpu_unlocked_ioctl(), tdx_vcpu_init(), tdx_vcpu_init_mem_region(), tdx_vcpu_ioctl()
 * Needs: no-tdx
 */
TEST_F(refused, command_leaves_the_td_usable)
{
	expect_refused(_metadata, &self->td, &variant->c);
}

KVMCONF_MAIN
