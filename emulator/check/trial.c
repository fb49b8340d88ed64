/* SPDX-License-Identifier: GPL-2.0-only */
#include <stddef.h>
#include "trial.h"
#include "tap.h"

#define REFERENCE	(ARENA + 16 * PAGE_SIZE)
#define ARITHMETIC_FLAGS 0x8d5

void claim_instruction(const struct instruction *insn, const char *what)
{
	const char *outcome = insn->rax == OPERAND_LOW ? "" : " (unequal)";

	if (insn->rcx == VALUE_RCX)
		claim_begin("%s%s: %s", insn->text, outcome, what);
	else
		claim_begin("%s (bit offset %ld): %s", insn->text, (long)insn->rcx, what);
}

static void set_operand(u8 *at)
{
	((volatile u64 *)at)[0] = OPERAND_LOW;
	((volatile u64 *)at)[1] = OPERAND_HIGH;
}

static void run_native(const u8 *code, struct regs *r)
{
	asm volatile("push %[flags]\n\tpopf\n\tcall *%[code]\n\tpushf\n\tpop %[flags]"
		     : "+a"(r->rax), "+b"(r->rbx), "+c"(r->rcx), "+d"(r->rdx), "+S"(r->rsi),
		       "+D"(r->rdi), [flags] "+r"(r->rflags)
		     : [code] "r"(code) : "memory", "cc");
}

static struct regs initial_regs(const struct instruction *insn, const u8 *operand)
{
	return (struct regs) {
		.rax = insn->rax,
		.rbx = VALUE_RBX,
		.rcx = insn->rcx,
		.rdx = OPERAND_HIGH,
		.rsi = VALUE_RSI,
		.rdi = (u64)operand - insn->displacement,
		.rflags = VALUE_RFLAGS,
		.rip = (u64)insn->guest,
	};
}

static const char *difference(const struct regs *a, const struct regs *b)
{
	if (a->rip != b->rip)
		return "rip";
	if (a->rax != b->rax)
		return "rax";
	if (a->rbx != b->rbx)
		return "rbx";
	if (a->rcx != b->rcx)
		return "rcx";
	if (a->rdx != b->rdx)
		return "rdx";
	if (a->rsi != b->rsi)
		return "rsi";
	if (a->rdi != b->rdi)
		return "rdi";
	if ((a->rflags ^ b->rflags) & ARITHMETIC_FLAGS)
		return "rflags";
	return NULL;
}

static bool same(const u8 *a, const u8 *b, int size)
{
	while (size && *a == *b)
		a++, b++, size--;
	return !size;
}

void trial_begin(struct trial *t, const struct instruction *insn, u8 *boundary, int head)
{
	u8 *window = boundary - WINDOW;
	int i, start = WINDOW - head;

	t->insn = insn;
	t->boundary = boundary;
	t->operand = boundary - head;
	t->split = head > 0 && head < insn->size;

	set_operand(REFERENCE);
	t->after = initial_regs(insn, REFERENCE);
	run_native(insn->native, &t->after);

	t->before = initial_regs(insn, t->operand);
	t->after.rdi = t->before.rdi;

	for (i = 0; i < 2 * WINDOW; i++)
		window[i] = ~i;
	set_operand(window + start);
	for (i = 0; i < 2 * WINDOW; i++)
		t->memory_before[i] = t->memory_after[i] = window[i];
	for (i = 0; i < insn->size; i++)
		t->memory_after[start + i] = REFERENCE[i];

	/* Else nothing but RIP could tell whether the instruction has executed. */
	if (!difference(&t->before, &t->after) &&
	    same(t->memory_before, t->memory_after, 2 * WINDOW))
		bail_out("%s: changes nothing", insn->text);
	t->after.rip += insn->length;
}

static const char *not_as(const struct trial *t, const struct regs *regs,
			  const struct regs *want, const u8 *memory)
{
	if (!same(t->boundary - WINDOW, memory, 2 * WINDOW))
		return "memory";
	return difference(regs, want);
}

const char *trial_not_before(const struct trial *t, const struct regs *regs)
{
	return not_as(t, regs, &t->before, t->memory_before);
}

const char *trial_not_after(const struct trial *t, const struct regs *regs)
{
	return not_as(t, regs, &t->after, t->memory_after);
}
