// SPDX-License-Identifier: GPL-2.0-only
/*
 * What else decides about a guest's exits: its CPUID, capabilities, MSR filters, quirks. None
 * of them, and no two of them, switch the exits for bus locks on or off.
 */
#include <stdlib.h>

#include "bus_lock.h"
#include "test.h"

#ifndef KVM_CAP_PMU_CAPABILITY
#define KVM_CAP_PMU_CAPABILITY		212
#endif
#ifndef KVM_CAP_X86_NOTIFY_VMEXIT
#define KVM_CAP_X86_NOTIFY_VMEXIT	219
#endif
#ifndef KVM_CAP_VM_DISABLE_NX_HUGE_PAGES
#define KVM_CAP_VM_DISABLE_NX_HUGE_PAGES 220
#endif

enum decider {
	VENDOR_OF_AMD, VENDOR_OF_INTEL, VENDOR_OF_NOBODY, NO_FEATURES, NO_VIRTUALISATION,
	DISABLE_EXITS, DENY_ALL_MSRS, USER_SPACE_MSRS, NO_QUIRKS, EXCEPTION_PAYLOAD,
	TRIPLE_FAULT_EVENT, NO_PMU, NOTIFY_VMEXIT, ENFORCE_PV_FEATURES, NO_NX_HUGE_PAGES,
	NR_DECIDERS
};

/* Those of the VM, before it has a vCPU. What a kernel does not offer is left out. */
static void decide_for_vm(struct vm *vm, enum decider decider)
{
	static const struct { long cap; bool all_offered; uint64_t arg; } caps[NR_DECIDERS] = {
		[DISABLE_EXITS] = { KVM_CAP_X86_DISABLE_EXITS, true, 0 },
		[USER_SPACE_MSRS] = { KVM_CAP_X86_USER_SPACE_MSR, true, 0 },
		[NO_QUIRKS] = { KVM_CAP_DISABLE_QUIRKS2, true, 0 },
		[EXCEPTION_PAYLOAD] = { KVM_CAP_EXCEPTION_PAYLOAD, false, 1 },
		[TRIPLE_FAULT_EVENT] = { KVM_CAP_X86_TRIPLE_FAULT_EVENT, false, 1 },
		[NO_PMU] = { KVM_CAP_PMU_CAPABILITY, false, 1 },
		/* KVM_X86_NOTIFY_VMEXIT_ENABLED, and a window */
		[NOTIFY_VMEXIT] = { KVM_CAP_X86_NOTIFY_VMEXIT, false, 1ull << 32 | 1 },
		[NO_NX_HUGE_PAGES] = { KVM_CAP_VM_DISABLE_NX_HUGE_PAGES, false, 0 },
	};
	struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_DENY };
	static uint8_t nothing[1];
	long offered;

	if (caps[decider].cap) {
		offered = vm_check_extension(vm, caps[decider].cap);
		/* Some want a privilege, or that the CPU has it: they are left out. */
		if (offered > 0)
			__vm_enable_cap(vm, caps[decider].cap,
					caps[decider].all_offered ? (uint64_t)offered :
					caps[decider].arg);
	}
	if (decider == DENY_ALL_MSRS) {
		filter.ranges[0] = (struct kvm_msr_filter_range){
			.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
			.nmsrs = 1, .base = 0x10, .bitmap = nothing,
		};
		must_succeed(ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, &filter),
			     "KVM_X86_SET_MSR_FILTER");
	}
}

static void set_vendor(struct kvm_cpuid2 *cpuid, const char *vendor)
{
	for (unsigned int i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function != 0 && entry->function != 0x80000000)
			continue;
		memcpy(&entry->ebx, vendor, 4);
		memcpy(&entry->edx, vendor + 4, 4);
		memcpy(&entry->ecx, vendor + 8, 4);
	}
}

/* Clears @mask in ECX (@in_ecx) or EDX and EBX of a leaf. */
static void clear_features(struct kvm_cpuid2 *cpuid, uint32_t function, uint32_t ecx, uint32_t ebx)
{
	for (unsigned int i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == function) {
			cpuid->entries[i].ecx &= ~ecx;
			cpuid->entries[i].ebx &= ~ebx;
		}
}

#define CPUID_VMX		(1u << 5)	/* leaf 1, ECX */
#define CPUID_SVM		(1u << 2)	/* leaf 80000001h, ECX */
#define CPUID_BUS_LOCK_DETECT	(1u << 24)	/* leaf 7, ECX */

