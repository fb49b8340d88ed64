/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faulty silicon: KVMCONF_FAULT=NAME[,NAME] in the environment makes the emulated CPU
 * wrong in the named ways. It is how the checks and the tests prove that they can fail.
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
	FAULT(TRAP, "trap", "amd")		/* exit after the instruction */ \
	FAULT(EXIT_INFO, "exit-info", "amd")	/* EXITINFO1 is not zero */ \
	FAULT(NO_EXIT, "no-exit", "amd")	/* never exit */ \
	FAULT(NO_STORE, "no-store", "amd")	/* counter not stored by #VMEXIT */ \
	FAULT(WRAP, "wrap", "amd")		/* counter goes below zero at the exit */ \
	FAULT(DOUBLE, "double", "amd")		/* each bus lock counts twice */

enum kvmconf_fault {
#define FAULT(id, name, machines) KVMCONF_FAULT_##id,
	KVMCONF_FAULTS(FAULT)
#undef FAULT
};

bool kvmconf_faulty(enum kvmconf_fault fault);

/* For use in the emulator's sources. */
#define FAULTY(id) kvmconf_faulty(KVMCONF_FAULT_##id)

#endif
