/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faulty silicon: KVMCONF_FAULT=NAME[,NAME] in the environment makes the emulated CPU
 * wrong in the named ways. It is how the checks and the tests prove that they can fail.
 *
 * Those of "tdx" are for the tests of tdx/ to find out, too. Those of "tdx-dynamic" take Dynamic
 * PAMT, and those of "tdx-host" a host that does wrong, as only emulator/check has.
 */
#ifndef KVMCONF_FAULTY_H
#define KVMCONF_FAULTY_H

#define BOTH "intel amd"
#define KVMCONF_FAULTS(FAULT) \
	FAULT(UNSPLIT, "unsplit", BOTH)		/* any locked access is a bus lock */ \
	FAULT(UNLOCKED, "unlocked", BOTH)	/* and needs no LOCK prefix */ \
	FAULT(NO_XCHG, "no-xchg", BOTH)		/* XCHG is none */ \
	FAULT(NO_WORD, "no-word", BOTH)		/* an access of two bytes is none */ \
	FAULT(NO_PAGE_SPLIT, "no-page-split", BOTH) /* an access across pages is none */ \
	FAULT(UNASKED, "unasked", BOTH)		/* exit when switched off */ \
	FAULT(EXIT_CODE, "exit-code", BOTH)	/* exit with another reason */ \
	FAULT(EARLY, "early", "intel")		/* exit before the instruction */ \
	FAULT(LATE, "late", "intel")		/* let the monitor trap flag go first */ \
	FAULT(NO_WRITE, "no-write", "intel")	/* exit with memory unchanged */ \
	FAULT(HALF, "half", "intel")		/* exit for every second one only */ \
	FAULT(TWICE, "twice", "intel")		/* exit for each one twice */ \
	FAULT(NO_BIT_26, "no-bit-26", "intel")	/* never set in an exit reason */ \
	FAULT(BIT_26, "bit-26", "intel")	/* always set */ \
	FAULT(NO_MEMORY_TYPE, "no-memory-type", "intel") /* all memory is write-back */ \
	FAULT(NO_IGNORE_PAT, "no-ignore-pat", "intel") /* a bit of EPT without effect */ \
	FAULT(NO_SPLIT_LOCK_AC, "no-split-lock-ac", "intel") /* split locks are never detected */ \
	FAULT(TRAP, "trap", "amd")		/* exit after the instruction */ \
	FAULT(EXIT_INFO, "exit-info", "amd")	/* EXITINFO1 is not zero */ \
	FAULT(NO_EXIT, "no-exit", "amd")	/* never exit */ \
	FAULT(NO_STORE, "no-store", "amd")	/* counter not stored by #VMEXIT */ \
	FAULT(WRAP, "wrap", "amd")		/* counter goes below zero at the exit */ \
	FAULT(DOUBLE, "double", "amd")		/* each bus lock counts twice */ \
	FAULT(TDX_PAMT_ENTRY, "tdx-pamt-entry", "tdx") /* claims PAMT entries of twice their size */ \
	FAULT(TDX_NO_PAIR_NEEDED, "tdx-no-pair-needed", "tdx-dynamic") /* Dynamic PAMT needs no pair */ \
	FAULT(TDX_PAIR_KEPT, "tdx-pair-kept", "tdx-dynamic") /* and gives none back */ \
	FAULT(TDX_RECLAIM_REFUSED, "tdx-reclaim-refused", "tdx") /* TDVPR pages cannot be reclaimed */ \
	FAULT(TDX_TDR_KEPT, "tdx-tdr-kept", "tdx")	/* a reclaimed TDR stays the module's */ \
	FAULT(TDX_SEPT_KEPT, "tdx-sept-kept", "tdx") /* so do pages of secure EPTs */ \
	FAULT(TDX_PAGE_KEPT, "tdx-page-kept", "tdx") /* and removed guest pages */ \
	FAULT(TDX_KEY_KEPT, "tdx-key-kept", "tdx")	/* key ids are never free again */ \
	FAULT(TDX_ANY_PARAMS, "tdx-any-params", "tdx") /* TD_PARAMS are not checked */ \
	FAULT(TDX_FLUSH_FORGOTTEN, "tdx-flush-forgotten", "tdx") /* a flushed vCPU stays associated */ \
	FAULT(TDX_NO_BUS_LOCK, "tdx-no-bus-lock", "tdx") /* TDs' bus locks do not exit */ \
	FAULT(TDX_NO_ACCEPT, "tdx-no-accept", "tdx")	/* pages need not be accepted */ \
	FAULT(TDX_NO_ANSWER, "tdx-no-answer", "tdx")	/* TDs do not see what hypercalls return */ \
	FAULT(TDX_INTERRUPT_LOST, "tdx-interrupt-lost", "tdx") /* interrupts posted to TDs get lost */ \
	FAULT(TDX_FULL, "tdx-full", "tdx")		/* no page can be added to a final TD */ \
	FAULT(TDX_PAIR_IN_USE, "tdx-pair-in-use", "tdx-dynamic") /* gives one back in use */ \
	FAULT(TDX_BLIND, "tdx-blind", "tdx-host")	/* the host's accesses go unseen */ \
	FAULT(TDX_OLD_TLB, "tdx-old-tlb", "tdx-host")	/* if by a translation from before */ \
	FAULT(TDX_CLEAN, "tdx-clean", "tdx-host")	/* pages need not be cleared before use */ \
	FAULT(TDX_ANY_PAGE, "tdx-any-page", "tdx-host")	/* a TD's page can be given once more */ \
	FAULT(TDX_ANY_STATE, "tdx-any-state", "tdx-host") /* a TD's state is not looked at */ \
	FAULT(TDX_NO_BLOCK, "tdx-no-block", "tdx-host")	/* pages need not be blocked */ \
	FAULT(TDX_NO_TRACK, "tdx-no-track", "tdx-host")	/* nor TLBs be tracked */ \
	FAULT(TDX_NO_FLUSH, "tdx-no-flush", "tdx-host")	/* nor vCPUs be flushed */ \
	FAULT(TDX_NO_CACHE_WB, "tdx-no-cache-wb", "tdx-host") /* nor caches */

enum kvmconf_fault {
#define FAULT(id, name, machines) KVMCONF_FAULT_##id,
	KVMCONF_FAULTS(FAULT)
#undef FAULT
};

bool kvmconf_faulty(enum kvmconf_fault fault);

/* For use in the emulator's sources. */
#define FAULTY(id) kvmconf_faulty(KVMCONF_FAULT_##id)

#endif
