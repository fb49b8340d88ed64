// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks without a split: a locked access to memory that is not write-back. What type
 * memory has is for the guest's page tables and its PAT to say, if KVM lets it.
 */
#include <cpuid.h>

#include "test.h"
#include "bus_lock.h"
#include "msr.h"
#include "segments.h"

/* In an entry that maps a large page: the index into the PAT. */
#define PWT		(1ul << 3)
#define PCD		(1ul << 4)
#define PAT		(1ul << 12)

/* The PAT's eight entries; SDM vol. 3, "Page Attribute Table". */
#define MSR_PAT		0x277
enum memory_type { UC = 0, WC = 1, WT = 4, WP = 5, WB = 6, UC_MINUS = 7 };
#define PAT_ENTRIES(a, b, c, d, e, f, g, h)					\
	((uint64_t)(a) | (b) << 8 | (c) << 16 | (uint64_t)(d) << 24 | (uint64_t)(e) << 32 | \
	 (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
#define PAT_AT_RESET	PAT_ENTRIES(WB, WT, UC_MINUS, UC, WB, WT, UC_MINUS, UC)
/* As Linux has it, but that the fourth entry is not UC. */
#define PAT_OTHER	PAT_ENTRIES(WB, WC, UC_MINUS, WB, WB, WP, UC_MINUS, WT)

/* The second 512 GiB: the same memory as the first, of another type. */
#define TYPED(address)	VIEW(1, address)
static uint64_t pml4[512] __attribute__((aligned(4096)));
static uint64_t pdpt[512] __attribute__((aligned(4096)));
static uint64_t pd[512] __attribute__((aligned(4096)));

#define TABLE_FLAGS	0x27ul		/* present, writable, user, accessed */
#define LARGE_FLAGS	0xe7ul		/* the same, dirty, page size */

/* QEMU's own emulation of a CPU names itself in the hypervisor's CPUID leaf. */
static bool all_memory_is_alike(void)
{
	unsigned int eax, name[3];

	__cpuid(0x40000000, eax, name[0], name[1], name[2]);
	return !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
}

#define REQUIRE_MEMORY_TYPES() \
	REQUIRE(!all_memory_is_alike(), "no-memory-types", "the CPU is QEMU's emulation")

/* About to execute the locks at BL_INSN1 on an operand of which @attributes say the type. */
static void typed_create(struct bus_lock_guest *g, uint64_t pat, uint64_t attributes)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	bus_lock_create(g, MODE_LONG, UNSPLIT);
	pml4[0] = guest_pml4[0];
	pml4[1] = (uint64_t)pdpt | TABLE_FLAGS;
	pdpt[0] = (uint64_t)pd | TABLE_FLAGS;
	pd[0] = LARGE_FLAGS | attributes;
	vcpu_get_sregs(g->vcpu, &sregs);
	sregs.cr3 = (uint64_t)pml4;
	vcpu_set_sregs(g->vcpu, &sregs);
	vcpu_set_msr(g->vcpu, MSR_PAT, pat);

	vcpu_get_regs(g->vcpu, &regs);
	regs.rdi = TYPED(UNSPLIT);
	vcpu_set_regs(g->vcpu, &regs);
}

FIXTURE(typed) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(typed) {
	uint64_t pat, attributes;
	bool write_back;
};

FIXTURE_VARIANT_ADD(typed, write_back) { PAT_AT_RESET, 0, true };
FIXTURE_VARIANT_ADD(typed, write_through) { PAT_AT_RESET, PWT, false };
FIXTURE_VARIANT_ADD(typed, uncached_minus) { PAT_AT_RESET, PCD, false };
FIXTURE_VARIANT_ADD(typed, uncacheable) { PAT_AT_RESET, PCD | PWT, false };
FIXTURE_VARIANT_ADD(typed, write_combining) { PAT_OTHER, PWT, false };
FIXTURE_VARIANT_ADD(typed, write_protected) { PAT_OTHER, PAT | PWT, false };
/* Not the bits in the page tables decide, but what the PAT makes of them. */
FIXTURE_VARIANT_ADD(typed, write_back_by_another_pat) { PAT_OTHER, PCD | PWT, true };

FIXTURE_SETUP(typed)
{
	REQUIRE_BUS_LOCK_EXIT();
	REQUIRE_MEMORY_TYPES();
	REQUIRE_GUEST_PAT_CONTROL();
	typed_create(&self->g, variant->pat, variant->attributes);
	vm_enable_cap(self->g.vm, KVM_CAP_DISABLE_QUIRKS2, KVM_X86_QUIRK_IGNORE_GUEST_PAT);
}

FIXTURE_TEARDOWN(typed)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A lock within a line is a bus lock, which exits once and executes once, on memory of any type
 * but write-back. On write-back memory it makes no exit.
 *
 * Source: KVM api.rst 7.22, KVM_X86_QUIRK_IGNORE_GUEST_PAT; APM vol. 2, 15.14.5 (bus lock);
 * SDM vol. 3, 9.1.2.3 "Features to Disable Bus Locks": UC locks
 * Needs: no-cap, split-lock-detect, kernel-too-old, no-memory-types
 */
TEST_F(typed, lock_exits_unless_write_back)
{
	if (!variant->write_back) {
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	}
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

/*
 * An access without a lock makes no exit on memory of any type.
 *
 * Source: SDM vol. 3, 9.1.2.3 "Features to Disable Bus Locks"; APM vol. 2, 15.14.5 (bus lock)
 * Needs: no-cap, split-lock-detect, kernel-too-old, no-memory-types
 */
TEST_F(typed, access_without_a_lock_makes_no_exit)
{
	/* incl (%rdi), and its LOCK prefix a NOP */
	((uint8_t *)BL_INSN1)[0] = ((uint8_t *)BL_INSN2)[0] = 0x90;
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

FIXTURE(by_default) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(by_default)
{
	REQUIRE_BUS_LOCK_EXIT();
	REQUIRE_MEMORY_TYPES();
	typed_create(&self->g, PAT_AT_RESET, PCD | PWT);
}

FIXTURE_TEARDOWN(by_default)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * By default the guest's memory type decides on AMD. On Intel KVM makes all memory write-back,
 * and a lock within a line is no bus lock.
 *
 * Source: KVM api.rst, KVM_X86_QUIRK_IGNORE_GUEST_PAT; SDM vol. 3, "EPT and Memory Typing";
 * APM vol. 2, 15.25.8
 * Needs: no-cap, split-lock-detect, no-memory-types
 */
TEST_F(by_default, guest_has_no_say_on_vmx_alone)
{
	if (host_kvm_vendor() != VENDOR_VMX) {
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	}
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
}

KVMCONF_MAIN
