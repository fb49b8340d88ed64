/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of TDX commands that are refused, each with its error: what a case is, and how a TD
 * comes to where the command is given.
 */
#ifndef KVMCONF_TDX_REFUSED_H
#define KVMCONF_TDX_REFUSED_H

#include "test.h"
#include "tdx.h"

#define NR_PAGES	4ul

/* A stage of our own: final, but the vCPU was never initialized, and there are no pages. */
#define TD_FINAL_UNREADY	(TD_FINALIZED + 1)

static void *const unreadable = (void *)0x1000;	/* below every vm.mmap_min_addr */

static union tdx_init_vm params;
static union tdx_capabilities capabilities;
static union tdx_cpuid cpuid;
static struct kvm_tdx_init_mem_region region;

/*
 * The command as it would succeed, and its argument; a case spoils either. The pointer is
 * what the ioctl gets.
 */
static struct call {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_tdx_cmd cmd, *pointer;
} call;

/* What cases of more than one table spoil. */
static inline void nothing(void)		{ }
static inline void hw_error(void)		{ call.cmd.hw_error = 1; }
static inline void flags(void)			{ call.cmd.flags = 2; }
static inline void bad_data(void)		{ call.cmd.data = (__u64)unreadable; }
static inline void flags_and_bad_data(void)	{ flags(); bad_data(); }
static inline void hw_error_and_bad_data(void)	{ hw_error(); bad_data(); }
static inline void few_of_td(void)		{ cpuid.cpuid.nent = 0; }
static inline void unmapped_source(void)	{ region.source_addr = (__u64)unreadable; }
static inline void many_entries(void)		{ params.init.cpuid.nent = TDX_MAX_CPUID + 1; }

static inline struct kvm_cpuid_entry2 *entry(__u32 function)
{
	for (unsigned int i = 0; i < params.init.cpuid.nent; i++)
		if (params.init.cpuid.entries[i].function == function)
			return &params.init.cpuid.entries[i];
	report_error("CPUID 0x%x is not configurable", function);
}

/* The first page of the region, and the page before all of them, which is in no slot. */
static inline void shared_attribute(void)
{
	td_convert(call.vm, TD_MEMORY, PAGE_SIZE, false);
}

static inline void no_slot(void)
{
	region.gpa -= PAGE_SIZE;
	region.nr_pages = 1;
	td_convert(call.vm, region.gpa, PAGE_SIZE, true);
}

/* A case: a command, where it is given, what is wrong with it, and its error. */
struct refused_case {
	__u32 id;
	bool of_vcpu;
	enum td_stage stage;
	void (*spoil)(void);
	int error;
};

#define CASE(name, command, fd, at, how, want)						\
	FIXTURE_VARIANT_ADD(refused, name) {						\
		{ .id = command, .of_vcpu = fd, .stage = TD_##at, .spoil = how, .error = want } \
	}
#define VM false
#define VCPU true

/* The command's argument, as the command would take it. */
static inline __u64 good_data(struct td *td, __u32 id)
{
	capabilities.caps.cpuid.nent = TDX_MAX_CPUID;
	vm_tdx_capabilities(td->vm, &capabilities.caps);
	td_default_params(td->vm, &params);
	region = td_region(TD_MEMORY, NR_PAGES);
	cpuid.cpuid.nent = TDX_MAX_CPUID;

	switch (id) {
	case KVM_TDX_CAPABILITIES:	return (__u64)&capabilities;
	case KVM_TDX_INIT_VM:		return (__u64)&params;
	case KVM_TDX_INIT_MEM_REGION:	return (__u64)&region;
	case KVM_TDX_GET_CPUID:		return (__u64)&cpuid;
	}
	return 0;
}

static inline struct td td_at(enum td_stage stage)
{
	struct td td;

	if (stage != TD_FINAL_UNREADY)
		return td_build_until(stage, NR_PAGES);
	td = td_build_until(TD_HAS_VCPU, NR_PAGES);
	vm_tdx_finalize(td.vm, 0);
	return td;
}

/*
 * The call of a case. What KVM refuses by itself is no word of the module's for hw_error, and
 * nothing is done: the argument is as it was. Then the TD goes on to its end.
 */
static inline void expect_refused(struct __test_metadata *_metadata, struct td *td,
				  const struct refused_case *c)
{
	static union tdx_init_vm params_before;
	struct kvm_tdx_init_mem_region region_before;
	__u64 hw_error_before;

	call = (struct call){
		.vm = td->vm, .vcpu = td->vcpu, .pointer = &call.cmd,
		.cmd = { .id = c->id, .data = good_data(td, c->id) },
	};
	c->spoil();
	params_before = params;
	region_before = region;
	hw_error_before = call.cmd.hw_error;
	ASSERT_ERRNO(c->error, c->of_vcpu ?
		     __vcpu_mem_enc_op(td->vcpu, call.pointer) :
		     __vm_mem_enc_op(td->vm, call.pointer));
	EXPECT_HEX(hw_error_before, call.cmd.hw_error);
	EXPECT_EQ(0, memcmp(&params_before, &params, sizeof(params)));
	EXPECT_EQ(0, memcmp(&region_before, &region, sizeof(region)));

	/* What the case took away; memory that is private already stays as it is. */
	if (c->stage >= TD_HAS_VCPU)
		td_convert(td->vm, TD_MEMORY, NR_PAGES * PAGE_SIZE, true);
	td_advance(td, c->stage, TD_FINALIZED, NR_PAGES);
	EXPECT_ERRNO(EINVAL, __vm_tdx_finalize(td->vm, 0));
}

#endif
