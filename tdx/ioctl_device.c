// SPDX-License-Identifier: GPL-2.0-only
/* Every ioctl of /dev/kvm, where there are TDs. */
#include "ioctl_rows.h"

#define DEVICE(name, nr, ...)	ROW(name, nr, ON_DEVICE, __VA_ARGS__)

DEVICE(get_api_version, KVM_GET_API_VERSION, NONE, 0);
DEVICE(create_vm, KVM_CREATE_VM, KVM_X86_TDX_VM, 0);
DEVICE(check_extension, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES, 0);
DEVICE(get_vcpu_mmap_size, KVM_GET_VCPU_MMAP_SIZE, NONE, 0);
DEVICE(get_msr_index_list, KVM_GET_MSR_INDEX_LIST, ANY, E2BIG);
DEVICE(get_msr_feature_index_list, KVM_GET_MSR_FEATURE_INDEX_LIST, ANY, E2BIG);
DEVICE(get_msrs, KVM_GET_MSRS, ANY, 0);
DEVICE(get_supported_cpuid, KVM_GET_SUPPORTED_CPUID, ANY, E2BIG);
DEVICE(get_emulated_cpuid, KVM_GET_EMULATED_CPUID, ANY, E2BIG);
DEVICE(get_mce_cap_supported, KVM_X86_GET_MCE_CAP_SUPPORTED, ANY, 0);
DEVICE(get_device_attr, KVM_GET_DEVICE_ATTR,
       A(kvm_device_attr, .attr = KVM_X86_XCOMP_GUEST_SUPP, .addr = ANY), 0);
DEVICE(has_device_attr, KVM_HAS_DEVICE_ATTR, A(kvm_device_attr, .attr = KVM_X86_XCOMP_GUEST_SUPP), 0);
DEVICE(set_device_attr, KVM_SET_DEVICE_ATTR, ANY, EINVAL);
DEVICE(mem_enc_op, KVM_MEMORY_ENCRYPT_OP, A(kvm_tdx_cmd, .id = KVM_TDX_CAPABILITIES), EINVAL);
ROW_IF(get_supported_hv_cpuid, KVM_GET_SUPPORTED_HV_CPUID, ON_DEVICE, ANY, E2BIG,
       KVM_CAP_SYS_HYPERV_CPUID, EINVAL);

/*
 * Each ioctl of /dev/kvm has the result of its row in the table, on a host with TDX.
 *
 * Source: KVM api.rst, each ioctl; x86.c kvm_arch_dev_ioctl()
 * Needs: no-tdx
 */
TEST_F(ioctl, of_the_device_has_its_result)
{
	expect_outcome(_metadata, &self->td, variant);
}

KVMCONF_MAIN
