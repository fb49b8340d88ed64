// SPDX-License-Identifier: GPL-2.0-only
/*
 * String I/O in both directions, of each size, across pages and in more elements than KVM
 * has room for: a device sees each element once and in order, memory and registers are as
 * the instruction leaves them.
 */
#include "io_insn.h"
#include "test.h"

#define RFLAGS_DF	(1ull << 10)
#define PAGE		0x1000ul
#define MIDDLE		(IO_BUFFER + 4 * PAGE)
#define MAX_BYTES	(3 * PAGE)

FIXTURE(string) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_regs before;
};

/* The first element's address is MIDDLE + offset; the last one's lies below it with DF set. */
FIXTURE_VARIANT(string) {
	struct io_insn io;
	bool down;
	unsigned int count;
	int offset;
};

#define STRING(name, io, down, count, offset) \
	FIXTURE_VARIANT_ADD(string, name) { io, down, count, offset }

STRING(outsb, IO_OUTSB, false, 1, 0);
STRING(outsb_down, IO_OUTSB, true, 1, 0);
STRING(insw, IO_INSW, false, 1, 0);
STRING(insd_down, IO_INSD, true, 1, 0);
STRING(insd_over_a_page, IO_INSD, false, 1, -2);
STRING(outsd_over_a_page, IO_OUTSD, false, 1, -3);
STRING(outsw_over_a_page_down, IO_OUTSW, true, 1, -1);
STRING(rep_outsb, IO_REP_OUTSB, false, 20, 0);
STRING(rep_outsb_down, IO_REP_OUTSB, true, 20, 0);
STRING(rep_outsw_over_a_page, IO_REP_OUTSW, false, 20, -13);
STRING(rep_outsd_over_a_page_down, IO_REP_OUTSD, true, 20, 13);
STRING(rep_outsw_one, IO_REP_OUTSW, false, 1, 0);
STRING(rep_insb, IO_REP_INSB, false, 20, 0);
STRING(rep_insb_down, IO_REP_INSB, true, 20, 0);
STRING(rep_insb_one_down, IO_REP_INSB, true, 1, 0);
STRING(rep_insb_over_a_page, IO_REP_INSB, false, 300, -100);
STRING(rep_insb_over_a_page_down, IO_REP_INSB, true, 300, 100);
STRING(rep_insw_over_a_page, IO_REP_INSW, false, 150, -101);
STRING(rep_insw_over_a_page_down, IO_REP_INSW, true, 150, 101);
STRING(rep_insd_over_a_page, IO_REP_INSD, false, 70, -102);
STRING(rep_insd_at_a_page_down, IO_REP_INSD, true, 70, 0);
STRING(rep_insb_1k, IO_REP_INSB, false, 1024, 0);
STRING(rep_insb_more_than_1k, IO_REP_INSB, false, 1025, 0);
STRING(rep_insw_more_than_1k, IO_REP_INSW, false, 513, 0);
STRING(rep_insd_more_than_1k, IO_REP_INSD, false, 257, 0);
STRING(rep_insd_more_than_1k_down, IO_REP_INSD, true, 257, 0x600);
STRING(rep_insb_more_than_2k, IO_REP_INSB, false, 2049, 1);
STRING(rep_insd_two_pages, IO_REP_INSD, false, 2100, 4);

/* Needs: no-string-io */
FIXTURE_SETUP(string)
{
	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	memset((void *)IO_BUFFER, 0, IO_BUFFER_SIZE);

	vcpu_get_regs(self->vcpu, &self->before);
	self->before.rcx = variant->count;
	self->before.rsi = MIDDLE + variant->offset;
	self->before.rdi = MIDDLE + variant->offset;
	self->before.rflags |= variant->down ? RFLAGS_DF : 0;
	vcpu_set_regs(self->vcpu, &self->before);
}

FIXTURE_TEARDOWN(string)
{
	TEARDOWN_VM(self->vm);
}

/* The i-th byte of the stream of elements; that of the memory is another where it goes down. */
static uint8_t stream_byte(unsigned int i)
{
	return 1 + i % 251;
}

/* Where in memory the i-th byte of the stream is. */
static uint8_t *place_of(unsigned long first, unsigned int size, bool down, unsigned int i)
{
	unsigned long element = i / size;

	return (uint8_t *)(first + (down ? -element : element) * size + i % size);
}

/* A device at work: it takes or gives what each exit has, to the instruction's end. */
struct device {
	unsigned int size;
	bool in;
	uint8_t taken[MAX_BYTES];
	unsigned int bytes;
};

