/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host's SEAMCALLs to the emulated TDX module, and the memory that they are about.
 *
 * Source of the numbers: Intel TDX Module ABI Reference; Intel's TDX module 2.0
 * (github.com/intel/tdx-module), include/auto_gen_2_0/tdx_error_codes_defs.h
 */
#ifndef CHECK_TDX_CALL_H
#define CHECK_TDX_CALL_H

#include <stdbool.h>
#include "cpu.h"

#define PAGE		4096ul
#define MIB		(1ul << 20)
#define GIB		(1ul << 30)

/* One TDMR, of which only this is not reserved; and its PAMTs. */
#define MEMORY		(16 * MIB)
#define MEMORY_END	(32 * MIB)
#define PAMT		(40 * MIB)
#define RESERVED	(8 * MIB)

/* In the first region all is that TDs get, and with Dynamic PAMT in the second the pair for it. */
#define FREE_PAGE(n)	(MEMORY + (n) * PAGE)
#define OTHER_REGION	(MEMORY + 2 * MIB)
#define NO_PAIR		(MEMORY + 4 * MIB)
#define UNUSED		FREE_PAGE(500)

#define TDCS_PAGES	5
#define TDVPS_PAGES	6
#define VCPUS		3

#define TDR		FREE_PAGE(0)
#define TDCX(n)		FREE_PAGE(1 + (n))
#define TDVPR(n)	FREE_PAGE(8 * (1 + (n)))	/* with its further pages behind it */
#define SEPT(level)	FREE_PAGE(40 + (level))
#define GUEST(n)	FREE_PAGE(48 + (n))		/* what is at GPA n * PAGE */

#define GLOBAL_KEY	4
#define KEY		9

enum leaf {
	VP_ENTER = 0, MNG_ADDCX = 1, PAGE_ADD = 2, SEPT_ADD = 3, VP_ADDCX = 4, PAGE_AUG = 6,
	RANGE_BLOCK = 7, MNG_KEY_CONFIG = 8, MNG_CREATE = 9, VP_CREATE = 10, MNG_RD = 11,
	MR_EXTEND = 16, MR_FINALIZE = 17, VP_FLUSH = 18, MNG_VPFLUSHDONE = 19, MNG_KEY_FREEID = 20,
	MNG_INIT = 21, VP_INIT = 22, PAGE_RDMD = 24, VP_RD = 26, PAGE_RECLAIM = 28,
	PAGE_REMOVE = 29, SYS_KEY_CONFIG = 31, SYS_INIT = 33, SYS_RD = 34, SYS_LP_INIT = 35,
	SYS_TDMR_INIT = 36, MEM_TRACK = 38, CACHE_WB = 40, PAGE_WBINVD = 41, VP_WR = 43,
	SYS_CONFIG = 45, SYS_SHUTDOWN = 52, PAMT_ADD = 58, PAMT_REMOVE = 59,

	VERSION = 1 << 16,		/* times the version */
};

#define STATUS(high) (high##ul << 32)

