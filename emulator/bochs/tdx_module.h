/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An emulated TDX module: the bookkeeping that a host's SEAMCALLs meet. Nothing is
 * encrypted and no TD runs code, but every page, key, TD and vCPU has an owner and a state,
 * and what a real module would refuse is refused.
 *
 *	tdx_cpu.cc	the SEAMCALL instruction, and the rest of the CPU's side
 *	tdx_leaves.cc	which leaf is whose
 *	tdx_ledger.cc	what is left at the end
 *	tdx_sys.cc	initialisation: TDMRs, the global key
 *	tdx_fields.cc	what the host can read of the module
 *	tdx_pages.cc	whose a physical page is, and what the host may touch
 *	tdx_pamt.cc	Dynamic PAMT
 *	tdx_td.cc	TDs: keys, creation, teardown
 *	tdx_vp.cc	their vCPUs
 *	tdx_sept.cc	their secure EPT
 *	tdx_guest.cc	TDH.VP.ENTER, and what a TD does in there
 *	tdx_events.cc	the interrupts that it gets there
 *
 * Source: Intel TDX Module Base Architecture and ABI Reference Specifications; for what a leaf
 * looks at first, and for its statuses, Intel's TDX module 2.0 (github.com/intel/tdx-module):
 * src/vmm_dispatcher/api_calls/tdh_*.c, src/common/helpers/helpers.c. One CPU, so no leaf is
 * ever busy or interrupted on its own.
 */
#ifndef KVMCONF_TDX_MODULE_H
#define KVMCONF_TDX_MODULE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <map>
#include <set>

#include "tdx_status.h"

