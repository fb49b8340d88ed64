/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEAMCALL: which leaf is whose, the injection of statuses, and the module's MSRs.
 */
#include "tdx_module.h"
#include "tdx_emulated.h"
#include "faulty.h"

namespace tdx {

/* What the module must have gone through before the leaf is allowed. */
enum stage { ANY_TIME, WHEN_READY };

/* The states of a TD in which the leaf is allowed; the leaf looks for itself if it is ITSELF. */
enum : unsigned {
	ITSELF = 0, BARE = 1 << UNINITIALIZED, INIT = 1 << INITIALIZED, RUN = 1 << RUNNABLE
};

enum {
	MEM_RANGE_BLOCK = 7, VP_FLUSH = 18, MNG_VPFLUSHDONE = 19, MNG_KEY_FREEID = 20,
	PAGE_RECLAIM = 28, MEM_PAGE_REMOVE = 29, MEM_TRACK = 38, PHYMEM_CACHE_WB = 40,
	PAMT_REMOVE = 59
};

/*
 * A leaf of the system's, of a TD's or of a vCPU's, whose address is in the register "at".
 * Source of the states: Intel's TDX module, include/auto_gen_2_0/op_state_lookup.c
 */
static const struct leaf {
	unsigned number;
	enum stage stage;
	enum operand at;
	unsigned states;
	u64 (*of_system)(struct regs *r);
	u64 (*of_td)(struct regs *r, struct td *td);
	u64 (*of_vcpu)(struct regs *r, struct vcpu *vcpu);

	leaf(unsigned n, enum stage s, u64 (*f)(struct regs *)) :
		number(n), stage(s), at(), states(), of_system(f), of_td(), of_vcpu() { }
	leaf(unsigned n, enum operand a, unsigned s, u64 (*f)(struct regs *, struct td *)) :
		number(n), stage(WHEN_READY), at(a), states(s), of_system(), of_td(f), of_vcpu() { }
	leaf(unsigned n, enum operand a, unsigned s, u64 (*f)(struct regs *, struct vcpu *)) :
		number(n), stage(WHEN_READY), at(a), states(s), of_system(), of_td(), of_vcpu(f) { }
} leaves[] = {
	{ 1, RDX_, ITSELF, mng_addcx },
	{ 2, RDX_, INIT, mem_page_add },
	{ 3, RDX_, INIT | RUN, sept_add },
	{ 4, RDX_, INIT, vp_addcx },
	{ 6, RDX_, INIT | RUN, mem_page_aug },
	{ MEM_RANGE_BLOCK, RDX_, INIT | RUN, mem_range_block },
	{ 8, RCX_, ITSELF, mng_key_config },
	{ 9, WHEN_READY, mng_create },
	{ 10, RDX_, INIT, vp_create },
	{ 11, RCX_, INIT | RUN, mng_rd },
	{ 16, RDX_, INIT, mr_extend },
	{ 17, RCX_, INIT, mr_finalize },
	{ VP_FLUSH, RCX_, ITSELF, vp_flush },
	{ MNG_VPFLUSHDONE, RCX_, ITSELF, mng_vpflushdone },
	{ MNG_KEY_FREEID, RCX_, ITSELF, mng_key_freeid },
	{ 21, RCX_, BARE, mng_init },
	{ 22, RCX_, INIT, vp_init },
	{ 24, WHEN_READY, page_rdmd },
	{ 26, RCX_, INIT | RUN, vp_rd },
	{ PAGE_RECLAIM, WHEN_READY, page_reclaim },
	{ MEM_PAGE_REMOVE, RDX_, INIT | RUN, mem_page_remove },
	{ 31, ANY_TIME, sys_key_config },
	{ 33, ANY_TIME, sys_init },
	{ 34, ANY_TIME, sys_rd },
	{ 35, ANY_TIME, sys_lp_init },
	{ 36, ANY_TIME, sys_tdmr_init },
	{ MEM_TRACK, RCX_, INIT | RUN, mem_track },
	{ PHYMEM_CACHE_WB, WHEN_READY, cache_wb },
	{ 41, WHEN_READY, page_wbinvd },
	{ 43, RCX_, INIT | RUN, vp_wr },
	{ 45, ANY_TIME, sys_config },
	{ 52, WHEN_READY, sys_shutdown },
	{ 58, WHEN_READY, pamt_add },
	{ PAMT_REMOVE, WHEN_READY, pamt_remove },
	{ 69, ANY_TIME, sys_disable },
};

static struct {
	u64 leaf, skip, count, status;
} inject;

static u64 nr_calls, pair_number;

static bool injected(unsigned number)
{
	if (!inject.count || inject.leaf != number)
		return false;
	if (inject.skip) {
		inject.skip--;
		return false;
	}
	inject.count--;
	return true;
}

static u64 check_stage(enum stage stage)
{
	if (gone())
		return SYS_SHUTDOWN;
	return stage == ANY_TIME || ready() ? SUCCESS : SYS_NOT_READY;
}

static u64 call(const struct leaf &leaf, struct regs *r)
{
	const u64 address = leaf.at == RDX_ ? r->rdx : r->rcx;
	struct vcpu *vcpu = 0;
	u64 status = check_stage(leaf.stage);
	struct td *td;

	if (status != SUCCESS)
		return status;
	if (leaf.of_system)
		return leaf.of_system(r);
	if (leaf.of_vcpu) {
		vcpu = find_vcpu(address, leaf.at, &status);
		td = vcpu ? vcpu->td : 0;
	} else {
		td = find_td(address, leaf.at, &status);
	}
	if (!td)
		return status;
	status = leaf.states == ITSELF ? u64(SUCCESS) : check_built(td, leaf.states);
	if (status != SUCCESS)
		return status;
	return vcpu ? leaf.of_vcpu(r, vcpu) : leaf.of_td(r, td);
}

/* The TD that a leaf is about, if it is about one; its address is where the leaf has it. */
static struct td *subject(unsigned number, const struct regs *r)
{
	u64 status;

