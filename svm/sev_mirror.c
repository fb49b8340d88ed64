// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_VM_COPY_ENC_CONTEXT_FROM: a VM that mirrors another's encryption context runs code of
 * its own beside the other's guest, in the same encrypted memory.
 */
#include "sev_move.h"

#define MIRROR_CODE	(SEV_PRIVATE + 0x4000)
#define MIRROR_STOP	0x40		/* and one more at the next stage */
#define MIRROR_COUNT	8		/* SEV_RESULT() of the mirror's stages */
#define MIRROR_INFO	10

FIXTURE(mirror) {
	struct sev_guest owner, mirror;
};

FIXTURE_VARIANT(mirror) {
	enum sev_kind owner, mirror;
};

/* Old and new types can be mixed: the copy brings what a VM is. */
FIXTURE_VARIANT_ADD(mirror, sev_old) { SEV_OLD, SEV_OLD };
FIXTURE_VARIANT_ADD(mirror, sev) { SEV_NEW, SEV_NEW };
FIXTURE_VARIANT_ADD(mirror, sev_of_another_type) { SEV_NEW, SEV_OLD };
FIXTURE_VARIANT_ADD(mirror, es_old) { SEV_ES_OLD, SEV_ES_OLD };
FIXTURE_VARIANT_ADD(mirror, es) { SEV_ES_NEW, SEV_ES_NEW };
FIXTURE_VARIANT_ADD(mirror, es_of_another_type) { SEV_ES_NEW, SEV_ES_OLD };

static void put_mirror_code(enum sev_kind kind)
{
	unsigned long at = MIRROR_CODE;

	for (unsigned int i = 0; i < 2; i++) {
		SEV_EMIT(at, COUNT_RESULT(MIRROR_COUNT));
		if (sev_is_es(kind))
			SEV_EMIT(at, ASK_SEV_INFO(MIRROR_INFO));
		SEV_EMIT_STOP(at, kind, MIRROR_STOP + i);
	}
	SEV_EMIT_END(at);
}

/* Its vCPU is encrypted while the owner's launch is not finished: by then the firmware refuses. */
static void create(struct sev_guest *owner, struct sev_guest *mirror)
{
	sev_guest_create(owner, owner->kind);
	owner->vcpu = sev_vcpu_create(owner->vm, put_stages(owner->kind));
	put_mirror_code(owner->kind);
	sev_guest_launch_update(owner, sev_policy(owner->kind));

	mirror->vm = sev_vm_create(mirror->kind);
	vm_sev_copy_from(mirror->vm, owner->vm);
	sev_guest_share_memory(mirror->vm);
	mirror->vcpu = sev_vcpu_create(mirror->vm, MIRROR_CODE);
	if (sev_is_es(owner->kind))
		vm_sev_update_vmsa(mirror->vm, NULL);
	sev_guest_launch_finish(owner);
}

FIXTURE_SETUP(mirror)
{
	REQUIRE_SEV_KIND(variant->owner);
	self->owner.kind = variant->owner;
	self->mirror.kind = variant->mirror;
	create(&self->owner, &self->mirror);
}

FIXTURE_TEARDOWN(mirror)
{
	TEARDOWN_VM(self->owner.vm);
	vm_free(self->mirror.vm);
}

#define EXPECT_MIRROR_RUNS(self, stage) do {					\
	EXPECT_SUCCESS(__vcpu_run((self)->mirror.vcpu));			\
	EXPECT_EQ(MIRROR_STOP + (stage), sev_stop_code((self)->mirror.vcpu));	\
	EXPECT_EQ(1 + (stage), SEV_RESULT(MIRROR_COUNT));			\
} while (0)

