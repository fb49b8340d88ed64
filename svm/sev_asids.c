// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each SEV guest has an ASID, and there are few: a VM takes one at KVM_SEV_INIT, the misc cgroup
 * counts them, and all are freed.
 */
#include "cgroup.h"
#include "sev_launch.h"

#define MAX_ASIDS	1024

FIXTURE(asids) {
	struct cgroup cgroup;
	const char *resource;
	struct vm *vms[MAX_ASIDS];
	unsigned int nr;
};

FIXTURE_VARIANT(asids) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(asids, sev_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(asids, sev) { SEV_NEW };
FIXTURE_VARIANT_ADD(asids, es_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(asids, es) { SEV_ES_NEW };

FIXTURE_SETUP(asids)
{
	REQUIRE_SEV_KIND(variant->kind);
	self->resource = sev_name(sev_is_es(variant->kind));
	/* A cgroup of its own, so that other guests are not in its count. */
	REQUIRE_MISC_CGROUP(&self->cgroup, self->resource);
	cgroup_enter(&self->cgroup);
}

FIXTURE_TEARDOWN(asids)
{
	while (self->nr)
		vm_free(self->vms[--self->nr]);
	cgroup_remove(&self->cgroup);
}

/* What the host has left: of another cgroup the root's counts alone tell. */
static unsigned int free_asids(const char *resource)
{
	struct cgroup root = { .dir = CGROUP_ROOT };
	long used = cgroup_misc_count(&root, resource);

	/* The root has no misc.current before 6.7 or so: then there must be no other guest. */
	return cgroup_read(&root, "misc.capacity", resource) - (used > 0 ? used : 0);
}

/*
 * As many SEV guests can exist as the misc controller's capacity says, and one more fails with
 * EBUSY. Ending a VM frees its ASID, and in the end all ASIDs are free.
 *
 * Source: cgroup-v2.rst, Misc: misc.capacity; svm/sev.c sev_asid_new(), __sev_recycle_asids();
 * amd-memory-encryption.rst: "the ASID for the SEV-enabled guests must be from 1 to a maximum"
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(asids, run_out_and_come_back)
{
	unsigned int want = free_asids(self->resource);
	struct vm *vm, *one_more;

	ASSERT_GE(MAX_ASIDS, want);
	ASSERT_LT(0, want);
	for (int round = 0; round < 2; round++) {
		while (self->nr < want) {
			self->vms[self->nr++] = vm = sev_vm_create(variant->kind);
			ASSERT_SEV("success", __vm_sev_start_up(vm, variant->kind));
		}
		one_more = sev_vm_create(variant->kind);
		EXPECT_SEV("EBUSY", __vm_sev_start_up(one_more, variant->kind));
		EXPECT_EQ(want, cgroup_misc_count(&self->cgroup, self->resource));

		vm_free(self->vms[--self->nr]);
		ASSERT_SEV("success", __vm_sev_start_up(one_more, variant->kind));
		vm_free(one_more);
		while (self->nr)
			vm_free(self->vms[--self->nr]);
		EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
	}
}

/*
 * A guest can be launched on every recycled ASID, after all ASIDs have been in use.
 *
 * Source: API 55766, DF_FLUSH and ACTIVATE; svm/sev.c sev_flush_asids()
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(asids, can_be_launched_again)
{
	unsigned int want = free_asids(self->resource);

	ASSERT_GE(MAX_ASIDS, want);
	ASSERT_LT(0, want);
	for (int round = 0; round < 2; round++) {
		while (self->nr < want) {
			struct kvm_sev_launch_start start = { .policy = sev_policy(variant->kind) };
			struct vm *vm = sev_vm_create(variant->kind);

			self->vms[self->nr++] = vm;
			ASSERT_SEV("success", __vm_sev_start_up(vm, variant->kind));
			ASSERT_SEV("success", __vm_sev_launch_start(vm, &start)) {
				TH_LOG("round %d, guest %u", round, self->nr);
			}
		}
		while (self->nr)
			vm_free(self->vms[--self->nr]);
	}
}

/*
 * An SEV guest is counted in its creator's cgroup, as sev or as sev_es, from its initialization
 * until the VM ends, whatever the launch does.
 *
 * Source: cgroup-v2.rst, Misc: misc.current, "Migration and Ownership"; svm/sev.c
 * sev_misc_cg_try_charge()
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(asids, are_counted_from_init_to_the_end)
{
	const char *other = sev_is_es(variant->kind) ? "sev" : "sev_es";
	/* 0, or -1 where KVM has none of these. */
	long others = cgroup_misc_count(&self->cgroup, other);
	struct launch launch;

	launch_until(&launch, variant->kind, CREATED);
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
	for (enum stage stage = INITED; stage < NR_STAGES; stage++) {
		EXPECT_STREQ("success", launch_on(&launch, stage));
		EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	}
	EXPECT_EQ(others, cgroup_misc_count(&self->cgroup, other));

	/* What was charged to it stays there. */
	cgroup_write(CGROUP_ROOT, "cgroup.procs", "0");
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	vm_free(launch.vm);
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
}

/*
 * A guest beyond the cgroup's limit fails with EBUSY and is not counted. When another guest
 * ends, there is room for it.
 *
 * Source: cgroup-v2.rst, Misc: misc.max; svm/sev.c sev_asid_new()
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(asids, are_limited_by_the_cgroup)
{
	struct vm *vm;
	char limit[16];

	snprintf(limit, sizeof(limit), "%s 1", self->resource);
	cgroup_write(self->cgroup.dir, "misc.max", limit);
	self->vms[self->nr++] = sev_vm_create_inited(variant->kind);
	vm = sev_vm_create(variant->kind);
	for (int i = 0; i < 2; i++) {
		EXPECT_SEV("EBUSY", __vm_sev_start_up(vm, variant->kind));
		EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	}
	vm_free(self->vms[--self->nr]);
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
	EXPECT_SEV("success", __vm_sev_start_up(vm, variant->kind));
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	self->vms[self->nr++] = vm;
}

/*
 * A VM that mirrors another VM's context uses the other's ASID and is not counted.
 *
 * Source: KVM api.rst 7.24; svm/sev.c sev_vm_copy_enc_context_from(): "so its asid can't disappear"
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(asids, are_not_counted_for_mirrors)
{
	struct vm *owner = sev_vm_create_inited(variant->kind);
	struct vm *mirror = sev_vm_create(variant->kind);

	vm_sev_copy_from(mirror, owner);
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	vm_free(owner);
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	vm_free(mirror);
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
}

KVMCONF_MAIN
