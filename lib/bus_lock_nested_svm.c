// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "bus_lock_nested_svm.h"
#include "ioctls.h"
#include "names.h"

struct vmcb vmcb12;
struct vmcb *current_vmcb12 = &vmcb12;
volatile bool l1_pauses, l1_locks;
static uint64_t l2_rdi, l2_rbx;

#define L1_ABOUT_TO_VMRUN	(~0ull)

__guest void l1_code(void)
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

void nested_create_with(struct bus_lock_guest *g, uint64_t exits, enum guest_mode mode,
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

void nested_create(struct bus_lock_guest *g, enum guest_mode mode, unsigned long cs_base)
{
	nested_create_with(g, KVM_BUS_LOCK_DETECTION_EXIT, mode, cs_base);
}

static const char *svm_exit_name(uint64_t code)
{
	switch (code) {
	case SVM_EXIT_NMI:	return "NMI";
	case SVM_EXIT_SHUTDOWN:	return "SHUTDOWN";
	case SVM_EXIT_VMMCALL:	return "VMMCALL";
	case SVM_EXIT_BUS_LOCK:	return "BUS_LOCK";
	}
	return hex(code);
}

const char *l1_report(const struct bus_lock_guest *g)
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
