// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ioctl of a vCPU, on that of a TD that is final. Its registers, FPU, APIC, debug and nested
 * state are not the host's to read or write; what KVM has of it beside that is.
 *
 * Known upstream fix: b24bbb534c2d ("KVM: x86: Reject KVM_SET_TSC_KHZ vCPU ioctl for TSC protected
 * guest").
 */
#include "ioctl_rows.h"

#define VCPU(name, nr, ...)	ROW(name, nr, ON_VCPU, __VA_ARGS__)

/* The guest's state. */
VCPU(get_regs, KVM_GET_REGS, ANY, EINVAL);
VCPU(set_regs, KVM_SET_REGS, ANY, EINVAL);
VCPU(get_sregs, KVM_GET_SREGS, ANY, EINVAL);
VCPU(set_sregs, KVM_SET_SREGS, ANY, EINVAL);
VCPU(get_sregs2, KVM_GET_SREGS2, ANY, EINVAL);
VCPU(set_sregs2, KVM_SET_SREGS2, ANY, EINVAL);
VCPU(get_fpu, KVM_GET_FPU, ANY, EINVAL);
VCPU(set_fpu, KVM_SET_FPU, ANY, EINVAL);
VCPU(get_xsave, KVM_GET_XSAVE, ANY, EINVAL);
VCPU(get_xsave2, KVM_GET_XSAVE2, ANY, EINVAL);
VCPU(set_xsave, KVM_SET_XSAVE, ANY, EINVAL);
VCPU(get_xcrs, KVM_GET_XCRS, ANY, EINVAL);
VCPU(set_xcrs, KVM_SET_XCRS, ANY, EINVAL);
VCPU(get_debugregs, KVM_GET_DEBUGREGS, ANY, EINVAL);
VCPU(set_debugregs, KVM_SET_DEBUGREGS, ANY, EINVAL);
VCPU(set_guest_debug, KVM_SET_GUEST_DEBUG, A(kvm_guest_debug, .control = KVM_GUESTDBG_ENABLE),
     EINVAL);
VCPU(translate, KVM_TRANSLATE, ANY, UNSAID);	/* with page tables that KVM cannot see */
VCPU(set_nested_state, KVM_SET_NESTED_STATE,
     A(kvm_nested_state, .size = sizeof(struct kvm_nested_state), .format = 1), EINVAL);
VCPU(get_one_reg, KVM_GET_ONE_REG, ANY, EINVAL);
VCPU(set_one_reg, KVM_SET_ONE_REG, ANY, EINVAL);
VCPU(get_reg_list, KVM_GET_REG_LIST, ANY, 0);	/* it has none */

/* Its interrupts. */
VCPU(get_lapic, KVM_GET_LAPIC, ANY, EINVAL);
VCPU(set_lapic, KVM_SET_LAPIC, ANY, EINVAL);
VCPU(interrupt, KVM_INTERRUPT, A(kvm_interrupt, .irq = 0x55), 0);
VCPU(nmi, KVM_NMI, NONE, 0);
VCPU(smi, KVM_SMI, NONE, ENOTTY);
VCPU(tpr_access_reporting, KVM_TPR_ACCESS_REPORTING, ANY, 0);
VCPU(set_vapic_addr, KVM_SET_VAPIC_ADDR, ANY, 0);
VCPU(get_vcpu_events, KVM_GET_VCPU_EVENTS, ANY, 0);
VCPU(set_vcpu_events, KVM_SET_VCPU_EVENTS, ANY, 0);
VCPU(get_mp_state, KVM_GET_MP_STATE, ANY, 0);
VCPU(set_mp_state, KVM_SET_MP_STATE, A(kvm_mp_state, KVM_MP_STATE_RUNNABLE), 0);

/* What KVM has of it. */
VCPU(run, KVM_RUN, NONE, 0);
VCPU(get_msrs, KVM_GET_MSRS, ANY, 0);
VCPU(set_msrs, KVM_SET_MSRS, ANY, 0);
VCPU(set_cpuid, KVM_SET_CPUID, ANY, 0);
VCPU(set_cpuid2, KVM_SET_CPUID2, ANY, 0);
VCPU(get_cpuid2, KVM_GET_CPUID2, ANY, E2BIG);
VCPU(set_signal_mask, KVM_SET_SIGNAL_MASK, NONE, 0);
VCPU(setup_mce, KVM_X86_SETUP_MCE, A(kvm_mp_state, 1), 0);
VCPU(set_mce, KVM_X86_SET_MCE, A(kvm_x86_mce, .bank = 0), EINVAL);
VCPU(set_tsc_khz, KVM_SET_TSC_KHZ, 1000000, EINVAL);
VCPU(get_tsc_khz, KVM_GET_TSC_KHZ, NONE, 0);
VCPU(kvmclock_ctrl, KVM_KVMCLOCK_CTRL, NONE, EINVAL);
VCPU(enable_cap, KVM_ENABLE_CAP, A(kvm_enable_cap, .cap = 0xffff), EINVAL);
VCPU(get_stats_fd, KVM_GET_STATS_FD, NONE, 0);
VCPU(pre_fault_memory, KVM_PRE_FAULT_MEMORY, A(kvm_pre_fault_memory, .gpa = FRESH, .size = PAGE_SIZE), 0);
VCPU(mem_enc_op, KVM_MEMORY_ENCRYPT_OP, A(kvm_tdx_cmd, .id = KVM_TDX_INIT_VCPU), EINVAL);
VCPU(has_device_attr, KVM_HAS_DEVICE_ATTR, ANY, 0);
VCPU(get_device_attr, KVM_GET_DEVICE_ATTR, A(kvm_device_attr, .addr = ANY), 0);
/* The TSC offset, which is the module's: what KVM makes of another one is nowhere said. */
VCPU(set_device_attr, KVM_SET_DEVICE_ATTR, A(kvm_device_attr, .addr = ANY), UNSAID);
ROW_IF(get_supported_hv_cpuid, KVM_GET_SUPPORTED_HV_CPUID, ON_VCPU, ANY, E2BIG,
       KVM_CAP_HYPERV_CPUID, EINVAL);
ROW_IF(xen_vcpu_get_attr, KVM_XEN_VCPU_GET_ATTR, ON_VCPU, A(kvm_xen_vcpu_attr, .type = 0xffff),
       EINVAL, KVM_CAP_XEN_HVM, EINVAL);
ROW_IF(xen_vcpu_set_attr, KVM_XEN_VCPU_SET_ATTR, ON_VCPU, A(kvm_xen_vcpu_attr, .type = 0xffff),
       EINVAL, KVM_CAP_XEN_HVM, EINVAL);

NOT_X86(KVM_DIRTY_TLB)

/*
 * A TD has no nested state that KVM could have; api.rst has EINVAL where there is none. Linux 7.3
 * does not look at whether the vCPU is a TD's, and takes it for another kind: not to be asked for
 * on a host that is worth sparing.
 */
NOT_GIVEN(KVM_GET_NESTED_STATE)

/*
 * Each ioctl of a TD's vCPU has the result of its row in the table.
 *
 * Source: KVM api.rst, each ioctl; intel-tdx.rst; x86.c kvm_arch_vcpu_ioctl()
 * Needs: no-tdx
 */
TEST_F(ioctl, of_the_vcpu_has_its_result)
{
	expect_outcome(_metadata, &self->td, variant);
}

/*
 * Whatever the result of an ioctl of its vCPU, the TD runs afterwards.
 *
 * Source: KVM api.rst, KVM_RUN
 * Needs: no-tdx, not-emulated
 */
TEST_F(ioctl, of_the_vcpu_leaves_the_td_running)
{
	REQUIRE_EMULATED_TDX();
	if (variant->request != KVM_RUN)
		outcome_of(&self->td, variant);
	RUN_TO_OUT(self, 0);
}

KVMCONF_MAIN
