// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends KVM_RUN before the guest does: immediate_exit, of whatever value, and signals, by
 * the mask that KVM_SET_SIGNAL_MASK has for it.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io_insn.h"
#include "test.h"

FIXTURE(immediate) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(immediate) {
	uint8_t value;
};

FIXTURE_VARIANT_ADD(immediate, one) { 1 };
FIXTURE_VARIANT_ADD(immediate, two) { 2 };
FIXTURE_VARIANT_ADD(immediate, bit_4) { 0x10 };
FIXTURE_VARIANT_ADD(immediate, bit_7) { 0x80 };
FIXTURE_VARIANT_ADD(immediate, all_but_bit_0) { 0xfe };
FIXTURE_VARIANT_ADD(immediate, all_bits) { 0xff };

static const struct io_insn in8 = IO_IN8;

FIXTURE_SETUP(immediate)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &in8, MODE_LONG, 0);
}

FIXTURE_TEARDOWN(immediate)
{
	TEARDOWN_VM(self->vm);
}

/*
 * Any immediate_exit but 0 makes KVM_RUN fail with EINTR before the guest executes anything,
 * each time. KVM does not change the field.
 *
 * Source: KVM api.rst 5: "immediate_exit ... This field is polled once when KVM_RUN starts; if non-zero, KVM_RUN exits immediately, returning -EINTR"
 */
TEST_F(immediate, ends_the_run_with_eintr)
{
	self->vcpu->run->immediate_exit = variant->value;
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EINTR, __vcpu_run(self->vcpu));
		EXPECT_EQ(variant->value, self->vcpu->run->immediate_exit);
		EXPECT_HEX(IO_INSN, vcpu_rip(self->vcpu));
	}
	self->vcpu->run->immediate_exit = 0;
	vcpu_run(self->vcpu);
	EXPECT_STREQ("the instruction", io_stop_name(self->vcpu));
}

/*
 * The first KVM_RUN with immediate_exit completes the I/O of the exit before.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "with the immediate_exit field set to complete pending operations"
 */
TEST_F(immediate, completes_what_is_pending)
{
	io_run_to(self->vcpu, &in8);
	self->vcpu->run->immediate_exit = variant->value;
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EINTR, __vcpu_run(self->vcpu));
		EXPECT_HEX(io_after(&in8), vcpu_rip(self->vcpu));
		EXPECT_HEX(io_rax_after(&in8, IO_RAX), vcpu_rax(self->vcpu));
	}
	self->vcpu->run->immediate_exit = 0;
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
}

/* Signals that are pending, blocked by the thread, as KVM_RUN begins. */
FIXTURE(masked) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(masked) {
	bool mask_is_set;		/* by KVM_SET_SIGNAL_MASK, with */
	int blocked_in_it;		/* this signal in it; 0: none; -1: all */
	bool interrupts;		/* SIGUSR1 ends KVM_RUN */
};

FIXTURE_VARIANT_ADD(masked, by_the_thread_alone) { false, 0, false };
FIXTURE_VARIANT_ADD(masked, by_nothing) { true, 0, true };
FIXTURE_VARIANT_ADD(masked, another_signal) { true, SIGUSR2, true };
FIXTURE_VARIANT_ADD(masked, the_signal) { true, SIGUSR1, false };
FIXTURE_VARIANT_ADD(masked, all) { true, -1, false };

/* A signal mask of the kernel's size. */
union signal_mask {
	struct kvm_signal_mask mask;
	struct {
		uint32_t len;
		uint8_t sigset[8];
	};
};

static void set_mask(struct vcpu *vcpu, int blocked)
{
	union signal_mask mask = { .len = 8 };
	uint64_t bits = blocked < 0 ? ~0ull : blocked ? 1ull << (blocked - 1) : 0;

	/* The watchdog of __vcpu_run() is to get through. */
	bits &= ~(1ull << (SIGRTMAX - 1));
	memcpy(mask.sigset, &bits, sizeof(bits));
	vcpu_set_signal_mask(vcpu, &mask.mask);
}

static void block_and_raise(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	raise(signal);
}

static bool is_blocked(int signal)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, signal);
}

static bool is_pending(int signal)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, signal);
}

FIXTURE_SETUP(masked)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &in8, MODE_LONG, 0);
	block_and_raise(SIGUSR1);
	if (variant->mask_is_set)
		set_mask(self->vcpu, variant->blocked_in_it);
}

FIXTURE_TEARDOWN(masked)
{
	TEARDOWN_VM(self->vm);
}

#define RUN_AS_DUE(self, variant) do {							\
	if ((variant)->interrupts) {							\
		EXPECT_ERRNO(EINTR, __vcpu_run((self)->vcpu));				\
		EXPECT_STREQ(exit_name(KVM_EXIT_INTR),					\
			     exit_name((self)->vcpu->run->exit_reason));		\
	} else {									\
		EXPECT_SUCCESS(__vcpu_run((self)->vcpu));				\
	}										\
} while (0)

