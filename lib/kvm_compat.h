/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's uapi, whatever the age of the system's headers: what newer kernels
 * added and this suite uses. Values are ABI and never change.
 */
#ifndef KVMCONF_KVM_COMPAT_H
#define KVMCONF_KVM_COMPAT_H

#include <linux/kvm.h>

#ifndef KVM_RUN_X86_GUEST_MODE		/* 6.10 */
#define KVM_RUN_X86_GUEST_MODE		(1 << 2)
#endif

#ifndef KVM_CAP_VM_TYPES		/* 6.8 */
#define KVM_CAP_VM_TYPES		235
#endif

#ifndef KVM_X86_DEFAULT_VM		/* 6.8 */
#define KVM_X86_DEFAULT_VM		0
#endif
#ifndef KVM_X86_SW_PROTECTED_VM		/* 6.8 */
#define KVM_X86_SW_PROTECTED_VM		1
#endif
#ifndef KVM_X86_SEV_VM			/* 6.10 */
#define KVM_X86_SEV_VM			2
#define KVM_X86_SEV_ES_VM		3
#endif
#ifndef KVM_X86_SNP_VM			/* 6.11 */
#define KVM_X86_SNP_VM			4
#endif
#ifndef KVM_X86_TDX_VM			/* 6.16 */
#define KVM_X86_TDX_VM			5
#endif

#endif
