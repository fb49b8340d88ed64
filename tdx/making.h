/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands that make a TD, one at a time, for tests of how each of them fails. */
#ifndef KVMCONF_TDX_MAKING_H
#define KVMCONF_TDX_MAKING_H

#include "test.h"
#include "tdx.h"

#define NR_PAGES	2ul

/* A TD in the making, as far as it has come. */
static struct making {
	int kvm;
	struct td td;
	struct kvm_tdx_init_mem_region region;
} made;

static union tdx_init_vm params;

static inline long create_vm(void)
{
	int fd = ioctl(made.kvm, KVM_CREATE_VM, KVM_X86_TDX_VM);

	return fd < 0 ? -1 : close(fd);
}

static inline long init_vm(void)
{
	return __vm_tdx_init(made.td.vm, &params.init);
}

static inline long create_vcpu(void)
{
	int fd = __vm_create_vcpu(made.td.vm, 1);

	return fd < 0 ? -1 : close(fd);
}

static inline long init_vcpu(void)
{
	return __vcpu_tdx_init(made.td.vcpu, 0);
}

static inline long create_memfd(void)
{
	struct kvm_create_guest_memfd create = { .size = NR_PAGES * PAGE_SIZE };
	int fd = __vm_create_guest_memfd(made.td.vm, &create);

	return fd < 0 ? -1 : close(fd);
}

static inline long fill(void)
{
	return __vcpu_tdx_init_mem_region(made.td.vcpu, &made.region);
}

static inline long fill_measured(void)
{
	struct kvm_tdx_cmd cmd = {
		.id = KVM_TDX_INIT_MEM_REGION, .flags = KVM_TDX_MEASURE_MEMORY_REGION,
		.data = (__u64)&made.region,
	};

	return __vcpu_mem_enc_op(made.td.vcpu, &cmd);
}

static inline long fault(void)
{
	struct kvm_pre_fault_memory range = { .gpa = TD_MEMORY, .size = PAGE_SIZE };

	return __vcpu_pre_fault(made.td.vcpu, &range);
}

static inline long finalize(void)
{
	return __vm_tdx_finalize(made.td.vm, 0);
}

/* A TD at @stage, in which there is no page yet. */
static inline void make(enum td_stage stage)
{
	made.td = td_build_until(stage < TD_FILLED ? stage : TD_VCPU_READY, NR_PAGES);
	made.region = td_region(TD_MEMORY, NR_PAGES);
	td_default_params(made.td.vm, &params);
	if (stage == TD_FINALIZED)
		vm_tdx_finalize(made.td.vm, 0);
}

#endif
