// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split locks on memory that the guest cannot write, for the time being or for
 * good: the page fault comes first, and without a write there is no bus lock.
 */
#include <sys/mman.h>

#include "test.h"
#include "bus_lock.h"

/* How the operand's pages came to be protected against the write. */
enum protection { COPY_ON_WRITE, DIRTY_LOG };

FIXTURE(protected) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(protected) {
	enum protection protection;
	unsigned long operand;
};

FIXTURE_VARIANT_ADD(protected, copy_on_write_line) { COPY_ON_WRITE, LINE_SPLIT };
FIXTURE_VARIANT_ADD(protected, copy_on_write_page) { COPY_ON_WRITE, PAGE_SPLIT };
FIXTURE_VARIANT_ADD(protected, dirty_log_line) { DIRTY_LOG, LINE_SPLIT };
FIXTURE_VARIANT_ADD(protected, dirty_log_page) { DIRTY_LOG, PAGE_SPLIT };

#define LOAD		0x8b, 0x07, 0x90	/* mov (%rdi), %eax */
#define ADD_ZERO	0x83, 0x07, 0x00	/* addl $0, (%rdi) */

/* The guest's pages are mapped now: to read only, or to write as well. */
static void let_guest_touch_operand(struct bus_lock_guest *g, bool write)
{
	if (write)
		guest_put_bytes(BL_OTHER, ADD_ZERO);
	else
		guest_put_bytes(BL_OTHER, LOAD);
	set_linear_rip(g, BL_OTHER);
	vcpu_run(g->vcpu);
	if (g->vcpu->run->exit_reason != KVM_EXIT_IO)
		report_error("the guest cannot touch the operand: %s", stop_name(g));
	set_linear_rip(g, BL_INSN1);
}

static unsigned int low_memory_slot(const struct vm *vm)
{
	return vm->nr_slots - 1;
}

/* From now on a page's first write is a fault. */
static void log_dirty_pages(struct vm *vm)
{
	struct kvm_userspace_memory_region low_memory = {
		.slot = low_memory_slot(vm),
		.flags = KVM_MEM_LOG_DIRTY_PAGES,
		.guest_phys_addr = LOW_MEMORY_BASE,
		.memory_size = LOW_MEMORY_SIZE,
		.userspace_addr = LOW_MEMORY_BASE,
	};

	vm_set_memory_region(vm, &low_memory);
}

/* Bit n: page n of BL_DATA was written since the last time. */
static unsigned int take_dirty_log(struct vm *vm)
{
	uint64_t bitmap[LOW_MEMORY_SIZE / 4096 / 64 + 1] = { 0 };
	struct kvm_dirty_log log = { .slot = low_memory_slot(vm), .dirty_bitmap = bitmap };
	unsigned int page = (BL_DATA - LOW_MEMORY_BASE) / 4096;

	vm_get_dirty_log(vm, &log);
	return bitmap[page / 64] >> page % 64 & 3;
}

FIXTURE_SETUP(protected)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
	let_guest_touch_operand(&self->g, variant->protection == DIRTY_LOG);
	if (variant->protection == DIRTY_LOG)
		log_dirty_pages(self->g.vm);
}

FIXTURE_TEARDOWN(protected)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A page fault of a locked instruction comes before the bus lock and uses up no credit:
 * afterwards the lock exits once and executes once.
 *
 * Source: APM vol. 2, 15.14.5 (bus lock), 15.14.5 (count) and SDM vol. 3, 26.2: a bus lock is an access that happens
 * Needs: no-cap, split-lock-detect
 */
TEST_F(protected, lock_exits_once_behind_the_fault)
{
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

FIXTURE(logged) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(logged) {
	unsigned long operand;
	unsigned int pages;		/* of BL_DATA, as bits */
};

FIXTURE_VARIANT_ADD(logged, line) { LINE_SPLIT, 1 };
FIXTURE_VARIANT_ADD(logged, page) { PAGE_SPLIT, 3 };

FIXTURE_SETUP(logged)
{
	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
	let_guest_touch_operand(&self->g, true);
	log_dirty_pages(self->g.vm);
}

FIXTURE_TEARDOWN(logged)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * The dirty log has the pages that a bus lock wrote, on both sides of a page's end, also if the
 * log was taken between two locks.
 *
 * Source: KVM api.rst 4.8 KVM_GET_DIRTY_LOG: "any pages dirtied since the last call"
 * Needs: no-cap, split-lock-detect
 */
TEST_F(logged, dirty_log_has_what_the_lock_wrote)
{
	struct vm *vm = self->g.vm;

	EXPECT_HEX(0, take_dirty_log(vm));
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_HEX(variant->pages, take_dirty_log(vm));
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
	EXPECT_HEX(bus_lock_is_fault_like() ? variant->pages : 0, take_dirty_log(vm));
}

/* Two pages, of which the second cannot be written. */
#define FIRST_PAGE	FREE_BASE
#define SECOND_PAGE	(FIRST_PAGE + 4096)

FIXTURE(read_only) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(read_only) {
	unsigned long operand;
};

FIXTURE_VARIANT_ADD(read_only, line) { SECOND_PAGE + 63 };
FIXTURE_VARIANT_ADD(read_only, second_page) { SECOND_PAGE - 1 };

FIXTURE_SETUP(read_only)
{
	struct kvm_userspace_memory_region second = {
		.flags = KVM_MEM_READONLY,
		.guest_phys_addr = SECOND_PAGE,
		.memory_size = 4096,
		.userspace_addr = SECOND_PAGE,
	};
	struct vm *vm;

	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
	vm = self->g.vm;
	vm_add_memory(vm, FIRST_PAGE, 4096);
	ASSERT_EQ((void *)SECOND_PAGE,
		  mmap((void *)SECOND_PAGE, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	second.slot = vm->nr_slots++;
	vm_set_memory_region(vm, &second);
}

FIXTURE_TEARDOWN(read_only)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A split lock with an operand that is partly read-only is no bus lock: its write exits with
 * KVM_EXIT_MMIO, and the read-only memory stays as it is.
 *
 * Source: KVM api.rst 4.35 KVM_MEM_READONLY: writes are KVM_EXIT_MMIO; APM vol. 2, 15.14.5 (bus lock)
 * Needs: no-cap, split-lock-detect
 */
TEST_F(read_only, lock_is_mmio_and_no_bus_lock)
{
	const struct kvm_run *run = self->g.vcpu->run;
	static const uint8_t zeros[4096];
	unsigned int writes = 0;

	/* Two locks, their writes in two pieces at most. */
	for (unsigned int i = 0; i < 5; i++) {
		vcpu_run(self->g.vcpu);
		EXPECT_STREQ("0", run_flags_name(run->flags));
		if (run->exit_reason != KVM_EXIT_MMIO)
			break;
		writes += run->mmio.is_write;
	}
	EXPECT_STREQ("out after the locks", stop_name(&self->g));
	EXPECT_LE(2, writes);
	EXPECT_EQ(0, memcmp(zeros, (void *)SECOND_PAGE, sizeof(zeros)));
}

KVMCONF_MAIN
