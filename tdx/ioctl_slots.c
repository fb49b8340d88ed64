// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memslots of a TD: with each flag, and each change of one that is there. A slot with a
 * guest_memfd can be made and deleted, and nothing else; one without is shared memory, and
 * changes like that of any VM, but is never read-only.
 */
#include "steps.h"

#define PRIVATE_SLOT	0		/* build() has made it: all of the TD's private memory */
#define SHARED_SLOT	1
#define NEW_SLOT	2
#define KNOWN_SLOT	3		/* private, too, but the test knows its userspace_addr */
#define SIZE		(NR_PAGES * PAGE_SIZE)
#define MORE		(TD_MEMORY + 0x8000000)
#define KNOWN_GPA	(MORE + 0x8000000)
#define SMM		(1u << 16)	/* the other address space of a VM with SMM */

static char shared[SIZE] __attribute__((aligned(PAGE_SIZE)));
static char other[SIZE] __attribute__((aligned(PAGE_SIZE)));
static char known[SIZE] __attribute__((aligned(PAGE_SIZE)));

#define HVA(memory)	((unsigned long)(memory))
#define SHARED_GPA	HVA(shared)

/* Which guest_memfd a slot is to have. */
enum memfd { NO_FD, OWN, FRESH_FD, OF_ANOTHER_VM };

FIXTURE(slot) {
	struct td td;
	struct vm *another;
};

FIXTURE_VARIANT(slot) {
	unsigned int slot, flags;
	unsigned long gpa, size, hva;
	enum memfd memfd;
	unsigned long offset;
	int error;		/* 0: it succeeds */
};

#define SLOT(name, ...)	FIXTURE_VARIANT_ADD(slot, name) { __VA_ARGS__ }

/* A slot that there is not yet. */
#define NEW(name, flags_, error_, ...) SLOT(new_##name, .slot = NEW_SLOT, .flags = flags_,	\
	.gpa = MORE, .size = SIZE, .hva = HVA(other), .error = error_, ##__VA_ARGS__)
NEW(shared, 0, 0);
NEW(logged, KVM_MEM_LOG_DIRTY_PAGES, 0);
NEW(read_only, KVM_MEM_READONLY, EINVAL);
NEW(read_only_logged, KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES, EINVAL);
NEW(private, KVM_MEM_GUEST_MEMFD, 0, .memfd = FRESH_FD);
NEW(private_logged, KVM_MEM_GUEST_MEMFD | KVM_MEM_LOG_DIRTY_PAGES, EINVAL, .memfd = FRESH_FD);
NEW(private_read_only, KVM_MEM_GUEST_MEMFD | KVM_MEM_READONLY, EINVAL, .memfd = FRESH_FD);
NEW(private_with_all, KVM_MEM_GUEST_MEMFD | KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES, EINVAL,
    .memfd = FRESH_FD);
NEW(private_of_another_vm, KVM_MEM_GUEST_MEMFD, EINVAL, .memfd = OF_ANOTHER_VM);
NEW(private_twice, KVM_MEM_GUEST_MEMFD, EEXIST, .memfd = OWN);
NEW(private_behind_its_end, KVM_MEM_GUEST_MEMFD, EINVAL, .memfd = FRESH_FD, .offset = PAGE_SIZE);
NEW(private_unaligned, KVM_MEM_GUEST_MEMFD, EINVAL, .memfd = FRESH_FD, .offset = 8);
NEW(flag_3, 1u << 3, EINVAL);
NEW(flag_16, 1u << 16, EINVAL);
NEW(flag_31, 1u << 31, EINVAL);
SLOT(new_private_without_a_file, .slot = NEW_SLOT, .flags = KVM_MEM_GUEST_MEMFD, .gpa = MORE,
     .size = SIZE, .hva = HVA(other), .memfd = NO_FD, .error = EBADF);
