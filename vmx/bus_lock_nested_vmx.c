// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks of an L2 that an L1 runs by VMX: they are L0's and its userspace's
 * business, and L1, which has no bus-lock detection to offer, is kept out of it.
 */
#include "test.h"
#include "bus_lock_hardware.h"
#include "bus_lock_nested_vmx.h"
#include "segments.h"

#define VMCALL	0x0f, 0x01, 0xc1

#define EXPECT_LOCK_OF_L1(g) do {						\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ(exit_name(KVM_EXIT_X86_BUS_LOCK),				\
		     exit_name((g)->vcpu->run->exit_reason));		\
	EXPECT_STREQ("BUS_LOCK", run_flags_name((g)->vcpu->run->flags));	\
} while (0)

FIXTURE(nested) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(nested)
{
	REQUIRE_NESTED_VMX();
	nested_vmx_create(&self->g);
}

FIXTURE_TEARDOWN(nested)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A bus lock in L2 exits to L0's userspace, with KVM_RUN_X86_GUEST_MODE beside
 * KVM_RUN_X86_BUS_LOCK, and has executed.
 *
 * Source: KVM api.rst 7.22 and 5 "run->flags"; nested.c nested_vmx_l0_wants_exit()
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, lock_in_l2_exits_to_userspace)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(1, locks_executed(&self->g));
}

/*
 * Each bus lock of L2 exits once and executes once.
 *
 * Source: KVM api.rst 7.22; SDM vol. 3, 26.2 "bus-lock assertion"
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, each_lock_exits_once_and_executes_once)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * L1 does not learn of L2's bus locks: its first exit is the one that L2 makes
 * for it behind them, and nothing in the exit reason tells of a lock.
 *
 * Source: nested.c nested_vmx_l0_wants_exit(): "bus lock VM exit is never exposed to L1"
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, l1_does_not_learn_of_l2s_locks)
{
	guest_put_bytes(BL_INSN2, VMCALL);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_VMX_L1(&self->g, "VMCALL");
}

/*
 * An event that makes L2 leave for L1 right after the bus lock's exit reports no
 * second bus lock to anyone, and the lock is not executed again.
 *
 * Source: SDM vol. 3, 26.2 "bus-lock assertion": the exit is trap-like; "Basic VM-Exit Information"
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, event_for_l1_does_not_repeat_the_lock)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	vcpu_nmi(self->g.vcpu);
	EXPECT_RUNS_TO_VMX_L1(&self->g, "EXCEPTION_NMI");
	EXPECT_EQ(1, locks_executed(&self->g));
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * Userspace that moves L2's RIP at the exit changes nothing but where L2 goes
 * on: there is nothing to complete, and the lock found there exits.
 *
 * Source: KVM api.rst 7.22: "On Intel hosts, RIP points at the next instruction"
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, moving_rip_changes_no_later_detection)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_OTHER);
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * L2's state carried to a fresh vCPU between exit and re-entry goes on behind
 * the lock: neither is the exit repeated nor the lock.
 *
 * Source: KVM api.rst 4.114 KVM_GET_NESTED_STATE; SDM vol. 3, 26.2: the exit is trap-like
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, migration_repeats_nothing)
{
	struct vcpu *fresh = vcpu_create(self->g.vm);

	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	vcpu_copy_state(self->g.vcpu, fresh);
	self->g.vcpu = fresh;
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * L1's own bus locks exit as L1's, before L2 has run and after.
 *
 * Source: KVM api.rst 7.22 and 5 "run->flags"
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, lock_of_l1_exits_as_l1s)
{
	guest_put_bytes(BL_INSN2, VMCALL);
	vmx_l1_locks = true;
	EXPECT_LOCK_OF_L1(&self->g);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);

	vcpu_run(self->g.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->g.vcpu);
	EXPECT_LOCK_OF_L1(&self->g);
}

/*
 * A VM entry of L1 that asks for bus-lock detection fails: L1 was not offered it.
 *
 * Source: SDM vol. 3, 27.2.1.1 and 30.4; nested.c nested_vmx_setup_secondary_ctls()
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, entry_with_bus_lock_detection_fails)
{
	vmx_write_later(&vmcs12, VMCS_SECONDARY_CONTROLS, VMX_SECONDARY_BUS_LOCK);
	EXPECT_RUNS_TO_VMX_L1(&self->g, "no entry, error 7");

	vmx_write_later(&vmcs12, VMCS_SECONDARY_CONTROLS, 0);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
}

static uint64_t ctls2;

static __guest void read_ctls2(void)
{
	ctls2 = guest_rdmsr(MSR_VMX_PROCBASED_CTLS2);
}

/*
 * No VMX capability MSR offers bus-lock detection to L1.
 *
 * Source: SDM vol. 3, appendix A.3.3; nested.c nested_vmx_setup_secondary_ctls()
 * Needs: no-cap, no-nested, split-lock-detect
 */
