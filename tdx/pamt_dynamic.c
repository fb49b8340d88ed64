// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and the life of a TD: the 4K level of PAMT comes in pairs of pages, one for each
 * region of 2 MiB in which the TDX module owns a page, and goes with the last of these. Here for
 * TDs as a whole; pamt_pages.c has their memory, pamt_shared.c regions of several TDs.
 */
#include "pamt_td.h"

FIXTURE(pairs) {
	long before;
};

FIXTURE_SETUP(pairs)
{
	REQUIRE_DYNAMIC_PAMT();
	self->before = pamt_pairs();
}

FIXTURE_TEARDOWN(pairs)
{
}

/*
 * Without a TD no PAMT pair is in use. Where the books of an emulated module are readable, this
 * includes pairs of earlier binaries' TDs, which probes cannot know.
 *
 * Source: Dynamic PAMT series: a pair is removed with the last page of its region
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, are_none_without_a_td)
{
	EXPECT_PAIRS(kept_pairs());
}

/*
 * A VM that is no TD takes no PAMT pair: neither an ordinary one with a vCPU, nor one of TDX's
 * type before KVM_TDX_INIT_VM.
 *
 * Source: Dynamic PAMT series: pairs are taken where pages become the TDX module's
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, are_not_for_a_vm_that_is_no_td)
{
	struct vm *vm = vm_create();

	vcpu_create(vm);
	EXPECT_PAIRS(self->before);
	vm_free(vm);
	vm = td_create();
	EXPECT_PAIRS(self->before);
	vm_free(vm);
	EXPECT_PAIRS(self->before);
}

/* Control pages of a TD and of a vCPU: no TDX module so far has asked for so many. */
#define MAX_TD_PAGES	16
#define MAX_VCPU_PAGES	16

/* How many there are, which only the emulated module tells; @most on a real one. */
static long control_pages(long most)
{
	return tdx_module_has_books() ? (long)tdx_module_read(TDX_MSR_CONTROL_PAGES) : most;
}

/*
 * KVM_TDX_INIT_VM and KVM_TDX_INIT_VCPU take at most one PAMT pair for each control page, or
 * share pairs that are there. KVM_TDX_FINALIZE_VM takes none. No pair is released before the
 * TD's end, and all are then.
 *
 * Source: Dynamic PAMT series, "KVM: TDX: Allocate PAMT memory for TD control structures"
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, come_with_control_pages)
{
	static union tdx_init_vm params;
	struct vm *vm = td_create();
	long of_td, of_vcpu;

	td_default_params(vm, &params);
	ASSERT_SUCCESS(__vm_tdx_init(vm, &params.init));
	of_td = pamt_pairs();
	EXPECT_PAIRS_WITHIN(self->before + 1, self->before + control_pages(MAX_TD_PAGES));
	ASSERT_SUCCESS(__vcpu_tdx_init(vcpu_create(vm), 0));
	of_vcpu = pamt_pairs();
	EXPECT_PAIRS_WITHIN(of_td, self->before + control_pages(MAX_TD_PAGES + MAX_VCPU_PAGES));
	vm_tdx_finalize(vm, 0);
	EXPECT_PAIRS(of_vcpu);
	vm_free(vm);
	EXPECT_PAIRS(self->before);
}

/*
 * KVM_TDX_INIT_VCPU that fails, for its flags or because the vCPU is initialized already, takes
 * no PAMT pair.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path; vmx/tdx.c
 * tdx_vcpu_init()
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, are_not_for_a_vcpu_that_is_refused)
{
	struct kvm_tdx_cmd flagged = { .id = KVM_TDX_INIT_VCPU, .flags = 1 };
	struct vm *vm = td_create();
	struct vcpu *vcpu;
	long before;

	td_init(vm);
	vcpu = vcpu_create(vm);
	before = pamt_pairs();
	ASSERT_ERRNO(EINVAL, __vcpu_mem_enc_op(vcpu, &flagged));
	EXPECT_PAIRS(before);

	vcpu_tdx_init(vcpu, 0);
	before = pamt_pairs();
	ASSERT_ERRNO(EINVAL, __vcpu_tdx_init(vcpu, 0));
	EXPECT_PAIRS(before);
	vm_free(vm);
	EXPECT_PAIRS(self->before);
}

/*
 * KVM_TDX_INIT_VM that fails, in KVM or in the TDX module with all control pages there, takes no
 * PAMT pair.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path; vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, are_not_for_a_td_that_is_refused)
{
	static union tdx_init_vm params;
	static union tdx_capabilities configurable = { .caps.cpuid.nent = TDX_MAX_CPUID };
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (__u64)&params };
	struct vm *vm = td_create();

	vm_tdx_capabilities(vm, &configurable.caps);
	td_default_params(vm, &params);
	params.init.reserved[0] = 1;
	ASSERT_ERRNO(EINVAL, __vm_mem_enc_op(vm, &cmd));
	EXPECT_PAIRS(self->before);

	/* Of the bits that are not configurable KVM knows nothing: the module refuses them. */
	params.init.reserved[0] = 0;
	params.init.cpuid.entries[0].edx |= ~configurable.caps.cpuid.entries[0].edx;
	ASSERT_ERRNO(EINVAL, __vm_mem_enc_op(vm, &cmd));
	EXPECT_NE(0, cmd.hw_error);
	EXPECT_PAIRS(self->before);
	vm_free(vm);
	EXPECT_PAIRS(self->before);
}

/*
 * A hundred TDs one after the other, each with memory, leave no pair behind.
 *
 * Source: Dynamic PAMT series: a pair is removed with the last page of its region
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, of_a_hundred_tds_come_back)
{
	long most = 0;

	for (int i = 0; i < 100; i++) {
		struct td td = td_build(8);

		most = pamt_pairs() > most ? pamt_pairs() : most;
		td_free(&td);
		ASSERT_EQ(self->before, pamt_pairs());
	}
	print_measurement("pairs_of_a_td", most - self->before, "pairs");
	EXPECT_PAIRS(self->before);
}

/*
 * An open guest_memfd keeps the TD and its PAMT pairs. Closing the last file releases them all.
 *
 * Source: guest_memfd.c kvm_gmem_release(): the file holds a reference to the VM
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, stay_while_guest_memfd_is_open)
{
	struct td td = empty_td(1);

	td_fill(td.vcpu, TD_MEMORY, 1);
	vm_free(td.vm);
	EXPECT_LE(self->before + 1, pamt_pairs());
	close(td.memfd);
	EXPECT_PAIRS(self->before);
}

/*
 * Closing the guest_memfd before the VM releases the PAMT pairs of the TD's memory, and closing
 * the VM all others.
 *
 * Source: guest_memfd.c kvm_gmem_release(): kvm_gmem_invalidate_begin()
 * Needs: no-tdx, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(pairs, come_back_with_a_guest_memfd_closed_first)
{
	const long nr = 64, tables = 3;
	struct td td = empty_td(1);
	long empty = pamt_pairs();

	td_fill(td.vcpu, TD_MEMORY, nr);
	EXPECT_PAIRS_WITHIN(empty, empty + nr + tables);
	close(td.memfd);
	EXPECT_PAIRS_WITHIN(empty, empty + tables);
	vm_free(td.vm);
	EXPECT_PAIRS(self->before);
}

PAMT_MAIN
