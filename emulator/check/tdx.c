/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the emulated TDX module keep order? Its leaves on the bare machine, where a host can
 * do what no kernel does: the wrong thing at the wrong time. And Dynamic PAMT, for which
 * there is no kernel yet.
 *
 *	tdx.c		the module's initialisation, creation and end of a TD, Dynamic PAMT
 *	tdx_td.c	a TD between: its vCPUs, its memory, and that it runs
 *	tdx_host.c	what the host may touch
 *	tdx_call.h	SEAMCALL, its leaves and statuses
 */
#include "tap.h"
#include "tdx_call.h"
#include "tdx_emulated.h"
#include "vmx_guest.h"

#define LEVEL_2M	1
#define DYNAMIC_PAMT	(1ul << 36)
#define USE_DYNAMIC_PAMT (1ul << 16)

static u64 tdmr_info[64] __attribute__((aligned(512)));
static u64 tdmr_list[64] __attribute__((aligned(512)));

static void write_tdmr(u64 pamt_4k_size)
{
	tdmr_list[0] = (u64)tdmr_info;
	tdmr_info[0] = 0;
	tdmr_info[1] = GIB;
	tdmr_info[2] = PAMT;
	tdmr_info[3] = PAGE;
	tdmr_info[4] = PAMT + PAGE;
	tdmr_info[5] = 2 * PAGE;
	tdmr_info[6] = PAMT + 3 * PAGE;
	tdmr_info[7] = pamt_4k_size;
	tdmr_info[8] = 0;
	tdmr_info[9] = MEMORY;
	tdmr_info[10] = MEMORY_END;
	tdmr_info[11] = GIB - MEMORY_END;
}

static void initialises_in_order(void)
{
	const u64 size = dynamic ? GIB / PAGE / 8 : GIB / PAGE * 16;
	const u64 how = GLOBAL_KEY | (dynamic ? USE_DYNAMIC_PAMT : 0);

	claim_begin("the module is initialised in its order, with PAMTs that are large enough");
	gives(SYS_NOT_READY, "too early", MNG_CREATE, TDR, KEY, 0);
	gives(SUCCESS, "first", SYS_INIT, 0, 0, 0);
	gives(SYS_INIT_NOT_PENDING, "twice", SYS_INIT, 0, 0, 0);
	gives(SYS_CONFIG_NOT_PENDING, "before LP.INIT", SYS_CONFIG, (u64)tdmr_list, 1, how);
	gives(SUCCESS, "second", SYS_LP_INIT, 0, 0, 0);
	gives(SYS_KEY_CONFIG_NOT_PENDING, "before CONFIG", SYS_KEY_CONFIG, 0, 0, 0);
	gives(OPERAND_INVALID | RCX, "a list outside memory", SYS_CONFIG, ~511ul, 1, how);
	write_tdmr(size - PAGE);
	gives(INVALID_PAMT, "a PAMT one page short", SYS_CONFIG, (u64)tdmr_list, 1, how);
	write_tdmr(size);
	tdmr_info[2] = MEMORY;
	gives(PAMT_OVERLAP, "a PAMT in what TDs get", SYS_CONFIG, (u64)tdmr_list, 1, how);
	write_tdmr(size);
	tdmr_list[0] = ~511ul;
	gives(OPERAND_INVALID, "a TDMR outside memory", SYS_CONFIG, (u64)tdmr_list, 1, how);
	write_tdmr(size);
	gives(OPERAND_INVALID | R8, "a key of TDs", SYS_CONFIG, (u64)tdmr_list, 1, KEY);
	gives(SUCCESS, "third", SYS_CONFIG, (u64)tdmr_list, 1, how);
	gives(SYS_NOT_READY, "before KEY.CONFIG", SYS_TDMR_INIT, 0, 0, 0);
	if (seen_reading(PAMT))
		claim_fails("a PAMT is private before KEY.CONFIG");
	gives(SUCCESS, "fourth", SYS_KEY_CONFIG, 0, 0, 0);
	if (!seen_reading(PAMT))
		claim_fails("a PAMT is not private after KEY.CONFIG");
	gives(SUCCESS, "last", SYS_TDMR_INIT, 0, 0, 0);
	claim_end();
}