	for (const struct leaf &leaf : leaves) {
		const u64 address = leaf.at == RDX_ ? r->rdx : r->rcx;

		if (leaf.number != number)
			continue;
		if (leaf.of_td)
			return find_td(address, leaf.at, &status);
		if (!leaf.of_vcpu)
			break;
		struct vcpu *vcpu = find_vcpu(address, leaf.at, &status);
		return vcpu ? vcpu->td : 0;
	}
	return number == PAGE_RECLAIM ? owner_of(r->rcx) : 0;
}

/*
 * A TD whose end the module refuses, by injection, cannot be ended by any host: if the status
 * is an error (bit 63) from which there is no recovery (bit 62).
 */
static void note_refusal(unsigned number, const struct regs *r)
{
	static const std::set<unsigned> of_the_end = {
		MEM_RANGE_BLOCK, VP_FLUSH, MNG_VPFLUSHDONE, MNG_KEY_FREEID, PAGE_RECLAIM,
		MEM_PAGE_REMOVE, MEM_TRACK,
	};
	struct td *td = subject(number, r);

	if (inject.status >> 62 != 3)
		return;
	if (td && of_the_end.count(number))
		td->end_refused = true;
	if (number != PHYMEM_CACHE_WB)
		return;
	for (auto &other : tds)
		if (other.second->life == BLOCKED)
			other.second->end_refused = true;
}

/*
 * Leaves come with a version in bits 23:16, and nothing above. Of those that have more than
 * one version in a real module, only TDH.VP.INIT has here.
 */
bool seamcall(struct regs *r)
{
	const unsigned number = r->rax & 0xffff;
	const u64 version = r->rax >> 16;
	bool again = false;

	nr_calls++;
	if (injected(number)) {
		if (number == PAMT_REMOVE)
			pamt_keep(r->rcx);
		note_refusal(number, r);
		r->rax = inject.status;
		return true;
	}
	if (r->rax == 0) {
		r->rax = check_stage(WHEN_READY);
		if (r->rax == SUCCESS)
			r->rax = vp_enter(r, &again);
		return !again;
	}
	for (const struct leaf &leaf : leaves) {
		if (leaf.number == number && version <= (number == 22)) {
			r->rax = call(leaf, r);
			return true;
		}
	}
	r->rax = OPERAND_INVALID | RAX_;
	return true;
}

static u64 pamt_state(void)
{
	return (dynamic_pamt_offered() ? TDX_PAMT_OFFERED : 0) |
	       (dynamic_pamt() && ready() ? TDX_PAMT_DYNAMIC : 0) | (ready() ? TDX_MODULE_READY : 0);
}

bool read_msr(uint32_t index, u64 *value)
{
	switch (index) {
	case TDX_MSR_MAGIC:		*value = TDX_MSR_MAGIC_VALUE; break;
	case TDX_MSR_TDS:		*value = tds.size(); break;
	case TDX_MSR_VCPUS:		*value = nr_vcpus(); break;
	case TDX_MSR_KEYS:		*value = nr_keys(); break;
	case TDX_MSR_CONTROL_PAGES:
		*value = count_pages(TDR_PAGE) + count_pages(TDCX_PAGE) + count_pages(TDVPR_PAGE);
		break;
	case TDX_MSR_SEPT_PAGES:	*value = count_pages(EPT_PAGE); break;
	case TDX_MSR_GUEST_PAGES:	*value = count_pages(REG); break;
	case TDX_MSR_PAMT_PAIRS:	*value = pamt_pairs(); break;
	case TDX_MSR_VIOLATIONS:	*value = violations(); break;
	case TDX_MSR_SEAMCALLS:		*value = nr_calls; break;
	case TDX_MSR_STALE_PAGES:	*value = stale_pages(); break;
	case TDX_MSR_INJECT_LEAF:	*value = inject.leaf; break;
	case TDX_MSR_INJECT_SKIP:	*value = inject.skip; break;
	case TDX_MSR_INJECT_COUNT:	*value = inject.count; break;
	case TDX_MSR_INJECT_STATUS:	*value = inject.status; break;
	case TDX_MSR_PAMT_STATE:	*value = pamt_state(); break;
	case TDX_MSR_PAMT_IDLE:		*value = pamt_idle(); break;
	case TDX_MSR_PAMT_SHARED:	*value = pamt_shared(); break;
	case TDX_MSR_PAMT_KEPT:		*value = pamt_kept(); break;
	case TDX_MSR_PAIR_NUMBER:	*value = pair_number; break;
	case TDX_MSR_PAIR_REGION:	*value = pair_use(pair_number).region; break;
	case TDX_MSR_PAIR_PAGES:	*value = pair_use(pair_number).pages; break;
	case TDX_MSR_PAIR_OWNERS:	*value = pair_use(pair_number).owners; break;
	case TDX_MSR_PAIR_OWNER:	*value = pair_use(pair_number).owner; break;
	default:
		return false;
	}
	return true;
}

bool write_msr(uint32_t index, u64 value)
{
	static u64 count;

	switch (index) {
	case TDX_MSR_INJECT_LEAF:	inject.leaf = value; break;
	case TDX_MSR_INJECT_SKIP:	inject.skip = value; break;
	case TDX_MSR_INJECT_COUNT:	count = value; inject.count = 0; break;
	case TDX_MSR_INJECT_STATUS:
		inject.status = value;
		inject.count = count;
		break;
	case TDX_MSR_PAIR_NUMBER:	pair_number = value; break;
	case TDX_MSR_FORGET:
		forget_refused();
		forget_violations(value);
		break;
	default:
		return false;
	}
	return true;
}

}
