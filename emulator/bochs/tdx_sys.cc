/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's initialisation, in the order in which a host must do it: SYS.INIT, LP.INIT,
 * SYS.CONFIG with the list of TDMRs, KEY.CONFIG, TDMR.INIT until all is done.
 */
#include <string.h>
#include <vector>

#include "tdx_module.h"

namespace tdx {

enum : u64 { GIB = 1 << 30, DYNAMIC_PAMT = 1ull << 16 };

/* A TDMR_INFO: 8 fields, then the offset and the size of each reserved area. */
enum { TDMR_FIELDS = 8 + 2 * MAX_RESERVED };

struct range {
	u64 base, size;
	u64 end(void) const { return base + size; }
	bool has(u64 address) const { return address >= base && address < end(); }
	bool overlaps(const range &o) const { return size && o.size && base < o.end() && o.base < end(); }
};

struct tdmr {
	struct range area;
	struct range pamt[3];		/* of 1G, 2M and 4K pages; with Dynamic PAMT a bitmap */
	std::vector<range> reserved;	/* by offset from the TDMR's base */
	u64 initialised;
};

static enum { RAW, INITIALISED, LP_DONE, CONFIGURED, KEYED, READY, GONE } state;
static std::vector<tdmr> tdmrs;

bool ready(void)
{
	return state == READY;
}

bool gone(void)
{
	return state == GONE;
}

u64 sys_init(struct regs *r)
{
	if (state != RAW)
		return SYS_INIT_NOT_PENDING;
	if (r->rcx)
		return OPERAND_INVALID | RCX_;
	state = INITIALISED;
	return SUCCESS;
}

u64 sys_lp_init(struct regs *)
{
	if (state == RAW)
		return SYS_LP_INIT_NOT_PENDING;
	if (state != INITIALISED)
		return SYS_LP_INIT_DONE;
	state = LP_DONE;
	return SUCCESS;
}

u64 sys_rd(struct regs *r)
{
	if (state == RAW)
		return SYS_LP_INIT_NOT_DONE;
	r->r8 = 0;
	if (!system_field(r->rdx, &r->r8))
		return METADATA_FIELD_ID_INCORRECT | RDX_;
	return SUCCESS;
}

/* Convertible memory is all RAM but the first megabyte and what lies above the RAM. */
static bool in_cmrs(const range &a)
{
	return a.base >= (1 << 20) && a.end() <= memory_size();
}

static bool reserves(const tdmr &t, u64 address)
{
	for (const range &reserved : t.reserved)
		if (reserved.has(address - t.area.base))
			return true;
	return false;
}

/* The bytes that a level of PAMT needs at least. */
static u64 pamt_size(const tdmr &t, int level)
{
	if (level == 2 && dynamic_pamt())
		return (t.area.size / PAGE / 8 + PAGE - 1) & ~(PAGE - 1);

	const u64 size = (t.area.size >> (30 - 9 * level)) * PAMT_ENTRY;

	return (size + PAGE - 1) & ~(PAGE - 1);
}

static u64 check_tdmr(const tdmr &t, u64 after)
{
	u64 last = 0;

	if (t.area.base % GIB || t.area.size % GIB || !t.area.size || t.area.end() > PHYS_MASK + 1)
		return INVALID_TDMR;
	if (t.area.base < after)
		return NON_ORDERED_TDMR;
	for (int level = 0; level < 3; level++) {
		if (t.pamt[level].base % PAGE || t.pamt[level].size < pamt_size(t, level))
			return INVALID_PAMT;
		if (!in_cmrs(t.pamt[level]))
			return PAMT_OUTSIDE_CMRS;
	}
	for (const range &reserved : t.reserved) {
		if (reserved.base % PAGE || reserved.size % PAGE || reserved.end() > t.area.size)
			return INVALID_RESERVED_IN_TDMR;
		if (reserved.base < last)
			return NON_ORDERED_RESERVED_IN_TDMR;
		last = reserved.end();
	}
	for (u64 page = t.area.base; page < t.area.end(); page += PAGE)
		if (!reserves(t, page) && !in_cmrs({ page, PAGE }))
			return TDMR_OUTSIDE_CMRS;
	return SUCCESS;
}

/* No PAMT may lie in memory that TDs could get, nor in another PAMT. */
static u64 check_pamts(void)
{
	std::vector<range> all;

	for (const tdmr &t : tdmrs)
		for (const range &pamt : t.pamt) {
			for (const range &other : all)
				if (pamt.overlaps(other))
					return PAMT_OVERLAP;
			all.push_back(pamt);
			for (u64 page = pamt.base; page < pamt.end(); page += PAGE)
				for (const tdmr &in : tdmrs)
					if (in.area.has(page) && !reserves(in, page))
						return PAMT_OVERLAP;
		}
	return SUCCESS;
}

static tdmr decode_tdmr(const u64 *raw)
{
	tdmr t;

	t.area = { raw[0], raw[1] };
	for (int level = 0; level < 3; level++)
		t.pamt[level] = { raw[2 + 2 * level], raw[3 + 2 * level] };
	for (int i = 0; i < MAX_RESERVED; i++)
		if (raw[9 + 2 * i])
			t.reserved.push_back({ raw[8 + 2 * i], raw[9 + 2 * i] });
	t.initialised = t.area.base;
	return t;
}

u64 sys_config(struct regs *r)
{
	u64 after = 0, status = SUCCESS;

	if (state != LP_DONE)
		return SYS_CONFIG_NOT_PENDING;
	if (r->rcx % 512)
		return OPERAND_INVALID | RCX_;
	if (!r->rdx || r->rdx > MAX_TDMRS)
		return OPERAND_INVALID | RDX_;
	if ((r->r8 & 0xffff) != GLOBAL_KEY || r->r8 >> 16 > u64(dynamic_pamt()))
		return OPERAND_INVALID | R8_;
	if (dynamic_pamt() && !(r->r8 & DYNAMIC_PAMT))
		dynamic_pamt_declined();

	tdmrs.clear();
	for (u64 n = 0; n < r->rdx && status == SUCCESS; n++) {
		u64 address, raw[TDMR_FIELDS];

		if (!memory_read(r->rcx + 8 * n, &address, sizeof(address)))
			return OPERAND_INVALID | RCX_;
		if (address % 512 || !memory_read(address, raw, sizeof(raw)))
			return OPERAND_INVALID | TDMR_INFO;
		tdmrs.push_back(decode_tdmr(raw));
		status = check_tdmr(tdmrs.back(), after);
		after = tdmrs.back().area.end();
	}
	if (status == SUCCESS)
		status = check_pamts();
	if (status == SUCCESS)
		state = CONFIGURED;
	return status;
}

u64 sys_key_config(struct regs *)
{
	if (state != CONFIGURED)
		return SYS_KEY_CONFIG_NOT_PENDING;
	state = KEYED;
	mapping_changed();
	return SUCCESS;
}

/* A gigabyte at a time, so that the host has to come again. */
u64 sys_tdmr_init(struct regs *r)
{
	bool all = true;
	tdmr *found = 0;

	if (state != KEYED)
		return state == READY ? u64(TDMR_ALREADY_INITIALIZED) : u64(SYS_NOT_READY);
	for (tdmr &t : tdmrs)
		if (t.area.base == r->rcx)
			found = &t;
	if (!found)
		return OPERAND_INVALID | RCX_;
	if (found->initialised == found->area.end())
		return TDMR_ALREADY_INITIALIZED;
	found->initialised += GIB;
	r->rdx = found->initialised;

	for (const tdmr &t : tdmrs)
		all = all && t.initialised == t.area.end();
	if (all)
		state = READY;
	return SUCCESS;
}

bool in_tdmr(u64 address)
{
	for (const tdmr &t : tdmrs)
		if (t.area.has(address))
			return true;
	return false;
}

bool is_reserved(u64 address)
{
	for (const tdmr &t : tdmrs)
		if (t.area.has(address))
			return reserves(t, address);
	return false;
}

/* The module's own from its key's configuration on. */
bool in_pamt(u64 address)
{
	if (state != KEYED && state != READY)
		return false;
	for (const tdmr &t : tdmrs)
		for (const range &pamt : t.pamt)
			if (pamt.has(address))
				return true;
	return false;
}

u64 sys_shutdown(struct regs *)
{
	state = GONE;
	return SUCCESS;
}

/*
 * All memory is the host's again, and cleared. The books stay as they are, for the ledger is
 * about what a host gives back in its time: Linux calls this whenever it goes down.
 *
 * Source: Linux, "KVM: x86: Disable the TDX module during kexec and kdump"; no public document
 * has it.
 */
u64 sys_disable(struct regs *)
{
	state = GONE;
	return SUCCESS;
}

}