SLOT(new_of_smm, .slot = SMM | NEW_SLOT, .gpa = MORE, .size = SIZE, .hva = HVA(other), .error = EINVAL);
SLOT(new_over_private, .slot = NEW_SLOT, .gpa = TD_MEMORY, .size = SIZE, .hva = HVA(other),
     .error = EEXIST);
SLOT(new_over_shared, .slot = NEW_SLOT, .gpa = SHARED_GPA + PAGE_SIZE, .size = SIZE, .hva = HVA(other),
     .error = EEXIST);
SLOT(new_unaligned, .slot = NEW_SLOT, .gpa = MORE + 8, .size = SIZE, .hva = HVA(other), .error = EINVAL);
SLOT(new_wrapping, .slot = NEW_SLOT, .gpa = -PAGE_SIZE, .size = SIZE, .hva = HVA(other), .error = EINVAL);

/* The private slot, as it is but for one thing. */
#define PRIVATE(name, flags_, error_, gpa_, size_) SLOT(private_##name, .slot = PRIVATE_SLOT,	\
	.flags = flags_, .gpa = gpa_, .size = size_, .memfd = OWN, .error = error_)
PRIVATE(same, KVM_MEM_GUEST_MEMFD, EINVAL, TD_MEMORY, SIZE);
PRIVATE(logged, KVM_MEM_GUEST_MEMFD | KVM_MEM_LOG_DIRTY_PAGES, EINVAL, TD_MEMORY, SIZE);
PRIVATE(read_only, KVM_MEM_GUEST_MEMFD | KVM_MEM_READONLY, EINVAL, TD_MEMORY, SIZE);
PRIVATE(moved, KVM_MEM_GUEST_MEMFD, EINVAL, MORE, SIZE);
PRIVATE(smaller, KVM_MEM_GUEST_MEMFD, EINVAL, TD_MEMORY, SIZE - PAGE_SIZE);
SLOT(private_other_memory, .slot = PRIVATE_SLOT, .flags = KVM_MEM_GUEST_MEMFD, .gpa = TD_MEMORY,
     .size = SIZE, .hva = HVA(other), .memfd = OWN, .error = EINVAL);
SLOT(private_other_file, .slot = PRIVATE_SLOT, .flags = KVM_MEM_GUEST_MEMFD, .gpa = TD_MEMORY,
     .size = SIZE, .memfd = FRESH_FD, .error = EINVAL);

/* A change of its userspace_addr alone would be EINVAL. */
#define KNOWN(name, flags_) SLOT(private_##name, .slot = KNOWN_SLOT, .flags = flags_,	\
	.gpa = KNOWN_GPA, .size = SIZE, .hva = HVA(known), .memfd = NO_FD, .error = EINVAL)
KNOWN(to_shared, 0);
KNOWN(to_shared_logged, KVM_MEM_LOG_DIRTY_PAGES);

/* The shared slot. */
#define SHARED_(name, flags_, error_, gpa_, size_, hva_) SLOT(shared_##name, .slot = SHARED_SLOT,	\
	.flags = flags_, .gpa = gpa_, .size = size_, .hva = hva_, .memfd = FRESH_FD, .error = error_)
SHARED_(same, 0, 0, SHARED_GPA, SIZE, HVA(shared));
SHARED_(logged, KVM_MEM_LOG_DIRTY_PAGES, 0, SHARED_GPA, SIZE, HVA(shared));
SHARED_(read_only, KVM_MEM_READONLY, EINVAL, SHARED_GPA, SIZE, HVA(shared));
SHARED_(to_private, KVM_MEM_GUEST_MEMFD, EINVAL, SHARED_GPA, SIZE, HVA(shared));
SHARED_(moved, 0, 0, MORE, SIZE, HVA(shared));
SHARED_(moved_and_logged, KVM_MEM_LOG_DIRTY_PAGES, 0, MORE, SIZE, HVA(shared));
SHARED_(moved_over_private, 0, EEXIST, TD_MEMORY, SIZE, HVA(shared));
SHARED_(smaller, 0, EINVAL, SHARED_GPA, SIZE - PAGE_SIZE, HVA(shared));
SHARED_(other_memory, 0, EINVAL, SHARED_GPA, SIZE, HVA(other));
SHARED_(deleted, 0, 0, 0, 0, 0);
SLOT(deleted_without_being, .slot = NEW_SLOT, .error = EINVAL);

