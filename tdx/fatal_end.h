/* SPDX-License-Identifier: GPL-2.0-only */
/* TDs that end on a TDX module that fails, and what is left of them. */
#ifndef KVMCONF_TDX_FATAL_END_H
#define KVMCONF_TDX_FATAL_END_H

#include "fatal.h"

/* What is in the module's ledger afterwards. */
struct left {
	uint64_t tds, vcpus, keys, control, sept;
};

/* Ends a TD while @failure happens. */
static inline void end_with(const struct failure *failure)
{
	make_with_page();
	fail_at(failure);
	td_free(&made.td);
	made.td.vm = NULL;
	if (tdx_module_read(TDX_MSR_INJECT_COUNT))
		report_fail("%s was not asked for", failure->seamcall);
}

static inline void use_another_td(void)
{
	struct td td = td_build(NR_PAGES);

	vm_tdx_finalize(td.vm, 0);
	td_free(&td);
}

/* The ledger has that and no more. */
static inline void expect_left(struct __test_metadata *_metadata, const struct left *left)
{
	EXPECT_EQ(left->tds, tdx_module_read(TDX_MSR_TDS));
	EXPECT_EQ(left->vcpus, tdx_module_read(TDX_MSR_VCPUS));
	EXPECT_EQ(left->keys, tdx_module_read(TDX_MSR_KEYS));
	EXPECT_EQ(left->control, tdx_module_read(TDX_MSR_CONTROL_PAGES));
	EXPECT_EQ(left->sept, tdx_module_read(TDX_MSR_SEPT_PAGES));
	EXPECT_EQ(0, tdx_module_read(TDX_MSR_GUEST_PAGES));
}

#endif
