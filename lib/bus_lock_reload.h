/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus-lock counter's reload: at the KVM_RUN that follows a bus-lock exit
 * the guest gets a credit for one bus lock if, and only if, userspace left the
 * linear RIP alone. Whether there is a credit shows at the next bus lock, which
 * exits or does not.
 */
#ifndef KVMCONF_BUS_LOCK_RELOAD_H
#define KVMCONF_BUS_LOCK_RELOAD_H

#include "bus_lock.h"

/* Intel's exit is a trap: there is nothing to complete. */
#define REQUIRE_BUS_LOCK_THRESHOLD() do {				\
	REQUIRE_KVM();							\
	REQUIRE(host_kvm_vendor() == VENDOR_SVM, "no-cap", "not a KVM on SVM"); \
	REQUIRE_BUS_LOCK_EXIT();					\
} while (0)

/* Every test begins behind the exit of the first lock. */
#define SETUP_AT_FIRST_LOCK(g, mode) do {				\
	REQUIRE_BUS_LOCK_THRESHOLD();					\
	bus_lock_create(g, mode, LINE_SPLIT);				\
	EXPECT_RUNS_TO_BUS_LOCK(g, BL_INSN1);				\
} while (0)

/* What a credit for the first lock looks like, and the lack of one. */
#define EXPECT_ONE_CREDIT(g) do {					\
	EXPECT_RUNS_TO_BUS_LOCK(g, BL_INSN2);				\
	EXPECT_EQ(1, locks_executed(g));				\
} while (0)

#define EXPECT_NO_CREDIT(g) do {					\
	EXPECT_RUNS_TO_BUS_LOCK(g, BL_INSN1);				\
	EXPECT_EQ(0, locks_executed(g));				\
} while (0)

/* There is one credit by now, and not one still to come: for that RIP would count. */
#define EXPECT_GRANTED(g) do {						\
	set_linear_rip(g, BL_OTHER);					\
	EXPECT_RUNS_TO_OUT(g, "after the lock elsewhere");		\
	EXPECT_EQ(1, locks_executed(g));				\
	set_linear_rip(g, BL_INSN1);					\
	EXPECT_RUNS_TO_BUS_LOCK(g, BL_INSN1);				\
	EXPECT_EQ(1, locks_executed(g));				\
} while (0)

/* A KVM_RUN that enters KVM but not the guest. */
#define EXPECT_RUNS_NOTHING(g) do {					\
	(g)->vcpu->run->immediate_exit = 1;				\
	EXPECT_ERRNO(EINTR, __vcpu_run((g)->vcpu));			\
	(g)->vcpu->run->immediate_exit = 0;				\
} while (0)

#endif
