/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus-lock counter's reload: at the KVM_RUN that follows a bus-lock exit
 * the guest gets a pass for one bus lock if, and only if, userspace left the
 * linear RIP alone. Whether there is a pass shows at the next bus lock, which
 * exits or does not.
 */
#ifndef KVMCONF_SVM_BUS_LOCK_RELOAD_H
#define KVMCONF_SVM_BUS_LOCK_RELOAD_H

#include "../x86/bus_lock.h"

/* Intel's exit is a trap: there is nothing to complete. */
#define REQUIRE_RELOAD() do {							\
	REQUIRE_KVM();								\
	REQUIRE(host_kvm_vendor() == VENDOR_SVM, "no-cap", "not a KVM on SVM");	\
	REQUIRE_BUS_LOCK_EXIT();						\
} while (0)

/* Every test begins behind the exit of the first lock. */
#define SETUP_AT_FIRST_LOCK(locks, mode) do {					\
	REQUIRE_RELOAD();							\
	bus_lock_create(locks, mode, LINE_SPLIT);				\
	EXPECT_RUNS_TO_BUS_LOCK(locks, FIRST);					\
} while (0)

/* What a pass for the first lock looks like, and the lack of one. */
#define EXPECT_PASS(locks) do {							\
	EXPECT_RUNS_TO_BUS_LOCK(locks, SECOND);					\
	EXPECT_EQ(1, locks_executed(locks));					\
} while (0)

#define EXPECT_NO_PASS(locks) do {						\
	EXPECT_RUNS_TO_BUS_LOCK(locks, FIRST);					\
	EXPECT_EQ(0, locks_executed(locks));					\
} while (0)

/* There is one pass by now, and not one still to come: for that RIP would count. */
#define EXPECT_GRANTED(locks) do {						\
	set_linear_rip(locks, ELSEWHERE);					\
	EXPECT_RUNS_TO_OUT(locks, "after the lock elsewhere");			\
	EXPECT_EQ(1, locks_executed(locks));					\
	set_linear_rip(locks, FIRST);						\
	EXPECT_RUNS_TO_BUS_LOCK(locks, FIRST);					\
	EXPECT_EQ(1, locks_executed(locks));					\
} while (0)

/* A KVM_RUN that enters KVM but not the guest. */
#define EXPECT_RUNS_NOTHING(locks) do {						\
	(locks)->vcpu->run->immediate_exit = 1;					\
	EXPECT_ERRNO(EINTR, __vcpu_run((locks)->vcpu));				\
	(locks)->vcpu->run->immediate_exit = 0;					\
} while (0)

#endif
