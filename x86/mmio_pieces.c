// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO that is more than one exit: what crosses a page, or is larger than 8 bytes, comes in
 * pieces. Each is an exit of its own, and only behind the last of them the guest goes on.
 */
#include "io_insn.h"
#include "test.h"

/* A page of memory, with none on either side. */
#define RAM		(MMIO_BASE - PAGE_SIZE)
#define PAST_4G		(1ul << 32)
#define MAX_PIECES	4

struct piece {
	uint64_t address;
	unsigned int length;
};

FIXTURE(access) {
	struct vm *vm;
	struct vcpu *vcpu;
	uint8_t *ram;
};

FIXTURE_VARIANT(access) {
	enum guest_mode mode;
	struct io_insn insn;		/* with its size and direction; not of I/O */
	unsigned long address;
	struct piece pieces[MAX_PIECES];	/* those that exit */
	int in_ram;			/* bytes that are memory: the first, or, below 0, the last */
};

/* RAX or XMM0, to or from where RSI points. */
#define LOAD16		{ 3, 2, true, false, false, { 0x66, 0x8b, 0x06 } }
#define LOAD32		{ 2, 4, true, false, false, { 0x8b, 0x06 } }
#define LOAD64		{ 3, 8, true, false, false, { 0x48, 0x8b, 0x06 } }
#define LOAD128		{ 4, 16, true, false, false, { 0xf3, 0x0f, 0x6f, 0x06 } }
#define STORE16		{ 3, 2, false, false, false, { 0x66, 0x89, 0x06 } }
#define STORE32		{ 2, 4, false, false, false, { 0x89, 0x06 } }
#define STORE64		{ 3, 8, false, false, false, { 0x48, 0x89, 0x06 } }
#define STORE128	{ 4, 16, false, false, false, { 0xf3, 0x0f, 0x7f, 0x06 } }

#define ACCESS(name, mode, insn, address, in_ram, ...) \
	FIXTURE_VARIANT_ADD(access, name) { mode, insn, address, { __VA_ARGS__ }, in_ram }

#define NEXT_PAGE	(MMIO_BASE + PAGE_SIZE)

ACCESS(load32, MODE_LONG, LOAD32, MMIO_BASE, 0, { MMIO_BASE, 4 });
ACCESS(load16_across, MODE_LONG, LOAD16, NEXT_PAGE - 1, 0, { NEXT_PAGE - 1, 1 }, { NEXT_PAGE, 1 });
ACCESS(load32_across, MODE_LONG, LOAD32, NEXT_PAGE - 1, 0, { NEXT_PAGE - 1, 1 }, { NEXT_PAGE, 3 });
ACCESS(load64_across, MODE_LONG, LOAD64, NEXT_PAGE - 5, 0, { NEXT_PAGE - 5, 5 }, { NEXT_PAGE, 3 });
ACCESS(load128, MODE_LONG, LOAD128, MMIO_BASE, 0, { MMIO_BASE, 8 }, { MMIO_BASE + 8, 8 });
ACCESS(load128_across, MODE_LONG, LOAD128, NEXT_PAGE - 3, 0,
       { NEXT_PAGE - 3, 3 }, { NEXT_PAGE, 8 }, { NEXT_PAGE + 8, 5 });
ACCESS(load64_from_memory_on, MODE_LONG, LOAD64, MMIO_BASE - 2, 2, { MMIO_BASE, 6 });
ACCESS(load64_into_memory, MODE_LONG, LOAD64, RAM - 3, -5, { RAM - 3, 3 });
ACCESS(store32, MODE_LONG, STORE32, MMIO_BASE, 0, { MMIO_BASE, 4 });
ACCESS(store16_across, MODE_LONG, STORE16, NEXT_PAGE - 1, 0,
       { NEXT_PAGE - 1, 1 }, { NEXT_PAGE, 1 });
ACCESS(store32_across, MODE_LONG, STORE32, NEXT_PAGE - 3, 0,
       { NEXT_PAGE - 3, 3 }, { NEXT_PAGE, 1 });
