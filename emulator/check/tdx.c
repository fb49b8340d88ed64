/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the emulated TDX module keep order? Its leaves on the bare machine, where a host can
 * do what no kernel does: the wrong thing at the wrong time. And Dynamic PAMT, for which
 * there is no kernel yet.
 */
#include <stdbool.h>
#include "cpu.h"
#include "tap.h"
#include "vmx_guest.h"

#define PAGE		4096ul
#define MIB		(1ul << 20)
#define GIB		(1ul << 30)

/* One TDMR, of which only this is not reserved; and its PAMTs. */
#define MEMORY		(16 * MIB)
#define MEMORY_END	(32 * MIB)
#define PAMT		(40 * MIB)

#define FREE_PAGE(n)	(MEMORY + (n) * PAGE)
#define OTHER_REGION	(MEMORY + 2 * MIB)

#define GLOBAL_KEY	4
#define KEY		9
#define LEVEL_2M	1
#define TDCS_PAGES	5
#define DYNAMIC_PAMT	(1ul << 36)
#define USE_DYNAMIC_PAMT (1ul << 16)

enum leaf {
	MNG_ADDCX = 1, MNG_KEY_CONFIG = 8, MNG_CREATE = 9, MNG_VPFLUSHDONE = 19,
	MNG_KEY_FREEID = 20, MNG_INIT = 21, PAGE_RDMD = 24, PAGE_RECLAIM = 28,
	SYS_KEY_CONFIG = 31, SYS_INIT = 33, SYS_RD = 34, SYS_LP_INIT = 35, SYS_TDMR_INIT = 36,
	CACHE_WB = 40, SYS_CONFIG = 45, PAMT_ADD = 58, PAMT_REMOVE = 59,
};

/* Bits 63:32 of a status. */
enum status {
	SUCCESS = 0,
	OPERAND_INVALID = 0xc0000100, OPERAND_ADDR_RANGE_ERROR = 0xc0000101,
	PAGE_METADATA_INCORRECT = 0xc0000300, HPA_RANGE_NOT_FREE = 0xc0000304,
	MISSING_PAMT_PAGE_PAIR = 0xc0000308, PAGE_ALREADY_FREE = 0x00000301,
	SYS_INIT_NOT_PENDING = 0xc0000500, SYS_NOT_READY = 0xc0000505,
	SYS_KEY_CONFIG_NOT_PENDING = 0xc0000507, SYS_CONFIG_NOT_PENDING = 0xc000050c,
	TDCS_NOT_ALLOCATED = 0xc0000606, LIFECYCLE_STATE_INCORRECT = 0xc0000607,
	TDCX_NUM_INCORRECT = 0xc0000610, KEY_CONFIGURED = 0x00000815,
	WBCACHE_NOT_COMPLETE = 0x80000817, HKID_NOT_FREE = 0xc0000820,
	NO_HKID_READY_TO_WBCACHE = 0x00000821, INVALID_PAMT = 0xc0000a10,
	PAMT_OVERLAP = 0xc0000a12, TD_ASSOCIATED_PAGES_EXIST = 0xc0000400,
};

/* What the last SEAMCALL left in its registers. */
static u64 rcx, rdx, r8;
static bool dynamic;

static u64 seamcall(enum leaf leaf, u64 a, u64 b, u64 c)
{
	register u64 in_r8 asm("r8") = c;
	u64 status = leaf;

	rcx = a;
	rdx = b;
	asm volatile(".byte 0x66, 0x0f, 0x01, 0xcf"
		     : "+a"(status), "+c"(rcx), "+d"(rdx), "+r"(in_r8)
		     : : "r9", "r10", "r11", "cc", "memory");
	r8 = in_r8;
	return status;
}

