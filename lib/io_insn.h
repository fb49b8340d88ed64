/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every form of port I/O, for 64-bit and 32-bit code alike, and a guest that is about to
 * execute one: at IO_INSN, with an OUT behind it that shows where the guest goes on.
 *
 * DX is IO_PORT; RSI and RDI point to an element in IO_BUFFER; RCX is IO_ELEMENTS.
 */
#ifndef KVMCONF_IO_INSN_H
#define KVMCONF_IO_INSN_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "vm.h"

struct io_insn {
	uint8_t length;
	uint8_t size;			/* of an element in bytes */
	bool in, string, rep;
	uint8_t bytes[9];
};

/* Below 1 MiB, as all that a guest of any mode can reach. */
#define IO_INSN		(LOW_MEMORY_BASE + 0x8000)
#define IO_OTHER	(IO_INSN + 0x100)
#define IO_BUFFER	(LOW_MEMORY_BASE + 0x20000)
#define IO_BUFFER_SIZE	0x8000

#define IO_PORT		0x10
#define IO_PORT_AFTER	0x11		/* of the OUT behind the instruction */
#define IO_PORT_OTHER	0x12		/* of that at IO_OTHER */

#define IO_ELEMENTS	3
#define IO_AT		(IO_BUFFER + 0x100)

#define IO_RAX		0x1122334455667788ull

/* The i-th byte that a device gives: no two elements are alike. */
#define IO_DATA(i)	((uint8_t)(0xa1 + 3 * (i)))

#define IO_OUT8_IMM	{ 2, 1, false, false, false, { 0xe6, IO_PORT } }
#define IO_OUT16_IMM	{ 3, 2, false, false, false, { 0x66, 0xe7, IO_PORT } }
#define IO_OUT8		{ 1, 1, false, false, false, { 0xee } }
#define IO_OUT16	{ 2, 2, false, false, false, { 0x66, 0xef } }
#define IO_OUT32	{ 1, 4, false, false, false, { 0xef } }
#define IO_IN8_IMM	{ 2, 1, true, false, false, { 0xe4, IO_PORT } }
#define IO_IN32_IMM	{ 2, 4, true, false, false, { 0xe5, IO_PORT } }
#define IO_IN8		{ 1, 1, true, false, false, { 0xec } }
#define IO_IN16		{ 2, 2, true, false, false, { 0x66, 0xed } }
#define IO_IN32		{ 1, 4, true, false, false, { 0xed } }

#define IO_OUTSB	{ 1, 1, false, true, false, { 0x6e } }
#define IO_OUTSW	{ 2, 2, false, true, false, { 0x66, 0x6f } }
#define IO_OUTSD	{ 1, 4, false, true, false, { 0x6f } }
#define IO_INSB		{ 1, 1, true, true, false, { 0x6c } }
#define IO_INSW		{ 2, 2, true, true, false, { 0x66, 0x6d } }
#define IO_INSD		{ 1, 4, true, true, false, { 0x6d } }
#define IO_REP_OUTSB	{ 2, 1, false, true, true, { 0xf3, 0x6e } }
#define IO_REP_OUTSW	{ 3, 2, false, true, true, { 0x66, 0xf3, 0x6f } }
#define IO_REP_OUTSD	{ 2, 4, false, true, true, { 0xf3, 0x6f } }
#define IO_REP_INSB	{ 2, 1, true, true, true, { 0xf3, 0x6c } }
#define IO_REP_INSW	{ 3, 2, true, true, true, { 0x66, 0xf3, 0x6d } }
#define IO_REP_INSD	{ 2, 4, true, true, true, { 0xf3, 0x6d } }

#define IO_FORCED_OUT8	{ 6, 1, false, false, false, { FORCE_EMULATION, 0xee } }
#define IO_FORCED_OUT32	{ 6, 4, false, false, false, { FORCE_EMULATION, 0xef } }
#define IO_FORCED_OUTSB	{ 6, 1, false, true, false, { FORCE_EMULATION, 0x6e } }
#define IO_FORCED_IN8	{ 6, 1, true, false, false, { FORCE_EMULATION, 0xec } }
#define IO_FORCED_IN32	{ 6, 4, true, false, false, { FORCE_EMULATION, 0xed } }

/* Bytes of FORCE_EMULATION, which RIP is behind when KVM has begun with the instruction. */
#define IO_FORCED_PREFIX	5

/* First line of a set-up for which @io may be a string instruction or forced; with test.h. */
#define REQUIRE_IO(io) do {								\
	REQUIRE_KVM();									\
	REQUIRE(!io_is_forced(io) || host_forces_emulation(), "module-param",		\
		"kvm.force_emulation_prefix is not 1");					\
	if ((io)->string)								\
		REQUIRE_STRING_IO();							\
} while (0)

