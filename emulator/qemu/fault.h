/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faulty silicon on request: KVMCONF_FAULT=NAME[,NAME] in the environment. Each fault must
 * make some test fail, which is how the tests are tested.
 */
#ifndef FAULT_H
#define FAULT_H

#define FAULTS(FAULT) \
	/* What is a bus lock */ \
	FAULT(UNSPLIT, "unsplit")		/* any locked access */ \
	FAULT(NO_XCHG, "no-xchg")		/* not XCHG */ \
	FAULT(NO_WORD, "no-word")		/* not 16-bit operands */ \
	FAULT(NO_BIT_OFFSET, "no-bit-offset")	/* not BTS, BTR, BTC by register */ \
	FAULT(NO_PAGE_SPLIT, "no-page-split")	/* not an access across pages */ \
	FAULT(PAGE_FAULT, "page-fault")		/* one that faults, too */ \
	/* The counter of bus locks */ \
	FAULT(NO_LOAD, "no-load")		/* VMRUN does not load it */ \
	FAULT(LOW_BYTE, "low-byte")		/* VMRUN loads half of it */ \
	FAULT(NO_STORE, "no-store")		/* #VMEXIT does not store it */ \
	FAULT(RARE_STORE, "rare-store")		/* #VMEXIT 0xa5 stores it, no other */ \
	FAULT(DOUBLE, "double")			/* each bus lock counts twice */ \
	FAULT(WRAP, "wrap")			/* it goes below zero at the exit */ \
	/* The exit for a bus lock */ \
	FAULT(UNASKED, "unasked")		/* with the intercept off, too */ \
	FAULT(STICKY, "sticky")			/* with it off again, too */ \
	FAULT(NO_EXIT, "no-exit")		/* never */ \
	FAULT(TRAP, "trap")			/* after the instruction */ \
	FAULT(MEMORY_WRITTEN, "memory-written")	/* before it, but memory has changed */ \
	FAULT(EXIT_CODE, "exit-code")		/* with another code */ \
	FAULT(EXIT_INFO, "exit-info")		/* with EXITINFO1 and 2 not zero */ \
	/* What an exit says of the instruction */ \
	FAULT(NEXT_RIP_SHORT, "next-rip-short")	/* next RIP one byte short */ \
	FAULT(NEXT_RIP_STALE, "next-rip-stale")	/* not cleared where there is none */ \
	FAULT(NEXT_RIP_INJECT, "next-rip-inject")	/* not used for an injected INT n */ \
	FAULT(NO_GPR, "no-gpr")			/* no register's number at MOV CR, MOV DR */ \
	FAULT(NO_GPR_VALID, "no-gpr-valid")	/* no bit 63 at MOV CR */ \
	FAULT(NO_VECTOR, "no-vector")		/* no vector at INT n */ \
	FAULT(NO_ADDRESS, "no-address")		/* no linear address at INVLPG */ \
	FAULT(NO_BYTES, "no-bytes")		/* no instruction bytes at a page fault */ \
	FAULT(BYTES_PAST_PAGE, "bytes-past-page")	/* as many past a page that is not there */ \
	/* SEV */ \
	FAULT(C_BIT_RESERVED, "c-bit-reserved")	/* the C-bit is a reserved bit in tables */ \
	FAULT(C_BIT_EVERYWHERE, "c-bit-everywhere")	/* ignored in nested tables, too */ \
	FAULT(NO_ASID_CHECK, "no-asid-check")	/* VMRUN takes any ASID for SEV */ \
	FAULT(STATUS_MSR, "status-msr")		/* no SEV-ES in the status MSR */ \
	FAULT(STATUS_INTERCEPT, "status-intercept")	/* the status MSR is intercepted */ \
	/* SEV-ES: what VMRUN and #VMEXIT load and store */ \
	FAULT(NO_GPR_LOAD, "no-gpr-load")	/* R15 not from the VMSA */ \
	FAULT(NO_GPR_STORE, "no-gpr-store")	/* R15 not to the VMSA */ \
	FAULT(GPR_LEAK, "gpr-leak")		/* the host gets the guest's RBX */ \
	FAULT(NO_FPU, "no-fpu")			/* XMM registers are neither loaded nor stored */ \
	FAULT(FPU_LEAK, "fpu-leak")		/* the host gets the guest's XMM registers */ \
	FAULT(NO_XCR0, "no-xcr0")		/* XCR0 not from the VMSA */ \
	FAULT(SAVE_AREA_WRITTEN, "save-area-written")	/* the state is in the VMCB, too */ \
	FAULT(NO_IF, "no-if")			/* the exit does not tell RFLAGS.IF */ \
	/* SEV-ES: exits */ \
	FAULT(NO_VC, "no-vc")			/* a non-automatic one is an exit */ \
	FAULT(VC_CODE, "vc-code")		/* #VC without an error code's value */ \
	FAULT(VC_NEXT_RIP, "vc-next-rip")	/* #VC behind the instruction */ \
	FAULT(BUS_LOCK_VC, "bus-lock-vc")	/* a bus lock is #VC */ \
	FAULT(HLT_AT, "hlt-at")			/* RIP stays at HLT */ \
	FAULT(MMIO_EXIT, "mmio-exit")		/* a reserved bit in nested tables is an exit */ \
	FAULT(GHCB_INTERCEPT, "ghcb-intercept")	/* the GHCB MSR is intercepted */ \
	FAULT(GHCB_LOST, "ghcb-lost")		/* what is written there is lost */ \
	FAULT(NO_TRAP, "no-trap")		/* no trap after a write of CR0 */ \
	/* The secure processor */ \
	FAULT(ASID_TWICE, "asid-twice")		/* ACTIVATE takes an ASID that is in use */ \
	FAULT(NO_DF_FLUSH, "no-df-flush")	/* ... or not flushed */ \
	FAULT(ES_ASID, "es-asid")		/* ... or on the wrong side of ES's limit */ \
	FAULT(DEBUG_ALLOWED, "debug-allowed")	/* DBG_DECRYPT, whatever the policy */ \
	FAULT(ANY_STATE, "any-state")		/* commands of launch in any guest state */ \
	FAULT(LOST_GUEST, "lost-guest")		/* DECOMMISSION does not free a guest */ \
	FAULT(NO_LENGTH, "no-length")		/* a short buffer is not told how long */

enum fault {
#define FAULT(symbol, name) FAULT_##symbol,
	FAULTS(FAULT)
#undef FAULT
};

extern uint64_t silicon_faults;

#define FAULTY(symbol) (silicon_faults & (1ull << FAULT_##symbol))

#endif
