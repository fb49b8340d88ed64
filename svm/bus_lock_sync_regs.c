// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus-lock counter's reload looks at RIP when the synchronised registers have
 * been taken over: what they say last is what counts.
 */
#include "test.h"
#include "bus_lock_reload.h"

FIXTURE(synced) {
	struct bus_lock_guest g;
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
	SETUP_AT_FIRST_LOCK(&self->g, variant->mode);
	REQUIRE(self->g.vcpu->sync_regs, "no-cap", "KVM_CAP_SYNC_REGS");
	self->g.vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

FIXTURE_TEARDOWN(synced)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * The registers of the exit given back through kvm_run grant the credit.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; regs.c kvm_is_linear_rip()
 */
TEST_F(synced, registers_given_back_unchanged_grant_the_credit)
{
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * A RIP moved by KVM_SET_REGS and put back through kvm_run grants the credit.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c kvm_arch_vcpu_ioctl_run(): sync_regs() before complete_userspace_io()
 */
TEST_F(synced, rip_moved_and_restored_grants_the_credit)
{
	set_linear_rip(&self->g, BL_OTHER);
	EXPECT_ONE_CREDIT(&self->g);
}

KVMCONF_MAIN