/* A region's pair: two pages of another one. */
#define PAIR_0	OTHER_REGION
#define PAIR_1	(OTHER_REGION + 3 * PAGE)
#define REGION	(MEMORY | LEVEL_2M)

static void pair_comes_first(void)
{
	claim_begin("Dynamic PAMT: a page is a TD's only with a pair for its region");
	if (seen_reading(PAIR_0))
		claim_fails("a page is private before it is one of a pair");
	ATTEMPT({ MISSING_PAMT_PAGE_PAIR | RCX, "no pair", MNG_CREATE, TDR, KEY },
		{ OPERAND_INVALID | RCX, "not level 1", PAMT_ADD, MEMORY, PAIR_0, PAIR_1 },
		{ OPERAND_INVALID | RCX, "no region", PAMT_ADD, REGION + PAGE, PAIR_0, PAIR_1 },
		{ OPERAND_INVALID | RDX, "no page", PAMT_ADD, REGION, PAIR_0 + 8, PAIR_1 },
		{ OPERAND_INVALID | R8, "no page", PAMT_ADD, REGION, PAIR_0, PAIR_1 + 8 },
		{ OPERAND_ADDR_RANGE_ERROR | RDX, "in no TDMR", PAMT_ADD, REGION, GIB, PAIR_1 },
		{ OPERAND_ADDR_RANGE_ERROR | R8, "in no TDMR", PAMT_ADD, REGION, PAIR_0, GIB },
		{ OPERAND_ADDR_RANGE_ERROR | RCX, "in no TDMR", PAMT_ADD, GIB | LEVEL_2M, PAIR_0,
		  PAIR_1 },
		{ PAGE_NOT_FREE | RDX, "a reserved page", PAMT_ADD, REGION, RESERVED, PAIR_1 },
		{ PAGE_NOT_FREE | R8, "one page twice", PAMT_ADD, REGION, PAIR_0, PAIR_0 },
		{ NO_PAMT_PAGE_PAIR | RCX, "none yet", PAMT_REMOVE, REGION },
		{ SUCCESS, "a pair", PAMT_ADD, REGION, PAIR_0, PAIR_1 },
		{ HPA_RANGE_NOT_FREE | RCX, "a second pair", PAMT_ADD, REGION, PAIR_0 + PAGE,
		  PAIR_0 + 2 * PAGE },
		{ OPERAND_INVALID | R8, "no page, before a pair", PAMT_ADD, REGION, PAIR_0, 8 },
		{ PAGE_NOT_FREE | RDX, "a pair's page again", PAMT_ADD, OTHER_REGION | LEVEL_2M,
		  PAIR_0, PAIR_0 + PAGE },
		{ PAGE_NOT_FREE | R8, "a pair's page again", PAMT_ADD, OTHER_REGION | LEVEL_2M,
		  PAIR_0 + PAGE, PAIR_1 },
		{ SUCCESS, "a pair within its region", PAMT_ADD, OTHER_REGION | LEVEL_2M,
		  OTHER_REGION + 8 * PAGE, OTHER_REGION + 9 * PAGE },
		{ PAGE_METADATA_INCORRECT | RCX, "a pair's page", MNG_CREATE, PAIR_0, KEY },
		{ PAGE_METADATA_INCORRECT | RCX, "a pair's page", PAGE_RECLAIM, PAIR_0 },
		{ SUCCESS, "which does not use it", PAMT_REMOVE, OTHER_REGION | LEVEL_2M });
	gives(SUCCESS, "whose page", PAGE_RDMD, PAIR_1, 0, 0);
	if (call.rcx != 15 || call.rdx)
		claim_fails("a pair's page is of type %lu and owner %#lx", call.rcx, call.rdx);
	if (!seen_reading(PAIR_0))
		claim_fails("a pair's page is not private");
	claim_end();
}

