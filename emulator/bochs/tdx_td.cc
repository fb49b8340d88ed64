/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs: a TDR page with a key id, then a key, control pages and parameters; at the end the
 * key id is given back before any page is.
 */
#include <string.h>

#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

std::map<u64, struct td *> tds;
key_state keys[NR_KEYS];

/* Bits of TD_PARAMS.CONFIG_FLAGS, and EPTP_CONTROLS: write-back, and the walk's length. */
enum : u64 { MAX_GPAW = 1, NO_RBP_MOD = 4, EPTP_WB = 6, PWL_4 = 3 << 3, PWL_5 = 4 << 3 };

struct td_params {
	u64 attributes, xfam;
	uint16_t max_vcpus;
	uint8_t reserved0[6];
	u64 eptp_controls, config_flags;
	uint16_t tsc_frequency;
	uint8_t reserved1[38];
	u64 measurements[18];
	u64 reserved2[4];
	struct { uint32_t eax, ebx, ecx, edx; } cpuid[48];
};
static_assert(sizeof(struct td_params) == 1024, "TD_PARAMS");

static enum key_state &key_of(struct td *td)
{
	return keys[td->hkid - FIRST_KEY];
}

u64 nr_keys(void)
{
	u64 nr = 0;

	for (key_state key : keys)
		nr += key != KEY_FREE;
	return nr;
}

struct td *find_td(u64 address, u64 operand, u64 *status)
{
	auto it = tds.find(address);

	if (it != tds.end())
		return it->second;
	*status = check_page(address, operand);
	if (*status == SUCCESS)
		*status = PAGE_METADATA_INCORRECT | operand;
	return 0;
}

/* Its pages are gone already. */
void forget_td(struct td *td)
{
	if (td->life != TEARDOWN)
		key_of(td) = KEY_FREE;
	tds.erase(td->tdr);
	delete td;
}

u64 check_key(const struct td *td)
{
	return td->life == KEYS_CONFIGURED ? SUCCESS : TD_KEYS_NOT_CONFIGURED;
}

u64 check_built(const struct td *td, unsigned states)
{
	const u64 status = check_key(td);

	if (status != SUCCESS)
		return status;
	if (td->tdcx != TDCS_PAGES)
		return TDCS_NOT_ALLOCATED;
	if (!(states & 1 << td->op_state) && !FAULTY(TDX_ANY_STATE))
		return OP_STATE_INCORRECT | td->op_state;
	return SUCCESS;
}

u64 mng_create(struct regs *r)
{
	const u64 key = r->rdx - FIRST_KEY;
	struct td *td;
	u64 status;

	if (key >= NR_KEYS || r->rdx == GLOBAL_KEY)
		return OPERAND_INVALID | RDX_;
	status = check_free(r->rcx, RCX_);
	if (status != SUCCESS)
		return status;
	if (keys[key] != KEY_FREE)
		return HKID_NOT_FREE;

	td = new struct td();
	td->tdr = r->rcx;
	td->hkid = r->rdx;
	td->life = HKID_ASSIGNED;
	keys[key] = KEY_ASSIGNED;
	tds[td->tdr] = td;
	give(td->tdr, TDR_PAGE, 0);
	return SUCCESS;
}

/* For one package, and so once. */
u64 mng_key_config(struct regs *, struct td *td)
{
	if (td->life != HKID_ASSIGNED)
		return LIFECYCLE_STATE_INCORRECT;
	td->life = KEYS_CONFIGURED;
	key_of(td) = KEY_IN_USE;
	return SUCCESS;
}

u64 mng_addcx(struct regs *r, struct td *td)
{
	const u64 status = check_key(td);

	if (status != SUCCESS)
		return status;
	if (td->tdcx == TDCS_PAGES)
		return TDCX_NUM_INCORRECT;
	return add_control_page(r->rcx, td, &td->tdcx);
}

/* Bit 31 and bits 6:0 of the leaf, whether there are subleaves, and the subleaf. */
static u64 cpuid_field(uint32_t leaf, uint32_t subleaf)
{
	return 0x9410000300000000ull | (leaf >> 31) << 16 | (leaf & 0x7f) << 9 |
	       (subleaf == ~0u ? 0x1fe : subleaf << 1);
}

static void set_cpuid(struct td *td, uint32_t leaf, uint32_t subleaf, uint32_t eax,
		      uint32_t ebx, uint32_t ecx, uint32_t edx)
{
	const u64 field = cpuid_field(leaf, subleaf);

	td->cpuid[field] = eax | u64(ebx) << 32;
	td->cpuid[field + 1] = ecx | u64(edx) << 32;
}

/* Returns the first entry with a bit that is not configurable, or their number. */
static unsigned check_cpuid(const struct td_params *p)
{
	for (unsigned n = 0; n < nr_cpuid_configs; n++) {
		const struct cpuid_config *c = &cpuid_configs[n];

		if ((p->cpuid[n].eax & ~c->eax) || (p->cpuid[n].ebx & ~c->ebx) ||
		    (p->cpuid[n].ecx & ~c->ecx) || (p->cpuid[n].edx & ~c->edx))
			return n;
	}
	return nr_cpuid_configs;
}

