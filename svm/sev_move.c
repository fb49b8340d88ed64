// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM: an encrypted guest goes on in another VM, as one whose VMM is
 * replaced does.
 */
#include "sev_move.h"

FIXTURE(move) {
	struct sev_guest from, to;
};

FIXTURE_VARIANT(move) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(move, sev_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(move, sev) { SEV_NEW };
FIXTURE_VARIANT_ADD(move, es_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(move, es) { SEV_ES_NEW };

FIXTURE_SETUP(move)
{
	REQUIRE_SEV_KIND(variant->kind);
	guest_at_first_stage(&self->from, variant->kind);
	destination_for(&self->to, &self->from);
}

FIXTURE_TEARDOWN(move)
{
	TEARDOWN_VM(self->from.vm);
	vm_free(self->to.vm);
}

/*
 * After a move the guest runs on in the destination, from stage to stage.
 *
 * Source: KVM api.rst 7.29: "intra-host migration of VMs between userspace VMMs, upgrading the
 * VMM process without interrupting the guest"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, destination_runs)
{
	move(&self->to, &self->from);
	for (unsigned int stage = 2; stage <= NR_GUEST_STAGES; stage++)
		EXPECT_RUNS_TO_STAGE(&self->to, stage);
}

/*
 * A guest can move several times: each destination can be a source.
 *
 * Source: KVM api.rst 7.29
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, destination_is_a_source)
{
	struct sev_guest last;

	destination_for(&last, &self->from);
	move(&self->to, &self->from);
	move(&last, &self->to);
	EXPECT_ERRNO(EIO, __vcpu_run(self->to.vcpu));
	EXPECT_RUNS_TO_STAGE(&last, 2);
	vm_free(last.vm);
}

/*
 * After a move every ioctl on the source VM and on its vCPU fails with EIO.
 *
 * Source: KVM api.rst 7.29; svm/sev.c sev_vm_move_enc_context_from(): kvm_vm_dead()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, source_is_dead)
{
	struct kvm_sev_guest_status status;

	move(&self->to, &self->from);
	EXPECT_ERRNO(EIO, __vcpu_run(self->from.vcpu));
	EXPECT_SEV("EIO, no status", __vm_sev_guest_status(self->from.vm, &status));
	EXPECT_ERRNO(EIO, __vm_sev_move_from(self->from.vm, self->to.vm));
}

/*
 * After a move GUEST_STATUS of the destination returns the moved guest's status.
 *
 * Source: KVM api.rst 7.29; amd-memory-encryption.rst, KVM_SEV_GUEST_STATUS
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, guest_status_of_the_destination_is_the_guests)
{
	struct kvm_sev_guest_status status = { 0 };

	move(&self->to, &self->from);
	EXPECT_SEV("success", __vm_sev_guest_status(self->to.vm, &status));
	EXPECT_EQ(self->from.handle, status.handle);
	EXPECT_EQ(sev_policy(variant->kind), status.policy);
	EXPECT_EQ(SEV_GUEST_RUNNING, status.state);
}

/*
 * After a move the guest's memory can be debugged through the destination.
 *
 * Source: KVM api.rst 7.29; amd-memory-encryption.rst, KVM_SEV_DBG_DECRYPT
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, destination_can_be_debugged)
{
	static char before[64] __attribute__((aligned(16))), after[64] __attribute__((aligned(16)));
	struct kvm_sev_dbg dbg = {
		.src_uaddr = SEV_PRIVATE, .dst_uaddr = (__u64)before, .len = sizeof(before),
	};

	EXPECT_SEV("success", __vm_sev_dbg_decrypt(self->from.vm, &dbg));
	move(&self->to, &self->from);
	dbg.dst_uaddr = (__u64)after;
	EXPECT_SEV("success", __vm_sev_dbg_decrypt(self->to.vm, &dbg));
	EXPECT_EQ(0, memcmp(before, after, sizeof(before)));
}

/*
 * After a move the firmware's guest ends with the destination, and not with the source.
 *
 * Source: svm/sev.c sev_migrate_from(), sev_vm_destroy()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, guest_ends_with_the_destination)
{
	unsigned int guests = sev_guest_count();

	move(&self->to, &self->from);
	EXPECT_EQ(guests, sev_guest_count());
	vm_free(self->from.vm);
	self->from.vm = NULL;
	EXPECT_EQ(guests, sev_guest_count());
	vm_free(self->to.vm);
	self->to.vm = NULL;
	EXPECT_EQ(guests - 1, sev_guest_count());
}

/*
 * Memory that the source registered as encrypted is registered in the destination, and can be
 * unregistered there.
 *
 * Source: KVM api.rst 4.111, 7.29; svm/sev.c sev_migrate_from(): regions_list
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(move, registered_memory_goes_along)
{
	struct kvm_enc_region region = { .addr = SEV_PRIVATE, .size = SEV_PRIVATE_SIZE };

	move(&self->to, &self->from);
	EXPECT_SUCCESS(__vm_mem_enc_unreg_region(self->to.vm, &region));
	EXPECT_ERRNO(EINVAL, __vm_mem_enc_unreg_region(self->to.vm, &region));
}

FIXTURE(sev) {
	struct sev_guest from, to;
};

FIXTURE_VARIANT(sev) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(sev, vm_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(sev, vm_new) { SEV_NEW };

FIXTURE_SETUP(sev)
{
	REQUIRE_SEV_KIND(variant->kind);
	guest_at_first_stage(&self->from, variant->kind);
	destination_for(&self->to, &self->from);
}

FIXTURE_TEARDOWN(sev)
{
	TEARDOWN_VM(self->from.vm);
	vm_free(self->to.vm);
}

/*
 * CPUID set before the move stays in effect after it: an SEV guest can have the C-bit in CR3.
 *
 * Source: KVM api.rst 4.75 KVM_SET_CPUID2, 7.29; svm/sev.c sev_vcpu_after_set_cpuid(): "the
 * memory encryption bit is not reserved in CR3"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(sev, c_bit_is_allowed_by_cpuid_set_before_the_move)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(self->from.vcpu, &sregs);
	vm_sev_move_from(self->to.vm, self->from.vm);
	EXPECT_SUCCESS(__vcpu_set_sregs(self->to.vcpu, &sregs));
}

FIXTURE(es) {
	struct sev_guest from, to;
};

FIXTURE_VARIANT(es) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(es, vm_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(es, vm_new) { SEV_ES_NEW };

FIXTURE_SETUP(es)
{
	REQUIRE_SEV_KIND(variant->kind);
	guest_at_first_stage(&self->from, variant->kind);
	destination_for(&self->to, &self->from);
}

FIXTURE_TEARDOWN(es)
{
	TEARDOWN_VM(self->from.vm);
	vm_free(self->to.vm);
}

/*
 * An SEV-ES guest is offered the same GHCB versions before and after a move.
 *
 * Source: KVM api.rst 7.29; amd-memory-encryption.rst, KVM_SEV_INIT2: ghcb_version; GHCB
 * specification 2.3.1, SEV information
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(es, ghcb_versions_are_kept)
{
	move(&self->to, &self->from);
	ASSERT_SUCCESS(__vcpu_run(self->to.vcpu));
	ASSERT_EQ(2, sev_stop_code(self->to.vcpu));
	EXPECT_HEX(SEV_RESULT(2), SEV_RESULT(3));
	EXPECT_LE(SEV_INFO_MIN(SEV_RESULT(3)), SEV_INFO_MAX(SEV_RESULT(3)));
}

KVMCONF_MAIN