static void work(struct device *device, const struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int length = run->io.count * run->io.size;

	if (run->io.size != device->size ||
	    run->io.direction != (device->in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT))
		report_fail("I/O of %u bytes, direction %u", run->io.size, run->io.direction);
	if (!run->io.count || run->io.data_offset + length > vcpu->run_size ||
	    device->bytes + length > MAX_BYTES)
		report_fail("%u elements at offset %llu", run->io.count,
			    (unsigned long long)run->io.data_offset);
	for (unsigned int i = 0; i < length; i++) {
		if (device->in)
			data[i] = stream_byte(device->bytes + i);
		else
			device->taken[device->bytes + i] = data[i];
	}
	device->bytes += length;
}

static void run_to_the_end(struct device *device, struct vcpu *vcpu)
{
	for (unsigned int i = 0; i <= MAX_BYTES; i++) {
		vcpu_run(vcpu);
		if (vcpu->run->exit_reason != KVM_EXIT_IO || vcpu->run->io.port != IO_PORT)
			return;
		work(device, vcpu);
	}
	report_fail("the instruction has no end");
}

/*
 * A string instruction moves each element once and in order, at the right address. RSI or RDI
 * and RCX move on by all elements, and no other register changes.
 *
 * Source: APM vol. 3 and SDM vol. 2, INS, OUTS and REP; KVM api.rst, KVM_EXIT_IO
 */