/*
 * A mirror runs code of its own in the owner's memory, in turns with the owner's guest.
 *
 * Source: KVM api.rst 7.24: "to support in-guest workloads scheduled by the host"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mirror, runs_beside_the_owner)
{
	EXPECT_MIRROR_RUNS(self, 0);
	EXPECT_RUNS_TO_STAGE(&self->owner, 1);
	EXPECT_MIRROR_RUNS(self, 1);
	EXPECT_RUNS_TO_STAGE(&self->owner, 2);
}

/*
 * A mirror is encrypted like its owner: GUEST_STATUS returns the owner's handle, policy and
 * state.
 *
 * Source: KVM api.rst 7.24; svm/sev.c is_cmd_allowed_from_mirror()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mirror, has_the_owners_status)
{
	struct kvm_sev_guest_status status = { 0 };

	EXPECT_SEV("success", __vm_sev_guest_status(self->mirror.vm, &status));
	EXPECT_EQ(self->owner.handle, status.handle);
	EXPECT_EQ(sev_policy(variant->owner), status.policy);
	EXPECT_EQ(SEV_GUEST_RUNNING, status.state);
}

/*
 * A mirror can debug and read the status. Commands that launch a guest or register memory fail
 * on it.
 *
 * Source: KVM api.rst 7.24; svm/sev.c is_cmd_allowed_from_mirror(), sev_mem_enc_register_region()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mirror, has_few_commands)
{
	static char plain[16] __attribute__((aligned(16)));
	struct kvm_sev_dbg dbg = {
		.src_uaddr = SEV_PRIVATE, .dst_uaddr = (__u64)plain, .len = sizeof(plain),
	};
	struct kvm_enc_region region = { .addr = SEV_PRIVATE, .size = SEV_PRIVATE_SIZE };

	EXPECT_SEV("success", __vm_sev_dbg_decrypt(self->mirror.vm, &dbg));
	for (__u32 id = KVM_SEV_INIT; id <= KVM_SEV_INIT2; id++) {
		if (id == KVM_SEV_LAUNCH_UPDATE_VMSA || id == KVM_SEV_GUEST_STATUS ||
		    id == KVM_SEV_DBG_DECRYPT || id == KVM_SEV_DBG_ENCRYPT)
			continue;
		EXPECT_SEV("EINVAL", __vm_sev(self->mirror.vm, id, NULL)) {
			TH_LOG("command %u", id);
		}
	}
	EXPECT_ERRNO(EINVAL, __vm_mem_enc_reg_region(self->mirror.vm, &region));
	EXPECT_ERRNO(EINVAL, __vm_mem_enc_unreg_region(self->mirror.vm, &region));
}

/*
 * A mirror runs on when the owner has ended, and the firmware's guest ends with the mirror.
 *
 * Source: svm/sev.c sev_vm_copy_enc_context_from(): "holds an enc_context_owner ref"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mirror, outlives_the_owner)
{
	unsigned int guests = sev_guest_count();

	vm_free(self->owner.vm);
	self->owner.vm = NULL;
	EXPECT_MIRROR_RUNS(self, 0);
	EXPECT_MIRROR_RUNS(self, 1);
	EXPECT_EQ(guests, sev_guest_count());
	vm_free(self->mirror.vm);
	self->mirror.vm = NULL;
	EXPECT_EQ(guests - 1, sev_guest_count());
}

/*
 * A mirror cannot be mirrored itself.
 *
 * Source: svm/sev.c sev_vm_copy_enc_context_from(): "Mirrors of mirrors should work, but let's
 * not get silly"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mirror, is_not_mirrored)
{
	struct vm *second = sev_vm_create(variant->mirror);

	EXPECT_ERRNO(EINVAL, __vm_sev_copy_from(second, self->mirror.vm));
	EXPECT_SUCCESS(__vm_sev_copy_from(second, self->owner.vm));
	vm_free(second);
}

/*
 * When the owner's context moves to another VM, a mirror runs on as a mirror of that VM.
 *
 * Source: KVM api.rst 7.24, 7.29; svm/sev.c sev_migrate_from(): "If this VM has mirrors"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mirror, goes_on_when_the_owner_moves)
{
	unsigned int guests = sev_guest_count();
	struct sev_guest to;

	destination_for(&to, &self->owner);
	vm_sev_move_from(to.vm, self->owner.vm);
	vm_free(self->owner.vm);
	self->owner.vm = NULL;
	EXPECT_MIRROR_RUNS(self, 0);
	vm_free(to.vm);
	EXPECT_MIRROR_RUNS(self, 1);
	EXPECT_EQ(guests, sev_guest_count());
}

FIXTURE(es_mirror) {
	struct sev_guest owner, mirror;
};

FIXTURE_VARIANT(es_mirror) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(es_mirror, vm_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(es_mirror, vm_new) { SEV_ES_NEW };

FIXTURE_SETUP(es_mirror)
{
	REQUIRE_SEV_KIND(variant->kind);
	self->owner.kind = variant->kind;
	self->mirror.kind = variant->kind;
	create(&self->owner, &self->mirror);
}

FIXTURE_TEARDOWN(es_mirror)
{
	TEARDOWN_VM(self->owner.vm);
	vm_free(self->mirror.vm);
}

/*
 * An SEV-ES mirror is offered a valid range of GHCB versions, the same as the owner's.
 *
 * Source: GHCB specification 2.3.1, SEV information: the minimum is not above the maximum;
 * amd-memory-encryption.rst, KVM_SEV_INIT2: ghcb_version
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(es_mirror, is_offered_the_owners_ghcb_versions)
{
	EXPECT_MIRROR_RUNS(self, 0);
	EXPECT_RUNS_TO_STAGE(&self->owner, 1);
	EXPECT_HEX(SEV_RESULT(2), SEV_RESULT(MIRROR_INFO));
}

KVMCONF_MAIN
