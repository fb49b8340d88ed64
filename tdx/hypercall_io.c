// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O and MMIO of a TD, which it asks for by hypercall: TDG.VP.VMCALL<Instruction.IO> and
 * <#VE.RequestMMIO>, of each size and in both directions. Sizes that there are not are in
 * hypercall_refused.c.
 */
#include <sys/eventfd.h>

#include "hypercalls.h"

#define IO_PORT		0x4a8
#define MMIO_GPA	0xd0000120ul	/* of no slot */

/* What the TD sends, and what userspace answers: no byte is like another. */
#define SENT		0x8877665544332211ull
#define ANSWER		0xf1e2d3c4b5a69788ull

FIXTURE(io) {
	struct td td;
	struct vcpu *vcpu;
	struct kvm_run *run;
};

/* One of the two, its size in bytes, and its direction. */
FIXTURE_VARIANT(io) {
	bool mmio, write;
	uint64_t size;
};

#define IO(name, ...)	FIXTURE_VARIANT_ADD(io, name) { __VA_ARGS__ }
IO(out_1, .write = true, .size = 1);
IO(out_2, .write = true, .size = 2);
IO(out_4, .write = true, .size = 4);
IO(in_1, .size = 1);
IO(in_2, .size = 2);
IO(in_4, .size = 4);
IO(mmio_write_1, .mmio = true, .write = true, .size = 1);
IO(mmio_write_2, .mmio = true, .write = true, .size = 2);
IO(mmio_write_4, .mmio = true, .write = true, .size = 4);
IO(mmio_write_8, .mmio = true, .write = true, .size = 8);
IO(mmio_read_1, .mmio = true, .size = 1);
IO(mmio_read_2, .mmio = true, .size = 2);
IO(mmio_read_4, .mmio = true, .size = 4);
IO(mmio_read_8, .mmio = true, .size = 8);

FIXTURE_SETUP(io)
{
	const struct tdx_step call = {
		.op = TDX_OP_VMCALL, .r11 = variant->mmio ? CALL_MMIO : CALL_IO,
		.r12 = variant->size, .r13 = variant->write,
		.r14 = variant->mmio ? MMIO_GPA | SHARED : IO_PORT, .r15 = SENT,
	};

	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->td = td_calling(&call, 1);
	self->vcpu = self->td.vcpu;
	self->run = self->vcpu->run;
}

FIXTURE_TEARDOWN(io)
{
	TEARDOWN_TD(&self->td);
}

static uint64_t low_bytes(uint64_t value, uint64_t size)
{
	return size == 8 ? value : value & ((1ull << 8 * size) - 1);
}

/* Where the exit has its data: a read's are for userspace to write. */
static void *data_of(struct kvm_run *run)
{
	if (run->exit_reason == KVM_EXIT_MMIO)
		return run->mmio.data;
	return (char *)run + run->io.data_offset;
}

/*
 * The exit for an I/O or MMIO hypercall has the port, or the GPA without the shared bit, the
 * size, the direction, and the bytes of a write.
 *
 * Source: KVM api.rst, KVM_EXIT_IO, KVM_EXIT_MMIO; GHCI, TDG.VP.VMCALL<Instruction.IO>,
 * <#VE.RequestMMIO>
 * Needs: no-tdx, not-emulated
 */
TEST_F(io, exits_with_what_the_td_asks)
{
	uint64_t data = 0;

	vcpu_run(self->vcpu);
	ASSERT_EXIT(variant->mmio ? KVM_EXIT_MMIO : KVM_EXIT_IO, self->vcpu);
	if (variant->mmio) {
		EXPECT_HEX(MMIO_GPA, self->run->mmio.phys_addr);
		EXPECT_EQ(variant->size, self->run->mmio.len);
		EXPECT_EQ(variant->write, self->run->mmio.is_write);
	} else {
		EXPECT_HEX(IO_PORT, self->run->io.port);
		EXPECT_EQ(variant->size, self->run->io.size);
		EXPECT_EQ(1, self->run->io.count);
		EXPECT_EQ(variant->write, self->run->io.direction == KVM_EXIT_IO_OUT);
	}
	if (variant->write) {
		memcpy(&data, data_of(self->run), variant->size);
		EXPECT_HEX(low_bytes(SENT, variant->size), data);
	}
}

/*
 * A TD that reads finds in R11 as many bytes of userspace's answer as it asked for,
 * zero-extended. A TD that writes finds R11 unchanged.
 *
 * Source: KVM api.rst, KVM_EXIT_IO, KVM_EXIT_MMIO; GHCI, TDG.VP.VMCALL<Instruction.IO>,
 * <#VE.RequestMMIO>: R11
 * Needs: no-tdx, not-emulated
 */
TEST_F(io, returns_as_many_bytes_as_there_are)
{
	const uint64_t value = ANSWER;
	uint64_t untouched = variant->mmio ? CALL_MMIO : CALL_IO;

	vcpu_run(self->vcpu);
	if (!variant->write)
		memcpy(data_of(self->run), &value, variant->mmio ? 8 : 4);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
	EXPECT_HEX(variant->write ? untouched : low_bytes(ANSWER, variant->size), answer.r11);
}

/*
 * KVM_RUN with immediate_exit takes userspace's answer to an I/O hypercall without entering the
 * guest. Later writes to the answer have no effect.
 *
 * Source: KVM api.rst, KVM_RUN: KVM_EXIT_IO, KVM_EXIT_MMIO and others are complete only after
 * userspace has re-entered the kernel; immediate_exit
 * Needs: no-tdx, not-emulated
 */
TEST_F(io, answer_is_taken_by_an_immediate_exit)
{
	void *data;

	vcpu_run(self->vcpu);
	data = data_of(self->run);
	memset(data, 0xa5, variant->size);
	ASSERT_ERRNO(EINTR, complete_without_entry(self->vcpu));
	memset(data, 0x5a, variant->size);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
	if (!variant->write)
		EXPECT_HEX(low_bytes(0xa5a5a5a5a5a5a5a5, variant->size), answer.r11);
}

/*
 * A TD's write to an ioeventfd succeeds without an exit to userspace. A read of the same place
 * exits, and signals nothing.
 *
 * Source: KVM api.rst, KVM_IOEVENTFD; GHCI, TDG.VP.VMCALL<Instruction.IO>, <#VE.RequestMMIO>
 * Needs: no-tdx, not-emulated
 */
TEST_F(io, write_for_an_ioeventfd_has_no_exit)
{
	struct kvm_ioeventfd event = {
		.addr = variant->mmio ? MMIO_GPA : IO_PORT, .len = variant->size,
		.fd = eventfd(0, EFD_NONBLOCK),
		.flags = variant->mmio ? 0 : KVM_IOEVENTFD_FLAG_PIO,
	};
	uint64_t count = 0;

	ASSERT_LE(0, event.fd);
	ASSERT_EQ(0, ioctl(self->td.vm->fd, KVM_IOEVENTFD, &event));
	if (!variant->write) {
		vcpu_run(self->vcpu);
		ASSERT_EXIT(variant->mmio ? KVM_EXIT_MMIO : KVM_EXIT_IO, self->vcpu);
	}
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
	if (variant->write) {
		EXPECT_EQ(sizeof(count), read(event.fd, &count, sizeof(count)));
		EXPECT_EQ(1, count);
	} else {
		EXPECT_ERRNO(EAGAIN, read(event.fd, &count, sizeof(count)));
	}
}

KVMCONF_MAIN