/* The instruction needs kvm.force_emulation_prefix=1. */
static inline bool io_is_forced(const struct io_insn *io)
{
	return io->bytes[0] == 0x0f;
}

/* KVM's emulator executes it, not the fast path. */
static inline bool io_is_emulated(const struct io_insn *io)
{
	return io->string || io_is_forced(io);
}

/* How many elements it moves in a guest made by io_vcpu_create(). */
static inline unsigned int io_elements(const struct io_insn *io)
{
	return io->rep ? IO_ELEMENTS : 1;
}

/* The address behind the instruction. */
static inline unsigned long io_after(const struct io_insn *io)
{
	return IO_INSN + io->length;
}

/*
 * A vCPU of @vm in @mode, about to execute the instruction, with what it expects in registers and
 * what an OUTS is to find in IO_BUFFER.
 */
struct vcpu *io_vcpu_create(struct vm *vm, const struct io_insn *io, enum guest_mode mode,
			    unsigned long cs_base);

/*
 * The same in a new VM, @l2->vm. @nested: the vCPU is a template for l2_prepare() on @l2->vcpu,
 * which is another; otherwise it is @l2->vcpu.
 */
struct l2;
struct vcpu *io_l2_create(struct l2 *l2, const struct io_insn *io, enum guest_mode mode,
			  unsigned long cs_base, bool nested);

/* Is the last exit this instruction's? */
bool io_is_exit_of(const struct vcpu *vcpu, const struct io_insn *io);

/*
 * What a device does at the exit, having moved @done elements before: gives IO_DATA(), or
 * ends the test as failed if the data is not what OUT should have given. Returns how many
 * elements have been moved now.
 */
unsigned int io_serve(const struct vcpu *vcpu, const struct io_insn *io, unsigned int done);

/* Runs to the exit for the instruction, and serves it: returns how many elements have been moved. */
unsigned int io_run_to(struct vcpu *vcpu, const struct io_insn *io);

/*
 * Serves the exit that the vCPU is at and runs on until it leaves for something else. Returns
 * how many elements have been moved now. Gives up after IO_MAX_EXITS.
 */
#define IO_MAX_EXITS	16
unsigned int io_run_past(struct vcpu *vcpu, const struct io_insn *io, unsigned int done);

/* KVM_RUN with immediate_exit: completes what the last exit left, and runs nothing. */
void io_complete_only(struct vcpu *vcpu);

/* The RAX that the instruction leaves where @before was in it. */
uint64_t io_rax_after(const struct io_insn *io, uint64_t before);

/* Of an INS: does IO_BUFFER hold the first @elements, and nothing behind them? */
bool io_buffer_is_filled(const struct io_insn *io, unsigned int elements);

/* The registers that the instruction leaves behind its first @done elements, with @before in RAX. */
#define EXPECT_IO_REGISTERS(io, done, before, got) do {					\
	unsigned int __moved = (io)->string ? (done) * (io)->size : 0;			\
											\
	EXPECT_HEX(io_rax_after(io, before), (got)->rax);				\
	EXPECT_EQ(IO_ELEMENTS - ((io)->rep ? (done) : 0), (got)->rcx);			\
	EXPECT_EQ(IO_PORT, (got)->rdx);							\
	EXPECT_HEX(IO_AT + ((io)->in ? 0 : __moved), (got)->rsi);			\
	EXPECT_HEX(IO_AT + ((io)->in ? __moved : 0), (got)->rdi);			\
} while (0)

/* All elements have been moved, @done, and nothing else; the guest is behind the instruction. */
#define EXPECT_IO_COMPLETE(vcpu, io, done, before) do {					\
	struct kvm_regs __regs;								\
											\
	EXPECT_STREQ("after it", io_stop_name(vcpu));					\
	EXPECT_EQ(io_elements(io), done);						\
	vcpu_get_regs(vcpu, &__regs);							\
	EXPECT_IO_REGISTERS(io, done, before, &__regs);					\
	if ((io)->in && (io)->string)							\
		EXPECT_TRUE(io_buffer_is_filled(io, done));				\
} while (0)

/* The guest is behind the instruction, which had @before in RAX and is completed. With test.h. */
#define EXPECT_IO_DONE(vcpu, io, before) do {						\
	EXPECT_STREQ("after it", io_stop_name(vcpu));					\
	EXPECT_HEX(io_rax_after(io, before), vcpu_rax(vcpu));				\
} while (0)

/* Where the guest is after an exit: "the instruction", "after it", "elsewhere" or another exit. */
const char *io_stop_name(const struct vcpu *vcpu);

#endif
