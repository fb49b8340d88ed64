/* SPDX-License-Identifier: GPL-2.0-only */
/* SEV guests at every stage of their launch, and what a command finds there. */
#ifndef KVMCONF_SVM_SEV_LAUNCH_H
#define KVMCONF_SVM_SEV_LAUNCH_H

#include "sev.h"
#include "test.h"

enum stage {
	CREATED,		/* a VM of the type, no SEV guest yet */
	INITED,			/* an SEV guest with a vCPU, unknown to the firmware */
	STARTED,		/* LAUNCH_START: the firmware has a context for it */
	MEASURED,		/* data, registers, LAUNCH_MEASURE */
	RUNNING,		/* LAUNCH_FINISH */
	NR_STAGES
};

/* Memory of the guest. It never runs, so any contents will do. */
#define LAUNCH_SIZE	8192
static char launch_memory[LAUNCH_SIZE] __attribute__((aligned(4096)));

struct launch {
	enum sev_kind kind;
	enum stage stage;
	struct vm *vm;
	__u32 handle;
};

static inline long launch_step(struct launch *l, enum stage to)
{
	struct kvm_sev_launch_start start = { .policy = sev_policy(l->kind) };
	struct kvm_sev_launch_update_data data = {
		.uaddr = (__u64)launch_memory, .len = sizeof(launch_memory),
	};
	static char blob[SEV_MEASURE_LEN];
	struct kvm_sev_launch_measure measure = { .uaddr = (__u64)blob, .len = sizeof(blob) };
	long ret;

	switch (to) {
	case INITED:
		ret = __vm_sev_start_up(l->vm, l->kind);
		if (!ret)
			vcpu_create(l->vm);
		return ret;
	case STARTED:
		ret = __vm_sev_launch_start(l->vm, &start);
		l->handle = start.handle;
		return ret;
	case MEASURED:
		ret = __vm_sev_update_data(l->vm, &data);
		if (!ret && sev_is_es(l->kind))
			ret = __vm_sev_update_vmsa(l->vm, NULL);
		return ret ?: __vm_sev_measure(l->vm, &measure);
	case RUNNING:
		return __vm_sev_finish(l->vm, NULL);
	default:
		return 0;
	}
}

/* On to @stage. Returns what became of it: "success", or how the first step that failed did. */
static inline const char *launch_on(struct launch *l, enum stage stage)
{
	const char *outcome = "success";

	while (l->stage < stage && !strcmp(outcome, "success")) {
		outcome = sev_outcome(launch_step(l, l->stage + 1));
		l->stage++;
	}
	return outcome;
}

/* A guest of @kind at @stage, as a test's set-up. */
static inline void launch_until(struct launch *l, enum sev_kind kind, enum stage stage)
{
	const char *outcome;

	*l = (struct launch){ .kind = kind, .stage = CREATED, .vm = sev_vm_create(kind) };
	outcome = launch_on(l, stage);
	if (strcmp(outcome, "success"))
		report_error("launch, step %d: %s", l->stage, outcome);
}

/* The firmware's state of the guest at @stage. */
static inline unsigned int state_at(enum stage stage)
{
	static const unsigned int states[NR_STAGES] = {
		[STARTED] = SEV_LUPDATE, [MEASURED] = SEV_LSECRET, [RUNNING] = SEV_GUEST_RUNNING,
	};

	return states[stage];
}

/* The firmware has the guest as it was left: handle, policy, state. */
#define EXPECT_STATE(l, want) do {							\
	struct kvm_sev_guest_status __status = { 0 };					\
											\
	EXPECT_SEV("success", __vm_sev_guest_status((l)->vm, &__status));		\
	EXPECT_EQ(want, __status.state);						\
	EXPECT_EQ((l)->handle, __status.handle);					\
	EXPECT_EQ(sev_policy((l)->kind), __status.policy);				\
} while (0)

/* A refusal at (l)->stage has changed nothing: the guest is as it was, and launches. */
#define EXPECT_UNCHANGED(l) do {							\
	if ((l)->stage >= STARTED)							\
		EXPECT_STATE(l, state_at((l)->stage));					\
	EXPECT_STREQ("success", launch_on(l, RUNNING));					\
	EXPECT_STATE(l, SEV_GUEST_RUNNING);						\
} while (0)

#endif
