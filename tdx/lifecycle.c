// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a TD: from KVM_CREATE_VM to KVM_RUN, and its end, in whatever order its files
 * are closed. What its commands refuse is in lifecycle_errors.c.
 */
#include "test.h"
#include "tdx.h"

#define NR_PAGES	8ul
#define RESET_PAGE	0xfffff000ul
#define FAULT_PRIVATE	(1ull << 3)	/* KVM_MEMORY_EXIT_FLAG_PRIVATE */

/* kvm_run's union, for headers that are too old for it. */
struct memory_fault {
	__u64 flags, gpa, size;
};

FIXTURE(td) {
	struct td td;
};

FIXTURE_SETUP(td)
{
	REQUIRE_TDX();
	self->td = td_build(NR_PAGES);
}

FIXTURE_TEARDOWN(td)
{
	if (!__test_passed(_metadata))
		exits_print();
	td_free(&self->td);
}

/*
 * A TD that was made in the documented order runs: its first fetch, at the reset vector, is of
 * memory that is not private, and exits with KVM_EXIT_MEMORY_FAULT.
 *
 * Source: intel-tdx.rst, KVM TDX creation flow; KVM api.rst, KVM_EXIT_MEMORY_FAULT
 * Needs: no-tdx
 */
TEST_F(td, runs_from_the_reset_vector)
{
	struct memory_fault fault;

	vm_tdx_finalize(self->td.vm, 0);
	ASSERT_ERRNO(EFAULT, __vcpu_run(self->td.vcpu));
	ASSERT_EXIT(KVM_EXIT_MEMORY_FAULT, self->td.vcpu);
	memcpy(&fault, &self->td.vcpu->run->hw, sizeof(fault));
	EXPECT_HEX(FAULT_PRIVATE, fault.flags);
	EXPECT_HEX(RESET_PAGE, fault.gpa & ~(PAGE_SIZE - 1));
}

/*
 * KVM_RUN of a TD that is not final fails with EINVAL.
 *
 * Source: intel-tdx.rst, KVM_TDX_FINALIZE_VM; vmx/tdx.c tdx_vcpu_needs_initialization()
 * Needs: no-tdx
 */
TEST_F(td, not_final_does_not_run)
{
	EXPECT_ERRNO(EINVAL, __vcpu_run(self->td.vcpu));
	vm_tdx_finalize(self->td.vm, 0);
	EXPECT_ERRNO(EFAULT, __vcpu_run(self->td.vcpu));
}

/*
 * KVM_PRE_FAULT_MEMORY adds private memory to a final TD, and fails with EOPNOTSUPP on one that
 * is not final.
 *
 * Source: KVM api.rst, KVM_PRE_FAULT_MEMORY; mmu.c kvm_arch_vcpu_pre_fault_memory()
 * Needs: no-tdx
 */
TEST_F(td, is_faulted_in_only_when_final)
{
	struct kvm_pre_fault_memory range = { .gpa = TD_MEMORY, .size = NR_PAGES * PAGE_SIZE };

	td_punch_hole(self->td.memfd, 0, NR_PAGES * PAGE_SIZE);
	EXPECT_ERRNO(EOPNOTSUPP, __vcpu_pre_fault(self->td.vcpu, &range));
	vm_tdx_finalize(self->td.vm, 0);
	EXPECT_SUCCESS(__vcpu_pre_fault(self->td.vcpu, &range));
	EXPECT_EQ(0, range.size);
}

/*
 * Memory can be added to a TD again, any number of times, after a hole was punched into it,
 * after it was shared, and after its slot was made anew.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION; KVM api.rst, KVM_SET_MEMORY_ATTRIBUTES
 * Needs: no-tdx
 */
