/* SPDX-License-Identifier: GPL-2.0-only */
/* An L1 that does nothing but run an L2, which is about to execute bus locks. */
#ifndef KVMCONF_BUS_LOCK_NESTED_SVM_H
#define KVMCONF_BUS_LOCK_NESTED_SVM_H

#include "bus_lock.h"
#include "bus_lock_reload.h"
#include "svm.h"

#define REQUIRE_NESTED_SVM() do {					\
	REQUIRE_BUS_LOCK_THRESHOLD();					\
	REQUIRE(svm_nested_offered(), "no-nested", "kvm_amd.nested is off"); \
} while (0)

extern struct vmcb vmcb12;
extern struct vmcb *current_vmcb12;	/* which L1 runs next; the host may choose */

#define VMMCALL		0x0f, 0x01, 0xd9

/* Asks L1 to report before VMRUN too, with events held off, and to do a bus lock of its own. */
extern volatile bool l1_pauses, l1_locks;
#define L1_OPERAND	(BL_DATA + 8 * 64 - 1)

/* L1: runs L2, reports the exit code, and repeats. */
void l1_code(void);

/* A VM with the exits as @exits has it, whose vCPU is L1, about to run an L2 at BL_INSN1 in @mode. */
void nested_create_with(struct bus_lock_guest *g, uint64_t exits, enum guest_mode mode,
			unsigned long cs_base);

/* The same with the exits on. */
void nested_create(struct bus_lock_guest *g, enum guest_mode mode, unsigned long cs_base);

/* What L1 reported last, in words. */
const char *l1_report(const struct bus_lock_guest *g);

/* L1's own bus lock, of LOCK_LENGTH bytes, exits as any does. */
#define EXPECT_RUNS_TO_LOCK_OF_L1(g) do {				\
	l1_locks = true;						\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ(exit_name(KVM_EXIT_X86_BUS_LOCK),			\
		     exit_name((g)->vcpu->run->exit_reason));		\
	EXPECT_STREQ("BUS_LOCK", run_flags_name((g)->vcpu->run->flags)); \
} while (0)

/* Runs until L1 has control, which it must have for @exit. */
#define EXPECT_RUNS_TO_L1(g, exit) do {					\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("L1 got exit " exit, l1_report(g));		\
} while (0)

/* L1 runs L2 again, but for an event that is pending by then: L2 leaves at once. */
#define EXPECT_L2_RUNS_NOTHING(g) do {					\
	l1_pauses = true;						\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("L1 is about to run L2", l1_report(g));		\
	l1_pauses = false;						\
	EXPECT_LEAVES_FOR_L1(g);					\
} while (0)

/* An event for L1 is pending as L2 is re-entered: L2 leaves at once. */
#define EXPECT_LEAVES_FOR_L1(g) do {					\
	vcpu_nmi((g)->vcpu);						\
	EXPECT_RUNS_TO_L1(g, "NMI");					\
} while (0)

#endif
