// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus-lock exits seen from outside of the interface under test: the hardware's
 * exits as KVM's tracepoints have them, and the CPU's own count of bus locks.
 */
#include "test.h"
#include "bus_lock.h"
#include "bus_lock_hardware.h"
#include "bus_lock_nested_svm.h"
#include "bus_lock_nested_vmx.h"
#include "pmu.h"

static unsigned int count_bus_locks(struct tracepoint *exits)
{
	unsigned int count = 0;

	while (next_bus_lock(exits))
		count++;
	return count;
}

FIXTURE(trace) {
	struct bus_lock_guest g;
	struct tracepoint exits;
	struct tracepoint userspace_exits;
};

FIXTURE_VARIANT(trace) {
	bool in_l2;
};

FIXTURE_VARIANT_ADD(trace, l1) { false };
FIXTURE_VARIANT_ADD(trace, l2) { true };

FIXTURE_SETUP(trace)
{
	if (!variant->in_l2) {
		REQUIRE_BUS_LOCK_EXIT();
		bus_lock_create(&self->g, MODE_LONG, LINE_SPLIT);
	} else if (host_kvm_vendor() == VENDOR_VMX) {
		REQUIRE_NESTED_VMX();
		nested_vmx_create(&self->g);
	} else {
		REQUIRE_NESTED_SVM();
		nested_create(&self->g, MODE_LONG, 0);
	}
	REQUIRE_TRACEPOINT(&self->exits, "kvm", "kvm_exit");
	REQUIRE_TRACEPOINT(&self->userspace_exits, "kvm", "kvm_userspace_exit");
}

FIXTURE_TEARDOWN(trace)
{
	tracepoint_close(&self->exits);
	tracepoint_close(&self->userspace_exits);
	TEARDOWN_VM(self->g.vm);
}

/*
 * Each bus-lock exit that userspace sees belongs to exactly one exit of the hardware, and
 * userspace sees each of the hardware's.
 *
 * Source: KVM api.rst 7.22: "KVM exits to userspace for all such VM exits"; tracepoint kvm:kvm_exit
 * Needs: no-cap, no-nested, split-lock-detect, no-tracepoints, permission
 */
TEST_F(trace, userspace_exits_equal_hardware_exits)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_EQ(1, count_bus_locks(&self->exits));
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_EQ(1, count_bus_locks(&self->exits));
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(0, count_bus_locks(&self->exits));
}

/*
 * The hardware's bus-lock exit has the exit reason of the manual, on AMD zero in EXITINFO1 and
 * EXITINFO2, and the RIP that userspace finds.
 *
 * Source: APM vol. 2, 15.14.5 (VMEXIT_BUSLOCK) and appendix C; SDM vol. 3, appendix C
 * Needs: no-cap, no-nested, split-lock-detect, no-tracepoints, permission
 */
TEST_F(trace, hardware_exit_is_as_the_manual_has_it)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	ASSERT_TRUE(next_bus_lock(&self->exits));
	EXPECT_HEX(rip_at_exit(BL_INSN1), tracepoint_field(&self->exits, "guest_rip"));
	if (bus_lock_is_fault_like()) {
		EXPECT_HEX(SVM_EXIT_BUS_LOCK, tracepoint_field(&self->exits, "exit_reason"));
		EXPECT_HEX(0, tracepoint_field(&self->exits, "info1"));
		EXPECT_HEX(0, tracepoint_field(&self->exits, "info2"));
	} else {
		EXPECT_HEX(VMX_EXIT_BUS_LOCK, tracepoint_field(&self->exits, "exit_reason") &
			   VMX_EXIT_REASON_MASK);
	}
}

/*
 * The kernel's tracepoint for each exit to userspace has the exit reason that userspace finds,
 * and no error.
 *
 * Source: tracepoint kvm:kvm_userspace_exit; KVM api.rst 5 "exit_reason"
 * Needs: no-cap, no-nested, split-lock-detect, no-tracepoints, permission
 */
