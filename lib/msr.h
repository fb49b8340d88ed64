/* SPDX-License-Identifier: GPL-2.0-only */
/* One MSR of a vCPU, where KVM_GET_MSRS and KVM_SET_MSRS want a list. */
#ifndef KVMCONF_MSR_H
#define KVMCONF_MSR_H

#include "ioctls.h"

/* A union, because kvm_msrs ends in an array without a size. */
union one_msr {
	struct kvm_msrs msrs;
	char space[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
};

static inline uint64_t vcpu_get_msr(struct vcpu *vcpu, uint32_t index)
{
	union one_msr one = { .msrs.nmsrs = 1 };

	one.msrs.entries[0].index = index;
	if (vcpu_get_msrs(vcpu, &one.msrs) != 1)
		report_error("KVM_GET_MSRS: %s is refused", hex(index));
	return one.msrs.entries[0].data;
}

static inline void vcpu_set_msr(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
	union one_msr one = { .msrs.nmsrs = 1 };

	one.msrs.entries[0].index = index;
	one.msrs.entries[0].data = value;
	if (vcpu_set_msrs(vcpu, &one.msrs) != 1)
		report_error("KVM_SET_MSRS: %s is refused", hex(index));
}

#endif
