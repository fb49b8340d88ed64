/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands for which a TD needs pages, one at a time, for tests of what they do without. */
#ifndef KVMCONF_TDX_COMMANDS_H
#define KVMCONF_TDX_COMMANDS_H

#include "tdx.h"

typedef long td_command(struct td *td);

static union tdx_init_vm params;
static struct kvm_tdx_init_mem_region region;
static struct kvm_pre_fault_memory range;

static inline long init_vm(struct td *td)
{
	return __vm_tdx_init(td->vm, &params.init);
}

static inline long init_vcpu(struct td *td)
{
	return __vcpu_tdx_init(td->vcpu, 0);
}

static inline long fill(struct td *td)
{
	return __vcpu_tdx_init_mem_region(td->vcpu, &region);
}

static inline long fault(struct td *td)
{
	return __vcpu_pre_fault_all(td->vcpu, &range);
}

static inline bool is_of_memory(td_command *command)
{
	return command == fill || command == fault;
}

/* A TD that is ready for @command, which is about its @nr_pages pages if it is of memory. */
static inline struct td td_ready_for(td_command *command, unsigned long nr_pages)
{
	enum td_stage stage = command == init_vm ? TD_CREATED :
			      is_of_memory(command) ? TD_VCPU_READY : TD_HAS_VCPU;
	struct td td = td_build_until(stage, nr_pages);

	td_default_params(td.vm, &params);
	region = td_region(TD_MEMORY, nr_pages);
	range = (struct kvm_pre_fault_memory){ .gpa = TD_MEMORY, .size = nr_pages * PAGE_SIZE };
	if (command == fault)
		vm_tdx_finalize(td.vm, 0);
	return td;
}

#endif