/* With the operand, a register or what a leaf has in its place, in bits 31:0. */
enum status {
	SUCCESS = 0,
	NON_RECOVERABLE_VCPU = STATUS(0x40000001),
	OPERAND_INVALID = STATUS(0xc0000100), OPERAND_ADDR_RANGE_ERROR = STATUS(0xc0000101),
	PAGE_METADATA_INCORRECT = STATUS(0xc0000300), PAGE_NOT_FREE = STATUS(0xc0000303),
	HPA_RANGE_NOT_FREE = STATUS(0xc0000304), NO_PAMT_PAGE_PAIR = STATUS(0xc0000305),
	PAMT_PAGE_NOT_EMPTY = STATUS(0xc0000306), MISSING_PAMT_PAGE_PAIR = STATUS(0x80000308),
	TD_ASSOCIATED_PAGES_EXIST = STATUS(0xc0000400), SYS_INIT_NOT_PENDING = STATUS(0xc0000500),
	SYS_NOT_READY = STATUS(0xc0000505), SYS_IS_SHUT_DOWN = STATUS(0xc0000506),
	SYS_KEY_CONFIG_NOT_PENDING = STATUS(0xc0000507),
	SYS_CONFIG_NOT_PENDING = STATUS(0xc000050c),
	TDCS_NOT_ALLOCATED = STATUS(0xc0000606), LIFECYCLE_STATE_INCORRECT = STATUS(0xc0000607),
	OP_STATE_INCORRECT = STATUS(0xc0000608), TDCX_NUM_INCORRECT = STATUS(0xc0000610),
	X2APIC_ID_NOT_UNIQUE = STATUS(0xc0000621), VCPU_STATE_INCORRECT = STATUS(0xc0000700),
	VCPU_NOT_ASSOCIATED = STATUS(0x80000702), MAX_VCPUS_EXCEEDED = STATUS(0xc0000705),
	TD_KEYS_NOT_CONFIGURED = STATUS(0x80000810), WBCACHE_NOT_COMPLETE = STATUS(0x80000817),
	HKID_NOT_FREE = STATUS(0xc0000820), NO_HKID_READY_TO_WBCACHE = STATUS(0x00000821),
	FLUSHVP_NOT_DONE = STATUS(0x80000824), INVALID_PAMT = STATUS(0xc0000a10),
	PAMT_OVERLAP = STATUS(0xc0000a12), EPT_WALK_FAILED = STATUS(0xc0000b00),
	EPT_ENTRY_NOT_PRESENT = STATUS(0xc0000b03), GPA_RANGE_NOT_BLOCKED = STATUS(0xc0000b06),
	GPA_RANGE_ALREADY_BLOCKED = STATUS(0x00000b07), TLB_TRACKING_NOT_DONE = STATUS(0xc0000b08),
	EPT_ENTRY_STATE_INCORRECT = STATUS(0xc0000b0d),
	METADATA_FIELD_NOT_WRITABLE = STATUS(0xc0000c01),
	METADATA_FIELD_NOT_READABLE = STATUS(0xc0000c02),
	METADATA_FIELD_VALUE_NOT_VALID = STATUS(0xc0000c03),
};

enum operand {
	RCX = 1, RDX = 2, R8 = 8, R9 = 9,
	ATTRIBUTES = 64, XFAM = 65, EPTP_CONTROLS = 67, MAX_VCPUS = 68, CPUID_CONFIG = 69,
	TSC_FREQUENCY = 70,
};

enum op_state { UNINITIALIZED, INITIALIZED, RUNNABLE };
enum vcpu_state { VCPU_UNINITIALIZED = 0, VCPU_READY = 2, VCPU_DISABLED = 8 };

/* A refusal that names an operand must name the right one; 0 goes for any. */
struct attempt {
	u64 want;
	const char *what;
	u64 leaf, rcx, rdx, r8, r9;
};

#define ATTEMPT(...)							\
	do {								\
		static const struct attempt list_[] = { __VA_ARGS__ };	\
		attempt(list_, sizeof(list_) / sizeof(list_[0]));	\
	} while (0)

void attempt(const struct attempt *list, u64 nr);
void gives(u64 want, const char *what, u64 leaf, u64 rcx, u64 rdx, u64 r8);

/* With Dynamic PAMT: NO_PAIR is refused for its lack of one, in the register "operand". */
void needs_pair(enum operand operand, u64 leaf, u64 rcx, u64 rdx, u64 r8, u64 r9);

/* In and out of the last SEAMCALL. */
struct seamcall {
	u64 rax, rcx, rdx, r8, r9, r10, r11, r12, r13, r14, r15;
};
extern struct seamcall call;
void seamcall(struct seamcall *call);

/* Whether the module uses Dynamic PAMT. */
extern bool dynamic;

/* --- tdx_td.c: what becomes of the TD of which TDR and TDCS are there, until its end --- */

void td_lives(void);

/* --- tdx_host.c --- */

/* How many accesses of the host to private memory a read of the address is: 0 or 1. */
u64 seen_reading(u64 address);
void host_is_seen(void);
void host_clears_what_comes_back(u64 address);
void module_owns_nothing(void);

#endif
