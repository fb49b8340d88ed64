// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io_insn.h"
#include "ioctls.h"
#include "l2.h"
#include "report.h"

#define OPCODE_OUT8	0xe6
#define OPCODE_HLT	0xf4

static void put_out(unsigned long address, uint8_t port)
{
	const uint8_t code[] = { OPCODE_OUT8, port, OPCODE_HLT };

	memcpy((void *)address, code, sizeof(code));
}

static void put_code(const struct io_insn *io)
{
	uint8_t *data = (uint8_t *)IO_AT;

	memcpy((void *)IO_INSN, io->bytes, io->length);
	put_out(io_after(io), IO_PORT_AFTER);
	put_out(IO_OTHER, IO_PORT_OTHER);

	memset((void *)IO_BUFFER, 0, IO_BUFFER_SIZE);
	if (io->string && !io->in)
		for (unsigned int i = 0; i < IO_ELEMENTS * io->size; i++)
			data[i] = IO_DATA(i);
}

static void set_regs(struct kvm_regs *regs)
{
	regs->rax = IO_RAX;
	regs->rcx = IO_ELEMENTS;
	regs->rdx = IO_PORT;
	regs->rsi = IO_AT;
	regs->rdi = IO_AT;
	regs->rip = IO_INSN;
}

struct vcpu *io_vcpu_create(struct vm *vm, const struct io_insn *io, enum guest_mode mode,
			    unsigned long cs_base)
{
	struct vcpu *vcpu = vcpu_create(vm);
	struct kvm_regs regs;

	vm_add_low_memory(vm);
	put_code(io);
	vcpu_set_mode(vcpu, mode, IO_INSN, cs_base);
	vcpu_get_regs(vcpu, &regs);
	set_regs(&regs);
	regs.rip -= cs_base;
	if (mode != MODE_LONG)
		regs.rax = (uint32_t)regs.rax;
	vcpu_set_regs(vcpu, &regs);
	return vcpu;
}

struct vcpu *io_l2_create(struct l2 *l2, const struct io_insn *io, enum guest_mode mode,
			  unsigned long cs_base, bool nested)
{
	struct vcpu *vcpu;

	l2->vm = vm_create();
	if (nested)
		l2->vcpu = vcpu_create(l2->vm);
	vcpu = io_vcpu_create(l2->vm, io, mode, cs_base);
	if (!nested)
		l2->vcpu = vcpu;
	return vcpu;
}

bool io_is_exit_of(const struct vcpu *vcpu, const struct io_insn *io)
{
	const struct kvm_run *run = vcpu->run;

	return run->exit_reason == KVM_EXIT_IO && run->io.port == IO_PORT &&
	       run->io.direction == (io->in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT) &&
	       run->io.size == io->size && run->io.count >= 1;
}

unsigned int io_serve(const struct vcpu *vcpu, const struct io_insn *io, unsigned int done)
{
	const struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int length = run->io.count * io->size;
	uint64_t rax = IO_RAX;

	if (!io_is_exit_of(vcpu, io))
		report_fail("no exit for the instruction: %s", io_stop_name(vcpu));
	for (unsigned int i = 0; i < length; i++) {
		uint8_t want = IO_DATA(done * io->size + i);

		if (!io->string && !io->in)
			want = ((uint8_t *)&rax)[i];
		if (io->in)
			data[i] = want;
		else if (data[i] != want)
			report_fail("byte %u of element %u is 0x%x, not 0x%x", i % io->size,
				    done + i / io->size, data[i], want);
	}
	return done + run->io.count;
}

unsigned int io_run_to(struct vcpu *vcpu, const struct io_insn *io)
{
	vcpu_run(vcpu);
	return io_serve(vcpu, io, 0);
}

unsigned int io_run_past(struct vcpu *vcpu, const struct io_insn *io, unsigned int done)
{
	for (unsigned int i = 0; i < IO_MAX_EXITS && io_is_exit_of(vcpu, io); i++) {
		done = io_serve(vcpu, io, done);
		vcpu_run(vcpu);
	}
	return done;
}

void io_complete_only(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	if (__vcpu_run(vcpu) != -1 || errno != EINTR)
		report_fail("KVM_RUN with immediate_exit: %s", errno_or_success(-1));
	vcpu->run->immediate_exit = 0;
}

uint64_t io_rax_after(const struct io_insn *io, uint64_t before)
{
	if (!io->in || io->string)
		return before;
	/* A write of 32 bits clears the upper half. */
	if (io->size == 4)
		before = 0;
	for (unsigned int i = 0; i < io->size; i++)
		((uint8_t *)&before)[i] = IO_DATA(i);
	return before;
}

bool io_buffer_is_filled(const struct io_insn *io, unsigned int elements)
{
	const uint8_t *buffer = (uint8_t *)IO_BUFFER, *data = (uint8_t *)IO_AT;
	unsigned int length = elements * io->size;

	for (unsigned int i = 0; i < IO_BUFFER_SIZE; i++) {
		unsigned int at = buffer + i - data;

		if (buffer[i] != (buffer + i >= data && at < length ? IO_DATA(at) : 0))
			return false;
	}
	return true;
}

const char *io_stop_name(const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	static char text[64];

	if (run->exit_reason != KVM_EXIT_IO)
		return exit_name(run->exit_reason);
	switch (run->io.port) {
	case IO_PORT:
		return "the instruction";
	case IO_PORT_AFTER:
		return "after it";
	case IO_PORT_OTHER:
		return "elsewhere";
	}
	snprintf(text, sizeof(text), "I/O of %u * %u bytes at port 0x%x", run->io.count,
		 run->io.size, run->io.port);
	return text;
}
