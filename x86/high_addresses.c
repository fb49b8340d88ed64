// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of more than 32 bits: RIP is compared as a whole, moves on as a whole, and what
 * the guest has above 4 GiB is as good as below.
 */
#include "high_memory.h"
#include "io_insn.h"
#include "l2.h"
#include "segments.h"
#include "test.h"

FIXTURE(alias) {
	struct l2 l2;			/* vcpu alone, but for L2's cases */
	unsigned int done;
};

FIXTURE_VARIANT(alias) {
	struct io_insn io;
	unsigned long at;		/* of IO_INSN, where it is executed */
	unsigned long other;		/* the same place by another address */
	bool nested;
};

#define ALIAS(name, io, at, other, nested) \
	FIXTURE_VARIANT_ADD(alias, name) { io, at, other, nested }

ALIAS(out_4g_to_low, IO_OUT8, ALIAS_4G(IO_INSN), IO_INSN, false);
ALIAS(out_low_to_4g, IO_OUT8, IO_INSN, ALIAS_4G(IO_INSN), false);
ALIAS(out_512g_to_low, IO_OUT32, ALIAS_512G(IO_INSN), IO_INSN, false);
ALIAS(out_upper_half_to_low, IO_OUT8, ALIAS_UPPER_HALF(IO_INSN), IO_INSN, false);
ALIAS(out_upper_half_to_512g, IO_OUT8, ALIAS_UPPER_HALF(IO_INSN), ALIAS_512G(IO_INSN), false);
ALIAS(in_4g_to_low, IO_IN8, ALIAS_4G(IO_INSN), IO_INSN, false);
ALIAS(in_low_to_512g, IO_IN32, IO_INSN, ALIAS_512G(IO_INSN), false);
ALIAS(in_upper_half_to_4g, IO_IN8, ALIAS_UPPER_HALF(IO_INSN), ALIAS_4G(IO_INSN), false);
ALIAS(l2_out_4g_to_low, IO_OUT8, ALIAS_4G(IO_INSN), IO_INSN, true);
ALIAS(l2_in_upper_half_to_low, IO_IN32, ALIAS_UPPER_HALF(IO_INSN), IO_INSN, true);

/* Needs: no-nested */
FIXTURE_SETUP(alias)
{
	struct vcpu *vcpu;

	REQUIRE_KVM();
	if (variant->nested)
		REQUIRE_L2();
	vcpu = io_l2_create(&self->l2, &variant->io, MODE_LONG, 0, variant->nested);
	high_memory_add(self->l2.vm);
	vcpu_set_rip(vcpu, variant->at);
	if (variant->nested)
		l2_prepare(&self->l2, vcpu, L1_IO_BITMAP);
	self->done = io_run_to(self->l2.vcpu, &variant->io);
}

FIXTURE_TEARDOWN(alias)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * After port I/O with RIP left alone, the instruction is completed and all bits of RIP move on.
 *
 * Source: APM vol. 1, 2.1 and SDM vol. 1, 3.5.1: RIP has 64 bits; x86.c complete_fast_pio_out(), complete_fast_pio_in()
 */
TEST_F(alias, rip_moves_on_as_a_whole)
{
	struct vcpu *vcpu = self->l2.vcpu;

	EXPECT_TRUE(l2_flag_is(&self->l2, variant->nested));
	io_complete_only(vcpu);
	EXPECT_HEX(variant->at + variant->io.length, vcpu_rip(vcpu));
	EXPECT_HEX(io_rax_after(&variant->io, IO_RAX), vcpu_rax(vcpu));
	vcpu_run(vcpu);
	EXPECT_STREQ("after it", io_stop_name(vcpu));
}

/*
 * A RIP that userspace moves by bits above the 32nd alone has moved: nothing is completed, and
 * the instruction there executes for itself.
 *
 * Source: regs.c kvm_is_linear_rip(): the linear RIP is an unsigned long
 * Needs: no-fast-pio
 */
TEST_F(alias, rip_moved_in_its_upper_bits_has_moved)
{
	struct vcpu *vcpu = self->l2.vcpu;

	REQUIRE_FAST_PIO(host_kvm_vendor() != VENDOR_OTHER);
	vcpu_set_rip(vcpu, variant->other);
	io_complete_only(vcpu);
	EXPECT_HEX(variant->other, vcpu_rip(vcpu));
	EXPECT_HEX(IO_RAX, vcpu_rax(vcpu));
	vcpu_run(vcpu);
	EXPECT_STREQ("the instruction", io_stop_name(vcpu));
	EXPECT_HEX(variant->other, vcpu_rip(vcpu));
}

/* An instruction that ends where 32 bits do. */
#define LAST_BYTES	0xfffffffeul	/* of an OUT with an immediate port */

FIXTURE(boundary) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(boundary) {
	enum guest_mode mode;
	struct io_insn io;
	unsigned long rip_after;
};

