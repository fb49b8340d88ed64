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
#ifndef KVM_CAP_X86_GUEST_MODE		/* 6.10 */
#define KVM_CAP_X86_GUEST_MODE		238
#endif

#ifndef KVM_CAP_VM_TYPES		/* 6.8 */
#define KVM_CAP_VM_TYPES		235
#endif

#ifndef KVM_CREATE_GUEST_MEMFD		/* 6.8 */
#define KVM_CAP_GUEST_MEMFD		234
#define KVM_MEM_GUEST_MEMFD		(1UL << 2)
struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};
#define KVM_SET_USER_MEMORY_REGION2 \
	_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
struct kvm_create_guest_memfd {
	__u64 size;
	__u64 flags;
	__u64 reserved[6];
};
#define KVM_CREATE_GUEST_MEMFD	_IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#endif
#ifndef GUEST_MEMFD_FLAG_INIT_SHARED	/* 6.18 */
#define KVM_CAP_GUEST_MEMFD_FLAGS	244
#define GUEST_MEMFD_FLAG_MMAP		(1ULL << 0)
#define GUEST_MEMFD_FLAG_INIT_SHARED	(1ULL << 1)
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

#ifndef KVM_X86_QUIRK_IGNORE_GUEST_PAT	/* 6.15 */
#define KVM_X86_QUIRK_IGNORE_GUEST_PAT	(1 << 9)
#endif

#endif
