/* SPDX-License-Identifier: GPL-2.0-only */
/* An L1 that does nothing but run an L2, which is about to execute bus locks. */
#ifndef KVMCONF_BUS_LOCK_NESTED_SVM_H
#define KVMCONF_BUS_LOCK_NESTED_SVM_H

#include "bus_lock_reload.h"
#include "svm.h"

#define REQUIRE_NESTED_SVM() do {							\
	REQUIRE_BUS_LOCK_THRESHOLD();							\
	REQUIRE(svm_nested_offered(), "no-nested", "kvm_amd.nested is off");	\
} while (0)

static struct vmcb vmcb12;
static struct vmcb *current_vmcb12 = &vmcb12;	/* which L1 runs next; the host may choose */
static uint64_t l2_rdi, l2_rbx;

#define VMMCALL		0x0f, 0x01, 0xd9

/* Asks L1 to report before VMRUN too, with events held off, and to do a bus lock of its own. */
static volatile bool l1_pauses, l1_locks;
#define L1_ABOUT_TO_VMRUN	(~0ull)
#define L1_OPERAND		(BL_DATA + 8 * 64 - 1)

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

/* A VM with the exits as @exits has it, whose vCPU is L1, about to run an L2 at BL_INSN1 in @mode. */
static inline void nested_create_with(struct bus_lock_guest *g, uint64_t exits, enum guest_mode mode,
				      unsigned long cs_base)
{
	struct vcpu *template;
	struct kvm_regs regs;

	bus_lock_create_with(g, exits, MODE_LONG, LINE_SPLIT);
	template = vcpu_create(g->vm);
	bus_lock_enter(g, template, mode, cs_base, LINE_SPLIT);
	svm_fill_vmcb(&vmcb12, template);
	vcpu_get_regs(template, &regs);
	l2_rdi = regs.rdi;
	l2_rbx = regs.rbx;

	guest_exception_handler = ignore_exception;
	vcpu_call(g->vcpu, l1_code);
	svm_enable(g->vcpu);
	g->in_l2 = true;
}

/* The same with the exits on. */
static inline void nested_create(struct bus_lock_guest *g, enum guest_mode mode,
				 unsigned long cs_base)
{
	nested_create_with(g, KVM_BUS_LOCK_DETECTION_EXIT, mode, cs_base);
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
static inline const char *l1_report(const struct bus_lock_guest *g)
{
	const struct kvm_run *run = g->vcpu->run;
	static char text[64];
	struct kvm_regs regs;

	if (run->exit_reason != KVM_EXIT_IO || run->io.port != GUEST_PORT_SYNC)
		return stop_name(g);
	vcpu_get_regs(g->vcpu, &regs);
	if (regs.rdi == L1_ABOUT_TO_VMRUN)
		return "L1 is about to run L2";
	snprintf(text, sizeof(text), "L1 got exit %s", svm_exit_name(regs.rdi));
	return text;
}

/* L1's own bus lock, of LOCK_LENGTH bytes, exits as any does. */
#define EXPECT_RUNS_TO_LOCK_OF_L1(g) do {					\
	l1_locks = true;							\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ(exit_name(KVM_EXIT_X86_BUS_LOCK),				\
		     exit_name((g)->vcpu->run->exit_reason));		\
	EXPECT_STREQ("BUS_LOCK", run_flags_name((g)->vcpu->run->flags));	\
} while (0)

/* Runs until L1 has control, which it must have for @exit. */
#define EXPECT_RUNS_TO_L1(g, exit) do {					\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("L1 got exit " exit, l1_report(g));			\
} while (0)

/* L1 runs L2 again, but for an event that is pending by then: L2 leaves at once. */
#define EXPECT_L2_RUNS_NOTHING(g) do {					\
	l1_pauses = true;							\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("L1 is about to run L2", l1_report(g));		\
	l1_pauses = false;							\
	EXPECT_LEAVES_FOR_L1(g);						\
} while (0)

/* An event for L1 is pending as L2 is re-entered: L2 leaves at once. */
#define EXPECT_LEAVES_FOR_L1(g) do {					\
	vcpu_nmi((g)->vcpu);						\
	EXPECT_RUNS_TO_L1(g, "NMI");					\
} while (0)

#endif
