// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of two broken rules KVM looks at first, command by command, where the error tells; and
 * the rules of KVM_TDX_INIT_MEM_REGION's memory. The rest is in lifecycle_errors.c.
 */
#include <sys/mman.h>

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

#define SECOND_SLOT	(TD_MEMORY + 0x10000000ul)

static void hw_error_and_few_of_td(void)	{ hw_error(); few_of_td(); }
static void flags_and_many(void)		{ flags(); many_entries(); }

/* All CPUID but one leaf, in whose place comes the last of the others. */
static void no_physical_bits(void)
{
	struct kvm_cpuid_entry2 *left_out = entry(0x80000008);

	*left_out = params.init.cpuid.entries[--params.init.cpuid.nent];
}

static void no_slot_no_source(void)		{ no_slot(); unmapped_source(); }
static void shared_no_source(void)		{ shared_attribute(); unmapped_source(); }

/* Memory like that of an ordinary VM, which is said to be private. */
static void no_guest_memfd(void)
{
	struct kvm_userspace_memory_region slot = {
		.slot = call.vm->nr_slots++,
		.guest_phys_addr = SECOND_SLOT,
		.memory_size = NR_PAGES * PAGE_SIZE,
		.userspace_addr = (__u64)mmap(NULL, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	};

	vm_set_memory_region(call.vm, &slot);
	td_convert(call.vm, SECOND_SLOT, NR_PAGES * PAGE_SIZE, true);
	region.gpa = SECOND_SLOT;
}

static void no_guest_memfd_no_source(void)	{ no_guest_memfd(); unmapped_source(); }

static void no_source_misaligned(void)		{ unmapped_source(); region.gpa++; }

CASE(init_vm_hw_error_before_data, KVM_TDX_INIT_VM, VM, CREATED, hw_error_and_bad_data, EINVAL);
CASE(init_vm_flags_before_size, KVM_TDX_INIT_VM, VM, CREATED, flags_and_many, EINVAL);
CASE(init_vm_twice_before_size, KVM_TDX_INIT_VM, VM, INITIALIZED, many_entries, EINVAL);
CASE(init_vm_no_physical_bits, KVM_TDX_INIT_VM, VM, CREATED, no_physical_bits, EINVAL);

CASE(region_hw_error_before_data, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     hw_error_and_bad_data, EINVAL);
CASE(region_of_a_final_td_before_data, KVM_TDX_INIT_MEM_REGION, VCPU, FINALIZED,
     bad_data, EINVAL);
CASE(region_alignment_before_source, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     no_source_misaligned, EINVAL);
CASE(region_without_guest_memfd, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     no_guest_memfd, EINVAL);
CASE(region_guest_memfd_before_source, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     no_guest_memfd_no_source, EINVAL);
CASE(region_slot_before_source, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     no_slot_no_source, EINVAL);
CASE(region_source_before_attribute, KVM_TDX_INIT_MEM_REGION, VCPU, VCPU_READY,
     shared_no_source, EFAULT);
CASE(region_source_before_mapping, KVM_TDX_INIT_MEM_REGION, VCPU, FILLED,
     unmapped_source, EFAULT);

CASE(cpuid_hw_error_before_data, KVM_TDX_GET_CPUID, VCPU, VCPU_READY,
     hw_error_and_bad_data, EINVAL);
CASE(cpuid_hw_error_before_size, KVM_TDX_GET_CPUID, VCPU, VCPU_READY,
     hw_error_and_few_of_td, EINVAL);
CASE(cpuid_of_a_final_td_before_data, KVM_TDX_GET_CPUID, VCPU, FINALIZED, bad_data, EINVAL);
CASE(cpuid_of_a_final_td_before_size, KVM_TDX_GET_CPUID, VCPU, FINALIZED, few_of_td, EINVAL);

/*
 * A TDX command that breaks two rules fails with the error of the rule that KVM checks first and
 * changes nothing: the TD can be completed.
 *
 * Source: vmx/tdx.c tdx_get_cmd(), tdx_td_init(), setup_tdparams_eptp_controls(),
 * tdx_vcpu_unlocked_ioctl(), tdx_vcpu_init_mem_region(), tdx_vcpu_ioctl(); guest_memfd.c
 * kvm_gmem_populate(), __kvm_gmem_populate()
 * Needs: no-tdx
 */
TEST_F(refused, first_error_is_that_of_the_first_check)
{
	expect_refused(_metadata, &self->td, &variant->c);
}

KVMCONF_MAIN
