// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "bus_lock_nested_vmx.h"
#include "ioctls.h"
#include "names.h"

struct vmcs vmcs12;
volatile bool vmx_l1_locks;
static struct vmx_region vmxon;

/* Runs L2, reports why it came back, and again. */
static __guest void vmx_l1_code(void)
{
	bool launched = false;

	guest_vmx_begin(&vmxon, &vmcs12);
	for (;;) {
		if (vmx_l1_locks)
			__asm__ volatile("lock incl (%0)" : : "D"(VMX_L1_OPERAND) : "memory", "cc");
		if (guest_vmenter(&vmcs12, launched, LINE_SPLIT)) {
			launched = true;
			GUEST_SYNC(guest_vmread(VMCS_EXIT_REASON));
		} else {
			GUEST_SYNC(VMENTRY_FAILED | guest_vmread(VMCS_INSTRUCTION_ERROR));
		}
	}
}

void nested_vmx_create(struct bus_lock_guest *g)
{
	struct vcpu *template;

	bus_lock_create(g, MODE_LONG, LINE_SPLIT);
	template = vcpu_create(g->vm);
	bus_lock_enter(g, template, MODE_LONG, 0, LINE_SPLIT);
	vcpu_call(g->vcpu, vmx_l1_code);
	vmx_enable(g->vcpu);
	vmx_fill_vmcs(&vmcs12, g->vcpu, template);
	/* Older kernels' flags do not tell the levels apart. */
	g->in_l2 = kvm_cap(KVM_CAP_X86_GUEST_MODE);
}

static const char *basic_exit_name(uint64_t reason)
{
	switch (reason & VMX_EXIT_REASON_MASK) {
	case VMX_EXIT_EXCEPTION_NMI:	return "EXCEPTION_NMI";
	case VMX_EXIT_VMCALL:		return "VMCALL";
	case VMX_EXIT_MONITOR_TRAP:	return "MONITOR_TRAP";
	case VMX_EXIT_BUS_LOCK:		return "BUS_LOCK";
	}
	return hex(reason & VMX_EXIT_REASON_MASK);
}

const char *vmx_l1_report(const struct bus_lock_guest *g, uint64_t ignored)
{
	const struct kvm_run *run = g->vcpu->run;
	static char text[80];
	struct kvm_regs regs;
	uint64_t bits;

	if (run->exit_reason != KVM_EXIT_IO || run->io.port != GUEST_PORT_SYNC)
		return stop_name(g);
	vcpu_get_regs(g->vcpu, &regs);
	bits = regs.rdi & ~(VMX_EXIT_REASON_MASK | ignored);
	if (bits == VMENTRY_FAILED)
		snprintf(text, sizeof(text), "L1 got no entry, error %u", (uint32_t)regs.rdi);
	else
		snprintf(text, sizeof(text), "L1 got %s%s%s", basic_exit_name(regs.rdi),
			 bits ? " | " : "",
			 !bits ? "" : bits == VMX_EXIT_BUS_LOCK_BIT ? "bit 26" : hex(bits));
	return text;
}
