/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of a TD on the emulated TDX module, and what came back in R10 to R15. Numbers and
 * statuses are those of Intel's Guest-Hypervisor Communication Interface (GHCI), "TDG.VP.VMCALL".
 */
#ifndef KVMCONF_TDX_HYPERCALLS_H
#define KVMCONF_TDX_HYPERCALLS_H

#include "steps.h"

#define CALL_CPUID		10
#define CALL_RDMSR		31
#define CALL_MMIO		48
#define CALL_INFO		0x10000
#define CALL_GET_QUOTE		0x10002
#define CALL_SETUP_NOTIFY	0x10004

#define STATUS_SUCCESS		0
#define STATUS_RETRY		1
#define STATUS_INVALID_OPERAND	0x8000000000000000ull
#define STATUS_ALIGN_ERROR	0x8000000000000002ull
#define STATUS_UNSUPPORTED	0x8000000000000003ull

/* What the TD found after its hypercalls, in a page that it shares with the test. */
struct call_answer {
	uint64_t r10, r11, r12, r13, r14, r15;
};

#define MAX_ANSWERS	4

static union {
	struct call_answer of[MAX_ANSWERS];
	char page[PAGE_SIZE];
} answers __attribute__((aligned(PAGE_SIZE)));

#define answer	(answers.of[0])

/*
 * A TD that makes the hypercalls @calls, in this order. After each it writes its registers to
 * answers, and then puts out 0 at PORT. Interrupts can be posted to it.
 */
static inline struct td td_calling(const struct tdx_step *calls, unsigned int nr)
{
	static const struct tdx_step enable_apic = ENABLE_APIC, out = OUT;
	struct tdx_step steps[1 + MAX_ANSWERS * 15] = { enable_apic };
	unsigned int at = 1;
	struct td td;

	for (unsigned int i = 0; i < nr; i++) {
		steps[at++] = calls[i];
		for (unsigned int reg = 10; reg <= 15; reg++) {
			uint64_t to = (uint64_t)(&answers.of[i].r10 + reg - 10);

			steps[at++] = (struct tdx_step){ .op = TDX_OP_ANSWER, .r10 = reg };
			steps[at++] = (struct tdx_step){ .op = TDX_OP_WRITE | ACC, .gpa = to | SHARED };
		}
		steps[at++] = (struct tdx_step){ .op = TDX_OP_EVENT };
		steps[at++] = out;
	}
	td = build(steps, at * sizeof(steps[0]), 0, false);
	vm_add_slot(td.vm, (unsigned long)&answers, sizeof(answers));
	return td;
}

/* Whether the TD has come to the end of a hypercall, and of what KVM and userspace had to do for it. */
static inline bool has_answer(struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.port == PORT &&
	       vcpu->run->io.direction == KVM_EXIT_IO_OUT;
}

/* KVM_RUN, from which the TD must come back with the answer to a hypercall. */
static inline void run_to_answer(struct vcpu *vcpu)
{
	vcpu_run(vcpu);
	if (!has_answer(vcpu))
		report_fail("the hypercall is not over: %s", exit_name(vcpu->run->exit_reason));
}

/* The vector of the interrupt or NMI that waited for the TD behind the hypercall. */
static inline uint32_t event(struct vcpu *vcpu)
{
	return put_out(vcpu);
}

/* kvm_run.tdx, which older headers do not have: KVM_EXIT_TDX. */
struct tdx_exit {
	uint64_t flags, nr;
	uint64_t ret;
	union {
		struct { uint64_t gpa, size; } get_quote;
		struct { uint64_t leaf, r11, r12, r13, r14; } info;
		struct { uint64_t vector; } setup_notify;
	};
};

static inline struct tdx_exit *tdx_exit(struct vcpu *vcpu)
{
	return (struct tdx_exit *)&vcpu->run->hw;
}

/* KVM_RUN that takes what userspace answered, and enters no guest. */
static inline long complete_without_entry(struct vcpu *vcpu)
{
	long ret;

	vcpu->run->immediate_exit = 1;
	ret = __vcpu_run(vcpu);
	vcpu->run->immediate_exit = 0;
	return ret;
}

#endif
