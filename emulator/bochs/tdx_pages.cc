/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a physical page is: what a real module keeps in its PAMT. A page becomes a TD's by
 * a SEAMCALL only if it is free, and the host's again only by another.
 *
 * With Dynamic PAMT, the 4K level of a 2 MiB region is there only while the host has lent
 * the module a pair of pages for it.
 */
#include <stdio.h>
#include <string>
#include <unordered_map>
#include <vector>

#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

/* Those that are not free, by address. A pair's own pages are reserved ones. */
static std::unordered_map<u64, struct page> pages;
static std::unordered_map<u64, unsigned> in_region;
static std::unordered_map<u64, std::pair<u64, u64>> pairs;

/* Given back, but still with a TD's contents: lines of 64 bytes that nobody has cleared. */
static std::unordered_map<u64, u64> stale;

static u64 counts[16];
static u64 nr_violations;
static std::vector<std::string> first_violations;

struct page *page_at(u64 address)
{
	auto it = pages.find(address & ~(PAGE - 1));

	return it == pages.end() ? 0 : &it->second;
}

u64 check_free(u64 address, u64 operand)
{
	if (address % PAGE || address > PHYS_MASK)
		return OPERAND_INVALID | operand;
	if (!in_tdmr(address))
		return OPERAND_ADDR_RANGE_ERROR | operand;
	if (page_at(address))
		return PAGE_METADATA_INCORRECT | operand;
	if (dynamic_pamt() && !pairs.count(address & ~(REGION - 1)) && !FAULTY(TDX_NO_PAIR_NEEDED))
		return MISSING_PAMT_PAGE_PAIR | operand;
	return SUCCESS;
}

void give(u64 address, page_type type, struct td *owner)
{
	pages[address] = { type, owner };
	in_region[address & ~(REGION - 1)]++;
	counts[type]++;
	stale.erase(address);
	if (owner)
		owner->pages++;
	mapping_changed();
}

u64 add_control_page(u64 address, struct td *owner, unsigned *nr)
{
	const u64 status = check_free(address, RCX_);

	if (status == SUCCESS) {
		give(address, TDCX_PAGE, owner);
		++*nr;
	}
	return status;
}

void take(u64 address)
{
	struct page *page = page_at(address);

	counts[page->type]--;
	in_region[address & ~(REGION - 1)]--;
	if (page->owner)
		page->owner->pages--;
	pages.erase(address);
	stale[address] = ~0ull;
	mapping_changed();
}

u64 count_pages(page_type type)
{
	return counts[type];
}

/* --- what the host may touch --- */

bool is_private(u64 address)
{
	const u64 page = address & ~(PAGE - 1);

	return pages.count(page) || stale.count(page) || in_pamt(page);
}

u64 violations(void)
{
	return nr_violations;
}

void say_violations(FILE *file)
{
	for (const std::string &line : first_violations)
		fprintf(file, "#\t%s\n", line.c_str());
}

static void violation(const char *what, u64 address, u64 rip)
{
	char line[128];

	nr_violations++;
	if (first_violations.size() >= 16)
		return;
	snprintf(line, sizeof(line), "%s at 0x%llx, by the code at 0x%llx", what,
		 (unsigned long long)address, (unsigned long long)rip);
	first_violations.push_back(line);
}

/*
 * A page that was a TD's has to be cleared by whole lines, with MOVDIR64B, before the host
 * may use it (the erratum of CPUs such as this one, which Linux knows as TDX_PW_MCE).
 */
void host_access(u64 address, bool write, bool whole_line, u64 rip)
{
	const u64 page = address & ~(PAGE - 1);
	const u64 line = 1ull << (address / 64 % 64);
	auto it = stale.find(page);

	if (page_at(page) || in_pamt(page)) {
		violation(write ? "write to private memory" : "read of private memory", address, rip);
		return;
	}
	if (it == stale.end() || !(it->second & line))
		return;
	if (!whole_line) {
		violation(write ? "partial write to what was private" : "read of what was private",
			  address, rip);
		if (!write)
			return;
	}
	it->second &= ~line;
	if (!it->second)
		stale.erase(it);
}

/* --- leaves --- */

