// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of port I/O and its completion. The instructions that they know are
 * those of the tests: two bytes long.
 */
#include <string.h>

#include "faulty_kvm.h"

#define LENGTH	2

/* Is there an I/O exit that the next KVM_RUN is to complete? */
static bool at_io(int vcpu)
{
	const struct object *o = object(vcpu);

	return o->run && o->reason == KVM_EXIT_IO && o->owed;
}

static bool at_in(int vcpu)
{
	return at_io(vcpu) && run_of(vcpu)->io.direction == KVM_EXIT_IO_IN;
}

static bool at_out(int vcpu)
{
	return at_io(vcpu) && run_of(vcpu)->io.direction == KVM_EXIT_IO_OUT;
}

static uint8_t *io_data(int vcpu)
{
	return (uint8_t *)run_of(vcpu) + run_of(vcpu)->io.data_offset;
}

/*
 * Where the I/O instruction began: RIP at the exit is there, or already behind it, as with
 * port 0x7e and in KVM's emulator. Guest and host see the code at one address.
 */
static uint64_t io_start(int vcpu)
{
	const struct object *o = object(vcpu);
	const uint8_t *code = (const uint8_t *)(o->cs_base + o->at_exit.rip);
	bool is_here = (code[0] & 0xfd) == 0xe4 && code[1] == o->run->io.port;

	return is_here ? o->at_exit.rip : o->at_exit.rip - LENGTH;
}

/* The instruction is to be executed anew, with nothing left to complete. */
static void repeat_io(int vcpu)
{
	uint64_t start = io_start(vcpu);

	lose_completion(vcpu);
	set_rip(vcpu, start);
}

static long out_repeats(int fd, void *arg)
{
	(void)arg;
	if (at_out(fd) && !rip_moved(fd))
		repeat_io(fd);
	return run(fd);
}

static long out_skips_more(int fd, void *arg)
{
	(void)arg;
	if (at_out(fd) && !rip_moved(fd)) {
		complete(fd);
		set_rip(fd, get_regs(fd).rip + LENGTH);
	}
	return run(fd);
}

static long in_repeats(int fd, void *arg)
{
	(void)arg;
	if (at_in(fd) && !rip_moved(fd))
		repeat_io(fd);
	return run(fd);
}

static long in_gets_nothing(int fd, void *arg)
{
	(void)arg;
	if (at_in(fd))
		memset(io_data(fd), 0, run_of(fd)->io.size * run_of(fd)->io.count);
	return run(fd);
}

static long out_data_lost(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_out(fd))
		memset(io_data(fd), 0, run_of(fd)->io.size);
	return ret;
}

static long other_port(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_io(fd))
		run_of(fd)->io.port ^= 1;
	return ret;
}

static long reported_as_mmio(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_RUN, arg);

	if (!ret && at_io(fd))
		run_of(fd)->exit_reason = KVM_EXIT_MMIO;
	return ret;
}

/* RIP is reported one instruction on; KVM itself knows better. */
static long rip_reported_behind(int fd, void *arg)
{
	long ret = real_ioctl(fd, KVM_GET_REGS, arg);

	if (!ret && at_io(fd) && !object(fd)->touched)
		((struct kvm_regs *)arg)->rip += LENGTH;
	return ret;
}

static long completed_though_moved(int fd, void *arg)
{
	(void)arg;
	if (at_io(fd) && rip_moved(fd)) {
		run_of(fd)->kvm_dirty_regs &= ~(__u64)KVM_SYNC_X86_REGS;
		set_rip(fd, object(fd)->at_exit.rip);
	}
	return run(fd);
}

static long lost_by_set_regs(int fd, void *arg)
{
	(void)arg;
	if (at_io(fd) && !rip_moved(fd) && object(fd)->state[1] && !object(fd)->state[0])
		repeat_io(fd);
	return run_anew(fd);
}

/* What an emulator does that keeps registers of its own across the exit. */
static long set_regs_moves_strings(int fd, void *arg)
{
	struct kvm_regs regs = *(struct kvm_regs *)arg;

	if (at_io(fd)) {
		regs.rsi++;
		regs.rdi++;
	}
	return real_ioctl(fd, KVM_SET_REGS, &regs);
}

const struct shim_fault io_faults[] = {
	FAULT("out-repeats", KVM_RUN, out_repeats),
	FAULT("out-skips-more", KVM_RUN, out_skips_more),
	FAULT("out-data-lost", KVM_RUN, out_data_lost),
	FAULT("in-repeats", KVM_RUN, in_repeats),
	FAULT("in-gets-nothing", KVM_RUN, in_gets_nothing),
	FAULT("io-other-port", KVM_RUN, other_port),
	FAULT("io-is-mmio", KVM_RUN, reported_as_mmio),
	FAULT("io-rip-behind", KVM_GET_REGS, rip_reported_behind),
	FAULT("io-completed-though-moved", KVM_RUN, completed_though_moved),
	FAULT("io-lost-by-set-regs", KVM_SET_REGS, note_set_regs),
	FAULT("io-lost-by-set-regs", KVM_RUN, lost_by_set_regs),
	FAULT("io-string-moved-by-set-regs", KVM_SET_REGS, set_regs_moves_strings),
	END_OF_FAULTS
};
