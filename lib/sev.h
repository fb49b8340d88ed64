/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEV and SEV-ES guests on raw ioctls: SEV's commands of KVM_MEMORY_ENCRYPT_OP in pairs, as
 * in ioctls.h, and the steps from KVM_CREATE_VM to a guest that runs.
 *
 * A command is refused by KVM, with an errno, or by the firmware, with EIO and a status of
 * its own in kvm_sev_cmd.error. sev_outcome() has both: "EINVAL", "EIO, INVALID_LEN".
 *
 * Source of all rules: the kernel's Documentation/virt/kvm/x86/amd-memory-encryption.rst and
 * AMD's "Secure Encrypted Virtualization API Version 0.24" (document 55766).
 */
#ifndef KVMCONF_SEV_H
#define KVMCONF_SEV_H

#include <linux/psp-sev.h>

#include "host.h"
#include "ioctls.h"

#ifndef KVM_X86_SEV_VMSA_FEATURES	/* 6.10 */
#define KVM_SEV_INIT2	22		/* an enumerator, which no #ifdef can find */
struct kvm_sev_init {
	__u64 vmsa_features;
	__u32 flags;
	__u16 ghcb_version;
	__u16 pad1;
	__u32 pad2[8];
};
#endif

/* Guest policy, API 55766 table 2. */
#define SEV_POLICY_NODBG	(1u << 0)
#define SEV_POLICY_NOKS		(1u << 1)
#define SEV_POLICY_ES		(1u << 2)

/* Guest states, as GUEST_STATUS has them. API 55766 table 42; the rst has other names. */
enum sev_guest_state { SEV_UNINIT, SEV_LUPDATE, SEV_LSECRET, SEV_GUEST_RUNNING };

#define SEV_BLOB_MAX	0x4000u		/* the longest blob that KVM takes */
#define SEV_MEASURE_LEN	48u		/* API 55766, LAUNCH_MEASURE: 32 + 16 */

/*
 * How a VM becomes an SEV guest: of the default type by KVM_SEV_INIT or KVM_SEV_ES_INIT, or
 * of a type of its own (6.10) by KVM_SEV_INIT2.
 */
enum sev_kind { SEV_OLD, SEV_NEW, SEV_ES_OLD, SEV_ES_NEW };

static inline bool sev_is_es(enum sev_kind kind)
{
	return kind == SEV_ES_OLD || kind == SEV_ES_NEW;
}

unsigned long sev_vm_type(enum sev_kind kind);

/* VM types of SEV's own where KVM has them, so that older kernels are tested as well. */
enum sev_kind sev_newest_kind(bool es);

/* Is kvm_amd.sev, or sev_es, on? */
bool sev_is_on(bool es);

/* A descriptor of /dev/sev, opened at the first call; -1 with errno. */
int sev_device(void);

/* The parameter of kvm_amd, and the misc cgroup's resource. */
static inline const char *sev_name(bool es)
{
	return es ? "sev_es" : "sev";
}

/* First line of every FIXTURE_SETUP() that makes SEV guests, behind REQUIRE_KVM(). */
#define REQUIRE_SEV_KIND(kind) do {							\
	REQUIRE_KVM();									\
	REQUIRE(sev_is_on(sev_is_es(kind)), "no-sev", "kvm_amd.%s is off or absent",	\
		sev_name(sev_is_es(kind)));						\
	REQUIRE(host_offers_vm_type(sev_vm_type(kind)), "no-vm-type",			\
		"KVM_CAP_VM_TYPES lacks type %lu", sev_vm_type(kind));			\
	REQUIRE(sev_device() >= 0 || errno != EACCES, "permission",			\
		"/dev/sev: %s", errno_name(errno));					\
	REQUIRE(sev_device() >= 0, "no-sev", "/dev/sev: %s", errno_name(errno));	\
} while (0)

