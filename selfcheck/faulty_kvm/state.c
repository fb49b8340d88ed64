// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of what userspace says beside KVM_RUN: signal masks, synchronised registers, state
 * that is written back, arguments, and devices that take port I/O in the kernel.
 */
#include <sys/mman.h>

#include "faulty_kvm.h"

/* KVM_RUN with another immediate_exit than userspace's. */
static long run_with_immediate_exit(int fd, uint8_t value)
{
	uint8_t given = run_of(fd)->immediate_exit;
	long ret;

	run_of(fd)->immediate_exit = value;
	ret = run(fd);
	run_of(fd)->immediate_exit = given;
	return ret;
}

static long immediate_exit_is_1(int fd, void *arg)
{
	(void)arg;
	return run_with_immediate_exit(fd, run_of(fd)->immediate_exit == 1);
}

static long immediate_exit_is_bit_0(int fd, void *arg)
{
	(void)arg;
	return run_with_immediate_exit(fd, run_of(fd)->immediate_exit & 1);
}

static long immediate_exit_is_cleared(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	run_of(fd)->immediate_exit = 0;
	return ret;
}

static long ignore_signal_mask(int fd, void *arg)
{
	return arg ? 0 : real_ioctl(fd, KVM_SET_SIGNAL_MASK, arg);
}

static long keep_signal_mask(int fd, void *arg)
{
	return arg ? real_ioctl(fd, KVM_SET_SIGNAL_MASK, arg) : 0;
}

static long accept_shorter_mask(int fd, void *arg)
{
	const struct kvm_signal_mask *mask = arg;

	return mask && mask->len < 8 ? 0 : real_ioctl(fd, KVM_SET_SIGNAL_MASK, arg);
}

/* Registers as they were in kvm_run before a run that fails. */
static long store_at_success_alone(int fd, void *arg)
{
	struct kvm_sync_regs before = run_of(fd)->s.regs;
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (ret < 0)
		run_of(fd)->s.regs = before;
	return ret;
}

static long store_all_sets(int fd, void *arg)
{
	__u64 valid = run_of(fd)->kvm_valid_regs;
	long ret;

	(void)arg;
	if (valid)
		run_of(fd)->kvm_valid_regs = KVM_SYNC_X86_VALID_FIELDS;
	ret = run(fd);
	run_of(fd)->kvm_valid_regs = valid;
	return ret;
}

static long dirty_regs_stay(int fd, void *arg)
{
	__u64 dirty = run_of(fd)->kvm_dirty_regs;
	long ret = real_ioctl(fd, KVM_RUN, arg);

	run_of(fd)->kvm_dirty_regs = dirty;
	return ret;
}

static long accept_valid_regs(int fd, void *arg)
{
	__u64 valid = run_of(fd)->kvm_valid_regs;
	long ret;

	(void)arg;
	run_of(fd)->kvm_valid_regs &= KVM_SYNC_X86_VALID_FIELDS;
	ret = run(fd);
	run_of(fd)->kvm_valid_regs = valid;
	return ret;
}

/* A register is taken though the run is refused for the set beside it. */
static long take_before_the_check(int fd, void *arg)
{
	struct kvm_run *kvm_run = run_of(fd);

	if (kvm_run->kvm_dirty_regs & ~(__u64)KVM_SYNC_X86_VALID_FIELDS &&
	    kvm_run->kvm_dirty_regs & KVM_SYNC_X86_REGS) {
		kvm_run->s.regs.regs.rip++;
		set_regs(fd, &kvm_run->s.regs.regs);
	}
	return real_ioctl(fd, KVM_RUN, arg);
}

/* What the last exit left is lost by a pair's second half. */
#define LOSES_COMPLETION(name, request)				\
static long name(int fd, void *arg)				\
{								\
	long ret = real_ioctl(fd, request, arg);		\
								\
	if (run_of(fd) && object(fd)->reason == KVM_EXIT_IO)	\
		lose_completion(fd);				\
	return ret;						\
}

LOSES_COMPLETION(set_lapic_loses_io, KVM_SET_LAPIC)
LOSES_COMPLETION(set_sregs_loses_io, KVM_SET_SREGS)
LOSES_COMPLETION(set_mp_state_loses_io, KVM_SET_MP_STATE)
LOSES_COMPLETION(set_cpuid_loses_io, KVM_SET_CPUID2)
LOSES_COMPLETION(set_xcrs_loses_io, KVM_SET_XCRS)

static long halted_is_runnable(int fd, void *arg)
{
	struct kvm_mp_state state = *(struct kvm_mp_state *)arg;

	if (state.mp_state == KVM_MP_STATE_HALTED)
		state.mp_state = KVM_MP_STATE_RUNNABLE;
	return real_ioctl(fd, KVM_SET_MP_STATE, &state);
}

/* Half a structure of events is taken for a whole one. */
static long half_is_enough(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_SET_VCPU_EVENTS, arg);

	return ret < 0 && errno == EFAULT ? 0 : ret;
}

static bool is_mapped(uintptr_t address)
{
	return !msync((void *)(address & ~4095ul), 1, MS_ASYNC);
}

