// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TDX module that does not let a TD end. That must not happen: KVM warns, and the
 * pages and the HKID are lost for good. Only the emulated module does it, by fault injection.
 */
#include "pamt.h"
#include "fatal_end.h"

FIXTURE(end) {
	uint64_t violations;
};

FIXTURE_VARIANT(end) {
	struct failure failure;
	struct left left;
};

/*
 * Without a key a TD loses its pages one after the other: 5 TDCX and the TDVPR of its vCPU, 3 tables,
 * its own 5 TDCX, the TDR. The module keeps a TDR that has pages.
 */
#define RECLAIM(nr)	{ 28, nr, "tdx_", "TDH_PHYMEM_PAGE_RECLAIM", NULL, NULL }
#define VCPU_TDCX	RECLAIM(0)
#define TDVPR		RECLAIM(5)
#define TABLE		RECLAIM(6)
#define TDCX		RECLAIM(9)
#define TDR		RECLAIM(14)
/* After that of the one guest page. The module is done with the TDR then, the host is not. */
#define TDR_WBINVD	{ 41, 1, "tdx_", "TDH_PHYMEM_PAGE_WBINVD", NULL, \
			  "kvm-conformance: WBINVD of a TDR" }

#define END(name, of, ...) FIXTURE_VARIANT_ADD(end, name) { .failure = of, .left = { __VA_ARGS__ } }
END(reclaim_vcpu_tdcx, VCPU_TDCX, .tds = 1, .control = 2);
END(reclaim_tdvpr, TDVPR, .tds = 1, .control = 2, .vcpus = 1);
END(reclaim_table, TABLE, .tds = 1, .control = 1, .sept = 1);
END(reclaim_tdcx, TDCX, .tds = 1, .control = 2);
END(reclaim_tdr, TDR, .tds = 1, .control = 1);
END(tdr_wbinvd, TDR_WBINVD, .tds = 0);

FIXTURE_SETUP(end)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	/* With Dynamic PAMT a lost page keeps its pair, and the tests of pairs are not alone. */
	REQUIRE_PAMT_PROFILE(PAMT_STATIC);
	self->violations = tdx_module_read(TDX_MSR_VIOLATIONS);
	end_with(&variant->failure);
}

FIXTURE_TEARDOWN(end)
{
	end_failure(self->violations);
}

/*
 * If a SEAMCALL fails at a TD's end, exactly the pages that the module keeps are lost, the host
 * does not touch them, and another TD comes and goes as ever.
 *
 * Source: vmx/tdx.c tdx_mmu_release_hkid(), tdx_vcpu_free(), tdx_sept_free_private_spt(),
 * tdx_reclaim_td_control_pages()
 * Needs: no-tdx, not-emulated, no-kmsg, permission, pamt-profile
 */
TEST_F(end, leaves_to_the_module_what_it_keeps)
{
	expect_left(_metadata, &variant->left);
	use_another_td();
	expect_left(_metadata, &variant->left);
	EXPECT_EQ(self->violations, tdx_module_read(TDX_MSR_VIOLATIONS));
}

KVMCONF_MAIN