TEST_F(trace, kernel_records_what_userspace_sees)
{
	static const uint32_t reasons[] = {
		KVM_EXIT_X86_BUS_LOCK, KVM_EXIT_X86_BUS_LOCK, KVM_EXIT_IO,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
		vcpu_run(self->g.vcpu);
		ASSERT_TRUE(tracepoint_next(&self->userspace_exits));
		EXPECT_STREQ(exit_name(reasons[i]),
			     exit_name(tracepoint_field(&self->userspace_exits, "reason")));
		EXPECT_EQ(0, tracepoint_field(&self->userspace_exits, "errno"));
		EXPECT_FALSE(tracepoint_next(&self->userspace_exits));
		ASSERT_EXIT(reasons[i], self->g.vcpu);
	}
}

/* What takes neither an L2 nor a record of the exits to userspace. */
FIXTURE(outside) {
	struct bus_lock_guest g;
	struct tracepoint exits;
	int counter;
};

FIXTURE_SETUP(outside)
{
	REQUIRE_BUS_LOCK_EXIT();
	self->counter = -1;
	self->g.vm = vm_create();
	vm_add_low_memory(self->g.vm);
	bl_put_code();
}

FIXTURE_TEARDOWN(outside)
{
	tracepoint_close(&self->exits);
	if (self->counter >= 0)
		close(self->counter);
	TEARDOWN_VM(self->g.vm);
}

/*
 * A VM that did not enable EXIT has no bus-lock exits of the hardware either.
 *
 * Source: KVM api.rst 7.22: "KVM doesn't force guest bus locks to VM exit"; APM vol. 2, 15.14.5 (intercept)
 * Needs: no-cap, split-lock-detect, no-tracepoints, permission
 */
TEST_F(outside, no_hardware_exits_unasked)
{
	self->g.vcpu = vcpu_create(self->g.vm);
	bus_lock_enter(&self->g, self->g.vcpu, MODE_LONG, 0, LINE_SPLIT);
	REQUIRE_TRACEPOINT(&self->exits, "kvm", "kvm_exit");
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
	EXPECT_EQ(0, count_bus_locks(&self->exits));
}

/*
 * The CPU's guest-only count of bus locks rises by one for each lock that executes, however
 * often it exits.
 *
 * Source: AMD PPR, LsLocks.BusLock; Intel perfmon events, SQ_MISC.BUS_LOCK; perf_event_open(2) exclude_host
 * Needs: no-cap, split-lock-detect, no-pmu, permission
 */
TEST_F(outside, cpu_counts_the_locks_executed)
{
	uint64_t count;

	/* KVM that passes the PMU through to the guest would keep others from counting it. */
	if (vm_check_extension(self->g.vm, KVM_CAP_PMU_CAPABILITY) & KVM_PMU_CAP_DISABLE)
		vm_enable_cap(self->g.vm, KVM_CAP_PMU_CAPABILITY, KVM_PMU_CAP_DISABLE);
	vm_enable_cap(self->g.vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
	self->g.vcpu = vcpu_create(self->g.vm);
	bus_lock_enter(&self->g, self->g.vcpu, MODE_LONG, 0, LINE_SPLIT);

	self->counter = pmu_open_guest_bus_locks();
	REQUIRE(self->counter >= 0 || (errno != EACCES && errno != EPERM), "permission",
		"perf_event_open: %s", errno_name(errno));
	REQUIRE(self->counter >= 0, "no-pmu", "no event for bus locks: %s", errno_name(errno));

	/* To the first lock, to the second, and behind them. */
	for (unsigned int i = 0; i < 3; i++) {
		vcpu_run(self->g.vcpu);
		REQUIRE(pmu_read(self->counter, &count), "no-pmu", "no counter is free");
		EXPECT_EQ(locks_executed(&self->g), count);
	}
	EXPECT_STREQ("out after the locks", stop_name(&self->g));
	EXPECT_EQ(2, locks_executed(&self->g));
}

KVMCONF_MAIN