namespace tdx {

typedef uint64_t u64;

enum : u64 { PAGE = 4096, REGION = 2 << 20, PHYS_BITS = 36, PHYS_MASK = (1ull << PHYS_BITS) - 1 };

/* Key ids: 0 is the host's, then MKTME's, then the module's own, then those of TDs. */
enum { FIRST_KEY = 4, NR_KEYS = 12, GLOBAL_KEY = FIRST_KEY };

enum { MAX_TDMRS = 64, MAX_RESERVED = 16, TDCS_PAGES = 5, TDVPS_PAGES = 6, PAMT_ENTRY = 16 };

enum attributes : u64 { SEPT_VE_DISABLE = 1 << 28 };

struct regs {
	u64 rax, rcx, rdx, rbx, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* As TDH.PHYMEM.PAGE.RDMD numbers them. */
enum page_type {
	NDA = 0, RSVD = 1, REG = 3, TDR_PAGE = 4, TDCX_PAGE = 5, TDVPR_PAGE = 6, EPT_PAGE = 8,
	PAMT_PAGE = 15
};

struct td;

struct page {
	page_type type;
	struct td *owner;
};

enum life { HKID_ASSIGNED, KEYS_CONFIGURED, BLOCKED, TEARDOWN };

/* As in the low bits of OP_STATE_INCORRECT and VCPU_STATE_INCORRECT. */
enum op_state { UNINITIALIZED, INITIALIZED, RUNNABLE };
enum vcpu_state { VCPU_UNINITIALIZED = 0, VCPU_READY = 2, VCPU_DISABLED = 8 };

/* As the states in bits 15:8 of RDX, if an entry is not as it should be. */
enum sept_state {
	SEPT_FREE = 0, SEPT_BLOCKED = 1, SEPT_PENDING = 2, SEPT_PENDING_BLOCKED = 3,
	SEPT_PRESENT = 4, SEPT_TABLE = 0x84
};

struct sept_entry {
	sept_state state;
	u64 hpa;
	u64 blocked_at;		/* the TD's epoch then */
};

struct vcpu {
	struct td *td;
	u64 tdvpr;
	unsigned tdcx;
	enum vcpu_state state;
	bool associated, in_vmcall, wants_r10;
	u64 answer[6];			/* to the last TDG.VP.VMCALL: R10 to R15 */
	u64 apic_id;
	u64 script, step, accumulator, spun;
	std::map<u64, u64> fields;
	std::set<u64> interrupts;	/* posted, and not taken yet */
};

struct td {
	u64 tdr;
	unsigned hkid;
	enum life life;
	enum op_state op_state;
	bool end_refused;	/* by injection */
	unsigned tdcx;
	u64 pages;		/* all but the TDR */
	u64 attributes, xfam;
	unsigned max_vcpus, top_level;
	u64 shared_bit;
	u64 epoch;
	std::map<u64, sept_entry> sept;		/* by GPA, with the level in bits 2:0 */
	std::map<u64, u64> cpuid;		/* by field id */
	std::map<u64, vcpu *> vcpus;		/* by TDVPR */
};

enum key_state { KEY_FREE, KEY_ASSIGNED, KEY_IN_USE, KEY_FLUSHED, KEY_WRITTEN_BACK };

/* --- the machine --- */

bool dynamic_pamt(void);
void dynamic_pamt_declined(void);
bool dynamic_pamt_offered(void);	/* declined or not */
bool memory_read(u64 address, void *to, size_t len);
bool memory_write(u64 address, const void *from, size_t len);
u64 memory_size(void);
bool interrupt_pending(void);
u64 acknowledge_interrupt(void);	/* returns its vector */
void end_of_interrupt(void);
void mapping_changed(void);

/* --- tdx_leaves.cc --- */

/* Returns whether the instruction is over; if not, it is to be executed again. */
bool seamcall(struct regs *r);
bool read_msr(uint32_t index, u64 *value);
bool write_msr(uint32_t index, u64 value);

/* --- tdx_ledger.cc --- */

void forget_refused(void);
void say_ledger(const char *path);

/* --- tdx_pages.cc --- */

struct page *page_at(u64 address);
/* The status of an address that is to be a page of a TDMR; "operand" names it. */
u64 check_page(u64 address, u64 operand);
/* The same of one that is to be handed over, and so a free page. */
u64 check_free(u64 address, u64 operand);
void give(u64 address, page_type type, struct td *owner);
/* One more page of a TD's or a vCPU's control structure, of which there are "nr". */
u64 add_control_page(u64 address, struct td *owner, unsigned *nr);
/* Returns the hint that the page's region needs its pair of PAMT pages no more, or 0. */
u64 take(u64 address);
/* The first page that a TD has in a range, or its end. */
u64 first_in_use(u64 from, u64 to);
/* The TD whose page it is, that of a TDR, too; 0 if it is nobody's. */
struct td *owner_of(u64 address);
u64 count_pages(page_type type);
/* Those given back, and not cleared by whole lines since. */
u64 stale_pages(void);
u64 violations(void);
void forget_violations(u64 nr);
void forget_pages(struct td *td);
void say_violations(FILE *file);
void host_access(u64 address, bool write, bool whole_line, u64 rip);
bool is_private(u64 address);
u64 page_rdmd(struct regs *r);
u64 page_reclaim(struct regs *r);
u64 page_wbinvd(struct regs *r);

/* --- tdx_pamt.cc --- */

u64 pamt_pairs(void);
u64 pamt_idle(void);
u64 pamt_shared(void);
u64 pamt_kept(void);
void pamt_keep(u64 rcx);	/* that of this address: the host cannot have it back */
/* Those of one pair: what TDX_MSR_PAIR_* tell of it. */
struct pair_use {
	u64 region, pages, owners, owner;
};
struct pair_use pair_use(u64 number);
bool has_pair(u64 address);
u64 pamt_add(struct regs *r);
u64 pamt_remove(struct regs *r);

/* --- tdx_sys.cc --- */

bool ready(void);
bool gone(void);		/* shut down or disabled */
u64 sys_init(struct regs *r);
u64 sys_lp_init(struct regs *r);
u64 sys_rd(struct regs *r);
u64 sys_config(struct regs *r);
u64 sys_key_config(struct regs *r);
u64 sys_tdmr_init(struct regs *r);
u64 sys_shutdown(struct regs *r);
u64 sys_disable(struct regs *r);
bool in_tdmr(u64 address);
bool is_reserved(u64 address);
bool in_pamt(u64 address);

/* --- tdx_fields.cc --- */

/* Returns whether there is such a field. */
bool system_field(u64 id, u64 *value);
extern const u64 attributes_fixed0, attributes_fixed1, xfam_fixed0, xfam_fixed1;
extern const struct cpuid_config { uint32_t leaf, subleaf, eax, ebx, ecx, edx; } cpuid_configs[];
extern const unsigned nr_cpuid_configs;

/* --- tdx_td.cc --- */

extern std::map<u64, struct td *> tds;	/* by TDR */
extern key_state keys[NR_KEYS];		/* from FIRST_KEY */
u64 nr_keys(void);
/* The TD whose TDR is at an address in a register, "operand", or 0 with *status set. */
struct td *find_td(u64 address, u64 operand, u64 *status);
/* Whether the TD has its key. */
u64 check_key(const struct td *td);
/* Whether it has all that it needs to be, and is in one of those states, each a bit. */
u64 check_built(const struct td *td, unsigned states);
void forget_td(struct td *td);
u64 mng_create(struct regs *r);
u64 mng_key_config(struct regs *r, struct td *td);
u64 mng_addcx(struct regs *r, struct td *td);
u64 mng_init(struct regs *r, struct td *td);
u64 mng_rd(struct regs *r, struct td *td);
u64 mng_vpflushdone(struct regs *r, struct td *td);
u64 mng_key_freeid(struct regs *r, struct td *td);
u64 cache_wb(struct regs *r);
u64 mr_finalize(struct regs *r, struct td *td);

/* --- tdx_vp.cc --- */

u64 nr_vcpus(void);
struct vcpu *find_vcpu(u64 address, u64 operand, u64 *status);
void forget_vcpu(u64 address);
/* Whether the vCPU has all of its pages, and is in one of those states, each a bit. */
u64 check_vcpu(const struct vcpu *vcpu, unsigned states);
u64 vp_create(struct regs *r, struct td *td);
u64 vp_addcx(struct regs *r, struct vcpu *vcpu);
u64 vp_init(struct regs *r, struct vcpu *vcpu);
u64 vp_flush(struct regs *r, struct vcpu *vcpu);
u64 vp_rd(struct regs *r, struct vcpu *vcpu);
u64 vp_wr(struct regs *r, struct vcpu *vcpu);
u64 field(struct vcpu *vcpu, u64 id);

/* --- tdx_sept.cc --- */

struct sept_entry *sept_find(struct td *td, u64 gpa, unsigned level);
u64 sept_add(struct regs *r, struct td *td);
u64 mem_page_add(struct regs *r, struct td *td);
u64 mem_page_aug(struct regs *r, struct td *td);
u64 mr_extend(struct regs *r, struct td *td);
u64 mem_range_block(struct regs *r, struct td *td);
u64 mem_track(struct regs *r, struct td *td);
u64 mem_page_remove(struct regs *r, struct td *td);

/* --- tdx_guest.cc --- */

u64 vp_enter(struct regs *r, bool *again);

/* --- tdx_events.cc --- */

bool take_posted(struct vcpu *vcpu, u64 vector);
/* The vector of an NMI, or of the first of the interrupts, that is taken now; or 0. */
u64 next_event(struct vcpu *vcpu);

}

#endif
