/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDH.VP.ENTER. In place of code a TD has a list of steps, see lib/tdx_emulated.h: what
 * matters to the host is where a TD exits and why, and that its memory is where it was put.
 */
#include <string.h>

#include "tdx_module.h"
#include "tdx_emulated.h"
#include "faulty.h"

namespace tdx {

/* Basic exit reasons. Source: SDM vol. 3D, appendix C; 77 is TDCALL. */
enum : u64 {
	EXTERNAL_INTERRUPT = 1, TRIPLE_FAULT = 2, EPT_VIOLATION = 48, BUS_LOCK = 74, TDCALL = 77
};

/* Exit qualification of an EPT violation; the extended one says "pending page". */
enum : u64 { DATA_READ = 1, DATA_WRITE = 2, LINEAR_ADDRESS = 3 << 7, PENDING_PAGE = 6 };

/* Bit 31 of the interruption information; the vector is in bits 7:0. */
enum : u64 { VALID = 1u << 31 };

/* What became of a step. */
enum outcome { DONE, EXIT, UNFINISHED };

enum : u64 { SHARED_EPT_POINTER = 0x203c, SECONDARY_CONTROLS = 0x401e, BUS_LOCK_DETECTION = 1 << 30 };

/* Where a TD without steps begins, as any TD does. */
enum : u64 { RESET_VECTOR = 0xfffffff0 };

static const uint64_t VMCALL_REGISTERS = 0xfc00;	/* R10 to R15, in RCX */

static void exit_with(struct regs *r, u64 reason, u64 rcx, u64 rdx, u64 r8)
{
	r->rax = reason;
	r->rcx = rcx;
	r->rdx = rdx;
	r->r8 = r8;
	r->r9 = 0;
}

static enum outcome shut_down(struct vcpu *vcpu, struct regs *r)
{
	vcpu->state = VCPU_DISABLED;
	exit_with(r, NON_RECOVERABLE_VCPU | TRIPLE_FAULT, 0, 0, 0);
	return EXIT;
}

static enum outcome violation(struct regs *r, u64 gpa, bool write, u64 extended)
{
	exit_with(r, EPT_VIOLATION, (write ? DATA_WRITE : DATA_READ) | LINEAR_ADDRESS, extended,
		  gpa & ~(PAGE - 1));
	return EXIT;
}

static enum outcome translate_private(struct vcpu *vcpu, struct regs *r, u64 gpa, bool write,
				      u64 *hpa)
{
	struct sept_entry *entry = sept_find(vcpu->td, gpa, 0);

	if (!entry || entry->state == SEPT_BLOCKED || entry->state == SEPT_PENDING_BLOCKED)
		return violation(r, gpa, write, 0);
	if (entry->state == SEPT_PENDING) {
		if (vcpu->td->attributes & SEPT_VE_DISABLE)
			return violation(r, gpa, write, PENDING_PAGE);
		return shut_down(vcpu, r);
	}
	*hpa = entry->hpa | (gpa & (PAGE - 1));
	return DONE;
}

/* An entry that is not present and does not suppress it gives a #VE: MMIO. */
static enum outcome translate_shared(struct vcpu *vcpu, struct regs *r, u64 gpa, bool write,
				     u64 *hpa)
{
	const u64 need = write ? 2 : 1, suppress_ve = 1ull << 63, leaf = 1 << 7;
	u64 table = field(vcpu, SHARED_EPT_POINTER), entry;

	for (int level = vcpu->td->top_level; level >= 0; level--) {
		const u64 at = table + (gpa >> (12 + 9 * level) & 511) * 8;
		const u64 offset = (PAGE << (9 * level)) - 1;

		if (!table || !memory_read(at, &entry, sizeof(entry)))
			return violation(r, gpa, write, 0);
		if (!(entry & 7) && !(entry & suppress_ve))
			return shut_down(vcpu, r);
		if (!(entry & need))
			return violation(r, gpa, write, 0);
		table = entry & PHYS_MASK & ~(PAGE - 1);
		if (level && !(entry & leaf))
			continue;
		*hpa = (table & ~offset) | (gpa & offset);
		return DONE;
	}
	return EXIT;
}

static enum outcome translate(struct vcpu *vcpu, struct regs *r, u64 gpa, bool write, u64 *hpa)
{
	if (gpa % 8 || gpa >= 2 * vcpu->td->shared_bit)
		return shut_down(vcpu, r);
	if (gpa & vcpu->td->shared_bit)
		return translate_shared(vcpu, r, gpa, write, hpa);
	return translate_private(vcpu, r, gpa, write, hpa);
}

static enum outcome access(struct vcpu *vcpu, struct regs *r, u64 gpa, bool write, u64 *value)
{
	u64 hpa;
	enum outcome outcome = translate(vcpu, r, gpa, write, &hpa);