ACCESS(store64_across, MODE_LONG, STORE64, NEXT_PAGE - 4, 0,
       { NEXT_PAGE - 4, 4 }, { NEXT_PAGE, 4 });
ACCESS(store128, MODE_LONG, STORE128, MMIO_BASE, 0, { MMIO_BASE, 8 }, { MMIO_BASE + 8, 8 });
ACCESS(store128_across, MODE_LONG, STORE128, NEXT_PAGE - 13, 0,
       { NEXT_PAGE - 13, 8 }, { NEXT_PAGE - 5, 5 }, { NEXT_PAGE, 3 });
ACCESS(store64_from_memory_on, MODE_LONG, STORE64, MMIO_BASE - 2, 2, { MMIO_BASE, 6 });
ACCESS(store64_into_memory, MODE_LONG, STORE64, RAM - 3, -5, { RAM - 3, 3 });
/* Addresses of 32 bits begin again at 0. */
ACCESS(protected_load32_across_4g, MODE_PROTECTED, LOAD32, PAST_4G - 3, 0,
       { PAST_4G - 3, 3 }, { 0, 1 });
ACCESS(protected_store32_across_4g, MODE_PROTECTED, STORE32, PAST_4G - 1, 0,
       { PAST_4G - 1, 1 }, { 0, 3 });

/* XMM0 has what a store of it puts out, and is 0 before a load. */
static void set_registers(struct vcpu *vcpu, const struct io_insn *insn, unsigned long address)
{
	uint8_t bytes[XMM_SIZE] = { 0 };
	struct kvm_regs regs;

	for (unsigned int i = 0; !insn->in && i < XMM_SIZE; i++)
		bytes[i] = IO_DATA(i);
	vcpu_set_xmm0(vcpu, bytes, MXCSR_DEFAULT);
	vcpu_get_regs(vcpu, &regs);
	regs.rsi = address;
	vcpu_set_regs(vcpu, &regs);
}

FIXTURE_SETUP(access)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->ram = vm_add_memory(self->vm, RAM, PAGE_SIZE);
	self->vcpu = io_vcpu_create(self->vm, &variant->insn, variant->mode, 0);
	set_registers(self->vcpu, &variant->insn, variant->address);
}

FIXTURE_TEARDOWN(access)
{
	TEARDOWN_VM(self->vm);
}

/* The bytes that a store puts out. */
static uint8_t stored_byte(const struct io_insn *insn, unsigned int i)
{
	uint64_t rax = IO_RAX;

	return insn->size == XMM_SIZE ? IO_DATA(i) : ((uint8_t *)&rax)[i];
}

/* Bytes of the access that are memory before the piece that comes first. */
static unsigned int first_offset(int in_ram)
{
	return in_ram > 0 ? in_ram : 0;
}

#define EXPECT_PIECE(vcpu, insn, piece) do {						\
	ASSERT_EXIT(KVM_EXIT_MMIO, vcpu);						\
	EXPECT_HEX((piece)->address, (vcpu)->run->mmio.phys_addr);			\
	ASSERT_EQ((piece)->length, (vcpu)->run->mmio.len);				\
	EXPECT_EQ(!(insn)->in, (vcpu)->run->mmio.is_write);				\
} while (0)

/* What a device does at the exit for the bytes from @offset on; returns the offset behind them. */
static unsigned int serve(struct kvm_run *run, const struct io_insn *insn, unsigned int offset)
{
	for (unsigned int i = 0; i < run->mmio.len; i++, offset++) {
		if (insn->in)
			run->mmio.data[i] = IO_DATA(offset);
		else if (run->mmio.data[i] != stored_byte(insn, offset))
			report_fail("byte %u is 0x%x, not 0x%x", offset, run->mmio.data[i],
				    stored_byte(insn, offset));
	}
	return offset;
}

/* The bytes that are memory hold what a load is to find. */
static void fill_memory(uint8_t *ram, const struct io_insn *insn, int in_ram)
{
	for (int i = 0; insn->in && i < in_ram; i++)
		ram[PAGE_SIZE - in_ram + i] = IO_DATA(i);
	for (int i = 0; insn->in && i < -in_ram; i++)
		ram[i] = IO_DATA(insn->size + in_ram + i);
}