FIXTURE_VARIANT_ADD(boundary, long_out) { MODE_LONG, IO_OUT8_IMM, 1ul << 32 };
FIXTURE_VARIANT_ADD(boundary, long_in) { MODE_LONG, IO_IN8_IMM, 1ul << 32 };
FIXTURE_VARIANT_ADD(boundary, compat_out) { MODE_COMPAT, IO_OUT8_IMM, 0 };
FIXTURE_VARIANT_ADD(boundary, compat_in) { MODE_COMPAT, IO_IN8_IMM, 0 };

#define TABLE_FLAGS	0x27
#define PAGE_FLAGS	0x67
#define LARGE_PAGE	0x80
#define CODE_PAGE	(LOW_MEMORY_BASE + 0x40000)

/* The page in front of 4 GiB, that behind it and that at 0 are one page, CODE_PAGE. */
static void map_boundary(void)
{
	static uint64_t last[512] __attribute__((aligned(4096)));
	static uint64_t first[512] __attribute__((aligned(4096)));
	uint64_t *pdpt = (uint64_t *)(guest_pml4[0] & ~0xffful);
	uint64_t *pd0 = (uint64_t *)(pdpt[0] & ~0xffful);
	uint64_t *pd3 = (uint64_t *)(pdpt[3] & ~0xffful);

	for (unsigned int i = 0; i < 512; i++)
		first[i] = i << 12 | PAGE_FLAGS;
	first[0] = last[511] = CODE_PAGE | PAGE_FLAGS;
	pd0[0] = (uint64_t)first | TABLE_FLAGS;
	pd3[511] = (uint64_t)last | TABLE_FLAGS;
	pdpt[4] = pdpt[0];
}

FIXTURE_SETUP(boundary)
{
	static const struct io_insn after = { 2, 1, false, false, false, { 0xe6, IO_PORT_AFTER } };
	struct kvm_regs regs;

	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, variant->mode, 0);
	map_boundary();
	memcpy((void *)(CODE_PAGE + 4096 - variant->io.length), variant->io.bytes,
	       variant->io.length);
	memcpy((void *)CODE_PAGE, after.bytes, after.length);
	vcpu_get_regs(self->vcpu, &regs);
	regs.rip = LAST_BYTES;
	vcpu_set_regs(self->vcpu, &regs);
	io_run_to(self->vcpu, &variant->io);
}

FIXTURE_TEARDOWN(boundary)
{
	TEARDOWN_VM(self->vm);
}

/*
 * An I/O instruction that is the last below 4 GiB is skipped to 4 GiB in 64-bit mode, and to 0
 * in a 32-bit code segment. On SVM the CPU adds the length, and RIP's upper half is undefined.
 *
 * Source: APM vol. 1, 2.1 and SDM vol. 1, 3.5: EIP has 32 bits; vmx.c skip_emulated_instruction(): "mask out the high 32 bits of RIP if not in 64-bit mode"
 */
TEST_F(boundary, rip_wraps_as_the_mode_has_it)
{
	bool eip_alone = variant->mode == MODE_COMPAT && host_kvm_vendor() == VENDOR_SVM;
	uint64_t rip;

	io_complete_only(self->vcpu);
	rip = vcpu_rip(self->vcpu);
	EXPECT_HEX(variant->rip_after, eip_alone ? (uint32_t)rip : rip);
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

#define HIGH_STRUCTURES	(HIGH_MEMORY + HIGH_TABLES_SIZE)
#define HIGH_BUFFER	(HIGH_MEMORY + 0x100000)

/* What the guest has above 4 GiB: its tables, the data, and L1's structures. */
static void create_above(struct l2 *l2, const struct io_insn *io, bool nested)
{
	struct vcpu *vcpu = io_l2_create(l2, io, MODE_LONG, 0, nested);
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	high_memory_add(l2->vm);
	memcpy((void *)HIGH_BUFFER, (void *)IO_AT, IO_ELEMENTS * io->size);
	vcpu_get_regs(vcpu, &regs);
	regs.rsi = HIGH_BUFFER;
	regs.rdi = HIGH_BUFFER;
	vcpu_set_regs(vcpu, &regs);
	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr3 = high_memory_copy_tables();
	vcpu_set_sregs(vcpu, &sregs);

	if (nested) {
		l1_place_structures((void *)HIGH_STRUCTURES);
		l2_prepare(l2, vcpu, L1_IO_BITMAP);
	}
}

/* Runs the instruction to its end; returns how many elements there were. */
static unsigned int run_io(struct l2 *l2, const struct io_insn *io)
{
	vcpu_run(l2->vcpu);
	return io_run_past(l2->vcpu, io, 0);
}

#define EXPECT_DONE_AS_BELOW(self, variant, done, nested) do {				\
	const struct io_insn *__io = &(variant)->io;					\
											\
	EXPECT_STREQ("after it", io_stop_name((self)->l2.vcpu));			\
	EXPECT_EQ(io_elements(__io), done);						\
	EXPECT_TRUE(l2_flag_is(&(self)->l2, nested));					\
	EXPECT_HEX(io_rax_after(__io, IO_RAX), vcpu_rax((self)->l2.vcpu));		\
	for (unsigned int __i = 0; __io->string && __i < (done) * __io->size; __i++)	\
		EXPECT_EQ(IO_DATA(__i), ((uint8_t *)HIGH_BUFFER)[__i]);			\
} while (0)