static void pair_comes_back(void)
{
	claim_begin("Dynamic PAMT: the same two pages come back, once the region is free");
	ATTEMPT({ OPERAND_INVALID | RCX, "not level 1", PAMT_REMOVE, MEMORY },
		{ OPERAND_ADDR_RANGE_ERROR | RCX, "in no TDMR", PAMT_REMOVE, GIB | LEVEL_2M },
		{ SUCCESS, "not in use", PAMT_REMOVE, REGION });
	if (call.rdx != PAIR_0 || call.r8 != PAIR_1)
		claim_fails("%#lx and %#lx come back", call.rdx, call.r8);
	host_clears_what_comes_back(PAIR_0);
	ATTEMPT({ NO_PAMT_PAGE_PAIR | RCX, "none left", PAMT_REMOVE, REGION },
		{ MISSING_PAMT_PAGE_PAIR | RCX, "no pair any more", MNG_CREATE, TDR, KEY });
	claim_end();
}

/* What the module's MSRs tell of the only pair that there is. */
static void pair_is_used_by(u64 owners)
{
	static const struct {
		u32 msr;
		const char *what;
	} entries[] = {
		{ TDX_MSR_PAMT_IDLE, "idle pairs" },
		{ TDX_MSR_PAMT_SHARED, "shared pairs" },
		{ TDX_MSR_PAIR_REGION, "the pair's region" },
		{ TDX_MSR_PAIR_PAGES, "pages in its region" },
		{ TDX_MSR_PAIR_OWNERS, "their owners" },
	};
	const u64 want[] = { !owners, owners > 1, MEMORY, owners, owners };

	for (u64 n = 0; n < sizeof(want) / sizeof(want[0]); n++)
		if (read_msr(entries[n].msr) != want[n])
			claim_fails("%s: %#lx, not %#lx", entries[n].what, read_msr(entries[n].msr),
				    want[n]);
}

/* The second half of the region has UNUSED, the first all else. */
static void pair_in_use_stays(void)
{
	claim_begin("Dynamic PAMT: a pair in use is refused, with the half that uses it");
	pair_is_used_by(0);
	gives(SUCCESS, "a TD in the second half", MNG_CREATE, UNUSED, KEY + 1, 0);
	pair_is_used_by(1);
	if (read_msr(TDX_MSR_PAIR_OWNER) != UNUSED)
		claim_fails("its owner is %#lx", read_msr(TDX_MSR_PAIR_OWNER));
	gives(PAMT_PAGE_NOT_EMPTY | 1, "the second half", PAMT_REMOVE, REGION, 0, 0);
	gives(SUCCESS, "a TD in the first half", MNG_CREATE, TDR, KEY, 0);
	pair_is_used_by(2);
	gives(PAMT_PAGE_NOT_EMPTY, "both", PAMT_REMOVE, REGION, 0, 0);
	if (call.rax & 0xffffffff)
		claim_fails("with both halves in use half %lu is named", call.rax & 0xffffffff);
	ATTEMPT({ SUCCESS, "flushed", MNG_VPFLUSHDONE, UNUSED },
		{ SUCCESS, "flushed", MNG_VPFLUSHDONE, TDR },
		{ SUCCESS, "written back", CACHE_WB },
		{ SUCCESS, "key free", MNG_KEY_FREEID, UNUSED },
		{ SUCCESS, "key free", MNG_KEY_FREEID, TDR },
		{ SUCCESS, "one", PAGE_RECLAIM, UNUSED });
	if (call.r9)
		claim_fails("the hint that a region is free comes early: %#lx", call.r9);
	gives(SUCCESS, "the last one", PAGE_RECLAIM, TDR, 0, 0);
	if (call.r9 != 1ul << 62)
		claim_fails("the hint that a region is free is %#lx", call.r9);
	claim_end();
}

