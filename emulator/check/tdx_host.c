/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the emulated machine see a host that touches what is not its own? By way of the
 * module's ledger, an MSR for each line. An access comes through a translation that was
 * there before the page was the module's, as that of a host which has forgotten it.
 */
#include "tap.h"
#include "tdx_call.h"
#include "tdx_emulated.h"

static u64 seen_writing(u64 address)
{
	const u64 before = read_msr(TDX_MSR_VIOLATIONS);

	*(volatile u64 *)address = 1;
	return read_msr(TDX_MSR_VIOLATIONS) - before;
}

u64 seen_reading(u64 address)
{
	const u64 before = read_msr(TDX_MSR_VIOLATIONS);

	(void)*(volatile u64 *)address;
	return read_msr(TDX_MSR_VIOLATIONS) - before;
}

static u64 seen_clearing(u64 page)
{
	static const u64 zero[8] __attribute__((aligned(64)));
	const u64 before = read_msr(TDX_MSR_VIOLATIONS);

	for (u64 line = page; line < page + PAGE; line += 64)
		asm volatile("movdir64b (%0), %1" : : "r"(zero), "r"(line) : "memory");
	return read_msr(TDX_MSR_VIOLATIONS) - before;
}

static void expect(u64 want, u64 seen, const char *what)
{
	if (seen != want)
		claim_fails("%s: seen %lu times, not %lu", what, seen, want);
}

/* The page is free again, but nobody has cleared it. */
void host_clears_what_comes_back(u64 page)
{
	expect(1, seen_reading(page + 8), "read of what was private");
	expect(1, seen_writing(page + 64), "partial write to what was private");
	expect(0, seen_clearing(page), "clearing by whole lines");
	expect(0, seen_reading(page + 8), "read of what is clear");
	expect(0, seen_writing(page), "write to what is clear");
}

void host_is_seen(void)
{
	claim_begin("a host's access to what is not its own is seen");
	expect(0, seen_writing(UNUSED), "write to what is the host's");
	gives(SUCCESS, "a TD", MNG_CREATE, UNUSED, KEY, 0);
	expect(1, seen_reading(UNUSED), "read of a TDR");
	expect(1, seen_writing(UNUSED + PAGE - 8), "write to a TDR");
	expect(64, seen_clearing(UNUSED), "clearing of a TDR");
	expect(0, seen_writing(UNUSED + PAGE), "write to the next page");
	gives(SUCCESS, "no vCPU", MNG_VPFLUSHDONE, UNUSED, 0, 0);
	gives(SUCCESS, "written back", CACHE_WB, 0, 0, 0);
	gives(SUCCESS, "key free", MNG_KEY_FREEID, UNUSED, 0, 0);
	gives(SUCCESS, "the TDR", PAGE_RECLAIM, UNUSED, 0, 0);
	host_clears_what_comes_back(UNUSED);
	claim_end();
}

void module_owns_nothing(void)
{
	claim_begin("the ledger is empty once all has been given back");
	for (u32 msr = TDX_MSR_TDS; msr <= TDX_MSR_PAMT_PAIRS; msr++) {
		const u64 left = read_msr(msr);

		if (left)
			claim_fails("MSR %#lx: %lu", (u64)msr, left);
	}
	claim_end();
}