/* Those of the vCPU's CPUID. */
static void decide_for_vcpu(struct vcpu *vcpu, enum decider decider)
{
	struct kvm_cpuid2 *cpuid = vcpu_read_cpuid(vcpu);
	struct kvm_enable_cap pv = { .cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID, .args = { 1 } };

	switch (decider) {
	case VENDOR_OF_AMD:
		set_vendor(cpuid, "AuthenticAMD");
		break;
	case VENDOR_OF_INTEL:
		set_vendor(cpuid, "GenuineIntel");
		break;
	case VENDOR_OF_NOBODY:
		set_vendor(cpuid, "NobodysCPUs.");
		break;
	case NO_FEATURES:
		clear_features(cpuid, 7, ~0u, ~0u);
		clear_features(cpuid, 0x8000000a, ~0u, 0);
		break;
	case NO_VIRTUALISATION:
		clear_features(cpuid, 1, CPUID_VMX, 0);
		clear_features(cpuid, 0x80000001, CPUID_SVM, 0);
		clear_features(cpuid, 7, CPUID_BUS_LOCK_DETECT, 0);
		break;
	case ENFORCE_PV_FEATURES:
		vcpu_enable_cap_raw(vcpu, &pv);
		break;
	default:
		break;
	}
	vcpu_set_cpuid(vcpu, cpuid);
	free(cpuid);
}

FIXTURE(decided) {
	struct bus_lock_guest locks;
};

FIXTURE_VARIANT(decided) {
	enum decider first;
};

FIXTURE_VARIANT_ADD(decided, vendor_of_amd) { VENDOR_OF_AMD };
FIXTURE_VARIANT_ADD(decided, vendor_of_intel) { VENDOR_OF_INTEL };
FIXTURE_VARIANT_ADD(decided, vendor_of_nobody) { VENDOR_OF_NOBODY };
FIXTURE_VARIANT_ADD(decided, no_features) { NO_FEATURES };
FIXTURE_VARIANT_ADD(decided, no_virtualisation) { NO_VIRTUALISATION };
FIXTURE_VARIANT_ADD(decided, disable_exits) { DISABLE_EXITS };
FIXTURE_VARIANT_ADD(decided, deny_all_msrs) { DENY_ALL_MSRS };
FIXTURE_VARIANT_ADD(decided, user_space_msrs) { USER_SPACE_MSRS };
FIXTURE_VARIANT_ADD(decided, no_quirks) { NO_QUIRKS };
FIXTURE_VARIANT_ADD(decided, exception_payload) { EXCEPTION_PAYLOAD };
FIXTURE_VARIANT_ADD(decided, triple_fault_event) { TRIPLE_FAULT_EVENT };
FIXTURE_VARIANT_ADD(decided, no_pmu) { NO_PMU };
FIXTURE_VARIANT_ADD(decided, notify_vmexit) { NOTIFY_VMEXIT };
FIXTURE_VARIANT_ADD(decided, enforce_pv_features) { ENFORCE_PV_FEATURES };
FIXTURE_VARIANT_ADD(decided, no_nx_huge_pages) { NO_NX_HUGE_PAGES };

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(decided)
{
	REQUIRE_BUS_LOCK_EXIT();
}

FIXTURE_TEARDOWN(decided)
{
	TEARDOWN_VM(self->locks.vm);
}

/* A VM with both deciders, about to execute the lock at BL_INSN1. */
static void create(struct bus_lock_guest *locks, uint64_t exits, enum decider a, enum decider b)
{
	locks->in_l2 = false;
	locks->vm = vm_create();
	decide_for_vm(locks->vm, a);
	decide_for_vm(locks->vm, b);
	vm_add_low_memory(locks->vm);
	bl_put_code();
	memset((void *)BL_DATA, 0, 0x1000);
	vm_enable_cap(locks->vm, KVM_CAP_X86_BUS_LOCK_EXIT, exits);
	locks->vcpu = vcpu_create(locks->vm);
	decide_for_vcpu(locks->vcpu, a);
	decide_for_vcpu(locks->vcpu, b);
	bus_lock_enter(locks, locks->vcpu, MODE_LONG, 0, LINE_SPLIT);
}

/*
 * No other capability, filter, quirk or CPUID setting, alone or with another one, changes which
 * bus locks exit: one exit for each lock if EXIT is enabled, and none if not.
 *
 * Source: KVM api.rst 7.22: KVM_BUS_LOCK_DETECTION_EXIT alone decides
 */
TEST_F(decided, exits_are_as_the_capability_has_them)
{
	for (enum decider second = 0; second < NR_DECIDERS && __test_passed(_metadata); second++) {
		create(&self->locks, KVM_BUS_LOCK_DETECTION_EXIT, variant->first, second);
		EXPECT_RUNS_TO_BUS_LOCK(&self->locks, BL_INSN1);
		EXPECT_RUNS_TO_BUS_LOCK(&self->locks, BL_INSN2);
		EXPECT_RUNS_TO_OUT(&self->locks, "after the locks");
		EXPECT_EQ(2, locks_executed(&self->locks));
		vm_free(self->locks.vm);

		create(&self->locks, KVM_BUS_LOCK_DETECTION_OFF, variant->first, second);
		EXPECT_RUNS_TO_OUT(&self->locks, "after the locks");
		if (!__test_passed(_metadata))
			TH_LOG("with the decider number %d beside it", second);
		else
			vm_free(self->locks.vm);
	}
	if (__test_passed(_metadata))
		self->locks.vm = NULL;
}

KVMCONF_MAIN