	if (outcome != DONE)
		return outcome;
	/* Shared memory is the host's: a TD's own key does not open what is private. */
	if ((gpa & vcpu->td->shared_bit) && is_private(hpa))
		return shut_down(vcpu, r);
	if (write)
		memory_write(hpa, value, sizeof(*value));
	else
		memory_read(hpa, value, sizeof(*value));
	return DONE;
}

static enum outcome accept(struct vcpu *vcpu, struct regs *r, u64 gpa)
{
	static const uint8_t zero[PAGE] = { 0 };
	struct sept_entry *entry = sept_find(vcpu->td, gpa, 0);

	if (gpa % PAGE || gpa >= vcpu->td->shared_bit)
		return shut_down(vcpu, r);
	if (!entry || entry->state == SEPT_BLOCKED || entry->state == SEPT_PENDING_BLOCKED)
		return violation(r, gpa, true, 0);
	if (entry->state == SEPT_PENDING) {
		memory_write(entry->hpa, zero, sizeof(zero));
		entry->state = SEPT_PRESENT;
	}
	return DONE;
}

static enum outcome vmcall(struct vcpu *vcpu, struct regs *r, const struct tdx_step *step)
{
	exit_with(r, TDCALL, VMCALL_REGISTERS, 0, 0);
	r->r10 = step->r10;
	r->r11 = step->r11;
	r->r12 = step->r12;
	r->r13 = step->r13;
	r->r14 = step->r14;
	r->r15 = step->op & TDX_OP_ACC ? vcpu->accumulator : step->r15;
	r->rbx = r->rsi = r->rdi = 0;
	vcpu->in_vmcall = true;
	vcpu->wants_r10 = step->op & TDX_OP_R10;
	return EXIT;
}

/* An exit of any reason, as if the step's instruction had been one that gives it. */
static enum outcome raw_exit(struct vcpu *vcpu, struct regs *r, const struct tdx_step *step)
{
	vcpu->step++;
	exit_with(r, step->r10, step->r11, step->r12, step->r13);
	r->r9 = step->r14;
	return EXIT;
}

/* Trap-like: the instruction is over. */
static enum outcome bus_lock(struct vcpu *vcpu, struct regs *r)
{
	if (!(field(vcpu, SECONDARY_CONTROLS) & BUS_LOCK_DETECTION) || FAULTY(TDX_NO_BUS_LOCK))
		return DONE;
	vcpu->step++;
	exit_with(r, BUS_LOCK, 0, 0, 0);
	return EXIT;
}

static enum outcome spin(struct vcpu *vcpu, u64 turns)
{
	if (vcpu->spun++ < turns)
		return UNFINISHED;
	vcpu->spun = 0;
	return DONE;
}

static enum outcome run_step(struct vcpu *vcpu, struct regs *r, const struct tdx_step *step)
{
	u64 value = step->op & TDX_OP_ACC ? vcpu->accumulator : step->r10;

