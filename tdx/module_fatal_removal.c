// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TDX module that does not let a page of a TD go. That must not happen: KVM warns and gives the
 * VM up, and the page is lost. Only the emulated module does it, by fault injection.
 */
#include "pamt.h"
#include "fatal.h"

FIXTURE(removal) {
	uint64_t owned, violations;
};

/* A page that is still the TD's, the TDR that has it, and so the TD. */
#define LOST_PAGE	3

/* The TDR cannot be had back as long as a page is the TD's. */
#define OF_THE_TDR	"TDH_PHYMEM_PAGE_RECLAIM"

#define BLOCK	{ 7, 0, "tdx_", "TDH_MEM_RANGE_BLOCK", OF_THE_TDR, NULL }
#define TRACK	{ 38, 0, "tdx_", "TDH_MEM_TRACK", OF_THE_TDR, NULL }
#define REMOVE	{ 29, 0, "tdx_", "TDH_MEM_PAGE_REMOVE", OF_THE_TDR, NULL }
#define WBINVD	{ 41, 0, "tdx_", "TDH_PHYMEM_PAGE_WBINVD", NULL, \
		  "kvm-conformance: WBINVD of a private page" }

/* The SEAMCALL that fails, and what the module still owns at the end. */
FIXTURE_VARIANT(removal) {
	struct failure failure;
	uint64_t lost;
};

FIXTURE_VARIANT_ADD(removal, range_block) { .failure = BLOCK, .lost = LOST_PAGE };
FIXTURE_VARIANT_ADD(removal, track) { .failure = TRACK, .lost = LOST_PAGE };
FIXTURE_VARIANT_ADD(removal, page_remove) { .failure = REMOVE, .lost = LOST_PAGE };
FIXTURE_VARIANT_ADD(removal, page_wbinvd) { .failure = WBINVD };

FIXTURE_SETUP(removal)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	/* With Dynamic PAMT a lost page keeps its pair, and the tests of pairs are not alone. */
	REQUIRE_PAMT_PROFILE(PAMT_STATIC);
	self->owned = tdx_module_resources();
	self->violations = tdx_module_read(TDX_MSR_VIOLATIONS);
	make_with_page();
	fail_at(&variant->failure);
}

FIXTURE_TEARDOWN(removal)
{
	end_failure(self->violations);
}

/*
 * If the module does not release a page, the VM is dead: every ioctl on it fails with EIO.
 *
 * Source: vmx/tdx.c tdx_sept_remove_leaf_spte(): TDX_BUG_ON_2(); kvm_main.c kvm_vm_ioctl(): vm_dead
 * Needs: no-tdx, not-emulated, no-kmsg, permission, pamt-profile
 */
TEST_F(removal, is_the_end_of_the_vm)
{
	static union tdx_capabilities caps = { .caps.cpuid.nent = TDX_MAX_CPUID };

	td_punch_hole(made.td.memfd, 0, PAGE_SIZE);
	ASSERT_EQ(0, tdx_module_read(TDX_MSR_INJECT_COUNT));
	EXPECT_ERRNO(EIO, __vm_tdx_capabilities(made.td.vm, &caps.caps));
	EXPECT_ERRNO(EIO, __vcpu_run(made.td.vcpu));
}

/*
 * A page that the module did not release is lost, and all else of the TD is freed with the VM.
 *
 * Source: vmx/tdx.c tdx_reclaim_control_page(), tdx_reclaim_td_control_pages()
 * Needs: no-tdx, not-emulated, no-kmsg, permission, pamt-profile
 */
TEST_F(removal, loses_what_cannot_be_had_back)
{
	td_punch_hole(made.td.memfd, 0, PAGE_SIZE);
	ASSERT_EQ(0, tdx_module_read(TDX_MSR_INJECT_COUNT));
	td_free(&made.td);
	made.td.vm = NULL;
	EXPECT_EQ(self->owned + variant->lost, tdx_module_resources());
}

KVMCONF_MAIN
