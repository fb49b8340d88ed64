/* SPDX-License-Identifier: GPL-2.0-only */
/* An L1 on VMX that does nothing but run an L2, which is about to execute bus locks. */
#ifndef KVMCONF_BUS_LOCK_NESTED_VMX_H
#define KVMCONF_BUS_LOCK_NESTED_VMX_H

#include "bus_lock.h"
#include "vmx.h"

#define REQUIRE_NESTED_VMX() do {						\
	REQUIRE_BUS_LOCK_EXIT();						\
	REQUIRE(host_kvm_vendor() == VENDOR_VMX, "no-cap", "not a KVM on VMX");	\
	REQUIRE(vmx_nested_offered(), "no-nested", "kvm_intel.nested is off");	\
} while (0)

static struct vmcs vmcs12;
static struct vmx_region vmxon;

/* What L1 reports when L2 could not be entered: no exit reason has this bit alone. */
#define VMENTRY_FAILED		(1ull << 32)

/* Asks L1 for a bus lock of its own before each VM entry. */
static volatile bool vmx_l1_locks;
#define VMX_L1_OPERAND		(BL_DATA + 8 * 64 - 1)

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

/* A VM with the exits on, whose vCPU is L1, about to run an L2 at BL_INSN1. */
static inline void nested_vmx_create(struct bus_lock_guest *g)
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

static inline const char *basic_exit_name(uint64_t reason)
{
	switch (reason & VMX_EXIT_REASON_MASK) {
	case VMX_EXIT_EXCEPTION_NMI:	return "EXCEPTION_NMI";
	case VMX_EXIT_VMCALL:		return "VMCALL";
	case VMX_EXIT_MONITOR_TRAP:	return "MONITOR_TRAP";
	case VMX_EXIT_BUS_LOCK:		return "BUS_LOCK";
	}
	return hex(reason & VMX_EXIT_REASON_MASK);
}

/* What L1 reported last, in words; @ignored: bits of the exit reason. */
static inline const char *vmx_l1_report(const struct bus_lock_guest *g, uint64_t ignored)
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

/* Runs until L1 has control, which it must have for @exit. */
#define EXPECT_RUNS_TO_VMX_L1(g, exit) do {					\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("L1 got " exit, vmx_l1_report(g, 0));			\
} while (0)

#endif
