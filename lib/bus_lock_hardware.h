/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hardware's own bus-lock exits, as the tracepoint kvm:kvm_exit records them: what KVM
 * makes of them for userspace has no part in it.
 */
#ifndef BUS_LOCK_HARDWARE_H
#define BUS_LOCK_HARDWARE_H

#include "bus_lock.h"
#include "svm.h"
#include "tracepoint.h"
#include "vmx.h"

/* Did the hardware report a bus lock, by itself or beside another reason? */
static inline bool is_bus_lock(uint32_t reason)
{
	if (bus_lock_is_fault_like())
		return reason == SVM_EXIT_BUS_LOCK;
	return (reason & VMX_EXIT_REASON_MASK) == VMX_EXIT_BUS_LOCK ||
	       (reason & VMX_EXIT_BUS_LOCK_BIT);
}

/* Takes the records up to and with the hardware's next bus-lock exit, if there is one. */
static inline bool next_bus_lock(struct tracepoint *exits)
{
	while (tracepoint_next(exits))
		if (is_bus_lock(tracepoint_field(exits, "exit_reason")))
			return true;
	return false;
}

/*
 * Runs the vCPU over an access of the CPU's own to the page tables. The test needs a CPU for
 * which that is a bus lock. KVM's flag is under test, so the hardware's exit decides; a flag
 * that is not set proves nothing where the hardware's exits cannot be read.
 */
#define REQUIRE_BUS_LOCK_OF_PAGING(vcpu) do {					\
	struct tracepoint __exits = {};						\
	int __err = tracepoint_open(&__exits, "kvm", "kvm_exit");		\
	bool __asserted;							\
										\
	vcpu_run(vcpu);								\
	__asserted = ((vcpu)->run->flags & KVM_RUN_X86_BUS_LOCK) ||		\
		     (!__err && next_bus_lock(&__exits));			\
	tracepoint_close(&__exits);						\
	if (!__asserted) {							\
		REQUIRE(__err != EACCES && __err != EPERM, "permission",	\
			"tracepoint kvm:kvm_exit: %s", errno_name(__err));	\
		REQUIRE(!__err, "no-tracepoints", "tracepoint kvm:kvm_exit: %s", \
			errno_name(__err));					\
		REQUIRE(false, "no-cap",					\
			"the CPU's own accesses to page tables assert no bus lock"); \
	}									\
	ASSERT_STREQ("BUS_LOCK",						\
		     run_flags_name((vcpu)->run->flags & KVM_RUN_X86_BUS_LOCK)); \
} while (0)

#endif
