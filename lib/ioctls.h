/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every KVM ioctl the suite uses, in pairs:
 *
 *	__vm_x(vm, ...)	the bare call: -1 and errno, or the ioctl's own result;
 *			for claims about errors
 *	vm_x(vm, ...)	must succeed, else the test ends as "error" with the
 *			ioctl's name and errno; for set-up
 *
 * KVM's Documentation/virt/kvm/api.rst has the errors of each.
 */
#ifndef KVMCONF_IOCTLS_H
#define KVMCONF_IOCTLS_H

#include <sys/ioctl.h>

#include "kvm_compat.h"
#include "report.h"
#include "vm.h"

static inline long must_succeed(long ret, const char *what)
{
	if (ret < 0)
		report_error("%s: %s", what, errno_or_success(ret));
	return ret;
}

/* Tells of an answer of KVM's where that is wanted, see ioctl_trace.c; @ret and errno stay. */
long trace_ioctl(long ret, unsigned long cmd, const char *name, uint64_t arg);

#define IOCTL_PAIR(object, name, cmd, type)				\
static inline long __##object##_##name(struct object *o, type arg)	\
{									\
	return trace_ioctl(ioctl(o->fd, cmd, arg), cmd, #cmd, (uint64_t)arg);	\
}									\
static inline long object##_##name(struct object *o, type arg)		\
{									\
	return must_succeed(__##object##_##name(o, arg), #cmd);		\
}

IOCTL_PAIR(vm, check_extension, KVM_CHECK_EXTENSION, long)
IOCTL_PAIR(vm, create_vcpu, KVM_CREATE_VCPU, long)
IOCTL_PAIR(vm, enable_cap_raw, KVM_ENABLE_CAP, struct kvm_enable_cap *)
IOCTL_PAIR(vm, set_memory_region, KVM_SET_USER_MEMORY_REGION,
	   struct kvm_userspace_memory_region *)
IOCTL_PAIR(vm, set_memory_region2, KVM_SET_USER_MEMORY_REGION2,
	   struct kvm_userspace_memory_region2 *)
IOCTL_PAIR(vm, create_guest_memfd, KVM_CREATE_GUEST_MEMFD, struct kvm_create_guest_memfd *)
IOCTL_PAIR(vm, get_dirty_log, KVM_GET_DIRTY_LOG, struct kvm_dirty_log *)
IOCTL_PAIR(vm, signal_msi, KVM_SIGNAL_MSI, struct kvm_msi *)
IOCTL_PAIR(vm, ioeventfd, KVM_IOEVENTFD, struct kvm_ioeventfd *)
IOCTL_PAIR(vm, mem_enc_op, KVM_MEMORY_ENCRYPT_OP, void *)
IOCTL_PAIR(vm, mem_enc_reg_region, KVM_MEMORY_ENCRYPT_REG_REGION, void *)
IOCTL_PAIR(vm, mem_enc_unreg_region, KVM_MEMORY_ENCRYPT_UNREG_REGION, void *)

IOCTL_PAIR(vcpu, get_regs, KVM_GET_REGS, struct kvm_regs *)
IOCTL_PAIR(vcpu, set_regs, KVM_SET_REGS, struct kvm_regs *)
IOCTL_PAIR(vcpu, get_sregs, KVM_GET_SREGS, struct kvm_sregs *)
IOCTL_PAIR(vcpu, set_sregs, KVM_SET_SREGS, struct kvm_sregs *)
IOCTL_PAIR(vcpu, get_events, KVM_GET_VCPU_EVENTS, struct kvm_vcpu_events *)
IOCTL_PAIR(vcpu, set_events, KVM_SET_VCPU_EVENTS, struct kvm_vcpu_events *)
IOCTL_PAIR(vcpu, get_debugregs, KVM_GET_DEBUGREGS, struct kvm_debugregs *)
IOCTL_PAIR(vcpu, set_debugregs, KVM_SET_DEBUGREGS, struct kvm_debugregs *)
IOCTL_PAIR(vcpu, get_xcrs, KVM_GET_XCRS, struct kvm_xcrs *)
IOCTL_PAIR(vcpu, set_xcrs, KVM_SET_XCRS, struct kvm_xcrs *)
IOCTL_PAIR(vcpu, get_fpu, KVM_GET_FPU, struct kvm_fpu *)
IOCTL_PAIR(vcpu, set_fpu, KVM_SET_FPU, struct kvm_fpu *)
IOCTL_PAIR(vcpu, get_lapic, KVM_GET_LAPIC, struct kvm_lapic_state *)
IOCTL_PAIR(vcpu, set_lapic, KVM_SET_LAPIC, struct kvm_lapic_state *)
IOCTL_PAIR(vcpu, get_msrs, KVM_GET_MSRS, struct kvm_msrs *)
IOCTL_PAIR(vcpu, set_msrs, KVM_SET_MSRS, struct kvm_msrs *)
IOCTL_PAIR(vcpu, get_nested_state, KVM_GET_NESTED_STATE, struct kvm_nested_state *)
IOCTL_PAIR(vcpu, set_nested_state, KVM_SET_NESTED_STATE, struct kvm_nested_state *)
IOCTL_PAIR(vcpu, get_mp_state, KVM_GET_MP_STATE, struct kvm_mp_state *)
IOCTL_PAIR(vcpu, set_mp_state, KVM_SET_MP_STATE, struct kvm_mp_state *)
IOCTL_PAIR(vcpu, set_cpuid, KVM_SET_CPUID2, struct kvm_cpuid2 *)
IOCTL_PAIR(vcpu, get_cpuid, KVM_GET_CPUID2, struct kvm_cpuid2 *)
IOCTL_PAIR(vcpu, set_signal_mask, KVM_SET_SIGNAL_MASK, struct kvm_signal_mask *)
IOCTL_PAIR(vcpu, set_guest_debug, KVM_SET_GUEST_DEBUG, struct kvm_guest_debug *)
IOCTL_PAIR(vcpu, enable_cap_raw, KVM_ENABLE_CAP, struct kvm_enable_cap *)
IOCTL_PAIR(vcpu, mem_enc_op, KVM_MEMORY_ENCRYPT_OP, void *)

static inline void vcpu_nmi(struct vcpu *vcpu)
{
	must_succeed(ioctl(vcpu->fd, KVM_NMI, 0), "KVM_NMI");
}

static inline void vcpu_smi(struct vcpu *vcpu)
{
	must_succeed(ioctl(vcpu->fd, KVM_SMI, 0), "KVM_SMI");
}

/* KVM_ENABLE_CAP with one argument and no flags, as most capabilities want it. */
static inline long __vm_enable_cap(struct vm *vm, __u32 cap, __u64 arg0)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { arg0 } };

	return __vm_enable_cap_raw(vm, &enable);
}

static inline long vm_enable_cap(struct vm *vm, __u32 cap, __u64 arg0)
{
	return must_succeed(__vm_enable_cap(vm, cap, arg0), "KVM_ENABLE_CAP");
}

#endif
