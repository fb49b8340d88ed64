// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TDX module that does not release a TD's HKID. That must not happen: KVM warns and loses the
 * HKID. Only the emulated module does it, by fault injection. Each case takes an HKID from the
 * host until it boots.
 */
#include "pamt.h"
#include "fatal_end.h"

FIXTURE(key) {
	uint64_t violations;
};

FIXTURE_VARIANT(key) {
	struct failure failure;
};

#define KEY(name, ...) FIXTURE_VARIANT_ADD(key, name) { .failure = { __VA_ARGS__ } }
KEY(vp_flush, 18, 0, "tdx_", "TDH_VP_FLUSH", NULL, NULL);
KEY(mng_vpflushdone, 19, 0, "tdx_", "TDH_MNG_VPFLUSHDONE", NULL, NULL);
KEY(phymem_cache_wb, 40, 0, "smp_func_", "TDH_PHYMEM_CACHE_WB", "TDH_MNG_KEY_FREEID", NULL);
KEY(mng_key_freeid, 20, 0, "tdx_", "TDH_MNG_KEY_FREEID", NULL, NULL);

FIXTURE_SETUP(key)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	/* With Dynamic PAMT a lost page keeps its pair, and the tests of pairs are not alone. */
	REQUIRE_PAMT_PROFILE(PAMT_STATIC);
	self->violations = tdx_module_read(TDX_MSR_VIOLATIONS);
	kmsg_allow("is leaked");
	end_with(&variant->failure);
}

FIXTURE_TEARDOWN(key)
{
	end_failure(self->violations);
}

/*
 * If a SEAMCALL fails with which a TD gives its HKID back, the HKID and all pages of the TD but the
 * private ones are lost, the host does not touch them, and another TD comes and goes with another
 * HKID.
 *
 * Source: vmx/tdx.c tdx_mmu_release_hkid(), tdx_vcpu_free(), tdx_sept_free_private_spt(),
 * tdx_reclaim_td_control_pages(): is_hkid_assigned()
 * Needs: no-tdx, not-emulated, no-kmsg, permission, pamt-profile
 */
TEST_F(key, that_is_kept_keeps_the_td)
{
	/* A TDR and 5 TDCX, a TDVPR and 5 TDCX, 3 tables. */
	const struct left left = { .tds = 1, .vcpus = 1, .keys = 1, .control = 12, .sept = 3 };

	expect_left(_metadata, &left);
	use_another_td();
	expect_left(_metadata, &left);
	EXPECT_EQ(self->violations, tdx_module_read(TDX_MSR_VIOLATIONS));
}

KVMCONF_MAIN