/* Are they as the access should have left them? */
static bool memory_is_right(const uint8_t *ram, const struct io_insn *insn, int in_ram)
{
	for (int i = 0; i < in_ram; i++)
		if (ram[PAGE_SIZE - in_ram + i] !=
		    (insn->in ? IO_DATA(i) : stored_byte(insn, i)))
			return false;
	for (int i = 0; i < -in_ram; i++)
		if (ram[i] != (insn->in ? IO_DATA(insn->size + in_ram + i) :
				stored_byte(insn, insn->size + in_ram + i)))
			return false;
	return true;
}

#define EXPECT_LOADED(vcpu, insn, rax_before) do {					\
	bool __to_xmm0 = !(insn)->in || (insn)->size == XMM_SIZE;			\
	struct kvm_fpu __fpu;								\
											\
	vcpu_get_fpu(vcpu, &__fpu);							\
	for (unsigned int __i = 0; __i < XMM_SIZE; __i++)				\
		EXPECT_HEX(__to_xmm0 ? IO_DATA(__i) : 0, __fpu.xmm[0][__i]);		\
	if ((insn)->size < XMM_SIZE)							\
		EXPECT_HEX(io_rax_after(insn, rax_before), vcpu_rax(vcpu));		\
} while (0)

/*
 * An MMIO access across pages or of more than 8 bytes exits once for each piece, in order, each
 * with its own data, and not for the part that is memory. A load then returns all that userspace
 * gave.
 *
 * Source: KVM api.rst, KVM_EXIT_MMIO; x86.c complete_emulated_mmio(): "Implements the following, as a state machine"
 */
TEST_F(access, pieces_come_in_order_and_once)
{
	unsigned int offset = first_offset(variant->in_ram);
	struct kvm_regs before;

	vcpu_get_regs(self->vcpu, &before);
	fill_memory(self->ram, &variant->insn, variant->in_ram);
	for (const struct piece *piece = variant->pieces; piece->length; piece++) {
		vcpu_run(self->vcpu);
		EXPECT_PIECE(self->vcpu, &variant->insn, piece);
		offset = serve(self->vcpu->run, &variant->insn, offset);
	}
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_TRUE(memory_is_right(self->ram, &variant->insn, variant->in_ram));
	EXPECT_LOADED(self->vcpu, &variant->insn, before.rax);
}

/*
 * A KVM_RUN with immediate_exit completes one piece of an MMIO access and exits for the next
 * one. After the last piece it fails with EINTR, with the whole access done.
 *
 * Source: KVM api.rst, KVM_EXIT_MMIO: "first finish incomplete operations and then check for pending signals"
 */
TEST_F(access, immediate_exit_comes_behind_the_last_piece)
{
	unsigned int offset = first_offset(variant->in_ram);
	const struct piece *piece = variant->pieces;
	struct kvm_regs before;

	vcpu_get_regs(self->vcpu, &before);
	fill_memory(self->ram, &variant->insn, variant->in_ram);
	vcpu_run(self->vcpu);
	self->vcpu->run->immediate_exit = 1;
	for (; piece[1].length; piece++) {
		EXPECT_PIECE(self->vcpu, &variant->insn, piece);
		offset = serve(self->vcpu->run, &variant->insn, offset);
		ASSERT_SUCCESS(__vcpu_run(self->vcpu));
	}
	EXPECT_PIECE(self->vcpu, &variant->insn, piece);
	serve(self->vcpu->run, &variant->insn, offset);
	EXPECT_ERRNO(EINTR, __vcpu_run(self->vcpu));
	EXPECT_HEX(io_after(&variant->insn), vcpu_rip(self->vcpu));
	EXPECT_TRUE(memory_is_right(self->ram, &variant->insn, variant->in_ram));
	EXPECT_LOADED(self->vcpu, &variant->insn, before.rax);
}

KVMCONF_MAIN
