/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faulty silicon on request: KVMCONF_FAULT=NAME[,NAME] in the environment. Each fault must
 * make some test fail, which is how the tests are tested.
 */
#ifndef BUS_LOCK_FAULT_H
#define BUS_LOCK_FAULT_H

#define BUS_LOCK_FAULTS(FAULT) \
	/* What is a bus lock */ \
	FAULT(UNSPLIT, "unsplit")		/* any locked access */ \
	FAULT(NO_XCHG, "no-xchg")		/* not XCHG */ \
	FAULT(NO_WORD, "no-word")		/* not 16-bit operands */ \
	FAULT(NO_BIT_OFFSET, "no-bit-offset")	/* not BTS, BTR, BTC by register */ \
	FAULT(NO_PAGE_SPLIT, "no-page-split")	/* not an access across pages */ \
	FAULT(PAGE_FAULT, "page-fault")		/* one that faults, too */ \
	/* The counter */ \
	FAULT(NO_LOAD, "no-load")		/* VMRUN does not load it */ \
	FAULT(LOW_BYTE, "low-byte")		/* VMRUN loads half of it */ \
	FAULT(NO_STORE, "no-store")		/* #VMEXIT does not store it */ \
	FAULT(RARE_STORE, "rare-store")		/* #VMEXIT 0xa5 stores it, no other */ \
	FAULT(DOUBLE, "double")			/* each bus lock counts twice */ \
	FAULT(WRAP, "wrap")			/* it goes below zero at the exit */ \
	/* The exit */ \
	FAULT(UNASKED, "unasked")		/* with the intercept off, too */ \
	FAULT(STICKY, "sticky")			/* with it off again, too */ \
	FAULT(NO_EXIT, "no-exit")		/* never */ \
	FAULT(TRAP, "trap")			/* after the instruction */ \
	FAULT(MEMORY_WRITTEN, "memory-written")	/* before it, but memory has changed */ \
	FAULT(EXIT_CODE, "exit-code")		/* with another code */ \
	FAULT(EXIT_INFO, "exit-info")		/* with EXITINFO1 and 2 not zero */

enum bus_lock_fault {
#define FAULT(symbol, name) BUS_LOCK_FAULT_##symbol,
	BUS_LOCK_FAULTS(FAULT)
#undef FAULT
};

extern unsigned int bus_lock_faults;

#define FAULTY(symbol) (bus_lock_faults & (1u << BUS_LOCK_FAULT_##symbol))

#endif