/* The firmware's state, API 55766 table 16, and its guests: SEV_PLATFORM_STATUS. */
enum sev_platform_state { SEV_PLATFORM_UNINIT, SEV_PLATFORM_INIT, SEV_PLATFORM_WORKING };
struct sev_user_data_status sev_platform_status(void);

/* Number of the firmware's guests, of all processes. */
unsigned int sev_guest_count(void);

/* A command as the caller made it; its status is that of sev_outcome() from now on. */
long sev_command(struct vm *vm, struct kvm_sev_cmd *cmd);

/* The same with @data, and /dev/sev for those that want it. */
long __vm_sev(struct vm *vm, __u32 id, void *data);

/* It must succeed. */
void vm_sev(struct vm *vm, __u32 id, void *data, const char *name);

/* What the last command that returned @ret did; valid until the thread's next call. */
const char *sev_outcome(long ret);

/* The firmware's status of the last command; SEV_NO_STATUS if none was written. */
#define SEV_NO_STATUS	0x5ca1ab1eu
__u32 sev_status(void);

#define EXPECT_SEV(want, call)	EXPECT_STREQ(want, sev_outcome(call))
#define ASSERT_SEV(want, call)	ASSERT_STREQ(want, sev_outcome(call))

#define SEV_PAIR(name, id, type)						\
static inline long __vm_sev_##name(struct vm *vm, type *data)			\
{										\
	return __vm_sev(vm, id, data);						\
}										\
static inline void vm_sev_##name(struct vm *vm, type *data)			\
{										\
	vm_sev(vm, id, data, #id);						\
}

SEV_PAIR(init, KVM_SEV_INIT, void)
SEV_PAIR(es_init, KVM_SEV_ES_INIT, void)
SEV_PAIR(init2, KVM_SEV_INIT2, struct kvm_sev_init)
SEV_PAIR(launch_start, KVM_SEV_LAUNCH_START, struct kvm_sev_launch_start)
SEV_PAIR(update_data, KVM_SEV_LAUNCH_UPDATE_DATA, struct kvm_sev_launch_update_data)
SEV_PAIR(update_vmsa, KVM_SEV_LAUNCH_UPDATE_VMSA, void)
SEV_PAIR(measure, KVM_SEV_LAUNCH_MEASURE, struct kvm_sev_launch_measure)
SEV_PAIR(finish, KVM_SEV_LAUNCH_FINISH, void)
SEV_PAIR(guest_status, KVM_SEV_GUEST_STATUS, struct kvm_sev_guest_status)
SEV_PAIR(dbg_decrypt, KVM_SEV_DBG_DECRYPT, struct kvm_sev_dbg)
SEV_PAIR(dbg_encrypt, KVM_SEV_DBG_ENCRYPT, struct kvm_sev_dbg)

#define CONTEXT_PAIR(name, cap)							\
static inline long __vm_sev_##name(struct vm *to, struct vm *from)		\
{										\
	return __vm_enable_cap(to, cap, from->fd);				\
}										\
static inline void vm_sev_##name(struct vm *to, struct vm *from)		\
{										\
	must_succeed(__vm_sev_##name(to, from), #cap);				\
}

CONTEXT_PAIR(move_from, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM)
CONTEXT_PAIR(copy_from, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM)

/* The command that makes a VM of @kind an SEV guest. */
long __vm_sev_start_up(struct vm *vm, enum sev_kind kind);

/* A VM of @kind, no SEV guest yet, without memory; as vm_create(), it must succeed. */
struct vm *sev_vm_create(enum sev_kind kind);

/* The same as an SEV guest: KVM_SEV_INIT or what else it takes. */
struct vm *sev_vm_create_inited(enum sev_kind kind);

/* KVM_SEV_LAUNCH_START with the least that KVM takes; returns the firmware's handle. */
__u32 sev_launch_start(struct vm *vm, __u32 policy);

/* The policy that goes with @kind, and forbids nothing. */
static inline __u32 sev_policy(enum sev_kind kind)
{
	return sev_is_es(kind) ? SEV_POLICY_ES : 0;
}

#endif
