/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a physical page is: what a real module keeps in its PAMT. A page becomes a TD's by
 * a SEAMCALL only if it is free, and the host's again only by another.
 */
#include <stdio.h>
#include <string>
#include <unordered_map>
#include <vector>

#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

/* Those that are not free, by address. */
static std::unordered_map<u64, struct page> pages;

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

u64 check_page(u64 address, u64 operand)
{
	if (address % PAGE || address > PHYS_MASK)
		return OPERAND_INVALID | operand;
	if (!in_tdmr(address))
		return OPERAND_ADDR_RANGE_ERROR | operand;
	return SUCCESS;
}

u64 check_free(u64 address, u64 operand)
{
	const u64 status = check_page(address, operand);
	struct page *page = page_at(address);

	if (status != SUCCESS)
		return status;
	if (!has_pair(address))
		return MISSING_PAMT_PAGE_PAIR | operand;
	if (page && page->type == REG && FAULTY(TDX_ANY_PAGE))
		return SUCCESS;
	return page || is_reserved(address) ? PAGE_METADATA_INCORRECT | operand : u64(SUCCESS);
}

void give(u64 address, page_type type, struct td *owner)
{
	pages[address] = { type, owner };
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

u64 take(u64 address)
{
	const u64 region = address & ~(REGION - 1), end = region + REGION, hint = 1ull << 62;
	struct page *page = page_at(address);

	if (!page)
		return 0;	/* it was given twice, by a faulty module */
	counts[page->type]--;
	if (page->owner)
		page->owner->pages--;
	pages.erase(address);
	if (!FAULTY(TDX_CLEAN))
		stale[address] = ~0ull;
	mapping_changed();
	return dynamic_pamt() && first_in_use(region, end) == end ? hint : 0;
}

u64 first_in_use(u64 from, u64 to)
{
	for (; from < to; from += PAGE) {
		struct page *page = page_at(from);

		if (page && page->type != PAMT_PAGE)
			break;
	}
	return from;
}

struct td *owner_of(u64 address)
{
	struct page *page = page_at(address);

	if (!page || page->type == PAMT_PAGE)
		return 0;
	return page->type == TDR_PAGE ? tds[address] : page->owner;
}

u64 count_pages(page_type type)
{
	return counts[type];
}

u64 stale_pages(void)
{
	return stale.size();
}

/* --- what the host may touch --- */

bool is_private(u64 address)
{
	const u64 page = address & ~(PAGE - 1);

	return !gone() && (pages.count(page) || stale.count(page) || in_pamt(page));
}

u64 violations(void)
{
	return nr_violations;
}

/* With @nr violations again, and no page that was a TD's. */
void forget_violations(u64 nr)
{
	nr_violations = nr;
	if (first_violations.size() > nr)
		first_violations.resize(nr);
	stale.clear();
	mapping_changed();
}

/* All that a TD has, down to its TDR: the pages are the host's as they are. */
void forget_pages(struct td *td)
{
	for (auto it = pages.begin(); it != pages.end(); ) {
		if (it->second.owner != td && it->first != td->tdr) {
			++it;
			continue;
		}
		counts[it->second.type]--;
		pamt_keep(it->first);
		it = pages.erase(it);
	}
	mapping_changed();
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

/* With Dynamic PAMT, a bitmap tells what is reserved from what is not, and names both PAMT. */
static page_type type_of(u64 address)
{
	struct page *page = page_at(address);

	if (page)
		return page->type;
	return !is_reserved(address) ? NDA : dynamic_pamt() ? PAMT_PAGE : RSVD;
}

u64 page_rdmd(struct regs *r)
{
	const u64 address = r->rcx, status = check_page(address, RCX_);
	struct page *page = page_at(address);

	r->rcx = r->rdx = r->r8 = 0;
	if (status != SUCCESS)
		return status;
	r->rcx = type_of(address);
	r->rdx = page && page->owner ? page->owner->tdr : 0;
	return SUCCESS;
}

/* What only the end of a TD makes free: all but its private pages can be had no earlier. */
static u64 reclaim(u64 address, struct page *page, u64 *hint)
{
	struct td *td = page->type == TDR_PAGE ? tds[address] : page->owner;

	if (td->life != TEARDOWN)
		return LIFECYCLE_STATE_INCORRECT;
	if (page->type == TDR_PAGE && td->pages)
		return TD_ASSOCIATED_PAGES_EXIST;
	if ((FAULTY(TDX_TDR_KEPT) && page->type == TDR_PAGE) ||
	    (FAULTY(TDX_SEPT_KEPT) && page->type == EPT_PAGE))
		return SUCCESS;
	if (page->type == TDVPR_PAGE)
		forget_vcpu(address);
	if (page->type == TDR_PAGE) {
		tds.erase(address);
		delete td;
	}
	*hint = take(address);
	return SUCCESS;
}

u64 page_reclaim(struct regs *r)
{
	const u64 address = r->rcx, status = check_page(address, RCX_);
	struct page *page = page_at(address);

	r->rcx = r->rdx = r->r8 = r->r9 = r->r10 = r->r11 = 0;
	if (status != SUCCESS)
		return status;
	if (!page || page->type == PAMT_PAGE)
		return PAGE_METADATA_INCORRECT | RCX_;
	if (FAULTY(TDX_RECLAIM_REFUSED) && page->type == TDVPR_PAGE)
		return PAGE_METADATA_INCORRECT | RCX_;
	r->rcx = page->type;
	r->rdx = page->owner ? page->owner->tdr : 0;
	return reclaim(address, page, &r->r9);
}

/* A key id stands in the address, above the physical bits that remain; any will do. */
u64 page_wbinvd(struct regs *r)
{
	const u64 keys = 15ull << PHYS_BITS, address = r->rcx & ~keys;
	const u64 status = check_page(address, RCX_);

	if (status != SUCCESS)
		return status;
	return type_of(address) == NDA ? u64(SUCCESS) : PAGE_METADATA_INCORRECT | RCX_;
}

}
