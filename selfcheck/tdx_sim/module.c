// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module's MSRs, as lib/tdx_emulated.h has them: what it owns, and what it is told to
 * answer. Only the leaves that this simulation knows by number can be told.
 */
#include <errno.h>

#include "sim.h"
#include "tdx_emulated.h"

/* The CPU's; what EPT can have five levels says so in bit 7. */
#define MSR_EPT_VPID_CAP	0x48c

struct ledger ledger;

static struct {
	uint64_t leaf, skip, count, armed_count, status;
} inject;

static uint64_t injected(enum leaf leaf)
{
	if (!inject.count || inject.leaf != leaf)
		return 0;
	if (inject.skip) {
		inject.skip--;
		return 0;
	}
	inject.count--;
	return inject.status;
}

uint64_t seamcall(enum leaf leaf)
{
	uint64_t status;

	for (int tries = 10; tries; tries--) {
		status = injected(leaf);
		if (status != RND_NO_ENTROPY)
			break;
	}
	return status;
}

uint64_t seamcall_until_done(enum leaf leaf)
{
	uint64_t status;

	do
		status = seamcall(leaf);
	while ((status & STATUS_MASK) == OPERAND_BUSY || (status & STATUS_MASK) == INTERRUPTED);
	return status;
}

int64_t sim_msr_read(const struct sim_request *r)
{
	uint64_t value;

	switch (r->arg2) {
	case TDX_MSR_MAGIC:		value = TDX_MSR_MAGIC_VALUE; break;
	case TDX_MSR_TDS:		value = ledger.tds; break;
	case TDX_MSR_VCPUS:		value = ledger.vcpus; break;
	case TDX_MSR_KEYS:		value = ledger.keys; break;
	case TDX_MSR_CONTROL_PAGES:	value = ledger.pages - ledger.tables - ledger.guest; break;
	case TDX_MSR_SEPT_PAGES:	value = ledger.tables; break;
	case TDX_MSR_GUEST_PAGES:	value = ledger.guest; break;
	case TDX_MSR_PAMT_PAIRS:	value = profile == PROFILE_STATIC ? 0 : ledger.pairs; break;
	case TDX_MSR_VIOLATIONS:	value = 0; break;
	case TDX_MSR_INJECT_SKIP:	value = inject.skip; break;
	case TDX_MSR_INJECT_COUNT:	value = inject.count; break;
	case MSR_EPT_VPID_CAP:		value = 0; break;
	default:			return -EIO;
	}
	if (r->cmd != sizeof(value))
		return -EINVAL;
	return user_write(r, r->arg, &value, sizeof(value)) ?: (int64_t)sizeof(value);
}

int64_t sim_msr_write(const struct sim_request *r)
{
	uint64_t value;

	if (r->cmd != sizeof(value))
		return -EINVAL;
	if (user_read(r, r->arg, &value, sizeof(value)))
		return -EFAULT;
	switch (r->arg2) {
	case TDX_MSR_INJECT_LEAF:
		inject.leaf = value;
		break;
	case TDX_MSR_INJECT_SKIP:
		inject.skip = value;
		break;
	case TDX_MSR_INJECT_COUNT:
		inject.armed_count = value;
		inject.count = 0;
		break;
	case TDX_MSR_INJECT_STATUS:
		inject.status = value;
		inject.count = inject.armed_count;
		break;
	default:
		return -EIO;
	}
	return sizeof(value);
}
