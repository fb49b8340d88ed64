// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's handling of a TDX module that is busy, interrupted, short of entropy, or refuses. The
 * emulated module returns these statuses by fault injection, see tdx_emulated.h.
 */
#include "test.h"
#include "tdx.h"

#define NR_PAGES	2ul
#define FRESH		(TD_MEMORY + (NR_PAGES - 1) * PAGE_SIZE)

/* Statuses of SEAMCALLs, and which operand they are about in bits 31:0. */
#define INTERRUPTED_RESUMABLE	0x8000000300000000ull
#define OPERAND_INVALID		0xc000010000000000ull
#define OPERAND_BUSY		0x8000020000000000ull
#define RND_NO_ENTROPY		0x8000020300000000ull
#define STATUS			0xffffffff00000000ull
#define SEPT			0x92
#define ATTRIBUTES		64

enum leaf {
	MNG_ADDCX = 1, MEM_SEPT_ADD = 3, MEM_PAGE_AUG = 6, MEM_RANGE_BLOCK = 7,
	MNG_KEY_CONFIG = 8, MNG_CREATE = 9, MR_FINALIZE = 17, MNG_INIT = 21,
	MEM_PAGE_REMOVE = 29, MEM_TRACK = 38, PHYMEM_CACHE_WB = 40,
};

/* The next @count of these SEAMCALLs do nothing but return @status. */
static void inject(enum leaf leaf, uint64_t status, unsigned int count)
{
	tdx_module_inject(leaf, 0, count, status);
}

static union tdx_init_vm params;

/* KVM_TDX_INIT_VM of @vm with @params; its hw_error in @hw_error. */
static long init_vm(struct vm *vm, uint64_t *hw_error)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (__u64)&params };
	long ret;

	ret = __vm_mem_enc_op(vm, &cmd);
	*hw_error = cmd.hw_error;
	return ret;
}

FIXTURE(init_vm) {
	struct vm *vm;
	uint64_t owned;
};

FIXTURE_VARIANT(init_vm) {
	enum leaf leaf;
	uint64_t status;
	int error;
	uint64_t hw_error;
};

FIXTURE_VARIANT_ADD(init_vm, no_entropy_for_the_key) {
	.leaf = MNG_CREATE, .status = RND_NO_ENTROPY, .error = EAGAIN,
};
FIXTURE_VARIANT_ADD(init_vm, no_entropy_for_a_page) {
	.leaf = MNG_ADDCX, .status = RND_NO_ENTROPY, .error = EAGAIN,
};
FIXTURE_VARIANT_ADD(init_vm, parameters_refused) {
	.leaf = MNG_INIT, .status = OPERAND_INVALID | ATTRIBUTES, .error = EINVAL,
	.hw_error = OPERAND_INVALID | ATTRIBUTES,
};

FIXTURE_SETUP(init_vm)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->owned = tdx_module_resources();
	self->vm = td_create();
}

FIXTURE_TEARDOWN(init_vm)
{
	if (self->vm)
		inject(variant->leaf, 0, 0);
	TEARDOWN_VM(self->vm);
}

/*
 * If the TDX module cannot make a TD, KVM_TDX_INIT_VM fails with the documented errno, and
 * hw_error is the module's status for an operand. The module keeps nothing, and the next attempt
 * succeeds.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM; vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, not-emulated
 */
TEST_F(init_vm, fails_and_leaves_nothing)
{
	uint64_t hw_error;

	td_default_params(self->vm, &params);
	inject(variant->leaf, variant->status, 1000);
	EXPECT_ERRNO(variant->error, init_vm(self->vm, &hw_error));
	EXPECT_HEX(variant->hw_error, hw_error);
	inject(variant->leaf, 0, 0);
	EXPECT_EQ(self->owned, tdx_module_resources());
	EXPECT_SUCCESS(init_vm(self->vm, &hw_error));
	EXPECT_HEX(0, hw_error);
}

FIXTURE(vm) {
	struct vm *vm;
};

FIXTURE_SETUP(vm)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->vm = td_create();
}

