// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT, as the row "TDX:" of /proc/meminfo counts it: a pair of pages for each region
 * of 2 MiB in which the TDX module owns a page of 4 KiB. Here for TDs as a whole, in pamt_pages.c
 * for their memory.
 */
#include "pamt_row.h"

FIXTURE(row) {
	int unused;
};

FIXTURE_SETUP(row)
{
	REQUIRE_IDLE_ROW();
}

FIXTURE_TEARDOWN(row)
{
}

/*
 * Without a TD the row is 0.
 *
 * Source: Dynamic PAMT series, cover letter: the counter is there to find leaks
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, is_zero_without_a_td)
{
	EXPECT_EQ(0, pairs());
}

/* Control pages of a TD and of a vCPU: no TDX module so far has asked for so many. */
#define MAX_TD_PAGES	16
#define MAX_VCPU_PAGES	16

/* How many there are, which only the emulated module tells; @most on a real one. */
static long control_pages(long most)
{
	bool is_emulated = tdx_module_read(TDX_MSR_MAGIC) == TDX_MSR_MAGIC_VALUE;

	return is_emulated ? (long)tdx_module_read(TDX_MSR_CONTROL_PAGES) : most;
}

/*
 * Each step of a TD's making takes pairs for its control pages, or shares those that are
 * there: at most one for each page. None is given back before the end, and then all are.
 *
 * Source: Dynamic PAMT series, "KVM: TDX: Allocate PAMT memory for TD control structures"
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, grows_with_control_pages)
{
	struct vm *vm = td_create();
	long of_td, of_vcpu;

	EXPECT_EQ(0, pairs());
	td_init(vm);
	of_td = pairs();
	EXPECT_LE(1, of_td);
	EXPECT_LE(of_td, control_pages(MAX_TD_PAGES));
	td_create_vcpu(vm);
	of_vcpu = pairs();
	EXPECT_LE(of_td, of_vcpu);
	EXPECT_LE(of_vcpu, control_pages(MAX_TD_PAGES + MAX_VCPU_PAGES));
	vm_tdx_finalize(vm, 0);
	EXPECT_EQ(of_vcpu, pairs());
	vm_free(vm);
	EXPECT_EQ(0, pairs());
}

/*
 * KVM_TDX_INIT_VCPU that is refused leaves the row where it was, be it for its flags or because
 * the vCPU is initialised already.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path; vmx/tdx.c
 * tdx_vcpu_init()
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, is_not_changed_by_a_vcpu_that_is_refused)
{
	struct kvm_tdx_cmd flagged = { .id = KVM_TDX_INIT_VCPU, .flags = 1 };
	struct vm *vm = td_create();
	struct vcpu *vcpu;
	long before;

	td_init(vm);
	vcpu = vcpu_create(vm);
	before = pairs();
	ASSERT_ERRNO(EINVAL, __vcpu_mem_enc_op(vcpu, &flagged));
	EXPECT_EQ(before, pairs());

	vcpu_tdx_init(vcpu, 0);
	before = pairs();
	ASSERT_ERRNO(EINVAL, __vcpu_tdx_init(vcpu, 0));
	EXPECT_EQ(before, pairs());
	vm_free(vm);
	EXPECT_EQ(0, pairs());
}

/*
 * A VM that is no TD changes nothing.
 *
 * Source: Dynamic PAMT series: pairs are taken where pages become the TDX module's
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, is_not_changed_by_an_ordinary_vm)
{
	struct vm *vm = vm_create();

	EXPECT_EQ(0, pairs());
	vcpu_create(vm);
	EXPECT_EQ(0, pairs());
	vm_free(vm);
	EXPECT_EQ(0, pairs());
}

/*
 * KVM_TDX_INIT_VM that KVM or the TDX module refuses leaves the row where it was.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path; vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, is_not_changed_by_a_td_that_is_refused)
{
	static union tdx_init_vm params;
	static union tdx_capabilities configurable = { .caps.cpuid.nent = TDX_MAX_CPUID };
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (__u64)&params };
	struct vm *vm = td_create();

	vm_tdx_capabilities(vm, &configurable.caps);
	td_default_params(vm, &params);
	params.init.reserved[0] = 1;
	ASSERT_ERRNO(EINVAL, __vm_mem_enc_op(vm, &cmd));
	EXPECT_EQ(0, pairs());

	/* Of the bits that are not configurable KVM knows nothing: the module refuses them. */
	params.init.reserved[0] = 0;
	params.init.cpuid.entries[0].edx |= ~configurable.caps.cpuid.entries[0].edx;
	ASSERT_ERRNO(EINVAL, __vm_mem_enc_op(vm, &cmd));
	EXPECT_NE(0, cmd.hw_error);
	EXPECT_EQ(0, pairs());
	vm_free(vm);
	EXPECT_EQ(0, pairs());
}

/*
 * A process that is killed takes the pairs of its TD with it.
 *
 * Source: Dynamic PAMT series; kvm_main.c kvm_destroy_vm()
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, is_zero_after_a_td_was_killed)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct td td = empty_td();

		td_fill(td.vcpu, TD_MEMORY, 2 * REGION_PAGES);
		raise(SIGKILL);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(0, pairs());
}

/*
 * guest_memfd that is still open keeps the TD, and so its pairs.
 *
 * Source: guest_memfd.c kvm_gmem_release(): the file holds a reference to the VM
 * Needs: no-tdx, pamt-profile, kvm-in-use
 */
TEST_F(row, is_not_zero_while_guest_memfd_is_open)
{
	struct td td = empty_td();

	td_fill(td.vcpu, TD_MEMORY, 1);
	vm_free(td.vm);
	EXPECT_LE(1, pairs());
	close(td.memfd);
	EXPECT_EQ(0, pairs());
}

KVMCONF_MAIN
