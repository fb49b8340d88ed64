// SPDX-License-Identifier: GPL-2.0-only
/* A vCPU's state in userspace: a register, or all of it, as a migration carries it. */
#include <stdlib.h>
#include <string.h>

#include "ioctls.h"
#include "report.h"
#include "vm.h"

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		report_error("out of memory");
	return memory;
}

static void copy_msrs(struct vcpu *from, struct vcpu *to)
{
	struct kvm_msr_list empty = { 0 }, *list;
	struct kvm_msrs *msrs;

	/* Fails with E2BIG and says how many there are. */
	ioctl(from->vm->kvm_fd, KVM_GET_MSR_INDEX_LIST, &empty);
	list = allocate(sizeof(*list) + empty.nmsrs * sizeof(list->indices[0]));
	msrs = allocate(sizeof(*msrs) + empty.nmsrs * sizeof(msrs->entries[0]));
	list->nmsrs = empty.nmsrs;
	must_succeed(ioctl(from->vm->kvm_fd, KVM_GET_MSR_INDEX_LIST, list),
		     "KVM_GET_MSR_INDEX_LIST");

	msrs->nmsrs = list->nmsrs;
	for (unsigned int i = 0; i < list->nmsrs; i++)
		msrs->entries[i].index = list->indices[i];
	/* Both return how many MSRs they did before one that failed. */
	if (vcpu_get_msrs(from, msrs) != list->nmsrs)
		report_error("KVM_GET_MSRS: not all of KVM's own list can be read");
	if (vcpu_set_msrs(to, msrs) != list->nmsrs)
		report_error("KVM_SET_MSRS: not all that was read can be written");
	free(msrs);
	free(list);
}

/* SDM vol. 1, 13.4: in an XSAVE area. */
#define XSAVE_MXCSR	24
#define XSAVE_XMM0	160
#define XSAVE_XSTATE_BV	512
#define XSTATE_SSE	2

void vcpu_set_xmm0(struct vcpu *vcpu, const uint8_t *bytes, uint32_t mxcsr)
{
	struct kvm_xsave xsave;
	uint8_t *area = (uint8_t *)xsave.region;

	must_succeed(ioctl(vcpu->fd, KVM_GET_XSAVE, &xsave), "KVM_GET_XSAVE");
	memcpy(area + XSAVE_XMM0, bytes, XMM_SIZE);
	memcpy(area + XSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
	area[XSAVE_XSTATE_BV] |= XSTATE_SSE;
	must_succeed(ioctl(vcpu->fd, KVM_SET_XSAVE, &xsave), "KVM_SET_XSAVE");
}

#define MAX_CPUID_ENTRIES 256

struct kvm_cpuid2 *vcpu_read_cpuid(struct vcpu *vcpu)
{
	static const struct kvm_cpuid_entry2 none;
	struct kvm_cpuid2 *cpuid = allocate(sizeof(*cpuid) +
					    MAX_CPUID_ENTRIES * sizeof(cpuid->entries[0]));

	cpuid->nent = MAX_CPUID_ENTRIES;
	vcpu_get_cpuid(vcpu, cpuid);
	/* Linux 6.1 does not write the number back; no entry is all zeros. */
	while (cpuid->nent && !memcmp(&cpuid->entries[cpuid->nent - 1], &none, sizeof(none)))
		cpuid->nent--;
	return cpuid;
}

struct kvm_nested_state *vcpu_read_nested_state(struct vcpu *vcpu)
{
	long size = vm_check_extension(vcpu->vm, KVM_CAP_NESTED_STATE);
	struct kvm_nested_state *nested;

	if (!size)
		return NULL;
	nested = allocate(size);
	nested->size = size;
	vcpu_get_nested_state(vcpu, nested);
	return nested;
}

/* A vCPU in L2 brings its L1 with it. */
static void copy_nested_state(struct vcpu *from, struct vcpu *to)
{
	struct kvm_nested_state *nested = vcpu_read_nested_state(from);

	if (nested)
		vcpu_set_nested_state(to, nested);
	free(nested);
}

void vcpu_copy_state(struct vcpu *from, struct vcpu *to)
{
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct kvm_lapic_state lapic;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_xcrs xcrs;
	struct kvm_fpu fpu;

	/* Reading MP_STATE first settles what else there is to read. */
	vcpu_get_mp_state(from, &mp_state);
	vcpu_get_regs(from, &regs);
	vcpu_get_sregs(from, &sregs);
	vcpu_get_fpu(from, &fpu);
	vcpu_get_xcrs(from, &xcrs);
	vcpu_get_debugregs(from, &debugregs);
	vcpu_get_events(from, &events);
	vcpu_get_lapic(from, &lapic);

	vcpu_set_sregs(to, &sregs);
	copy_msrs(from, to);
	vcpu_set_xcrs(to, &xcrs);
	vcpu_set_fpu(to, &fpu);
	vcpu_set_lapic(to, &lapic);
	vcpu_set_events(to, &events);
	vcpu_set_mp_state(to, &mp_state);
	vcpu_set_debugregs(to, &debugregs);
	vcpu_set_regs(to, &regs);
	copy_nested_state(from, to);
}