static u64 check_params(const struct td_params *p, struct regs *r)
{
	static const uint8_t zero[sizeof(p->cpuid)] = { 0 };
	const u64 walk = p->config_flags & MAX_GPAW ? PWL_5 : PWL_4;
	const unsigned bad = check_cpuid(p);

	if ((p->attributes & ~attributes_fixed0) || (attributes_fixed1 & ~p->attributes))
		return OPERAND_INVALID | ATTRIBUTES;
	if ((p->xfam & ~xfam_fixed0) || (xfam_fixed1 & ~p->xfam))
		return OPERAND_INVALID | XFAM;
	/* AVX without its own upper half, AVX-512 by halves. */
	if ((p->xfam & 0xe0) && ((p->xfam & 0xe0) != 0xe0 || !(p->xfam & 4)))
		return OPERAND_INVALID | XFAM;
	if (!p->max_vcpus)
		return OPERAND_INVALID | MAX_VCPUS;
	if (p->eptp_controls != (EPTP_WB | walk))
		return OPERAND_INVALID | EPTP_CONTROLS;
	if (p->config_flags & ~(MAX_GPAW | NO_RBP_MOD))
		return OPERAND_INVALID | RDX_;
	if (p->tsc_frequency < 4 || p->tsc_frequency > 400)
		return OPERAND_INVALID | TSC_FREQUENCY;
	if (bad < nr_cpuid_configs) {
		r->rcx = cpuid_configs[bad].leaf | u64(cpuid_configs[bad].subleaf) << 32;
		return OPERAND_INVALID | CPUID_CONFIG;
	}
	if (memcmp(p->reserved0, zero, sizeof(p->reserved0)) ||
	    memcmp(p->reserved1, zero, sizeof(p->reserved1)) ||
	    memcmp(p->reserved2, zero, sizeof(p->reserved2)) ||
	    memcmp(p->cpuid + nr_cpuid_configs, zero,
		   sizeof(p->cpuid) - nr_cpuid_configs * sizeof(p->cpuid[0])))
		return OPERAND_INVALID | RDX_;
	return SUCCESS;
}

u64 mng_init(struct regs *r, struct td *td)
{
	const u64 at = r->rdx;
	struct td_params p;
	u64 status;

	r->rcx = 0;
	if (at % sizeof(p) || is_private(at) || !memory_read(at, &p, sizeof(p)))
		return OPERAND_INVALID | RDX_;
	status = FAULTY(TDX_ANY_PARAMS) ? u64(SUCCESS) : check_params(&p, r);
	if (status != SUCCESS)
		return status;

	td->attributes = p.attributes;
	td->xfam = p.xfam;
	td->max_vcpus = p.max_vcpus;
	td->top_level = p.config_flags & MAX_GPAW ? 4 : 3;
	td->shared_bit = p.config_flags & MAX_GPAW ? 1ull << 51 : 1ull << 47;
	td->epoch = 1;
	td->op_state = INITIALIZED;

	set_cpuid(td, 0, ~0u, 8, 0x756e6547, 0x6c65746e, 0x49656e69);
	set_cpuid(td, 0x80000000, ~0u, 0x80000008, 0, 0, 0);
	for (unsigned n = 0; n < nr_cpuid_configs; n++)
		set_cpuid(td, cpuid_configs[n].leaf, cpuid_configs[n].subleaf, p.cpuid[n].eax,
			  p.cpuid[n].ebx, p.cpuid[n].ecx, p.cpuid[n].edx);
	return SUCCESS;
}

/* Class 17, execution controls: TSC_OFFSET and TSC_MULTIPLIER (48 bits behind the point). */
u64 mng_rd(struct regs *r, struct td *td)
{
	r->r8 = 0;
	switch (r->rdx) {
	case 0x110000000000000a: return SUCCESS;
	case 0x110000000000000b: r->r8 = 1ull << 48; return SUCCESS;
	}
	auto it = td->cpuid.find(r->rdx);
	if (it == td->cpuid.end())
		return METADATA_FIELD_NOT_READABLE | RDX_;
	r->r8 = it->second;
	return SUCCESS;
}

u64 mr_finalize(struct regs *, struct td *td)
{
	td->op_state = RUNNABLE;
	return SUCCESS;
}

/* --- the end --- */

u64 mng_vpflushdone(struct regs *, struct td *td)
{
	if (td->life != HKID_ASSIGNED && td->life != KEYS_CONFIGURED)
		return LIFECYCLE_STATE_INCORRECT;
	for (auto &vcpu : td->vcpus)
		if (vcpu.second->associated && !FAULTY(TDX_NO_FLUSH))
			return FLUSHVP_NOT_DONE;
	td->life = BLOCKED;
	key_of(td) = KEY_FLUSHED;
	return SUCCESS;
}

u64 cache_wb(struct regs *r)
{
	bool any = false;

	if (r->rcx > 1)
		return OPERAND_INVALID | RCX_;
	for (key_state &key : keys) {
		if (key != KEY_FLUSHED)
			continue;
		key = KEY_WRITTEN_BACK;
		any = true;
	}
	return any ? SUCCESS : NO_HKID_READY_TO_WBCACHE;
}

u64 mng_key_freeid(struct regs *, struct td *td)
{
	if (td->life != BLOCKED)
		return LIFECYCLE_STATE_INCORRECT;
	if (key_of(td) != KEY_WRITTEN_BACK && !FAULTY(TDX_NO_CACHE_WB))
		return WBCACHE_NOT_COMPLETE;
	td->life = TEARDOWN;
	if (!FAULTY(TDX_KEY_KEPT))
		key_of(td) = KEY_FREE;
	return SUCCESS;
}

}