static void creation_has_an_order(void)
{
	claim_begin("a TD is created in its order, from free pages, with a key id of its own");
	ATTEMPT({ OPERAND_ADDR_RANGE_ERROR | RCX, "in no TDMR", MNG_CREATE, GIB, KEY },
		{ OPERAND_INVALID | RCX, "no page", MNG_CREATE, TDR + 8, KEY },
		{ OPERAND_INVALID | RDX, "the module's key", MNG_CREATE, TDR, GLOBAL_KEY },
		{ OPERAND_INVALID | RDX, "MKTME's key first", MNG_CREATE, TDR + 8, GLOBAL_KEY - 1 },
		{ SUCCESS, "a TD", MNG_CREATE, TDR, KEY },
		{ PAGE_METADATA_INCORRECT | RCX, "the same page", MNG_CREATE, TDR, KEY + 1 },
		{ HKID_NOT_FREE, "the same key", MNG_CREATE, UNUSED, KEY },
		{ TD_KEYS_NOT_CONFIGURED, "no key yet", MNG_ADDCX, TDCX(0), TDR },
		{ TD_KEYS_NOT_CONFIGURED, "no key yet", MR_FINALIZE, TDR },
		{ SUCCESS, "its key", MNG_KEY_CONFIG, TDR },
		{ LIFECYCLE_STATE_INCORRECT, "its key again", MNG_KEY_CONFIG, TDR },
		{ PAGE_METADATA_INCORRECT | RDX, "no TDR", MNG_ADDCX, TDCX(0), UNUSED },
		{ OPERAND_ADDR_RANGE_ERROR | RDX, "in no TDMR", MNG_ADDCX, TDCX(0), GIB },
		{ TDCS_NOT_ALLOCATED, "too few pages", MNG_INIT, TDR },
		{ PAGE_METADATA_INCORRECT | RCX, "its TDR", MNG_ADDCX, TDR, TDR });
	if (!dynamic)
		gives(PAGE_METADATA_INCORRECT | RCX, "reserved", MNG_ADDCX, RESERVED, TDR, 0);
	needs_pair(RCX, MNG_ADDCX, NO_PAIR, TDR, 0, 0);
	for (u64 n = 0; n < TDCS_PAGES; n++)
		gives(SUCCESS, "a page", MNG_ADDCX, TDCX(n), TDR, 0);
	gives(TDCX_NUM_INCORRECT, "one page too many", MNG_ADDCX, UNUSED, TDR, 0);
	gives(SUCCESS, "whose page", PAGE_RDMD, TDCX(0), 0, 0);
	if (call.rcx != 5 || call.rdx != TDR)
		claim_fails("a control page is of type %lu and owner %#lx", call.rcx, call.rdx);
	claim_end();
}

