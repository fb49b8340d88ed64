/* SPDX-License-Identifier: GPL-2.0-only */
/* An L1 that does nothing but run an L2, which is about to execute bus locks. */
#ifndef KVMCONF_SVM_BUS_LOCK_NESTED_H
#define KVMCONF_SVM_BUS_LOCK_NESTED_H

#include "bus_lock_reload.h"
#include "svm.h"

#define REQUIRE_NESTED() do {							\
	REQUIRE_RELOAD();							\
	REQUIRE(svm_nested_offered(), "no-nested", "kvm_amd.nested is off");	\
} while (0)

static struct vmcb vmcb12;
static struct vmcb *current_vmcb12 = &vmcb12;	/* which L1 runs next; the host may choose */
static uint64_t l2_rdi, l2_rbx;

#define VMMCALL		0x0f, 0x01, 0xd9

/* Asks L1 to report before VMRUN too, with events held off, and to do a bus lock of its own. */
static volatile bool l1_pauses, l1_locks;
#define L1_ABOUT_TO_VMRUN	(~0ull)
#define L1_OPERAND		(DATA + 8 * 64 - 1)

/* Runs L2, reports why it came back, and again. */
static __guest void l1_code(void)
{
	for (;;) {
		guest_clgi();
		if (l1_locks)
			__asm__ volatile("lock incl (%0)" : : "D"(L1_OPERAND) : "memory", "cc");
		if (l1_pauses)
			GUEST_SYNC(L1_ABOUT_TO_VMRUN);
		guest_vmrun(current_vmcb12, l2_rdi, l2_rbx);
		GUEST_SYNC(current_vmcb12->exit_code);
	}
}

/* L1 takes the NMI that made L2 exit, and has no use for it. */
static __guest void ignore_exception(struct guest_exception *frame)
{
	(void)frame;
}

/* A VM with the exits as @exits has it, whose vCPU is L1, about to run an L2 at FIRST in @mode. */
static inline void nested_create_with(struct bus_lock *locks, uint64_t exits, enum guest_mode mode,
				      unsigned long cs_base)
{
	struct vcpu *like;
	struct kvm_regs regs;

	bus_lock_create_with(locks, exits, MODE_LONG, LINE_SPLIT);
	like = vcpu_create(locks->vm);
	bus_lock_enter(locks, like, mode, cs_base, LINE_SPLIT);
	svm_fill_vmcb(&vmcb12, like);
	vcpu_get_regs(like, &regs);
	l2_rdi = regs.rdi;
	l2_rbx = regs.rbx;

	guest_exception_handler = ignore_exception;
	vcpu_call(locks->vcpu, l1_code);
	svm_enable(locks->vcpu);
	locks->in_l2 = true;
}

/* The same with the exits on. */
static inline void nested_create(struct bus_lock *locks, enum guest_mode mode,
				 unsigned long cs_base)
{
	nested_create_with(locks, KVM_BUS_LOCK_DETECTION_EXIT, mode, cs_base);
}

static inline const char *svm_exit_name(uint64_t code)
{
	switch (code) {
	case SVM_EXIT_NMI:	return "NMI";
	case SVM_EXIT_SHUTDOWN:	return "SHUTDOWN";
	case SVM_EXIT_VMMCALL:	return "VMMCALL";
	case SVM_EXIT_BUS_LOCK:	return "BUS_LOCK";
	}
	return hex(code);
}

/* What L1 reported last, in words. */
static inline const char *l1_report(const struct bus_lock *locks)
{
	const struct kvm_run *run = locks->vcpu->run;
	static char text[64];
	struct kvm_regs regs;

	if (run->exit_reason != KVM_EXIT_IO || run->io.port != GUEST_PORT_SYNC)
		return stop_name(locks);
	vcpu_get_regs(locks->vcpu, &regs);
	if (regs.rdi == L1_ABOUT_TO_VMRUN)
		return "L1 is about to run L2";
	snprintf(text, sizeof(text), "L1 got exit %s", svm_exit_name(regs.rdi));
	return text;
}

/* L1's own bus lock, of LOCK_LENGTH bytes, exits as any does. */
#define EXPECT_RUNS_TO_LOCK_OF_L1(locks) do {					\
	l1_locks = true;							\
	vcpu_run((locks)->vcpu);						\
	EXPECT_STREQ(exit_name(KVM_EXIT_X86_BUS_LOCK),				\
		     exit_name((locks)->vcpu->run->exit_reason));		\
	EXPECT_STREQ("BUS_LOCK", run_flags_name((locks)->vcpu->run->flags));	\
} while (0)

/* Runs until L1 has control, which it must have for @exit. */
#define EXPECT_RUNS_TO_L1(locks, exit) do {					\
	vcpu_run((locks)->vcpu);						\
	EXPECT_STREQ("L1 got exit " exit, l1_report(locks));			\
} while (0)

/* L1 runs L2 again, but for an event that is pending by then: L2 leaves at once. */
#define EXPECT_L2_RUNS_NOTHING(locks) do {					\
	l1_pauses = true;							\
	vcpu_run((locks)->vcpu);						\
	EXPECT_STREQ("L1 is about to run L2", l1_report(locks));		\
	l1_pauses = false;							\
	EXPECT_LEAVES_FOR_L1(locks);						\
} while (0)

/* An event for L1 is pending as L2 is re-entered: L2 leaves at once. */
#define EXPECT_LEAVES_FOR_L1(locks) do {					\
	vcpu_nmi((locks)->vcpu);						\
	EXPECT_RUNS_TO_L1(locks, "NMI");					\
} while (0)

#endif