TEST_F(string, each_element_goes_through_once)
{
	static struct device device;
	const struct io_insn *io = &variant->io;
	unsigned int length = variant->count * io->size, wrong = 0;
	unsigned long first = MIDDLE + variant->offset;
	uint64_t moved = variant->down ? -(uint64_t)length : length;
	struct kvm_regs after;

	device = (struct device){ .size = io->size, .in = io->in };
	for (unsigned int i = 0; i < length && !io->in; i++)
		*place_of(first, io->size, variant->down, i) = stream_byte(i);
	run_to_the_end(&device, self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	ASSERT_EQ(length, device.bytes);
	for (unsigned int i = 0; i < length; i++) {
		uint8_t *place = place_of(first, io->size, variant->down, i);

		wrong += (io->in ? *place : device.taken[i]) != stream_byte(i);
		*place = 0;
	}
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(io_buffer_is_filled(io, 0));	/* nowhere else */

	vcpu_get_regs(self->vcpu, &after);
	EXPECT_HEX(io->in ? first : first + moved, after.rsi);
	EXPECT_HEX(io->in ? first + moved : first, after.rdi);
	EXPECT_EQ(io->rep ? 0 : variant->count, after.rcx);
	EXPECT_HEX(self->before.rax, after.rax);
	EXPECT_HEX(self->before.rdx, after.rdx);
	EXPECT_HEX(self->before.rflags, after.rflags);
}

/*
 * A REP with RCX 0 moves no element and makes no exit. Without REP, RCX is ignored.
 *
 * Source: APM vol. 3 and SDM vol. 2, REP
 */
TEST_F(string, count_of_0_moves_nothing)
{
	static struct device device;
	struct kvm_regs after;

	device = (struct device){ .size = variant->io.size, .in = variant->io.in };
	self->before.rcx = 0;
	vcpu_set_regs(self->vcpu, &self->before);
	run_to_the_end(&device, self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_EQ(variant->io.rep ? 0 : variant->io.size, device.bytes);
	if (variant->io.rep)
		EXPECT_TRUE(io_buffer_is_filled(&variant->io, 0));
	vcpu_get_regs(self->vcpu, &after);
	EXPECT_EQ(0, after.rcx);
}

/* Forms that find their elements in another way. */
FIXTURE(addressed) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_regs before;
};

FIXTURE_VARIANT(addressed) {
	struct io_insn io;
	uint64_t rcx, rsi, rdi;		/* at the beginning, */
	uint64_t rcx_after, rsi_after, rdi_after;
	unsigned long fs_base;
};

#define HIGH	(7ull << 32)		/* left out by an address of 32 bits */

FIXTURE_VARIANT_ADD(addressed, rep_outsb_esi) {
	{ 3, 1, false, true, true, { 0x67, 0xf3, 0x6e } },
	HIGH | 3, HIGH | IO_AT, 0, 0, IO_AT + 3, 0, 0
};
FIXTURE_VARIANT_ADD(addressed, rep_insw_edi) {
	{ 4, 2, true, true, true, { 0x67, 0x66, 0xf3, 0x6d } },
	HIGH | 3, 0, HIGH | IO_AT, 0, 0, IO_AT + 6, 0
};
FIXTURE_VARIANT_ADD(addressed, outsd_fs) {
	{ 2, 4, false, true, false, { 0x64, 0x6f } },
	3, 0x100, 0, 3, 0x104, 0, IO_BUFFER
};
FIXTURE_VARIANT_ADD(addressed, rep_insb_fs_is_ignored) {
	{ 3, 1, true, true, true, { 0x64, 0xf3, 0x6c } },
	3, 0, IO_AT, 0, 0, IO_AT + 3, IO_BUFFER
};
FIXTURE_VARIANT_ADD(addressed, repne_outsw) {
	{ 3, 2, false, true, true, { 0x66, 0xf2, 0x6f } },
	3, IO_AT, 0, 0, IO_AT + 6, 0, 0
};
FIXTURE_VARIANT_ADD(addressed, rex_w_insd) {
	{ 2, 4, true, true, false, { 0x48, 0x6d } },
	3, 0, IO_AT, 3, 0, IO_AT + 4, 0
};

/* Needs: no-string-io */
FIXTURE_SETUP(addressed)
{
	struct kvm_sregs sregs;

	REQUIRE_KVM();
	REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	vcpu_get_sregs(self->vcpu, &sregs);
	sregs.fs.base = variant->fs_base;
	vcpu_set_sregs(self->vcpu, &sregs);
	vcpu_get_regs(self->vcpu, &self->before);
	self->before.rcx = variant->rcx;
	self->before.rsi = variant->rsi;
	self->before.rdi = variant->rdi;
	vcpu_set_regs(self->vcpu, &self->before);
}

FIXTURE_TEARDOWN(addressed)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A 32-bit address size uses ECX, ESI and EDI and clears their upper halves. A segment override
 * applies to OUTS alone. REX.W makes no 8-byte element, and REPNE repeats like REP.
 *
 * Source: APM vol. 3, 1.2.3, 1.2.6, INS, OUTS; SDM vol. 2, 2.1.1, INS, OUTS
 */
TEST_F(addressed, elements_are_where_the_prefixes_say)
{
	struct kvm_regs after;
	unsigned int done;

	vcpu_run(self->vcpu);
	done = io_run_past(self->vcpu, &variant->io, 0);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_EQ(variant->io.rep ? IO_ELEMENTS : 1, done);
	if (variant->io.in)
		EXPECT_TRUE(io_buffer_is_filled(&variant->io, done));
	vcpu_get_regs(self->vcpu, &after);
	EXPECT_HEX(variant->rcx_after, after.rcx);
	EXPECT_HEX(variant->rsi_after, after.rsi);
	EXPECT_HEX(variant->rdi_after, after.rdi);
}

FIXTURE(unanswered) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(unanswered) {
	struct io_insn io;
	uint64_t rax;			/* that an IN leaves */
};

FIXTURE_VARIANT_ADD(unanswered, in8) { IO_IN8, IO_RAX & ~0xffull };
FIXTURE_VARIANT_ADD(unanswered, in16) { IO_IN16, IO_RAX & ~0xffffull };
FIXTURE_VARIANT_ADD(unanswered, in32) { IO_IN32, 0 };
FIXTURE_VARIANT_ADD(unanswered, insw) { IO_INSW, IO_RAX };
FIXTURE_VARIANT_ADD(unanswered, rep_insd) { IO_REP_INSD, IO_RAX };

/* Needs: no-string-io */
FIXTURE_SETUP(unanswered)
{
	static const struct io_insn out = IO_OUT32;

	REQUIRE_KVM();
	if (variant->io.string)
		REQUIRE_STRING_IO();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &variant->io, MODE_LONG, 0);
	/* Something in the data page that is not zero, from an OUT before. */
	memcpy((void *)(IO_INSN - out.length), out.bytes, out.length);
	vcpu_set_rip(self->vcpu, IO_INSN - out.length);
	io_run_to(self->vcpu, &out);
	memset((void *)IO_AT, 0x5a, IO_ELEMENTS * variant->io.size);
}

FIXTURE_TEARDOWN(unanswered)
{
	TEARDOWN_VM(self->vm);
}

/*
 * At the exit for an input the data are zero, so that a guest whose input userspace does not
 * answer reads zeros, and nothing of earlier I/O.
 *
 * Source: x86.c emulator_pio_in_out(): memset(pio_data)
 */
TEST_F(unanswered, input_without_an_answer_is_zero)
{
	const struct kvm_run *run = self->vcpu->run;
	unsigned int size = variant->io.size;

	for (unsigned int i = 0; i <= IO_ELEMENTS; i++) {
		vcpu_run(self->vcpu);
		if (!io_is_exit_of(self->vcpu, &variant->io))
			break;
		for (unsigned int j = 0; j < run->io.count * size; j++)
			EXPECT_EQ(0, ((uint8_t *)run)[run->io.data_offset + j]);
	}
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_HEX(variant->rax, vcpu_rax(self->vcpu));
	for (unsigned int i = 0; i < io_elements(&variant->io) * size && variant->io.string; i++)
		EXPECT_EQ(0, ((uint8_t *)IO_AT)[i]);
}

KVMCONF_MAIN
