/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the emulated TDX module (emulator/bochs/tdx*.cc) offers beyond a real one: TDs that
 * "run" a list of steps instead of code, and MSRs for root to see into the module. Shared by
 * the emulator and the tests. Everything here works on the machine "tdx" only.
 */
#ifndef KVMCONF_TDX_EMULATED_H
#define KVMCONF_TDX_EMULATED_H

#include <stdint.h>

/*
 * A vCPU takes its steps from the private page at the GPA that KVM_TDX_INIT_VCPU gave as
 * the initial RCX (to be added with KVM_TDX_INIT_MEM_REGION; 64 steps fit one page, more
 * need the next). Each vCPU has one accumulator, a u64, 0 at first. With an initial RCX of 0
 * there are no steps, and the TD fetches from the reset vector, 0xfffffff0.
 *
 * A GPA with the shared bit (47 or 51, by the TD's GPAW) goes through the shared EPT,
 * any other through the secure EPT. An access without a mapping exits as an EPT violation
 * and is made again at the next entry. A private page that is mapped but not accepted gives
 * a #VE, for which no handler is there: the TD shuts down, unless the TD's attributes have
 * SEPT_VE_DISABLE (bit 28), with which it is an EPT violation, too.
 */
struct tdx_step {
	uint64_t op;		/* enum tdx_op, with TDX_OP_ACC or TDX_OP_R10 */
	uint64_t gpa;
	uint64_t r10, r11, r12, r13, r14, r15;
};

enum tdx_op {
	TDX_OP_SHUTDOWN = 0,	/* triple fault: KVM_EXIT_SHUTDOWN */
	TDX_OP_READ = 1,	/* accumulator = the u64 at gpa, which is a multiple of 8 */
	TDX_OP_WRITE = 2,	/* the u64 at gpa = r10, or with TDX_OP_ACC the accumulator */
	TDX_OP_ACCEPT = 3,	/* TDG.MEM.PAGE.ACCEPT of the 4K page at gpa, which clears it */
	/*
	 * TDG.VP.VMCALL with R10 to R15; with TDX_OP_ACC, R15 is the accumulator. Afterwards
	 * the accumulator is what came back in R11, or with TDX_OP_R10 in R10 (the status).
	 */
	TDX_OP_VMCALL = 4,
	TDX_OP_BUS_LOCK = 5,	/* a bus lock: exit reason 74 if detection is on */
	TDX_OP_SPIN = 6,	/* r10 turns of a loop, in which host interrupts exit */
	TDX_OP_JUMP = 7,	/* go on with step number r10 */
	TDX_OP_HOST_PAGES = 8,	/* accumulator = how many pages the host has given this TD */
	/*
	 * Accumulator = the vector of the NMI, or else of the highest interrupt, that waits and
	 * does no longer; 0 for none. No other step takes any.
	 */
	TDX_OP_EVENT = 9,
	/* Accumulator = what the last TDG.VP.VMCALL returned in the register r10 (10 to 15). */
	TDX_OP_ANSWER = 10,
	/* TDH.VP.ENTER returns r10 in RAX, r11 in RCX, r12 in RDX, r13 in R8, r14 in R9. */
	TDX_OP_EXIT = 11,
};

#define TDX_OP_MASK	0xffull
#define TDX_OP_ACC	0x100ull
#define TDX_OP_R10	0x200ull

/*
 * MSRs, to be read and written through /dev/cpu/0/msr. The ledger is of the whole module:
 * what TDs own, not what the kernel gave at initialisation (static PAMT).
 */
enum tdx_msr {
	TDX_MSR_MAGIC = 0x4f545800,	/* "TDXledgr"; no such MSR, no such module */
	TDX_MSR_TDS,			/* TDs, from TDH.MNG.CREATE to TDR's reclaim */
	TDX_MSR_VCPUS,			/* vCPUs, from TDH.VP.CREATE to TDVPR's reclaim */
	TDX_MSR_KEYS,			/* HKIDs that are not free, the global one aside */
	TDX_MSR_CONTROL_PAGES,		/* TDR, TDCX, TDVPR pages */
	TDX_MSR_SEPT_PAGES,		/* pages of secure EPTs */
	TDX_MSR_GUEST_PAGES,		/* private pages */
	TDX_MSR_PAMT_PAIRS,		/* Dynamic PAMT: pairs of pages in use */
	TDX_MSR_VIOLATIONS,		/* accesses of the host to memory that is not its own */
	TDX_MSR_SEAMCALLS,		/* SEAMCALLs so far */
	TDX_MSR_STALE_PAGES,		/* pages that were a TD's, and not cleared since */

	/*
	 * Injection: SEAMCALLs of this leaf, after "skip" of them, return "status" "count"
	 * times and do nothing. Writing the status arms it; the count can be read back.
	 */
	TDX_MSR_INJECT_LEAF = 0x4f545810,
	TDX_MSR_INJECT_SKIP,
	TDX_MSR_INJECT_COUNT,
	TDX_MSR_INJECT_STATUS,

	/*
	 * Written, the module gives up what it holds of each TD whose end it refused, by the
	 * injection of an error: no host could have that back. TDX_MSR_VIOLATIONS is then the
	 * number written, and no page is one that was a TD's.
	 */
	TDX_MSR_FORGET,

	/*
	 * Dynamic PAMT in detail. A pair is idle if no TD has a page in its region, and shared
	 * if several have. One for which a PAMT.REMOVE was refused by injection is kept: then it
	 * is neither idle nor in the ledger that is written at the end. Writing a number to TDX_MSR_PAIR_NUMBER selects a pair, by the order
	 * of their regions' addresses, from 0; what is read of one that is not there is 0.
	 */
	TDX_MSR_PAMT_STATE = 0x4f545820,	/* bits of enum tdx_pamt_state */
	TDX_MSR_PAMT_IDLE,		/* idle pairs */
	TDX_MSR_PAMT_SHARED,		/* shared pairs */
	TDX_MSR_PAMT_KEPT,		/* kept pairs */
	TDX_MSR_PAIR_NUMBER,
	TDX_MSR_PAIR_REGION,		/* the region's address */
	TDX_MSR_PAIR_PAGES,		/* pages of TDs in it */
	TDX_MSR_PAIR_OWNERS,		/* TDs that have these */
	TDX_MSR_PAIR_OWNER,		/* the TDR of one of them */
};

enum tdx_pamt_state {
	TDX_PAMT_OFFERED = 1,		/* the module has Dynamic PAMT */
	TDX_PAMT_DYNAMIC = 2,		/* the kernel has taken it */
	TDX_MODULE_READY = 4,		/* the kernel has initialised the module */
};

#define TDX_MSR_MAGIC_VALUE	0x7264676c65584454ull

#endif