TEST_F(td, takes_memory_again_that_was_taken_away)
{
	for (int i = 0; i < 3; i++) {
		struct kvm_tdx_init_mem_region region = td_region(TD_MEMORY, NR_PAGES);

		td_punch_hole(self->td.memfd, 0, NR_PAGES * PAGE_SIZE);
		ASSERT_SUCCESS(__vcpu_tdx_init_mem_region(self->td.vcpu, &region));

		region = td_region(TD_MEMORY, NR_PAGES);
		td_convert(self->td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE, false);
		td_convert(self->td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE, true);
		ASSERT_SUCCESS(__vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	}
	EXPECT_SUCCESS(__vm_tdx_finalize(self->td.vm, 0));
}

/*
 * KVM_TDX_INIT_MEM_REGION of which a part cannot be added adds all before it and writes back how
 * far it got. The same call completes it once the obstacle is gone.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_MEM_REGION; vmx/tdx.c tdx_vcpu_init_mem_region()
 * Needs: no-tdx
 */
TEST_F(td, region_says_how_far_it_got)
{
	struct kvm_tdx_init_mem_region region = td_region(TD_MEMORY, NR_PAGES);
	const struct kvm_tdx_init_mem_region whole = region;

	td_punch_hole(self->td.memfd, 0, 3 * PAGE_SIZE);
	/* The fourth page is there already. */
	ASSERT_ERRNO(EIO, __vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	EXPECT_EQ(NR_PAGES - 3, region.nr_pages);
	EXPECT_HEX(whole.gpa + 3 * PAGE_SIZE, region.gpa);
	EXPECT_HEX(whole.source_addr + 3 * PAGE_SIZE, region.source_addr);

	td_punch_hole(self->td.memfd, 3 * PAGE_SIZE, (NR_PAGES - 3) * PAGE_SIZE);
	ASSERT_SUCCESS(__vcpu_tdx_init_mem_region(self->td.vcpu, &region));
	EXPECT_EQ(0, region.nr_pages);
	EXPECT_HEX(whole.gpa + NR_PAGES * PAGE_SIZE, region.gpa);
}

/*
 * Another process cannot use a TD, not even one that inherited its files: EIO.
 *
 * Source: kvm_main.c kvm_vm_ioctl(), kvm_vcpu_ioctl()
 * Needs: no-tdx
 */
TEST_F(td, belongs_to_its_process)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child)
		_exit(__vm_tdx_finalize(self->td.vm, 0) != -1 || errno != EIO ||
		      __vcpu_tdx_init(self->td.vcpu, 0) != -1 || errno != EIO);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_SUCCESS(__vm_tdx_finalize(self->td.vm, 0));
}

FIXTURE(no_td) {
	struct vm *vm;
};

FIXTURE_SETUP(no_td)
{
	REQUIRE_TDX();
	self->vm = __vm_create_type(KVM_X86_TDX_VM);
	ASSERT_NE(NULL, self->vm);
}

FIXTURE_TEARDOWN(no_td)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_CREATE_VCPU before KVM_TDX_INIT_VM fails with EIO.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM: "before creating any VCPUs"; vmx/tdx.c tdx_vcpu_create()
 * Needs: no-tdx
 */
TEST_F(no_td, has_no_vcpu_before_it_is_initialised)
{
	vm_enable_cap(self->vm, KVM_CAP_SPLIT_IRQCHIP, 24);
	ASSERT_ERRNO(EIO, __vm_create_vcpu(self->vm, 0));
	td_init(self->vm);
	EXPECT_NE(-1, __vm_create_vcpu(self->vm, 0));
}

/*
 * KVM_CREATE_VCPU without a split irqchip fails with EINVAL on a TD.
 *
 * Source: vmx/tdx.c tdx_vcpu_create()
 * Needs: no-tdx
 */
TEST_F(no_td, has_no_vcpu_without_a_split_irqchip)
{
	td_init(self->vm);
	EXPECT_ERRNO(EINVAL, __vm_create_vcpu(self->vm, 0));
}

/*
 * KVM_CREATE_VCPU before KVM_TDX_INIT_VM fails with EIO even if there is no split irqchip
 * either.
 *
 * Source: vmx/tdx.c tdx_vcpu_create()
 * Needs: no-tdx
 */
TEST_F(no_td, has_no_vcpu_for_want_of_a_td_before_an_irqchip)
{
	EXPECT_ERRNO(EIO, __vm_create_vcpu(self->vm, 0));
}

/*
 * KVM_TDX_INIT_VCPU succeeds before KVM_SET_CPUID2, as documented.
 *
 * Source: intel-tdx.rst, KVM TDX creation flow
 * Needs: no-tdx
 */
TEST_F(no_td, vcpu_is_initialised_before_its_cpuid_is_set)
{
	struct vcpu vcpu = { 0 };

	vm_enable_cap(self->vm, KVM_CAP_SPLIT_IRQCHIP, 24);
	td_init(self->vm);
	vcpu.fd = vm_create_vcpu(self->vm, 0);
	EXPECT_SUCCESS(__vcpu_tdx_init(&vcpu, 0));
	close(vcpu.fd);
}

/*
 * KVM_RUN of a vCPU without KVM_TDX_INIT_VCPU fails with EINVAL, even if the TD is final.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VCPU; vmx/tdx.c tdx_vcpu_needs_initialization()
 * Needs: no-tdx
 */
TEST_F(no_td, vcpu_not_initialised_does_not_run)
{
	struct vcpu *vcpu;

	vm_enable_cap(self->vm, KVM_CAP_SPLIT_IRQCHIP, 24);
	td_init(self->vm);
	vcpu = vcpu_create(self->vm);
	vm_tdx_finalize(self->vm, 0);
	EXPECT_ERRNO(EINVAL, __vcpu_run(vcpu));
}

KVMCONF_MAIN