FIXTURE_TEARDOWN(vm)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A CPUID bit that is not configurable is refused by the TDX module: EINVAL, with
 * TDX_OPERAND_INVALID in hw_error.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM; TDX Module ABI Reference, TDH.MNG.INIT
 * Needs: no-tdx, not-emulated
 */
TEST_F(vm, unconfigurable_cpuid_is_refused_by_the_module)
{
	uint64_t hw_error;

	td_default_params(self->vm, &params);
	params.init.cpuid.entries[0].eax |= 1u << 31;
	ASSERT_ERRNO(EINVAL, init_vm(self->vm, &hw_error));
	EXPECT_HEX(OPERAND_INVALID, hw_error & STATUS);
}

FIXTURE(busy) {
	struct td td;
};

FIXTURE_SETUP(busy)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->td = td_build(1);
}

FIXTURE_TEARDOWN(busy)
{
	td_free(&self->td);
}

/*
 * KVM_TDX_FINALIZE_VM fails with EBUSY, and the module's status in hw_error, if the module is
 * busy. It can be repeated.
 *
 * Source: intel-tdx.rst, KVM_TDX_FINALIZE_VM; vmx/tdx.c tdx_td_finalize()
 * Needs: no-tdx, not-emulated
 */
TEST_F(busy, finalize_can_be_repeated)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_FINALIZE_VM };

	inject(MR_FINALIZE, OPERAND_BUSY, 1);
	EXPECT_ERRNO(EBUSY, __vm_mem_enc_op(self->td.vm, &cmd));
	EXPECT_HEX(OPERAND_BUSY, cmd.hw_error);
	EXPECT_SUCCESS(__vm_tdx_finalize(self->td.vm, 0));
}

FIXTURE(once) {
	uint64_t owned;
};

FIXTURE_VARIANT(once) {
	enum leaf leaf;
	uint64_t status;
};

#define ONCE(name, l, s) FIXTURE_VARIANT_ADD(once, name) { .leaf = l, .status = s }
ONCE(key_has_no_entropy, MNG_KEY_CONFIG, RND_NO_ENTROPY);
ONCE(sept_add_is_busy, MEM_SEPT_ADD, OPERAND_BUSY | SEPT);
ONCE(page_aug_is_busy, MEM_PAGE_AUG, OPERAND_BUSY | SEPT);
ONCE(range_block_is_busy, MEM_RANGE_BLOCK, OPERAND_BUSY | SEPT);
ONCE(track_is_busy, MEM_TRACK, OPERAND_BUSY);
ONCE(page_remove_is_busy, MEM_PAGE_REMOVE, OPERAND_BUSY | SEPT);
ONCE(cache_writeback_is_interrupted, PHYMEM_CACHE_WB, INTERRUPTED_RESUMABLE);

FIXTURE_SETUP(once)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->owned = tdx_module_resources();
}

FIXTURE_TEARDOWN(once)
{
}

/*
 * A SEAMCALL that is busy or interrupted once is repeated by KVM, and userspace sees nothing of
 * it, in the whole life of a TD that gains a page, loses it and ends. Nothing is left.
 *
 * Source: intel-tdx.rst; TDX Module ABI Reference, TDX_OPERAND_BUSY, TDX_INTERRUPTED_RESUMABLE
 * Needs: no-tdx, not-emulated
 */
TEST_F(once, userspace_sees_nothing_of_it)
{
	struct kvm_pre_fault_memory fault = { .gpa = FRESH, .size = PAGE_SIZE };
	struct td td = { .vm = td_create() };

	inject(variant->leaf, variant->status, 1);
	td_init(td.vm);
	td.vcpu = td_create_vcpu(td.vm);
	td.memfd = td_add_memory(td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE);
	td_fill(td.vcpu, TD_MEMORY, 1);
	vm_tdx_finalize(td.vm, 0);
	EXPECT_SUCCESS(__vcpu_pre_fault(td.vcpu, &fault));
	td_punch_hole(td.memfd, FRESH - TD_MEMORY, PAGE_SIZE);
	td_free(&td);
	EXPECT_EQ(0, tdx_module_read(TDX_MSR_INJECT_COUNT));
	EXPECT_EQ(self->owned, tdx_module_resources());
}

KVMCONF_MAIN