TEST_F(nested, l1_is_not_offered_bus_lock_detection)
{
	vcpu_call(self->g.vcpu, read_ctls2);
	vcpu_run(self->g.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->g.vcpu);
	ASSERT_NE(0, ctls2);
	EXPECT_HEX(0, (ctls2 >> 32) & VMX_SECONDARY_BUS_LOCK);
}

/*
 * An L2 that asserts a bus lock and exits to L1 within one instruction: a MOVS
 * that reads through an entry of L2's page tables not yet marked as accessed,
 * then faults as it writes. The lock is the CPU's own, for the mark, and is a
 * bus lock because the page tables are not cached.
 */
FIXTURE(coincident) {
	struct bus_lock_guest g;
};

#define PAGE_FAULT		(1u << 14)

/* 512 GiB three times, all of which mean the same memory, and then none. */
static uint64_t l2_pml4[512] __attribute__((aligned(4096)));

static __guest void l2_code(void)
{
	/* What L0 has to do for the memory itself is over and done with. */
	__asm__ volatile("movb (%0), %%al" : : "r"(VIEW(0, BL_DATA)) : "al", "memory");

	__asm__ volatile("movb (%0), %%al" : : "r"(VIEW(1, BL_DATA)) : "al", "memory");
	__asm__ volatile("movsb" : : "S"(VIEW(2, BL_DATA)), "D"(VIEW(3, BL_DATA)) : "memory");
}

FIXTURE_SETUP(coincident)
{
	REQUIRE_NESTED_VMX();
	REQUIRE_GUEST_PAT_CONTROL();
	nested_vmx_create(&self->g);
	vm_enable_cap(self->g.vm, KVM_CAP_DISABLE_QUIRKS2, KVM_X86_QUIRK_IGNORE_GUEST_PAT);

	l2_pml4[0] = guest_pml4[0];
	l2_pml4[1] = l2_pml4[2] = guest_pml4[0] & ~PAGING_ACCESSED;
	vmx_write_later(&vmcs12, VMCS_GUEST_CR3, (uint64_t)l2_pml4 | CR3_UNCACHED);
	vmx_write_later(&vmcs12, VMCS_GUEST_RIP, (uint64_t)l2_code);
	vmx_write_later(&vmcs12, VMCS_EXCEPTION_BITMAP, PAGE_FAULT);

	/* In an instruction that does not exit, it is a bus lock by itself. */
	REQUIRE_BUS_LOCK_OF_PAGING(self->g.vcpu);
	vcpu_run(self->g.vcpu);
}

FIXTURE_TEARDOWN(coincident)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A bus lock that the CPU reports in a VM exit that is L1's for another reason reaches L0's
 * userspace.
 *
 * Source: KVM api.rst 7.22: "KVM exits to userspace for all such VM exits"
 * Needs: no-cap, no-nested, split-lock-detect, kernel-too-old, no-tracepoints, permission
 */
TEST_F(coincident, userspace_learns_of_the_lock)
{
	EXPECT_STREQ(exit_name(KVM_EXIT_X86_BUS_LOCK),
		     exit_name(self->g.vcpu->run->exit_reason));
	EXPECT_STREQ("BUS_LOCK", run_flags_name(self->g.vcpu->run->flags));
}

/*
 * L1 gets the exit it asked for, its exit reason as the CPU had it, with bit 26;
 * the same exit without a bus lock has none.
 *
 * Source: SDM vol. 3, "Basic VM-Exit Information"; nested.c nested_vmx_reflect_vmexit()
 * Needs: no-cap, no-nested, split-lock-detect, kernel-too-old, no-tracepoints, permission
 */
TEST_F(coincident, l1s_exit_reason_has_bit_26)
{
	/* Whether userspace was told first is another claim. */
	if (self->g.vcpu->run->exit_reason == KVM_EXIT_X86_BUS_LOCK)
		vcpu_run(self->g.vcpu);
	EXPECT_STREQ("L1 got EXCEPTION_NMI | bit 26", vmx_l1_report(&self->g, 0));

	/* Once more: now all is marked as accessed. */
	vmx_write_later(&vmcs12, VMCS_GUEST_RIP, (uint64_t)l2_code);
	EXPECT_RUNS_TO_VMX_L1(&self->g, "EXCEPTION_NMI");
}

KVMCONF_MAIN
