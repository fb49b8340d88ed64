// SPDX-License-Identifier: GPL-2.0-only
/* Lies about KVM_RUN, whatever the guest was doing. */
#include "faulty_kvm.h"

static long immediate_exit_runs(int fd, void *arg)
{
	(void)arg;
	run_of(fd)->immediate_exit = 0;
	return run(fd);
}

static long immediate_exit_completes_nothing(int fd, void *arg)
{
	(void)arg;
	return run_of(fd)->immediate_exit ? refuse(EINTR) : run(fd);
}

static long immediate_exit_succeeds(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	return ret < 0 && errno == EINTR && run_of(fd)->immediate_exit ? 0 : ret;
}

/* Unlike with a signal, there is no reason of its own. */
static long immediate_exit_has_reason(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (ret < 0 && errno == EINTR && run_of(fd)->immediate_exit)
		run_of(fd)->exit_reason = KVM_EXIT_INTR;
	return ret;
}

static long signal_leaves_reason(int fd, void *arg)
{
	uint32_t reason = run_of(fd)->exit_reason;
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (ret < 0 && errno == EINTR)
		run_of(fd)->exit_reason = reason;
	return ret;
}

static long note_signal_mask(int fd, void *arg)
{
	object(fd)->state[3] = !!arg;
	return real_ioctl(fd, KVM_SET_SIGNAL_MASK, arg);
}

/* A signal mask tells that one is pending, as the tests use it. */
static long signal_completes_nothing(int fd, void *arg)
{
	if (object(fd)->state[3]) {
		run_of(fd)->exit_reason = KVM_EXIT_INTR;
		run_of(fd)->flags = 0;
		return refuse(EINTR);
	}
	return real_ioctl(fd, KVM_RUN, arg);
}

static long accept_dirty_regs(int fd, void *arg)
{
	(void)arg;
	run_of(fd)->kvm_dirty_regs &= KVM_SYNC_X86_VALID_FIELDS;
	return run(fd);
}

static long refused_run_completes(int fd, void *arg)
{
	struct kvm_run *kvm_run = run_of(fd);
	__u64 dirty = kvm_run->kvm_dirty_regs;

	(void)arg;
	if (dirty & ~(__u64)KVM_SYNC_X86_VALID_FIELDS) {
		kvm_run->kvm_dirty_regs = 0;
		complete(fd);
		kvm_run->kvm_dirty_regs = dirty;
	}
	return run(fd);
}

static long ignore_sync_regs(int fd, void *arg)
{
	(void)arg;
	if (run_of(fd)->kvm_dirty_regs == KVM_SYNC_X86_REGS)
		run_of(fd)->kvm_dirty_regs = 0;
	return run(fd);
}

const struct shim_fault run_faults[] = {
	FAULT("immediate-exit-runs", KVM_RUN, immediate_exit_runs),
	FAULT("immediate-exit-completes-nothing", KVM_RUN, immediate_exit_completes_nothing),
	FAULT("immediate-exit-succeeds", KVM_RUN, immediate_exit_succeeds),
	FAULT("immediate-exit-has-reason", KVM_RUN, immediate_exit_has_reason),
	FAULT("signal-leaves-reason", KVM_RUN, signal_leaves_reason),
	FAULT("signal-completes-nothing", KVM_SET_SIGNAL_MASK, note_signal_mask),
	FAULT("signal-completes-nothing", KVM_RUN, signal_completes_nothing),
	FAULT("dirty-regs-accepted", KVM_RUN, accept_dirty_regs),
	FAULT("refused-run-completes", KVM_RUN, refused_run_completes),
	FAULT("sync-regs-ignored", KVM_RUN, ignore_sync_regs),
	END_OF_FAULTS
};