/*
 * The mask of KVM_SET_SIGNAL_MASK decides which signals end KVM_RUN, in place of the thread's
 * own mask. After KVM_RUN the thread's mask is as it was, and the signal is still pending.
 *
 * Source: KVM api.rst 4.21 KVM_SET_SIGNAL_MASK: "This signal mask temporarily overrides the threads signal mask"
 */
TEST_F(masked, mask_decides_what_interrupts)
{
	RUN_AS_DUE(self, variant);
	EXPECT_HEX(IO_INSN, vcpu_rip(self->vcpu));
	EXPECT_TRUE(is_blocked(SIGUSR1));
	EXPECT_FALSE(is_blocked(SIGUSR2));
	EXPECT_TRUE(is_pending(SIGUSR1));
}

/*
 * With a mask of KVM_SET_SIGNAL_MASK the next KVM_RUN completes the I/O, whether or not a signal
 * then ends it.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations and then check for pending signals"
 */
TEST_F(masked, pending_io_is_completed_first)
{
	vcpu_set_signal_mask(self->vcpu, NULL);
	io_run_to(self->vcpu, &in8);
	if (variant->mask_is_set)
		set_mask(self->vcpu, variant->blocked_in_it);

	RUN_AS_DUE(self, variant);
	EXPECT_HEX(io_rax_after(&in8, IO_RAX), vcpu_rax(self->vcpu));
	if (variant->interrupts) {
		EXPECT_HEX(io_after(&in8), vcpu_rip(self->vcpu));
	} else {
		EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	}
}

/*
 * KVM_SET_SIGNAL_MASK with NULL removes the mask: the thread's own mask decides again.
 *
 * Source: KVM api.rst 4.21 KVM_SET_SIGNAL_MASK; kvm_main.c kvm_vcpu_ioctl_set_sigmask()
 */
TEST_F(masked, null_takes_the_mask_away)
{
	vcpu_set_signal_mask(self->vcpu, NULL);
	EXPECT_SUCCESS(__vcpu_run(self->vcpu));
	EXPECT_STREQ("the instruction", io_stop_name(self->vcpu));
}

/*
 * KVM_SET_SIGNAL_MASK with another length than the kernel's fails with EINVAL and leaves the
 * mask as it was.
 *
 * Source: KVM api.rst 4.21 KVM_SET_SIGNAL_MASK; kvm_main.c kvm_vcpu_ioctl(): sizeof(sigset)
 */
TEST_F(masked, mask_of_another_length_is_einval)
{
	static const uint32_t lengths[] = { 0, 4, 7, 9, 16, ~0u };
	union signal_mask mask = { .len = 8 };

	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		mask.len = lengths[i];
		EXPECT_ERRNO(EINVAL, __vcpu_set_signal_mask(self->vcpu, &mask.mask));
	}
	RUN_AS_DUE(self, variant);
}

/* A signal that nothing handles, blocked by the thread, and a guest that never leaves. */
FIXTURE(unhandled) {
	struct vm *vm;
	struct vcpu *vcpu;
	timer_t timer;
};

#define SIGNAL_AFTER_MS	500

FIXTURE_SETUP(unhandled)
{
	static const uint8_t jump_to_itself[] = { 0xeb, 0xfe };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
	sigset_t set;

	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &in8, MODE_LONG, 0);
	memcpy((void *)IO_INSN, jump_to_itself, sizeof(jump_to_itself));
	set_mask(self->vcpu, 0);

	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	event._sigev_un._tid = syscall(SYS_gettid);
	ASSERT_SUCCESS(timer_create(CLOCK_MONOTONIC, &event, &self->timer));
}

FIXTURE_TEARDOWN(unhandled)
{
	timer_delete(self->timer);
	TEARDOWN_VM(self->vm);
}

/*
 * A signal that comes while KVM_RUN lets it in ends it as well if it is one that is ignored,
 * and waits for the thread behind it.
 *
 * Source: KVM api.rst 4.21 KVM_SET_SIGNAL_MASK: "Any unblocked signal received ... will cause KVM_RUN to return with -EINTR"
 */
TEST_F(unhandled, ignored_signal_ends_the_run)
{
	struct itimerspec once = { .it_value.tv_nsec = SIGNAL_AFTER_MS * 1000000l };

	ASSERT_SUCCESS(timer_settime(self->timer, 0, &once, NULL));
	EXPECT_ERRNO(EINTR, __vcpu_run(self->vcpu));
	EXPECT_STREQ(exit_name(KVM_EXIT_INTR), exit_name(self->vcpu->run->exit_reason));
	EXPECT_TRUE(is_pending(SIGUSR1));
}

KVMCONF_MAIN