static long more_is_read(int fd, void *arg)
{
	if (!is_mapped((uintptr_t)arg + 2 * sizeof(struct kvm_mp_state) - 1))
		return refuse(EFAULT);
	return real_ioctl(fd, KVM_SET_MP_STATE, arg);
}

static long unwritten_is_success(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_GET_DEBUGREGS, arg);

	return ret < 0 && errno == EFAULT ? 0 : ret;
}

static long msrs_end_early(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_SET_MSRS, arg);

	return ret < 0 && errno == EFAULT ? 1 : ret;
}

/* An ioeventfd that is for something else than it was told. */
static long eventfd_of_any_size(int fd, void *arg)
{
	struct kvm_ioeventfd io = *(struct kvm_ioeventfd *)arg;

	io.flags &= ~KVM_IOEVENTFD_FLAG_DATAMATCH;
	io.len = 0;
	return real_ioctl(fd, KVM_IOEVENTFD, &io);
}

static long eventfd_of_any_value(int fd, void *arg)
{
	struct kvm_ioeventfd io = *(struct kvm_ioeventfd *)arg;

	io.flags &= ~KVM_IOEVENTFD_FLAG_DATAMATCH;
	return real_ioctl(fd, KVM_IOEVENTFD, &io);
}

static long zone_one_longer(int fd, void *arg)
{
	struct kvm_coalesced_mmio_zone zone = *(struct kvm_coalesced_mmio_zone *)arg;

	zone.size += 2;
	return real_ioctl(fd, KVM_REGISTER_COALESCED_MMIO, &zone);
}

static long zone_stays(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return 0;
}

static long no_speaker(int fd, void *arg)
{
	struct kvm_pit_config pit = *(struct kvm_pit_config *)arg;

	pit.flags = 0;
	return real_ioctl(fd, KVM_CREATE_PIT2, &pit);
}

static long breakpoint_is_unset(int fd, void *arg)
{
	struct kvm_guest_debug debug = *(struct kvm_guest_debug *)arg;

	debug.control &= ~(__u32)KVM_GUESTDBG_USE_HW_BP;
	return real_ioctl(fd, KVM_SET_GUEST_DEBUG, &debug);
}

const struct shim_fault state_faults[] = {
	FAULT("immediate-exit-is-1", KVM_RUN, immediate_exit_is_1),
	FAULT("immediate-exit-is-bit-0", KVM_RUN, immediate_exit_is_bit_0),
	FAULT("immediate-exit-is-cleared", KVM_RUN, immediate_exit_is_cleared),
	FAULT("signal-mask-ignored", KVM_SET_SIGNAL_MASK, ignore_signal_mask),
	FAULT("signal-mask-kept", KVM_SET_SIGNAL_MASK, keep_signal_mask),
	FAULT("signal-mask-shorter", KVM_SET_SIGNAL_MASK, accept_shorter_mask),
	FAULT("sync-regs-not-at-failure", KVM_RUN, store_at_success_alone),
	FAULT("sync-regs-store-all", KVM_RUN, store_all_sets),
	FAULT("sync-regs-dirty-stays", KVM_RUN, dirty_regs_stay),
	FAULT("sync-regs-valid-unchecked", KVM_RUN, accept_valid_regs),
	FAULT("sync-regs-taken-before-check", KVM_RUN, take_before_the_check),
	FAULT("set-lapic-loses-io", KVM_SET_LAPIC, set_lapic_loses_io),
	FAULT("set-sregs-loses-io", KVM_SET_SREGS, set_sregs_loses_io),
	FAULT("set-mp-state-loses-io", KVM_SET_MP_STATE, set_mp_state_loses_io),
	FAULT("set-cpuid-loses-io", KVM_SET_CPUID2, set_cpuid_loses_io),
	FAULT("set-xcrs-loses-io", KVM_SET_XCRS, set_xcrs_loses_io),
	FAULT("set-mp-state-no-halt", KVM_SET_MP_STATE, halted_is_runnable),
	FAULT("set-events-half", KVM_SET_VCPU_EVENTS, half_is_enough),
	FAULT("set-mp-state-reads-more", KVM_SET_MP_STATE, more_is_read),
	FAULT("get-debugregs-unwritten", KVM_GET_DEBUGREGS, unwritten_is_success),
	FAULT("set-msrs-part", KVM_SET_MSRS, msrs_end_early),
	FAULT("ioeventfd-any-size", KVM_IOEVENTFD, eventfd_of_any_size),
	FAULT("ioeventfd-any-value", KVM_IOEVENTFD, eventfd_of_any_value),
	FAULT("coalesced-zone-longer", KVM_REGISTER_COALESCED_MMIO, zone_one_longer),
	FAULT("coalesced-zone-stays", KVM_UNREGISTER_COALESCED_MMIO, zone_stays),
	FAULT("pit-without-speaker", KVM_CREATE_PIT2, no_speaker),
	FAULT("debug-breakpoint-unset", KVM_SET_GUEST_DEBUG, breakpoint_is_unset),
	END_OF_FAULTS
};
