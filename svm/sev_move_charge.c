// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which cgroup a moved guest is charged to. A KVM that gets this wrong counts below 0, with a WARN,
 * in the whole hierarchy and until the next boot: hence a binary that runs only if it is asked for.
 */
#include "cgroup.h"
#include "sev_move.h"

FIXTURE(counted) {
	struct cgroup cgroup;
	struct sev_guest from, to;
	const char *resource;
};

FIXTURE_VARIANT(counted) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(counted, sev) { SEV_OLD };
FIXTURE_VARIANT_ADD(counted, es) { SEV_ES_OLD };

FIXTURE_SETUP(counted)
{
	REQUIRE_SEV_KIND(variant->kind);
	REQUIRE(getenv("KVMCONF_PROVOKE_WARN"), "opt-in",
		"KVMCONF_PROVOKE_WARN=1: the kernel may warn, and have wrong counts of SEV-ES");
	self->resource = sev_name(sev_is_es(variant->kind));
	REQUIRE_MISC_CGROUP(&self->cgroup, self->resource);
}

FIXTURE_TEARDOWN(counted)
{
	vm_free(self->from.vm);
	vm_free(self->to.vm);
	cgroup_remove(&self->cgroup);
}

/*
 * A guest that moves to a process of another cgroup leaves the old cgroup's count and enters the
 * new one's, as sev or as sev_es.
 *
 * Source: cgroup-v2.rst, Misc; svm/sev.c sev_vm_move_enc_context_from(): sev_misc_cg_try_charge()
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup, opt-in
 */
TEST_F(counted, where_it_has_moved_to)
{
	const char *other = sev_name(!sev_is_es(variant->kind));
	/* 0, or -1 where KVM has none of these. */
	long others = cgroup_misc_count(&self->cgroup, other);

	guest_at_first_stage(&self->from, variant->kind);
	destination_for(&self->to, &self->from);
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
	cgroup_enter(&self->cgroup);
	vm_sev_move_from(self->to.vm, self->from.vm);
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	EXPECT_EQ(others, cgroup_misc_count(&self->cgroup, other));
	vm_free(self->to.vm);
	self->to.vm = NULL;
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
}

KVMCONF_MAIN
