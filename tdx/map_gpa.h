/* SPDX-License-Identifier: GPL-2.0-only */
/* TDs that ask for a range to become shared or private, for tests of what comes of it. */
#ifndef KVMCONF_TDX_MAP_GPA_H
#define KVMCONF_TDX_MAP_GPA_H

#include <linux/kvm_para.h>

#include "hypercalls.h"

#define CHUNK		(2ul << 20)
#define RANGE		(TD_MEMORY + 0x8000000)	/* of no slot: nothing depends on one */

#define MAP(start, len)	{ .op = TDX_OP_VMCALL, .r11 = CALL_MAP_GPA, .r12 = (start), .r13 = (len) }

/* A TD that makes one such call, and userspace that wants to see it. */
static inline struct td td_mapping(uint64_t gpa, uint64_t size)
{
	const struct tdx_step call = MAP(gpa, size);
	struct td td = td_calling(&call, 1);

	vm_enable_cap(td.vm, KVM_CAP_EXIT_HYPERCALL, 1 << KVM_HC_MAP_GPA_RANGE);
	return td;
}

#define BUILD_MAPPING(self, gpa, size) do {					\
	(self)->td = td_mapping(gpa, size);					\
	(self)->vcpu = (self)->td.vcpu;						\
	(self)->run = (self)->vcpu->run;					\
} while (0)

/* KVM_RUN, which must exit with a request for @size bytes at @gpa. */
#define RUN_TO_REQUEST(self, gpa, size) do {					\
	vcpu_run((self)->vcpu);							\
	ASSERT_EXIT(KVM_EXIT_HYPERCALL, (self)->vcpu);				\
	ASSERT_EQ(KVM_HC_MAP_GPA_RANGE, (self)->run->hypercall.nr);		\
	EXPECT_HEX((gpa), (self)->run->hypercall.args[0]);			\
	EXPECT_HEX((size) / PAGE_SIZE, (self)->run->hypercall.args[1]);		\
} while (0)

#endif
