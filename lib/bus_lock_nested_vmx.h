/* SPDX-License-Identifier: GPL-2.0-only */
/* An L1 on VMX that does nothing but run an L2, which is about to execute bus locks. */
#ifndef KVMCONF_BUS_LOCK_NESTED_VMX_H
#define KVMCONF_BUS_LOCK_NESTED_VMX_H

#include "bus_lock.h"
#include "vmx.h"

#define REQUIRE_NESTED_VMX() do {					\
	REQUIRE_BUS_LOCK_EXIT();					\
	REQUIRE(host_kvm_vendor() == VENDOR_VMX, "no-cap", "not a KVM on VMX"); \
	REQUIRE(vmx_nested_offered(), "no-nested", "kvm_intel.nested is off"); \
} while (0)

extern struct vmcs vmcs12;

/* What L1 reports when L2 could not be entered: no exit reason has this bit alone. */
#define VMENTRY_FAILED		(1ull << 32)

/* Asks L1 for a bus lock of its own before each VM entry. */
extern volatile bool vmx_l1_locks;
#define VMX_L1_OPERAND		(BL_DATA + 8 * 64 - 1)

/* A VM with the exits on, whose vCPU is L1, about to run an L2 at BL_INSN1. */
void nested_vmx_create(struct bus_lock_guest *g);

/* What L1 reported last, in words; @ignored: bits of the exit reason. */
const char *vmx_l1_report(const struct bus_lock_guest *g, uint64_t ignored);

/* Runs until L1 has control, which it must have for @exit. */
#define EXPECT_RUNS_TO_VMX_L1(g, exit) do {				\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("L1 got " exit, vmx_l1_report(g, 0));		\
} while (0)

#endif
