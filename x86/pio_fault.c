// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page fault in the middle of string I/O: what went through before it is done, what comes
 * behind it is not, and no element is lost or moved twice when the guest has repaired the
 * page and goes on.
 */
#include "io_insn.h"
#include "segments.h"
#include "test.h"

#define PAGE		0x1000ul
#define PAGE_FLAGS	0x67ull		/* present, writable, user, accessed, dirty */
#define PRESENT		1ull
#define WRITABLE	2ull
#define PF_VECTOR	14
#define CR0_WP		(1ull << 16)
#define MIDDLE		(IO_BUFFER + 4 * PAGE)

FIXTURE(fault) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(fault) {
	struct io_insn io;
	uint64_t without;		/* bits that the page at MIDDLE lacks */
	unsigned int before;		/* elements in front of that page */
	unsigned int count;
};

FIXTURE_VARIANT_ADD(fault, outsb) { IO_OUTSB, PRESENT, 0, 1 };
FIXTURE_VARIANT_ADD(fault, insb) { IO_INSB, PRESENT, 0, 1 };
FIXTURE_VARIANT_ADD(fault, insd_read_only) { IO_INSD, WRITABLE, 0, 1 };
FIXTURE_VARIANT_ADD(fault, outsd_read_only) { IO_OUTSD, WRITABLE, 0, 1 };
FIXTURE_VARIANT_ADD(fault, rep_outsb) { IO_REP_OUTSB, PRESENT, 3, 5 };
FIXTURE_VARIANT_ADD(fault, rep_outsw) { IO_REP_OUTSW, PRESENT, 2, 4 };
FIXTURE_VARIANT_ADD(fault, rep_insb) { IO_REP_INSB, PRESENT, 3, 5 };
FIXTURE_VARIANT_ADD(fault, rep_insw_read_only) { IO_REP_INSW, WRITABLE, 2, 4 };

static uint64_t low_pages[512] __attribute__((aligned(4096)));
static volatile uint64_t fault_address, fault_rip;
static volatile unsigned int nr_faults;

static __guest void repair_page(struct guest_exception *frame)
{
	uint64_t cr2;

	GUEST_ASSERT(frame->vector == PF_VECTOR);
	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	nr_faults++;
	fault_address = cr2;
	fault_rip = frame->rip;
	low_pages[MIDDLE / PAGE] |= PRESENT | WRITABLE;
	__asm__ volatile("invlpg (%0)" : : "r"(cr2) : "memory");
}

/* The first 2 MiB in small pages, that at MIDDLE without some bits. */
static void take_page_away(uint64_t bits)
{
	uint64_t *pdpt = (uint64_t *)(guest_pml4[0] & ~0xffful);
	uint64_t *pd = (uint64_t *)(pdpt[0] & ~0xffful);

	for (unsigned int i = 0; i < 512; i++)
		low_pages[i] = i * PAGE | PAGE_FLAGS;
	low_pages[MIDDLE / PAGE] &= ~bits;
	pd[0] = (uint64_t)low_pages | PAGE_FLAGS;
}

/* Needs: no-string-io */
FIXTURE_SETUP(fault)
{
	const struct io_insn *io = &variant->io;
	struct kvm_regs regs;
	uint8_t *first;

	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, io, MODE_LONG, 0);
	take_page_away(variant->without);
	guest_exception_handler = repair_page;

	first = (uint8_t *)MIDDLE - variant->before * io->size;
	memset((void *)IO_BUFFER, 0, IO_BUFFER_SIZE);
	for (unsigned int i = 0; i < variant->count * io->size && !io->in; i++)
		first[i] = IO_DATA(i);
	vcpu_get_regs(self->vcpu, &regs);
	regs.rsi = regs.rdi = (uint64_t)first;
	regs.rcx = variant->count;
	vcpu_set_regs(self->vcpu, &regs);
}

FIXTURE_TEARDOWN(fault)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A page fault of a string instruction is raised in the guest at the instruction, for the
 * address of the first element that it prevents. An OUTS from a read-only page raises none. In
 * the end the device has seen each element once.
 *
 * Source: APM vol. 3, INS, OUTS and REP; SDM vol. 2, INS, OUTS, and vol. 3, 6.5: faults are restartable
 */
TEST_F(fault, each_element_goes_through_once)
{
	const struct io_insn *io = &variant->io;
	bool faults = io->in || variant->without == PRESENT;
	uint8_t *first = (uint8_t *)MIDDLE - variant->before * io->size;
	unsigned int done, wrong = 0;

	vcpu_run(self->vcpu);
	done = io_run_past(self->vcpu, io, 0);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_EQ(variant->count, done);
	EXPECT_EQ(faults, nr_faults);
	EXPECT_HEX(faults ? MIDDLE : 0, fault_address);
	EXPECT_HEX(faults ? IO_INSN : 0, fault_rip);
	for (unsigned int i = 0; i < variant->count * io->size; i++)
		wrong += first[i] != IO_DATA(i);
	EXPECT_EQ(0, wrong);
}

KVMCONF_MAIN
