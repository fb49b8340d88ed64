// SPDX-License-Identifier: GPL-2.0-only
/*
 * When KVM_CAP_X86_BUS_LOCK_EXIT acts: on which vCPUs of which VM, and for how long.
 */
#include "test.h"
#include "bus_lock.h"

#define OFF		KVM_BUS_LOCK_DETECTION_OFF
#define EXIT		KVM_BUS_LOCK_DETECTION_EXIT

static void set_mode(struct bus_lock_guest *g, __u64 mode)
{
	vm_enable_cap(g->vm, KVM_CAP_X86_BUS_LOCK_EXIT, mode);
}

/* A new vCPU, about to execute the locks: the one that the macros of bus_lock.h run. */
static struct vcpu *add_vcpu(struct bus_lock_guest *g)
{
	g->vcpu = vcpu_create(g->vm);
	bus_lock_enter(g, g->vcpu, MODE_LONG, 0, LINE_SPLIT);
	return g->vcpu;
}

#define EXPECT_LOCKS_EXIT(g) do {						\
	EXPECT_RUNS_TO_BUS_LOCK(g, BL_INSN1);					\
	EXPECT_RUNS_TO_BUS_LOCK(g, BL_INSN2);					\
	EXPECT_RUNS_TO_OUT(g, "after the locks");				\
} while (0)

FIXTURE(enable) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(enable)
{
	REQUIRE_BUS_LOCK_EXIT();
	self->g.vm = vm_create();
	vm_add_low_memory(self->g.vm);
	bl_put_code();
}

FIXTURE_TEARDOWN(enable)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * Enabling EXIT in a VM that has a vCPU acts on the vCPUs created from then on.
 *
 * Source: KVM api.rst 7.22; svm.c init_vmcb(), vmx.c vmx_secondary_exec_control()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(enable, acts_on_vcpus_created_later)
{
	vcpu_create(self->g.vm);
	set_mode(&self->g, EXIT);
	add_vcpu(&self->g);
	EXPECT_LOCKS_EXIT(&self->g);
}

/*
 * A vCPU created before EXIT was enabled goes on without bus-lock exits, whether it has run yet
 * or not.
 *
 * Source: svm.c init_vmcb(), vmx.c vmx_secondary_exec_control()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(enable, leaves_older_vcpus_alone)
{
	struct vcpu *has_run = add_vcpu(&self->g);

	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	add_vcpu(&self->g);
	set_mode(&self->g, EXIT);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");

	self->g.vcpu = has_run;
	set_linear_rip(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(6, locks_executed(&self->g));
}

/*
 * KVM_SET_CPUID2 of an older vCPU that has not run yet gives it bus-lock exits on VMX, where it
 * makes the controls anew, and not on SVM, where creation and INIT count.
 *
 * Source: vmx.c vmx_vcpu_after_set_cpuid(), vmx_secondary_exec_control(); svm.c init_vmcb()
 * Needs: no-cap, split-lock-detect
 */
TEST_F(enable, cpuid_of_an_older_vcpu_counts_on_vmx_alone)
{
	add_vcpu(&self->g);
	set_mode(&self->g, EXIT);
	vcpu_set_host_cpuid(self->g.vcpu);
	if (host_kvm_vendor() == VENDOR_VMX)
		EXPECT_LOCKS_EXIT(&self->g);
	else
		EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
}

FIXTURE(two_vms) {
	struct bus_lock_guest with, without;
};

FIXTURE_SETUP(two_vms)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->with, MODE_LONG, LINE_SPLIT);
	self->without.vm = vm_create();
	vm_add_slot(self->without.vm, LOW_MEMORY_BASE, LOW_MEMORY_SIZE);
	add_vcpu(&self->without);
}

FIXTURE_TEARDOWN(two_vms)
{
	TEARDOWN_VM(self->with.vm);
	vm_free(self->without.vm);
}

/*
 * Of two VMs that run in turns on the same memory, only the one that enabled EXIT has bus-lock
 * exits.
 *
 * Source: KVM api.rst 7.22 "Target: VM"
 * Needs: no-cap, split-lock-detect
 */
TEST_F(two_vms, only_the_one_that_enabled_it_exits)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->with, BL_INSN1);
	EXPECT_RUNS_TO_OUT(&self->without, "after the locks");
	EXPECT_RUNS_TO_BUS_LOCK(&self->with, BL_INSN2);
	set_linear_rip(&self->without, BL_INSN1);
	EXPECT_RUNS_TO_OUT(&self->without, "after the locks");
	EXPECT_RUNS_TO_OUT(&self->with, "after the locks");
	EXPECT_EQ(6, locks_executed(&self->with));
}

/* Another mode enabled on top of EXIT. */
FIXTURE(then) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(then) {
	__u64 mode;
};

FIXTURE_VARIANT_ADD(then, off) { OFF };
FIXTURE_VARIANT_ADD(then, no_mode) { 0 };

FIXTURE_SETUP(then)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, LINE_SPLIT);
	set_mode(&self->g, variant->mode);
}

FIXTURE_TEARDOWN(then)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A mode set after EXIT does not switch off the exits of a vCPU that exists.
 *
 * Source: KVM api.rst 7.22; x86.c kvm_vm_ioctl_enable_cap(): OFF and 0 change nothing
 * Needs: no-cap, split-lock-detect
 */
TEST_F(then, vcpu_keeps_its_exits)
{
	EXPECT_LOCKS_EXIT(&self->g);
}

/*
 * A mode set after EXIT does not switch off the exits of a vCPU created later.
 *
 * Source: KVM api.rst 7.22; x86.c kvm_vm_ioctl_enable_cap(): OFF and 0 change nothing
 * Needs: no-cap, split-lock-detect
 */
TEST_F(then, vcpu_created_later_exits_too)
{
	add_vcpu(&self->g);
	EXPECT_LOCKS_EXIT(&self->g);
}

KVMCONF_MAIN