FIXTURE(unnested) {
	struct l2 l2;			/* vcpu alone */
};

FIXTURE_VARIANT(unnested) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(unnested, out) { IO_OUT32 };
FIXTURE_VARIANT_ADD(unnested, rep_outsw) { IO_REP_OUTSW };
FIXTURE_VARIANT_ADD(unnested, rep_insd) { IO_REP_INSD };

/* Needs: no-string-io */
FIXTURE_SETUP(unnested)
{
	REQUIRE_KVM();
	if (variant->io.string)
		REQUIRE_STRING_IO();
	create_above(&self->l2, &variant->io, false);
}

FIXTURE_TEARDOWN(unnested)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * Port I/O is completed as ever if page tables and the memory of a string instruction lie above
 * 4 GiB.
 *
 * Source: APM vol. 2, 5.3 and SDM vol. 3, 4.5: physical addresses of up to 52 bits
 */
TEST_F(unnested, io_is_done_as_below)
{
	unsigned int done = run_io(&self->l2, &variant->io);

	EXPECT_DONE_AS_BELOW(self, variant, done, false);
}

/* L2 has them there, and its L1 what it tells the CPU. */
FIXTURE(above) {
	struct l2 l2;
};

FIXTURE_VARIANT(above) {
	struct io_insn io;
};

FIXTURE_VARIANT_ADD(above, l2_out) { IO_OUT32 };
FIXTURE_VARIANT_ADD(above, l2_in) { IO_IN8 };
FIXTURE_VARIANT_ADD(above, l2_rep_outsw) { IO_REP_OUTSW };
FIXTURE_VARIANT_ADD(above, l2_rep_insd) { IO_REP_INSD };

/* Needs: no-nested, no-string-io */
FIXTURE_SETUP(above)
{
	REQUIRE_KVM();
	REQUIRE_L2();
	if (variant->io.string)
		REQUIRE_STRING_IO();
	create_above(&self->l2, &variant->io, true);
}

FIXTURE_TEARDOWN(above)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * Port I/O of L2 is completed as ever if L1's structures, and L2's page tables and memory, lie
 * above 4 GiB.
 *
 * Source: APM vol. 2, 5.3, 15.5 and SDM vol. 3, 4.5, 27.2: physical addresses of up to 52 bits
 */
TEST_F(above, io_is_done_as_below)
{
	unsigned int done = run_io(&self->l2, &variant->io);

	EXPECT_DONE_AS_BELOW(self, variant, done, true);
}

/* Both vendors have the port in the upper half of what they tell of the I/O. */
#define EXPECT_L1_HAS_IO_OF(self, port) do {						\
	ASSERT_TRUE(l1_has_control(&(self)->l2));					\
	EXPECT_STREQ("port I/O", l1_exit_name());					\
	EXPECT_EQ(port, l1_exit.info1 >> 16);						\
} while (0)

/*
 * KVM finds L1's I/O bitmap above 4 GiB, and L1 gets the port whose bit is set.
 *
 * Source: APM vol. 2, 15.10.1; SDM vol. 3, 25.6.4: 64-bit physical addresses
 */
TEST_F(above, bitmap_of_l1_is_found)
{
	l1_intercept_port(IO_PORT, true);
	vcpu_run(self->l2.vcpu);
	EXPECT_L1_HAS_IO_OF(self, IO_PORT);
	EXPECT_HEX(HIGH_BUFFER, l2_registers.rsi);
}

/*
 * After KVM_SET_NESTED_STATE a fresh vCPU finds L1's structures above 4 GiB: L1 gets what is
 * left of the instruction.
 *
 * Source: KVM api.rst, KVM_SET_NESTED_STATE: vmcb_pa, vmcs12_pa are __u64
 */
TEST_F(above, nested_state_brings_it_along)
{
	struct vcpu *fresh;

	vcpu_run(self->l2.vcpu);
	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &variant->io));
	fresh = vcpu_create(self->l2.vm);
	vcpu_copy_state(self->l2.vcpu, fresh);
	self->l2.vcpu = fresh;
	l1_intercept_port(IO_PORT, true);
	vcpu_run(fresh);
	EXPECT_L1_HAS_IO_OF(self, IO_PORT);
}

KVMCONF_MAIN
