/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One instruction at one place: what a vCPU begins with, what it must end with, and what
 * it did. What it must end with is taken from the same instruction run natively, on an
 * operand that is not split: not the instruction is on trial, but what happens around it.
 */
#ifndef KVMCONF_X86_BUS_LOCK_INSN_H
#define KVMCONF_X86_BUS_LOCK_INSN_H

#include "bus_lock.h"
#include "instructions.h"

#define WINDOW		32	/* bytes of memory to watch on each side of the boundary */
#define FLAGS_RESULT	0x8d5	/* OF, SF, ZF, AF, PF, CF */

enum boundary { LINE, PAGE };

struct insn_state {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rflags, rip;
	uint8_t memory[2 * WINDOW];
};

struct trial {
	struct vcpu *vcpu;
	uint8_t *window;		/* WINDOW bytes before the boundary */
	struct insn_state before;	/* RIP at the instruction */
	struct insn_state after;	/* RIP behind it */
	char name[96];
	char want[224], got[224];	/* in words, with the name */
};

/* Two pages: their border is the page's boundary, a line's is in the first. */
static uint8_t trial_memory[2 * 4096] __attribute__((aligned(4096)));

static inline void run_native(const struct instruction *insn, struct insn_state *s)
{
	__asm__ volatile("push	%[flags]\n"
			 "popf\n"
			 "call	*%[code]\n"
			 "pushf\n"
			 "pop	%[flags]"
			 : "+a"(s->rax), "+b"(s->rbx), "+c"(s->rcx), "+d"(s->rdx),
			   "+S"(s->rsi), "+D"(s->rdi), [flags] "+r"(s->rflags)
			 : [code] "r"(insn->native) : "memory", "cc");
}

static inline void put_operand(uint8_t *at)
{
	const uint64_t operand[2] = { OPERAND_LOW, OPERAND_HIGH };

	memcpy(at, operand, sizeof(operand));
}

/* What the instruction makes of @before, without a bus lock, without a guest. */
static inline struct insn_state native_result(const struct instruction *insn,
					      const struct insn_state *before, unsigned int head)
{
	static uint8_t reference[16] __attribute__((aligned(16)));
	struct insn_state after = *before;

	put_operand(reference);
	after.rdi = (uint64_t)reference - insn->displacement;
	run_native(insn, &after);

	memcpy(after.memory + WINDOW - head, reference, insn->size);
	after.rdi = before->rdi;
	after.rip = before->rip + insn->length;
	return after;
}

/* Puts the vCPU before @insn, whose operand begins @head bytes before the boundary. */
static inline void trial_begin(struct trial *t, const struct instruction *insn,
			       enum boundary boundary, unsigned int head)
{
	struct insn_state *before = &t->before;
	struct kvm_regs regs;

	t->window = trial_memory + (boundary == PAGE ? 4096 : 2048) - WINDOW;
	snprintf(t->name, sizeof(t->name), "%s%s, %u before a %s", insn->text,
		 insn->rax == OPERAND_LOW ? "" : " (unequal)", head,
		 boundary == PAGE ? "page" : "line");

	memset(t->window, 0x99, 2 * WINDOW);
	put_operand(t->window + WINDOW - head);
	*before = (struct insn_state){
		.rax = insn->rax,
		.rbx = VALUE_RBX,
		.rcx = insn->rcx,
		.rdx = OPERAND_HIGH,
		.rsi = VALUE_RSI,
		.rdi = (uint64_t)t->window + WINDOW - head - insn->displacement,
		.rflags = VALUE_RFLAGS,
		.rip = (uint64_t)insn->guest,
	};
	memcpy(before->memory, t->window, 2 * WINDOW);
	t->after = native_result(insn, before, head);

	vcpu_get_regs(t->vcpu, &regs);
	regs.rax = before->rax;
	regs.rbx = before->rbx;
	regs.rcx = before->rcx;
	regs.rdx = before->rdx;
	regs.rsi = before->rsi;
	regs.rdi = before->rdi;
	regs.rflags = before->rflags;
	regs.rip = before->rip;
	vcpu_set_regs(t->vcpu, &regs);
}

/* The first thing in which vCPU and memory differ from @want; NULL if there is none. */
static inline const char *trial_difference(const struct trial *t, const struct insn_state *want)
{
	static char text[96];
	struct kvm_regs regs;

	vcpu_get_regs(t->vcpu, &regs);
	const struct {
		const char *name;
		uint64_t got, want;
	} registers[] = {
		{ "rip", regs.rip, want->rip },
		{ "rax", regs.rax, want->rax },
		{ "rbx", regs.rbx, want->rbx },
		{ "rcx", regs.rcx, want->rcx },
		{ "rdx", regs.rdx, want->rdx },
		{ "rsi", regs.rsi, want->rsi },
		{ "rdi", regs.rdi, want->rdi },
		{ "rflags", regs.rflags & FLAGS_RESULT, want->rflags & FLAGS_RESULT },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(registers); i++) {
		if (registers[i].got == registers[i].want)
			continue;
		snprintf(text, sizeof(text), "%s %s, not %s", registers[i].name,
			 hex(registers[i].got), hex(registers[i].want));
		return text;
	}
	return memcmp(t->window, want->memory, 2 * WINDOW) ? "wrong bytes in memory" : NULL;
}

/* Is this the bus lock's exit, and nothing but it? */
static inline bool is_bus_lock(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_X86_BUS_LOCK && run->flags == KVM_RUN_X86_BUS_LOCK;
}

static inline bool is_stop(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO && run->io.port == INSN_STOP_PORT && !run->flags;
}

/* To the stop behind the instruction. Returns what was wrong at an exit, or NULL. */
static inline const char *trial_run(struct trial *t, unsigned int *exits)
{
	const struct insn_state *at_exit = bus_lock_is_fault_like() ? &t->before : &t->after;
	const struct kvm_run *run = t->vcpu->run;
	const char *difference;

	for (*exits = 0; *exits < 3; ++*exits) {
		vcpu_run(t->vcpu);
		if (!is_bus_lock(run))
			break;
		difference = trial_difference(t, at_exit);
		if (difference)
			return difference;
	}
	return is_stop(run) ? trial_difference(t, &t->after) : exit_name(run->exit_reason);
}

/*
 * Has the guest execute @insn there. True if that took so many bus-lock exits and had the
 * effect of a native run; t->want and t->got have it in words, for EXPECT_STREQ().
 */
static inline bool trial_exits(struct trial *t, unsigned int want, const struct instruction *insn,
			       enum boundary boundary, unsigned int head)
{
	const char *wrong;
	unsigned int got;

	trial_begin(t, insn, boundary, head);
	wrong = trial_run(t, &got);
	snprintf(t->want, sizeof(t->want), "%s: bus-lock exits: %u", t->name, want);
	snprintf(t->got, sizeof(t->got), "%s: bus-lock exits: %u%s%s", t->name, got,
		 wrong ? ", then " : "", wrong ? wrong : "");
	return got == want && !wrong;
}

#endif
