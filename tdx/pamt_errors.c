// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic PAMT and commands that fail half-way: a SEAMCALL is busy or short of entropy until the
 * command gives up, after the kernel has taken pairs for its pages. Only the emulated module
 * does it, by fault injection. KVM_TDX_INIT_MEM_REGION is not among them: KVM fills its caches
 * once for all attempts, and warns when a module that is busy for long has emptied them.
 */
#include "alarm.h"
#include "pamt_td.h"

#define NR_PAGES	64ul
#define NR_TABLES	3	/* S-EPT pages below the root */

#define OPERAND_BUSY	0x8000020000000000ull
#define RND_NO_ENTROPY	0x8000020300000000ull
#define SEPT		0x92

enum leaf {
	MNG_ADDCX = 1, MEM_SEPT_ADD = 3, VP_ADDCX = 4, MEM_PAGE_AUG = 6,
	MNG_KEY_CONFIG = 8, MNG_CREATE = 9, VP_CREATE = 10,
};

static union tdx_init_vm params;

static long init_vm(struct td *td)
{
	return __vm_tdx_init(td->vm, &params.init);
}

static long fault(struct td *td)
{
	struct kvm_pre_fault_memory range = { .gpa = TD_MEMORY, .size = NR_PAGES * PAGE_SIZE };

	return __vcpu_pre_fault_all(td->vcpu, &range);
}

FIXTURE(failing) {
	struct td td;
	long none, before;
};

FIXTURE_VARIANT(failing) {
	long (*command)(struct td *td);
	enum leaf leaf;
	uint64_t skip, status;
	long kept;		/* pages that the TD has afterwards all the same, tables too */
};

#define FAILING(name, ...) FIXTURE_VARIANT_ADD(failing, name) { __VA_ARGS__ }
FAILING(mng_create, init_vm, MNG_CREATE, 0, RND_NO_ENTROPY, 0);
FAILING(mng_addcx_first, init_vm, MNG_ADDCX, 0, RND_NO_ENTROPY, 0);
FAILING(mng_addcx_third, init_vm, MNG_ADDCX, 2, RND_NO_ENTROPY, 0);
FAILING(sept_add_of_fault, fault, MEM_SEPT_ADD, 1, OPERAND_BUSY | SEPT, 1);
FAILING(page_aug_first, fault, MEM_PAGE_AUG, 0, OPERAND_BUSY | SEPT, NR_TABLES);
FAILING(page_aug_third, fault, MEM_PAGE_AUG, 2, OPERAND_BUSY | SEPT, NR_TABLES + 2);

FIXTURE_SETUP(failing)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	REQUIRE_DYNAMIC_PAMT();
	self->none = pamt_pairs();
	self->td.vm = td_create();
	self->td.memfd = -1;
	td_default_params(self->td.vm, &params);
	if (variant->command != init_vm) {
		vm_tdx_init(self->td.vm, &params.init);
		self->td.vcpu = td_create_vcpu(self->td.vm);
		self->td.memfd = td_add_memory(self->td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE);
	}
	if (variant->command == fault)
		vm_tdx_finalize(self->td.vm, 0);
	self->before = pamt_pairs();
}

FIXTURE_TEARDOWN(failing)
{
	if (self->td.vm)
		tdx_module_inject(0, 0, 0, 0);
	td_free(&self->td);
}

/*
 * A command with a failing SEAMCALL keeps no PAMT pair but those of pages that the TD has by
 * then. It can be repeated, and in the end all pairs come back.
 *
 * Source: Dynamic PAMT series: pairs are given back on every error path; vmx/tdx.c
 * __tdx_td_init(), tdx_sept_map_nonleaf_spte(), tdx_sept_map_leaf_spte()
 * Needs: no-tdx, not-emulated, no-kmsg, pamt-profile, kvm-in-use, no-pamt-meter
 */
TEST_F(failing, command_keeps_no_pair)
{
	unsigned long left;
	long ret;

	tdx_module_inject(variant->leaf, variant->skip, TDX_INJECT_FOR_EVER, variant->status);
	/* A page that is busy is tried again until a signal comes, but not before. */
	interrupt_every(10);
	do {
		ret = variant->command(&self->td);
		left = tdx_module_read(TDX_MSR_INJECT_COUNT);
	} while (ret && errno == EINTR && left == TDX_INJECT_FOR_EVER);
	interrupt_every(0);
	EXPECT_EQ(-1, ret);
	ASSERT_GT(TDX_INJECT_FOR_EVER, left);
	EXPECT_PAIRS_WITHIN(self->before, self->before + variant->kept);
	tdx_module_inject(0, 0, 0, 0);
	EXPECT_SUCCESS(variant->command(&self->td));
	EXPECT_EQ(0, pamt_idle_pairs());
	td_free(&self->td);
	self->td.vm = NULL;
	EXPECT_PAIRS(self->none);
}

PAMT_MAIN