u64 page_rdmd(struct regs *r)
{
	struct page *page;

	if (r->rcx % PAGE || r->rcx > PHYS_MASK)
		return OPERAND_INVALID | RCX_;
	page = page_at(r->rcx);
	r->rcx = page ? page->type : in_tdmr(r->rcx) ? NDA : RSVD;
	r->rdx = page && page->owner ? page->owner->tdr : 0;
	r->r8 = 0;
	return SUCCESS;
}

u64 page_reclaim(struct regs *r)
{
	const u64 address = r->rcx;
	struct page *page;
	struct td *td;

	if (address % PAGE || address > PHYS_MASK)
		return OPERAND_INVALID | RCX_;
	page = page_at(address);
	if (!page)
		return PAGE_ALREADY_FREE | RCX_;
	r->rcx = page->type;
	r->rdx = page->owner ? page->owner->tdr : 0;
	r->r8 = 0;
	if (page->type == RSVD)
		return PAGE_METADATA_INCORRECT | RCX_;
	if (FAULTY(TDX_RECLAIM_REFUSED) && page->type == TDVPR_PAGE)
		return PAGE_METADATA_INCORRECT | RCX_;

	if (page->type == TDR_PAGE) {
		td = tds[address];
		if (td->life != TEARDOWN)
			return LIFECYCLE_STATE_INCORRECT;
		if (td->pages)
			return TD_ASSOCIATED_PAGES_EXIST;
		if (FAULTY(TDX_TDR_KEPT))
			return SUCCESS;
		take(address);
		tds.erase(address);
		delete td;
		return SUCCESS;
	}
	if (page->owner->life != TEARDOWN)
		return LIFECYCLE_STATE_INCORRECT;
	if (page->type == TDVPR_PAGE)
		forget_vcpu(address);
	if (FAULTY(TDX_SEPT_KEPT) && page->type == EPT_PAGE)
		return SUCCESS;
	take(address);
	return SUCCESS;
}

/* The key id stands in the address above the physical bits that remain. */
u64 page_wbinvd(struct regs *r)
{
	const u64 address = r->rcx & PHYS_MASK, key = r->rcx >> PHYS_BITS;

	if (address % PAGE || key < FIRST_KEY || key >= FIRST_KEY + NR_KEYS)
		return OPERAND_INVALID | RCX_;
	if (page_at(address))
		return PAGE_NOT_FREE | RCX_;
	return SUCCESS;
}

/* --- Dynamic PAMT --- */

u64 pamt_pairs(void)
{
	return pairs.size();
}

enum : u64 { LEVEL_2M = 1 };

/* RCX: a 2 MiB region, level 1. RDX, R8: two pages of 4K, wherever they are. */
u64 pamt_add(struct regs *r)
{
	const u64 region = r->rcx & ~(REGION - 1), page[2] = { r->rdx, r->r8 };

	if (!dynamic_pamt())
		return OPERAND_INVALID | RAX_;
	if (r->rcx != (region | LEVEL_2M) || region > PHYS_MASK)
		return OPERAND_INVALID | RCX_;
	if (pairs.count(region))
		return HPA_RANGE_NOT_FREE | RCX_;
	for (int i = 0; i < 2; i++) {
		if (page[i] % PAGE || page[i] > PHYS_MASK || page[0] == page[1])
			return OPERAND_INVALID | (i ? R8_ : RDX_);
		if (page_at(page[i]) || !in_tdmr(page[i]))
			return PAGE_METADATA_INCORRECT | (i ? R8_ : RDX_);
	}
	pairs[region] = { page[0], page[1] };
	for (u64 p : page)
		pages[p] = { RSVD, 0 };
	return SUCCESS;
}

u64 pamt_remove(struct regs *r)
{
	const u64 region = r->rcx & ~(REGION - 1);
	auto it = pairs.find(region);

	if (!dynamic_pamt())
		return OPERAND_INVALID | RAX_;
	if (r->rcx != (region | LEVEL_2M) || it == pairs.end())
		return OPERAND_INVALID | RCX_;
	if (in_region[region])
		return HPA_RANGE_NOT_FREE | RCX_;
	r->rdx = it->second.first;
	r->r8 = it->second.second;
	pages.erase(r->rdx);
	pages.erase(r->r8);
	if (!FAULTY(TDX_PAIR_KEPT))
		pairs.erase(it);
	return SUCCESS;
}

}
