// SPDX-License-Identifier: GPL-2.0-only
/*
 * HKIDs are for cgroups to share out: the misc controller counts those of TDs, and has a
 * limit for them.
 */
#include "cgroup.h"
#include "tdx.h"

/* On a kernel with the known issue these tests may leave the host without TDs until it boots. */
#define REQUIRE_CONSENT() \
	REQUIRE(getenv("KVMCONF_PROVOKE_WARN"), "opt-in",	\
		"KVMCONF_PROVOKE_WARN=1: the kernel may warn, and have no TDs any more")

FIXTURE(limit) {
	struct cgroup cgroup;
	struct vm *first, *second;
};

FIXTURE_SETUP(limit)
{
	REQUIRE_TDX();
	REQUIRE_MISC_CGROUP(&self->cgroup, "tdx");
	cgroup_enter(&self->cgroup);
	cgroup_write(self->cgroup.dir, "misc.max", "tdx 1");
	self->first = td_create();
	self->second = td_create();
}

FIXTURE_TEARDOWN(limit)
{
	vm_free(self->first);
	vm_free(self->second);
	cgroup_remove(&self->cgroup);
}

/*
 * The misc controller counts an HKID for each TD of the cgroup, from KVM_TDX_INIT_VM until the
 * TD ends.
 *
 * Source: cgroup-v2.rst, Misc: misc.current; vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(limit, counts_tds)
{
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, "tdx"));
	td_init(self->first);
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, "tdx"));
	vm_free(self->first);
	self->first = NULL;
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, "tdx"));
}

/*
 * KVM_TDX_INIT_VM beyond the cgroup's limit fails with EBUSY, and succeeds as soon as another TD
 * of the cgroup has ended.
 *
 * Source: cgroup-v2.rst, Misc: misc.max; vmx/tdx.c __tdx_td_init(), misc_cg_try_charge()
 * Needs: no-tdx, permission, no-cgroup, no-misc-cgroup, opt-in
 */
TEST_F(limit, refuses_a_td)
{
	static union tdx_init_vm params;

	REQUIRE_CONSENT();
	td_init(self->first);
	td_default_params(self->second, &params);
	EXPECT_ERRNO(EBUSY, __vm_tdx_init(self->second, &params.init));
	vm_free(self->first);
	self->first = NULL;
	EXPECT_SUCCESS(__vm_tdx_init(self->second, &params.init));
}

/*
 * A TD that the cgroup's limit refuses leaves the count unchanged.
 *
 * Source: cgroup-v2.rst, Misc: misc.current; misc.c misc_cg_try_charge()
 * Needs: no-tdx, permission, no-cgroup, no-misc-cgroup, opt-in
 */
TEST_F(limit, is_not_changed_by_a_refused_td)
{
	static union tdx_init_vm params;

	REQUIRE_CONSENT();
	td_init(self->first);
	td_default_params(self->second, &params);
	ASSERT_ERRNO(EBUSY, __vm_tdx_init(self->second, &params.init));
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, "tdx"));
	EXPECT_ERRNO(EBUSY, __vm_tdx_init(self->second, &params.init));
}

KVMCONF_MAIN