static void add_known_slot(struct vm *vm)
{
	struct kvm_create_guest_memfd create = { .size = SIZE };
	struct kvm_userspace_memory_region2 region = {
		.slot = KNOWN_SLOT, .flags = KVM_MEM_GUEST_MEMFD, .guest_phys_addr = KNOWN_GPA,
		.memory_size = SIZE, .userspace_addr = HVA(known),
		.guest_memfd = vm_create_guest_memfd(vm, &create),
	};

	vm_set_memory_region2(vm, &region);
}

FIXTURE_SETUP(slot)
{
	static const struct tdx_step steps[] = { OUT };

	REQUIRE_TDX();
	self->td = build(steps, sizeof(steps), 0, false);
	vm_add_slot(self->td.vm, SHARED_GPA, SIZE);
	add_known_slot(self->td.vm);
}

FIXTURE_TEARDOWN(slot)
{
	TEARDOWN_TD(&self->td);
	vm_free(self->another);
}

static int memfd_of(FIXTURE_DATA(slot) *self, enum memfd which)
{
	struct kvm_create_guest_memfd create = { .size = SIZE };

	switch (which) {
	case OWN:
		return self->td.memfd;
	case FRESH_FD:
		return vm_create_guest_memfd(self->td.vm, &create);
	case OF_ANOTHER_VM:
		self->another = td_create();
		return vm_create_guest_memfd(self->another, &create);
	default:
		return -1;
	}
}

/* Gives KVM_SET_USER_MEMORY_REGION2 as the variant has it: its errno by name, or "success". */
static const char *outcome_of(FIXTURE_DATA(slot) *self, const FIXTURE_VARIANT(slot) *variant)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = variant->slot, .flags = variant->flags, .guest_phys_addr = variant->gpa,
		.memory_size = variant->size, .userspace_addr = variant->hva,
		.guest_memfd = memfd_of(self, variant->memfd), .guest_memfd_offset = variant->offset,
	};

	return errno_or_success(__vm_set_memory_region2(self->td.vm, &region));
}

/*
 * Each way to make or change a TD's memslot has the result of its row in the table.
 *
 * Source: KVM api.rst, KVM_SET_USER_MEMORY_REGION2; kvm_main.c check_memory_region_flags(),
 * kvm_set_memory_region()
 * Needs: no-tdx
 */
TEST_F(slot, change_has_its_result)
{
	const char *outcome = outcome_of(self, variant);

	EXPECT_STREQ(variant->error ? errno_name(variant->error) : "success", outcome);
}

/*
 * Whatever the result of a change of a memslot, the TD keeps its private memory and runs.
 *
 * Source: KVM api.rst, KVM_SET_USER_MEMORY_REGION2
 * Needs: no-tdx, not-emulated
 */
TEST_F(slot, change_leaves_private_memory_alone)
{
	uint64_t pages;

	REQUIRE_EMULATED_TDX();
	pages = tdx_module_read(TDX_MSR_GUEST_PAGES);
	outcome_of(self, variant);
	EXPECT_EQ(pages, tdx_module_read(TDX_MSR_GUEST_PAGES));
	RUN_TO_OUT(self, 0);
}

FIXTURE(td) {
	struct td td;
};

FIXTURE_SETUP(td)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	BUILD(self, WRITE(SHARED_GPA + PAGE_SIZE + SHARED, VALUE), OUT, READ(MORE + SHARED), OUT,
	      READ(MORE + SHARED), OUT,
	      WRITE(MORE + 2 * PAGE_SIZE + SHARED, VALUE), READ(MORE + SHARED), OUT,
	      READ(STEPS), OUT);
	vm_add_slot(self->td.vm, SHARED_GPA, SIZE);
}

