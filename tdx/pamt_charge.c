// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TD costs the memory cgroup of the process that makes it: control pages, and with
 * Dynamic PAMT a pair of pages for each region of 2 MiB that had none. The charge is counted in
 * pages, and exactly: see charge.h. pamt_memory_charge.c has the TD's memory.
 */
#include "pamt_charge.h"

FIXTURE(charge) {
	struct cgroup cgroup;
};

/* Needs: pamt-profile */
FIXTURE_SETUP(charge)
{
	SET_UP_CHARGE(&self->cgroup);
}

FIXTURE_TEARDOWN(charge)
{
	cgroup_remove(&self->cgroup);
}

/* Control pages of a TD and of a vCPU: no TDX module so far has asked for so many. */
#define MAX_CONTROL_PAGES	16

/* The charge but for the pairs must be @control pages, or a number that makes sense. */
#define EXPECT_CONTROL_PAGES(charge, pairs, control) do {				\
	long __pages = (charge) - (pairs) * PAMT_PAIR_PAGES;				\
											\
	if (tdx_module_has_books()) {							\
		EXPECT_EQ(control, __pages);						\
	} else {									\
		EXPECT_LE(1, __pages);							\
		EXPECT_LE(__pages, MAX_CONTROL_PAGES);					\
	}										\
} while (0)

static long control_pages(void)
{
	return tdx_module_read(TDX_MSR_CONTROL_PAGES);
}

/*
 * KVM_TDX_INIT_VM charges the cgroup exactly for its control pages and the PAMT pairs that it
 * takes.
 *
 * Source: Dynamic PAMT series, tdx_alloc_control_page(): GFP_KERNEL_ACCOUNT; vmx/tdx.c
 * __tdx_td_init()
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_init_vm_is_control_pages_and_pairs)
{
	struct vm *vm = td_create();
	long control = control_pages(), pairs = pairs_now(), before = pages_charged(), charged;

	td_init(vm);
	charged = pages_charged() - before;
	print_measurement("charge_of_init_vm", charged, "pages");
	EXPECT_CONTROL_PAGES(charged, pairs_now() - pairs, control_pages() - control);
	vm_free(vm);
}

/*
 * KVM_TDX_INIT_VCPU charges the cgroup exactly for its control pages and the PAMT pairs that it
 * takes.
 *
 * Source: Dynamic PAMT series, tdx_alloc_control_page(): GFP_KERNEL_ACCOUNT; vmx/tdx.c
 * tdx_td_vcpu_init()
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_init_vcpu_is_control_pages_and_pairs)
{
	long control, pairs, before, charged;
	struct vm *vm = td_create();
	struct vcpu *vcpu;

	td_init(vm);
	vcpu = vcpu_create(vm);
	control = control_pages();
	pairs = pairs_now();
	before = pages_charged();
	vcpu_tdx_init(vcpu, 0);
	charged = pages_charged() - before;
	print_measurement("charge_of_init_vcpu", charged, "pages");
	EXPECT_CONTROL_PAGES(charged, pairs_now() - pairs, control_pages() - control);
	vm_free(vm);
}

/* One that takes more pairs than a TD has: all that other TDs' pages could have taken. */
#define NR_MANY	1500ul

/*
 * A PAMT pair is charged to the cgroup of the task that gave TDX the region's first page, until
 * the last page goes: a second TD with control pages in the same regions is charged for these
 * alone.
 *
 * Source: Dynamic PAMT series, tdx_pamt_get(): pairs are allocated GFP_KERNEL_ACCOUNT, for a
 * count that goes from 0 to 1
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_a_pair_is_the_first_users)
{
	struct cgroup other = cgroup_create_sibling(&self->cgroup);
	long pairs[2], charged[2];
	struct vm *vms[2];
	struct td first = { 0 };

	for (int i = 0; i < 2; i++) {
		vms[i] = td_create();
		if (i) {
			first = td_build(NR_MANY);
			cgroup_enter(&other);
		}
		pairs[i] = pairs_now();
		charged[i] = charge_pages(i ? other.dir : self->cgroup.dir);
		td_init(vms[i]);
		pairs[i] = pairs_now() - pairs[i];
		charged[i] = charge_pages(i ? other.dir : self->cgroup.dir) - charged[i];
	}
	print_measurement("pairs_of_first_td", pairs[0], "pairs");
	print_measurement("pairs_of_second_td", pairs[1], "pairs");
	EXPECT_EQ(charged[0] - pairs[0] * PAMT_PAIR_PAGES, charged[1] - pairs[1] * PAMT_PAIR_PAGES);
	if (pamt_profile() == PAMT_DYNAMIC && tdx_machine_is_emulated())
		EXPECT_LT(pairs[1], pairs[0]);

	td_free(&first);
	vm_free(vms[0]);
	vm_free(vms[1]);
	cgroup_enter(&self->cgroup);
	must_succeed(rmdir(other.dir), "rmdir");
}

static void one_td(void)
{
	struct kvm_pre_fault_memory range = {
		.gpa = TD_MEMORY + 16 * PAGE_SIZE, .size = 4 * PAGE_SIZE,
	};
	struct td td = td_build(32);

	td_punch_hole(td.memfd, 16 * PAGE_SIZE, 16 * PAGE_SIZE);
	vm_tdx_finalize(td.vm, 0);
	vcpu_pre_fault(td.vcpu, &range);
	td_free(&td);
}

/*
 * A TD that has ended leaves no page of charge in its cgroup, after one TD as after a hundred.
 *
 * Source: Dynamic PAMT series: pairs are allocated GFP_KERNEL_ACCOUNT and given back, and the
 * pages of a vCPU's cache that were not used; vmx/tdx.c tdx_reclaim_td_control_pages()
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_a_hundred_tds_comes_back)
{
	long before;

	one_td();
	before = pages_charged();
	one_td();
	EXPECT_EQ(before, pages_charged());
	for (int i = 1; i < 100; i++)
		one_td();
	EXPECT_EQ(before, pages_charged());
}

/*
 * KVM_TDX_INIT_VM that the TDX module refuses after it has all control pages leaves no charge.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path; vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, no-kmsg, kvm-in-use, no-pamt-meter, permission, no-cgroup, no-memcg
 */
TEST_F(charge, of_a_refused_td_comes_back)
{
	static union tdx_init_vm params;
	struct vm *vm = td_create();
	long before;

	td_default_params(vm, &params);
	params.init.cpuid.entries[0].eax |= 1u << 31;
	ASSERT_ERRNO(EINVAL, __vm_tdx_init(vm, &params.init));
	before = pages_charged();
	for (int i = 0; i < 10; i++)
		ASSERT_ERRNO(EINVAL, __vm_tdx_init(vm, &params.init));
	EXPECT_EQ(before, pages_charged());
	vm_free(vm);
}

PAMT_MAIN
