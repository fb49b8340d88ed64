/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that runs in stages, so that its encryption context can go to another VM between
 * two of them. At each it counts in SEV_RESULT(0) and says which it is; one of SEV-ES has
 * asked for GHCB versions before, the answer is in SEV_RESULT(1 + stage).
 */
#ifndef KVMCONF_SVM_SEV_MOVE_H
#define KVMCONF_SVM_SEV_MOVE_H

#include "sev_guest.h"
#include "test.h"

#define NR_GUEST_STAGES	4

/* Of the stages, from 1 on; returns where they begin. */
static inline unsigned long put_stages(enum sev_kind kind)
{
	unsigned long at = SEV_PRIVATE;

	for (unsigned int stage = 1; stage <= NR_GUEST_STAGES; stage++) {
		SEV_EMIT(at, COUNT_RESULT(0));
		if (sev_is_es(kind))
			SEV_EMIT(at, ASK_SEV_INFO(1 + stage));
		SEV_EMIT_STOP(at, kind, stage);
	}
	SEV_EMIT_END(at);
	return SEV_PRIVATE;
}

/* A launched guest that has said 1. */
static inline void guest_at_first_stage(struct sev_guest *g, enum sev_kind kind)
{
	sev_guest_create(g, kind);
	g->vcpu = sev_vcpu_create(g->vm, put_stages(kind));
	sev_guest_launch(g);
	vcpu_run(g->vcpu);
	if (sev_stop_code(g->vcpu) != 1)
		report_fail("the guest does not run: %s", exit_name(g->vcpu->run->exit_reason));
}

/*
 * A VM for @from's context, with a vCPU: of SEV with the state that @from's has, which is
 * userspace's to carry; of SEV-ES it goes with the context.
 */
static inline void destination_for(struct sev_guest *to, const struct sev_guest *from)
{
	*to = (struct sev_guest){ .kind = from->kind, .handle = from->handle };
	to->vm = sev_vm_create(from->kind);
	sev_guest_share_memory(to->vm);
	to->vcpu = vcpu_create(to->vm);
}

/* The guest's last OUT is over, and RIP behind it: no move takes along that it is pending. */
static inline void complete_io(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	if (__vcpu_run(vcpu) != -1 || errno != EINTR)
		report_error("KVM_RUN with immediate_exit does not fail with EINTR");
	vcpu->run->immediate_exit = 0;
}

/*
 * @from's context moves to @to. Of the state that userspace carries the C-bit in CR3 is a
 * matter of the CPUID set: it is set once more, where KVM forgets it by the move.
 */
static inline void move(struct sev_guest *to, const struct sev_guest *from)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (sev_is_es(from->kind)) {
		vm_sev_move_from(to->vm, from->vm);
		return;
	}
	complete_io(from->vcpu);
	vcpu_get_sregs(from->vcpu, &sregs);
	vcpu_get_regs(from->vcpu, &regs);
	vm_sev_move_from(to->vm, from->vm);
	vcpu_set_host_cpuid(to->vcpu);
	vcpu_set_sregs(to->vcpu, &sregs);
	vcpu_set_regs(to->vcpu, &regs);
}

/* The guest goes on: it gets as far as @stage, by one step. */
#define EXPECT_RUNS_TO_STAGE(g, stage) do {					\
	EXPECT_SUCCESS(__vcpu_run((g)->vcpu));					\
	EXPECT_EQ((int)(stage), sev_stop_code((g)->vcpu));				\
	EXPECT_EQ(stage, SEV_RESULT(0));					\
} while (0)

#endif
