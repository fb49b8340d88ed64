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

#ifndef KVM_SYSTEM_EVENT_TDX_FATAL	/* 6.16 */
#define KVM_SYSTEM_EVENT_TDX_FATAL	7
#endif

#ifndef KVM_EXIT_TDX			/* 6.16 */
#define KVM_EXIT_TDX			40
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

/*
 * TDX's commands of KVM_MEMORY_ENCRYPT_OP, in 6.16. The command's identifiers are
 * enumerators, which no #ifdef can find: the flag stands for them.
 */
#ifndef KVM_TDX_MEASURE_MEMORY_REGION
enum kvm_tdx_cmd_id {
	KVM_TDX_CAPABILITIES,
	KVM_TDX_INIT_VM,
	KVM_TDX_INIT_VCPU,
	KVM_TDX_INIT_MEM_REGION,
	KVM_TDX_FINALIZE_VM,
	KVM_TDX_GET_CPUID,

	KVM_TDX_CMD_NR_MAX,
};

struct kvm_tdx_cmd {
	__u32 id;
	__u32 flags;
	__u64 data;
	__u64 hw_error;
};

struct kvm_tdx_capabilities {
	__u64 supported_attrs;
	__u64 supported_xfam;
	__u64 kernel_tdvmcallinfo_1_r11;
	__u64 user_tdvmcallinfo_1_r11;
	__u64 kernel_tdvmcallinfo_1_r12;
	__u64 user_tdvmcallinfo_1_r12;
	__u64 reserved[250];
	struct kvm_cpuid2 cpuid;
};

struct kvm_tdx_init_vm {
	__u64 attributes;
	__u64 xfam;
	__u64 mrconfigid[6];
	__u64 mrowner[6];
	__u64 mrownerconfig[6];
	__u64 reserved[12];
	struct kvm_cpuid2 cpuid;
};

#define KVM_TDX_MEASURE_MEMORY_REGION	(1ULL << 0)

struct kvm_tdx_init_mem_region {
	__u64 source_addr;
	__u64 gpa;
	__u64 nr_pages;
};
#endif

#ifndef KVM_SET_MEMORY_ATTRIBUTES	/* 6.8 */
#define KVM_EXIT_MEMORY_FAULT		39
#define KVM_MEMORY_ATTRIBUTE_PRIVATE	(1ULL << 3)
struct kvm_memory_attributes {
	__u64 address;
	__u64 size;
	__u64 attributes;
	__u64 flags;
};
#define KVM_SET_MEMORY_ATTRIBUTES	_IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#endif
#ifndef KVM_PRE_FAULT_MEMORY		/* 6.11 */
struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};
#define KVM_PRE_FAULT_MEMORY	_IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif

#ifndef KVM_X86_QUIRK_IGNORE_GUEST_PAT	/* 6.15 */
#define KVM_X86_QUIRK_IGNORE_GUEST_PAT	(1 << 9)
#endif

#endif