static void end_has_an_order(void)
{
	claim_begin("a TD ends in its order: vCPUs, key id, control pages, TDR");
	ATTEMPT({ LIFECYCLE_STATE_INCORRECT, "alive", PAGE_RECLAIM, TDCX(0) },
		{ LIFECYCLE_STATE_INCORRECT, "alive", MNG_KEY_FREEID, TDR },
		{ NO_HKID_READY_TO_WBCACHE, "nothing flushed", CACHE_WB },
		{ FLUSHVP_NOT_DONE, "two vCPUs", MNG_VPFLUSHDONE, TDR },
		{ SUCCESS, "one", VP_FLUSH, TDVPR(0) },
		{ VCPU_NOT_ASSOCIATED, "the same one", VP_FLUSH, TDVPR(0) },
		{ FLUSHVP_NOT_DONE, "one vCPU", MNG_VPFLUSHDONE, TDR },
		{ SUCCESS, "the other", VP_FLUSH, TDVPR(1) },
		{ SUCCESS, "flushed", MNG_VPFLUSHDONE, TDR },
		{ LIFECYCLE_STATE_INCORRECT, "again", MNG_VPFLUSHDONE, TDR },
		{ TD_KEYS_NOT_CONFIGURED, "no key", VP_ENTER, TDVPR(0) },
		{ TD_KEYS_NOT_CONFIGURED, "no key", VP_FLUSH, TDVPR(0) },
		{ TD_KEYS_NOT_CONFIGURED, "no key", MEM_TRACK, TDR },
		{ WBCACHE_NOT_COMPLETE, "not written back", MNG_KEY_FREEID, TDR },
		{ LIFECYCLE_STATE_INCORRECT, "key not free", PAGE_RECLAIM, TDCX(0) },
		{ SUCCESS, "written back", CACHE_WB },
		{ SUCCESS, "key free", MNG_KEY_FREEID, TDR },
		{ TD_ASSOCIATED_PAGES_EXIST, "the TDR first", PAGE_RECLAIM, TDR });
	for (u64 page = TDCX(0); page < UNUSED; page += PAGE) {
		gives(SUCCESS, "whose page", PAGE_RDMD, page, 0, 0);
		if (call.rcx)
			gives(SUCCESS, "a page", PAGE_RECLAIM, page, 0, 0);
	}
	ATTEMPT({ PAGE_METADATA_INCORRECT | RCX, "a page again", PAGE_RECLAIM, TDCX(0) },
		{ OPERAND_ADDR_RANGE_ERROR | RCX, "in no TDMR", PAGE_RECLAIM, GIB },
		{ SUCCESS, "the TDR last", PAGE_RECLAIM, TDR },
		{ SUCCESS, "whose page", PAGE_RDMD, TDR });
	if (call.rcx != 0)
		claim_fails("what was the TDR is of type %lu", call.rcx);
	claim_end();
}

static void says_what_it_offers(void)
{
	claim_begin("Dynamic PAMT is on offer if asked for, with a bit for each page");
	gives(SUCCESS, "features", SYS_RD, 0, 0x0a00000300000008, 0);
	dynamic = call.r8 & DYNAMIC_PAMT;
	if (dynamic != CHECK_DYNAMIC)
		claim_fails("TDX_FEATURES0 is %#lx", call.r8);
	if (dynamic)
		gives(SUCCESS, "bits of the bitmap", SYS_RD, 0, 0x9100000100000013, 0);
	if (dynamic && call.r8 != 1)
		claim_fails("%lu bits for each page", call.r8);
	gives(SUCCESS, "size of a PAMT entry", SYS_RD, 0, 0x9100000100000010, 0);
	if (call.r8 != 16)
		claim_fails("a PAMT entry has %lu bytes", call.r8);
	claim_end();
}

static void shuts_down(void)
{
	claim_begin("a module that was shut down does nothing any more");
	ATTEMPT({ SUCCESS, "the end", SYS_SHUTDOWN },
		{ SYS_IS_SHUT_DOWN, "a TD", MNG_CREATE, TDR, KEY },
		{ SYS_IS_SHUT_DOWN, "a vCPU", VP_ENTER, TDVPR(0) });
	if (seen_reading(PAMT))
		claim_fails("a PAMT is private still");
	claim_end();
}

int main(void)
{
	if (!vmx_present())
		bail_out("no VMX");
	vmx_enable();
	/* What can be read before anything is initialised is nothing. */
	dynamic = CHECK_DYNAMIC;
	initialises_in_order();
	says_what_it_offers();
	if (dynamic)
		pair_comes_first();
	host_is_seen();
	if (dynamic)
		pair_in_use_stays();
	creation_has_an_order();
	td_lives();
	end_has_an_order();
	if (dynamic)
		pair_comes_back();
	module_owns_nothing();
	shuts_down();
	tap_end();
}