static void gives(enum status want, const char *what, enum leaf leaf, u64 a, u64 b, u64 c)
{
	u64 status = seamcall(leaf, a, b, c) >> 32;

	if (status != want)
		claim_fails("%s: leaf %lu gives %#lx, not %#lx", what, (u64)leaf, status, (u64)want);
}

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
	gives(SYS_NOT_READY, "too early", MNG_CREATE, FREE_PAGE(0), KEY, 0);
	gives(SUCCESS, "first", SYS_INIT, 0, 0, 0);
	gives(SYS_INIT_NOT_PENDING, "twice", SYS_INIT, 0, 0, 0);
	gives(SYS_CONFIG_NOT_PENDING, "before LP.INIT", SYS_CONFIG, (u64)tdmr_list, 1, how);
	gives(SUCCESS, "second", SYS_LP_INIT, 0, 0, 0);
	gives(SYS_KEY_CONFIG_NOT_PENDING, "before CONFIG", SYS_KEY_CONFIG, 0, 0, 0);
	write_tdmr(size - PAGE);
	gives(INVALID_PAMT, "a PAMT one page short", SYS_CONFIG, (u64)tdmr_list, 1, how);
	write_tdmr(size);
	tdmr_info[2] = MEMORY;
	gives(PAMT_OVERLAP, "a PAMT in what TDs get", SYS_CONFIG, (u64)tdmr_list, 1, how);
	write_tdmr(size);
	gives(OPERAND_INVALID, "a key of TDs", SYS_CONFIG, (u64)tdmr_list, 1, KEY);
	gives(SUCCESS, "third", SYS_CONFIG, (u64)tdmr_list, 1, how);
	gives(SYS_NOT_READY, "before KEY.CONFIG", SYS_TDMR_INIT, 0, 0, 0);
	gives(SUCCESS, "fourth", SYS_KEY_CONFIG, 0, 0, 0);
	gives(SUCCESS, "last", SYS_TDMR_INIT, 0, 0, 0);
	claim_end();
}

/* A region's pair: two pages of another one. */
static void pair_comes_first(void)
{
	const u64 a = OTHER_REGION, b = OTHER_REGION + 3 * PAGE;

	claim_begin("Dynamic PAMT: a page is a TD's only with a pair for its region");
	gives(MISSING_PAMT_PAGE_PAIR, "no pair", MNG_CREATE, FREE_PAGE(0), KEY, 0);
	gives(OPERAND_INVALID, "not level 1", PAMT_ADD, MEMORY, a, b);
	gives(OPERAND_INVALID, "one page twice", PAMT_ADD, MEMORY | LEVEL_2M, a, a);
	gives(SUCCESS, "a pair", PAMT_ADD, MEMORY | LEVEL_2M, a, b);
	gives(HPA_RANGE_NOT_FREE, "a second pair", PAMT_ADD, MEMORY | LEVEL_2M, a + PAGE, a + 2 * PAGE);
	gives(PAGE_METADATA_INCORRECT, "a pair's page again", PAMT_ADD, OTHER_REGION | LEVEL_2M, a,
	      a + PAGE);
	claim_end();
}

static void pair_comes_back(void)
{
	claim_begin("Dynamic PAMT: the same two pages come back, once no page of the region is in use");
	gives(SUCCESS, "not in use", PAMT_REMOVE, MEMORY | LEVEL_2M, 0, 0);
	if (rdx != OTHER_REGION || r8 != OTHER_REGION + 3 * PAGE)
		claim_fails("%#lx and %#lx come back", rdx, r8);
	gives(OPERAND_INVALID, "none left", PAMT_REMOVE, MEMORY | LEVEL_2M, 0, 0);
	gives(MISSING_PAMT_PAGE_PAIR, "no pair any more", MNG_CREATE, FREE_PAGE(0), KEY, 0);
	claim_end();
}

