/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dynamic PAMT: the 4K level of a 2 MiB region is there only while the host has lent the
 * module a pair of pages for it, one for each half of the region. They can be any two pages,
 * even two of the region itself.
 *
 * Source: Intel's TDX module, src/vmm_dispatcher/api_calls/tdh_phymem_pamt_add.c and
 * tdh_phymem_pamt_remove.c, src/common/memory_handlers/pamt_manager.c
 */
#include <map>
#include <set>

#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

enum : u64 { LEVEL_2M = 1 };

static std::map<u64, std::pair<u64, u64>> pairs;	/* by region */
static std::set<u64> kept;				/* regions */

static u64 region_of(u64 address)
{
	return address & ~(REGION - 1);
}

u64 pamt_pairs(void)
{
	return pairs.size();
}

static struct pair_use use_of(u64 region)
{
	struct pair_use use = { region, 0, 0, 0 };
	std::set<const struct td *> owners;

	for (u64 page = region; page < region + REGION; page += PAGE) {
		const struct td *owner = owner_of(page);

		if (!owner)
			continue;
		use.pages++;
		use.owner = owner->tdr;
		owners.insert(owner);
	}
	use.owners = owners.size();
	return use;
}

struct pair_use pair_use(u64 number)
{
	auto it = pairs.begin();

	while (number-- && it != pairs.end())
		++it;
	return it == pairs.end() ? (struct pair_use){ 0, 0, 0, 0 } : use_of(it->first);
}

u64 pamt_idle(void)
{
	u64 nr = 0;

	for (const auto &pair : pairs)
		nr += !kept.count(pair.first) && !use_of(pair.first).owners;
	return nr;
}

u64 pamt_kept(void)
{
	return kept.size();
}

void pamt_keep(u64 rcx)
{
	if (pairs.count(region_of(rcx)))
		kept.insert(region_of(rcx));
}

u64 pamt_shared(void)
{
	u64 nr = 0;

	for (const auto &pair : pairs)
		nr += use_of(pair.first).owners > 1;
	return nr;
}

bool has_pair(u64 address)
{
	return !dynamic_pamt() || pairs.count(region_of(address)) || FAULTY(TDX_NO_PAIR_NEEDED);
}

/* RCX: a 2 MiB region, with its level. */
static u64 check_region(u64 rcx)
{
	if (!dynamic_pamt())
		return OPERAND_INVALID | RAX_;
	if (rcx != (region_of(rcx) | LEVEL_2M) || rcx > PHYS_MASK)
		return OPERAND_INVALID | RCX_;
	return SUCCESS;
}

/* Of its own region's pages none can be in use yet. */
static u64 check_pair_page(u64 address, u64 operand)
{
	return page_at(address) || is_reserved(address) ? PAGE_NOT_FREE | operand : u64(SUCCESS);
}

/* RDX, R8: two pages of 4K, wherever they are. */
u64 pamt_add(struct regs *r)
{
	const u64 region = region_of(r->rcx);
	u64 status = check_region(r->rcx);

	if (status == SUCCESS)
		status = check_page(r->rdx, RDX_);
	if (status == SUCCESS)
		status = check_page(r->r8, R8_);
	if (status == SUCCESS && !in_tdmr(region))
		status = OPERAND_ADDR_RANGE_ERROR | RCX_;
	if (status == SUCCESS && pairs.count(region))
		status = HPA_RANGE_NOT_FREE | RCX_;
	if (status == SUCCESS)
		status = check_pair_page(r->rdx, RDX_);
	if (status == SUCCESS)
		status = r->r8 == r->rdx ? PAGE_NOT_FREE | R8_ : check_pair_page(r->r8, R8_);
	if (status != SUCCESS)
		return status;
	pairs[region] = { r->rdx, r->r8 };
	give(r->rdx, PAMT_PAGE, 0);
	give(r->r8, PAMT_PAGE, 0);
	return SUCCESS;
}

/* A refusal for the region's being in use says in which half. */
u64 pamt_remove(struct regs *r)
{
	const u64 region = region_of(r->rcx), end = region + REGION;
	const u64 used = first_in_use(region, end);
	const u64 status = check_region(r->rcx);
	auto it = pairs.find(region);

	if (status != SUCCESS)
		return status;
	if (!in_tdmr(region))
		return OPERAND_ADDR_RANGE_ERROR | RCX_;
	if (it == pairs.end())
		return NO_PAMT_PAGE_PAIR | RCX_;
	if (used < end && !FAULTY(TDX_PAIR_IN_USE))
		return PAMT_PAGE_NOT_EMPTY | u64(used >= region + REGION / 2);
	r->rdx = it->second.first;
	r->r8 = it->second.second;
	if (FAULTY(TDX_PAIR_KEPT))
		return SUCCESS;
	take(r->rdx);
	take(r->r8);
	pairs.erase(it);
	kept.erase(region);
	return SUCCESS;
}

}