FIXTURE_TEARDOWN(td)
{
	TEARDOWN_TD(&self->td);
}

static void set_shared(struct vm *vm, unsigned int flags, unsigned long gpa, unsigned long size)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = SHARED_SLOT, .flags = flags, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = HVA(shared),
	};

	vm_set_memory_region2(vm, &region);
}

static uint64_t dirty_log(struct vm *vm)
{
	uint64_t bitmap = 0;
	struct kvm_dirty_log log = { .slot = SHARED_SLOT, .dirty_bitmap = &bitmap };

	vm_get_dirty_log(vm, &log);
	return bitmap;
}

/*
 * The dirty log of a TD's shared memory has the pages that the TD writes, also after the slot
 * has moved.
 *
 * Source: KVM api.rst, KVM_MEM_LOG_DIRTY_PAGES, KVM_GET_DIRTY_LOG
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, dirties_the_shared_pages_that_it_writes)
{
	set_shared(self->td.vm, KVM_MEM_LOG_DIRTY_PAGES, SHARED_GPA, SIZE);
	RUN_TO_OUT(self, 0);
	EXPECT_HEX(1 << 1, dirty_log(self->td.vm));
	EXPECT_HEX(0, dirty_log(self->td.vm));
	EXPECT_HEX(VALUE, *(uint64_t *)(shared + PAGE_SIZE));
	set_shared(self->td.vm, KVM_MEM_LOG_DIRTY_PAGES, MORE, SIZE);
	*(uint64_t *)shared = 0x4711;
	RUN_TO_OUT(self, 0x4711);
	RUN_TO_OUT(self, 0x4711);
	dirty_log(self->td.vm);
	RUN_TO_OUT(self, 0x4711);
	EXPECT_HEX(1 << 2, dirty_log(self->td.vm));
}

/*
 * After a shared memslot is deleted, the TD's next access to it is MMIO and raises #VE.
 *
 * Source: KVM api.rst, KVM_SET_USER_MEMORY_REGION: deletion; vmx/tdx.c tdx_vm_init():
 * kvm_mmu_set_mmio_spte_value()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, has_a_ve_for_what_is_deleted)
{
	set_shared(self->td.vm, 0, SHARED_GPA, SIZE);
	RUN_TO_OUT(self, 0);
	set_shared(self->td.vm, 0, MORE, SIZE);
	/* A page that the TD has, and reads again. */
	RUN_TO_OUT(self, 0);
	set_shared(self->td.vm, 0, 0, 0);
	vcpu_run(self->td.vcpu);
	/* It has no handler. */
	ASSERT_EXIT(KVM_EXIT_SHUTDOWN, self->td.vcpu);
}

/*
 * Deleting a private memslot removes its pages from the TD, and the TD cannot run without them.
 *
 * Source: KVM api.rst, KVM_SET_USER_MEMORY_REGION2, KVM_EXIT_MEMORY_FAULT; vmx/tdx.c
 * tdx_sept_remove_leaf_spte()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, loses_its_pages_with_their_slot)
{
	struct kvm_userspace_memory_region2 region = { .slot = PRIVATE_SLOT };

	RUN_TO_OUT(self, 0);
	EXPECT_EQ(1, tdx_module_read(TDX_MSR_GUEST_PAGES));
	vm_set_memory_region2(self->td.vm, &region);
	EXPECT_EQ(0, tdx_module_read(TDX_MSR_GUEST_PAGES));
	ASSERT_ERRNO(EFAULT, __vcpu_run(self->td.vcpu));
	EXPECT_EQ(KVM_EXIT_MEMORY_FAULT, self->td.vcpu->run->exit_reason);
}

KVMCONF_MAIN