static void creation_has_an_order(void)
{
	const u64 tdr = FREE_PAGE(0);

	claim_begin("a TD is created in its order, from free pages, with a key id of its own");
	gives(OPERAND_ADDR_RANGE_ERROR, "a reserved page", MNG_CREATE, 8 * MIB, KEY, 0);
	gives(OPERAND_INVALID, "no page", MNG_CREATE, tdr + 8, KEY, 0);
	gives(OPERAND_INVALID, "the module's key", MNG_CREATE, tdr, GLOBAL_KEY, 0);
	gives(OPERAND_INVALID, "MKTME's key", MNG_CREATE, tdr, GLOBAL_KEY - 1, 0);
	gives(SUCCESS, "a TD", MNG_CREATE, tdr, KEY, 0);
	gives(PAGE_METADATA_INCORRECT, "the same page", MNG_CREATE, tdr, KEY + 1, 0);
	gives(HKID_NOT_FREE, "the same key", MNG_CREATE, FREE_PAGE(1), KEY, 0);
	gives(LIFECYCLE_STATE_INCORRECT, "no key yet", MNG_ADDCX, FREE_PAGE(1), tdr, 0);
	gives(SUCCESS, "its key", MNG_KEY_CONFIG, tdr, 0, 0);
	gives(KEY_CONFIGURED, "its key again", MNG_KEY_CONFIG, tdr, 0, 0);
	gives(PAGE_METADATA_INCORRECT, "no TDR", MNG_ADDCX, FREE_PAGE(1), FREE_PAGE(9), 0);
	gives(TDCS_NOT_ALLOCATED, "too few pages", MNG_INIT, tdr, 0, 0);
	for (u64 n = 1; n <= TDCS_PAGES; n++)
		gives(SUCCESS, "a page", MNG_ADDCX, FREE_PAGE(n), tdr, 0);
	gives(TDCX_NUM_INCORRECT, "one page too many", MNG_ADDCX, FREE_PAGE(20), tdr, 0);
	if (dynamic)
		gives(HPA_RANGE_NOT_FREE, "a pair in use", PAMT_REMOVE, MEMORY | LEVEL_2M, 0, 0);
	gives(SUCCESS, "whose page", PAGE_RDMD, FREE_PAGE(1), 0, 0);
	if (rcx != 5 || rdx != tdr)
		claim_fails("a control page is of type %lu and owner %#lx", rcx, rdx);
	claim_end();
}

static void end_has_an_order(void)
{
	const u64 tdr = FREE_PAGE(0);

	claim_begin("a TD ends in its order: key id, control pages, TDR");
	gives(LIFECYCLE_STATE_INCORRECT, "alive", PAGE_RECLAIM, FREE_PAGE(1), 0, 0);
	gives(LIFECYCLE_STATE_INCORRECT, "alive", MNG_KEY_FREEID, tdr, 0, 0);
	gives(NO_HKID_READY_TO_WBCACHE, "nothing flushed", CACHE_WB, 0, 0, 0);
	gives(SUCCESS, "flushed", MNG_VPFLUSHDONE, tdr, 0, 0);
	gives(WBCACHE_NOT_COMPLETE, "not written back", MNG_KEY_FREEID, tdr, 0, 0);
	gives(SUCCESS, "written back", CACHE_WB, 0, 0, 0);
	gives(LIFECYCLE_STATE_INCORRECT, "key not free", PAGE_RECLAIM, FREE_PAGE(1), 0, 0);
	gives(SUCCESS, "key free", MNG_KEY_FREEID, tdr, 0, 0);
	gives(TD_ASSOCIATED_PAGES_EXIST, "the TDR first", PAGE_RECLAIM, tdr, 0, 0);
	for (u64 n = 1; n <= TDCS_PAGES; n++)
		gives(SUCCESS, "a page", PAGE_RECLAIM, FREE_PAGE(n), 0, 0);
	gives(PAGE_ALREADY_FREE, "a page again", PAGE_RECLAIM, FREE_PAGE(1), 0, 0);
	gives(SUCCESS, "the TDR last", PAGE_RECLAIM, tdr, 0, 0);
	gives(SUCCESS, "whose page", PAGE_RDMD, tdr, 0, 0);
	if (rcx != 0)
		claim_fails("what was the TDR is of type %lu", rcx);
	claim_end();
}

static void says_what_it_offers(void)
{
	claim_begin("Dynamic PAMT is on offer if asked for, and its bitmap has a bit for each page");
	gives(SUCCESS, "features", SYS_RD, 0, 0x0a00000300000008, 0);
	dynamic = r8 & DYNAMIC_PAMT;
	if (dynamic != CHECK_DYNAMIC)
		claim_fails("TDX_FEATURES0 is %#lx", r8);
	if (dynamic)
		gives(SUCCESS, "bits of the bitmap", SYS_RD, 0, 0x9100000100000013, 0);
	if (dynamic && r8 != 1)
		claim_fails("%lu bits for each page", r8);
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
	creation_has_an_order();
	end_has_an_order();
	if (dynamic)
		pair_comes_back();
	tap_end();
}
