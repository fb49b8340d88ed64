// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus-lock counter's reload looks at RIP when the synchronised registers have
 * been taken over: what they say last is what counts.
 */
#include "bus_lock_reload.h"

FIXTURE(synced) {
	struct bus_lock locks;
};

FIXTURE_VARIANT(synced) {
	enum guest_mode mode;
};

FIXTURE_VARIANT_ADD(synced, long) { MODE_LONG };
FIXTURE_VARIANT_ADD(synced, protected) { MODE_PROTECTED };
FIXTURE_VARIANT_ADD(synced, real) { MODE_REAL };

/*
 * kvm_run has the registers of the exit now.
 *
 * Needs: no-cap, split-lock-detect
 */
FIXTURE_SETUP(synced)
{
	SETUP_AT_FIRST_LOCK(&self->locks, variant->mode);
	REQUIRE(self->locks.vcpu->sync_regs, "no-cap", "KVM_CAP_SYNC_REGS");
	self->locks.vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

FIXTURE_TEARDOWN(synced)
{
	TEARDOWN_VM(self->locks.vm);
}

/*
 * The registers of the exit given back through kvm_run leave RIP alone.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; regs.c kvm_is_linear_rip()
 */
TEST_F(synced, registers_given_back_unchanged_let_it_pass)
{
	EXPECT_PASS(&self->locks);
}

/*
 * RIP moved by KVM_SET_REGS, and put back through kvm_run, was left alone.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c kvm_arch_vcpu_ioctl_run(): sync_regs() before complete_userspace_io()
 */
TEST_F(synced, rip_moved_and_restored_lets_it_pass)
{
	set_linear_rip(&self->locks, ELSEWHERE);
	EXPECT_PASS(&self->locks);
}

KVMCONF_MAIN