	switch (step->op & TDX_OP_MASK) {
	case TDX_OP_READ:	return access(vcpu, r, step->gpa, false, &vcpu->accumulator);
	case TDX_OP_WRITE:	return access(vcpu, r, step->gpa, true, &value);
	case TDX_OP_ACCEPT:	return accept(vcpu, r, step->gpa);
	case TDX_OP_VMCALL:	return vmcall(vcpu, r, step);
	case TDX_OP_BUS_LOCK:	return bus_lock(vcpu, r);
	case TDX_OP_SPIN:	return spin(vcpu, step->r10);
	case TDX_OP_JUMP:
		vcpu->step = step->r10 - 1;
		return DONE;
	case TDX_OP_HOST_PAGES:
		vcpu->accumulator = vcpu->td->pages;
		return DONE;
	case TDX_OP_EVENT:
		vcpu->accumulator = next_event(vcpu);
		return DONE;
	case TDX_OP_ANSWER:
		if (step->r10 < 10 || step->r10 > 15)
			return shut_down(vcpu, r);
		vcpu->accumulator = vcpu->answer[step->r10 - 10];
		return DONE;
	case TDX_OP_EXIT:	return raw_exit(vcpu, r, step);
	default:
		return shut_down(vcpu, r);
	}
}

/* The step proper is in private memory, too, and its page can be missing. */
static enum outcome fetch(struct vcpu *vcpu, struct regs *r, struct tdx_step *step)
{
	const u64 gpa = vcpu->script + vcpu->step * sizeof(*step);
	u64 hpa;
	enum outcome outcome;

	if (!vcpu->script)
		outcome = translate(vcpu, r, RESET_VECTOR, false, &hpa);
	if (!vcpu->script && outcome == EXIT)
		return outcome;
	if (!vcpu->script || gpa % sizeof(*step) || (gpa & vcpu->td->shared_bit))
		return shut_down(vcpu, r);
	outcome = translate(vcpu, r, gpa, false, &hpa);
	if (outcome == DONE)
		memory_read(hpa, step, sizeof(*step));
	return outcome;
}

/* What the host answers to TDG.VP.VMCALL comes with the next entry. */
static void finish_vmcall(struct vcpu *vcpu, const struct regs *r)
{
	const u64 answer[] = { r->r10, r->r11, r->r12, r->r13, r->r14, r->r15 };

	if (!vcpu->in_vmcall)
		return;
	vcpu->in_vmcall = false;
	for (unsigned n = 0; n < sizeof(answer) / sizeof(answer[0]); n++)
		vcpu->answer[n] = FAULTY(TDX_NO_ANSWER) ? 0 : answer[n];
	vcpu->accumulator = vcpu->answer[vcpu->wants_r10 ? 0 : 1];
	vcpu->step++;
}

static u64 check_entry(struct vcpu *vcpu)
{
	const u64 status = check_built(vcpu->td, 1 << RUNNABLE);

	return status == SUCCESS ? check_vcpu(vcpu, 1 << VCPU_READY) : status;
}

/* One step for each instruction if it takes time, so that interrupts find the time to come. */
u64 vp_enter(struct regs *r, bool *again)
{
	u64 status;
	struct vcpu *vcpu = find_vcpu(r->rcx, RCX_, &status);

	if (!vcpu)
		return status;
	status = check_entry(vcpu);
	if (status != SUCCESS)
		return status;
	vcpu->associated = true;
	finish_vmcall(vcpu, r);

	for (int steps = 0; ; steps++) {
		struct tdx_step step;
		enum outcome outcome;

		if (interrupt_pending()) {
			const u64 vector = acknowledge_interrupt();

			if (take_posted(vcpu, vector))
				continue;
			exit_with(r, EXTERNAL_INTERRUPT, 0, 0, 0);
			r->r9 = VALID | vector;
			return r->rax;
		}
		outcome = fetch(vcpu, r, &step);
		if (outcome == DONE)
			outcome = run_step(vcpu, r, &step);
		if (outcome == EXIT)
			return r->rax;
		if (outcome == DONE)
			vcpu->step++;
		if (outcome == UNFINISHED || steps >= 64) {
			*again = true;
			return r->rax;
		}
	}
}

}
