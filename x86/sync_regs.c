// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers in kvm_run: stored at every return of KVM_RUN, also of one that fails or is
 * interrupted, and taken once for each time that userspace marks them as changed, also with
 * I/O to be completed.
 */
#include <stddef.h>

#include "guest_debug.h"
#include "io_insn.h"
#include "test.h"

#define MARK(n)		(0x5151000000000000ull | (n))

static const struct io_insn in8 = IO_IN8;

enum ending {
	AT_IO, AT_HLT, AT_MMIO, AT_SHUTDOWN, AT_STEP, BY_IMMEDIATE_EXIT, BY_SIGNAL, BY_UNKNOWN_DIRTY
};

FIXTURE(stored) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(stored) {
	enum ending ending;
	bool io_pending;		/* the run has an IN to complete */
};

FIXTURE_VARIANT_ADD(stored, at_io) { AT_IO, false };
FIXTURE_VARIANT_ADD(stored, at_io_behind_io) { AT_IO, true };
FIXTURE_VARIANT_ADD(stored, at_mmio) { AT_MMIO, false };
FIXTURE_VARIANT_ADD(stored, at_mmio_behind_io) { AT_MMIO, true };
FIXTURE_VARIANT_ADD(stored, at_shutdown) { AT_SHUTDOWN, false };
FIXTURE_VARIANT_ADD(stored, at_a_step) { AT_STEP, false };
FIXTURE_VARIANT_ADD(stored, by_immediate_exit) { BY_IMMEDIATE_EXIT, false };
FIXTURE_VARIANT_ADD(stored, by_immediate_exit_behind_io) { BY_IMMEDIATE_EXIT, true };
FIXTURE_VARIANT_ADD(stored, by_a_signal) { BY_SIGNAL, false };
FIXTURE_VARIANT_ADD(stored, by_a_signal_behind_io) { BY_SIGNAL, true };
FIXTURE_VARIANT_ADD(stored, by_unknown_dirty_regs) { BY_UNKNOWN_DIRTY, false };
FIXTURE_VARIANT_ADD(stored, by_unknown_dirty_regs_with_io) { BY_UNKNOWN_DIRTY, true };

#define ALL_REGS	(KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

#define REQUIRE_ALL_REGS() do {								\
	REQUIRE_KVM();									\
	REQUIRE((kvm_cap(KVM_CAP_SYNC_REGS) & ALL_REGS) == ALL_REGS, "no-cap",		\
		"KVM_CAP_SYNC_REGS");							\
} while (0)

/* A vCPU that stores all of them, before an IN or at the exit for it. */
static struct vcpu *create_storing(struct vm *vm, bool io_pending)
{
	struct vcpu *vcpu = io_vcpu_create(vm, &in8, MODE_LONG, 0);

	vcpu->run->kvm_valid_regs = ALL_REGS;
	if (io_pending) {
		io_run_to(vcpu, &in8);
	}
	return vcpu;
}

/* Needs: no-cap */
FIXTURE_SETUP(stored)
{
	REQUIRE_ALL_REGS();
	self->vm = vm_create();
	self->vcpu = create_storing(self->vm, variant->io_pending);
}

FIXTURE_TEARDOWN(stored)
{
	TEARDOWN_VM(self->vm);
}

/* What the run is to meet, in place of the OUT behind the IN or of the IN. */
static void put_ending(struct vcpu *vcpu, enum ending ending, bool behind)
{
	static const uint8_t mmio[] = { 0xa1, 0, 0, 0, MMIO_BASE >> 24, 0, 0, 0, 0 };
	static const uint8_t step[] = { 0x90, 0x90 };
	static const uint8_t ud2[] = { 0x0f, 0x0b };
	void *at = (void *)(behind ? io_after(&in8) : IO_INSN);
	struct kvm_sregs sregs;

	switch (ending) {
	case AT_MMIO:
		memcpy(at, mmio, sizeof(mmio));
		break;
	case AT_SHUTDOWN:
		vcpu_get_sregs(vcpu, &sregs);
		sregs.idt.limit = 0;
		vcpu_set_sregs(vcpu, &sregs);
		memcpy(at, ud2, sizeof(ud2));
		break;
	case AT_STEP:
		memcpy(at, step, sizeof(step));
		vcpu_single_step(vcpu);
		break;
	case BY_IMMEDIATE_EXIT:
		vcpu->run->immediate_exit = 1;
		break;
	case BY_UNKNOWN_DIRTY:
		vcpu->run->kvm_dirty_regs = 1ull << 40;
		break;
	default:
		break;
	}
}

#define RUN_TO_ENDING(self, variant) do {						\
	switch ((variant)->ending) {							\
	case BY_SIGNAL:									\
		ASSERT_ERRNO(EINTR, vcpu_run_with_pending_signal((self)->vcpu));	\
		break;									\
	case BY_IMMEDIATE_EXIT:								\
		ASSERT_ERRNO(EINTR, __vcpu_run((self)->vcpu));				\
		break;									\
	case BY_UNKNOWN_DIRTY:								\
		ASSERT_ERRNO(EINVAL, __vcpu_run((self)->vcpu));				\
		break;									\
	default:									\
		ASSERT_SUCCESS(__vcpu_run((self)->vcpu));				\
		break;									\
	}										\
} while (0)

/*
 * Whenever KVM_RUN returns, for whatever reason, kvm_run has all registers that kvm_valid_regs
 * asks for, as KVM_GET_REGS, KVM_GET_SREGS and KVM_GET_VCPU_EVENTS return them.
 *
 * Source: KVM api.rst 6.74 KVM_CAP_SYNC_REGS: "to be copied out on the next exit"; x86.c kvm_arch_vcpu_ioctl_run(): store_regs() at out
 */
TEST_F(stored, registers_are_those_of_the_return)
{
	const struct kvm_sync_regs *stored = &self->vcpu->run->s.regs;
	struct kvm_vcpu_events events;
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	/* What is there now must not do. */
	vcpu_get_regs(self->vcpu, &regs);
	regs.rbx = MARK(1);
	vcpu_set_regs(self->vcpu, &regs);
	vcpu_get_sregs(self->vcpu, &sregs);
	sregs.gs.base = MARK(2) & 0xffffffff;
	sregs.cr8 = 7;
	vcpu_set_sregs(self->vcpu, &sregs);
	vcpu_get_events(self->vcpu, &events);
	events.nmi.masked = 1;
	vcpu_set_events(self->vcpu, &events);
	memset(&self->vcpu->run->s.regs, 0, sizeof(struct kvm_sync_regs));

	put_ending(self->vcpu, variant->ending, variant->io_pending);
	RUN_TO_ENDING(self, variant);

	vcpu_get_regs(self->vcpu, &regs);
	vcpu_get_sregs(self->vcpu, &sregs);
	vcpu_get_events(self->vcpu, &events);
	/* APM vol. 2, 15.14.3: a VMCB is undefined after a shutdown; KVM resets the vCPU. */
	if (variant->ending != AT_SHUTDOWN)
		EXPECT_HEX(MARK(1), regs.rbx);
	EXPECT_EQ(0, memcmp(&regs, &stored->regs, sizeof(regs)));
	EXPECT_EQ(0, memcmp(&sregs, &stored->sregs, sizeof(sregs)));
	EXPECT_EQ(0, memcmp(&events, &stored->events, sizeof(events)));
}

FIXTURE(sets) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_VARIANT(sets) {
	uint64_t set;
	bool io_pending;
};

FIXTURE_VARIANT_ADD(sets, regs) { KVM_SYNC_X86_REGS, false };
FIXTURE_VARIANT_ADD(sets, sregs) { KVM_SYNC_X86_SREGS, false };
FIXTURE_VARIANT_ADD(sets, events) { KVM_SYNC_X86_EVENTS, false };
FIXTURE_VARIANT_ADD(sets, regs_and_sregs) { KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS, false };
FIXTURE_VARIANT_ADD(sets, none) { 0, false };
FIXTURE_VARIANT_ADD(sets, regs_with_io) { KVM_SYNC_X86_REGS, true };
FIXTURE_VARIANT_ADD(sets, sregs_with_io) { KVM_SYNC_X86_SREGS, true };
FIXTURE_VARIANT_ADD(sets, events_with_io) { KVM_SYNC_X86_EVENTS, true };
FIXTURE_VARIANT_ADD(sets, none_with_io) { 0, true };

/* Needs: no-cap */
FIXTURE_SETUP(sets)
{
	REQUIRE_ALL_REGS();
	self->vm = vm_create();
	self->vcpu = create_storing(self->vm, variant->io_pending);
	/* Stored, and nothing run. */
	if (!variant->io_pending)
		io_complete_only(self->vcpu);
}

FIXTURE_TEARDOWN(sets)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM stores only the sets that kvm_valid_regs names, and leaves the others as userspace has
 * them.
 *
 * Source: KVM api.rst 6.74 KVM_CAP_SYNC_REGS: "the register sets to be copied out to kvm_run are selectable"
 */
TEST_F(sets, only_what_is_valid_is_stored)
{
	struct kvm_sync_regs *s = &self->vcpu->run->s.regs, before;

	memset(s, 0x5a, sizeof(*s));
	before = *s;
	self->vcpu->run->kvm_valid_regs = variant->set;
	vcpu_run(self->vcpu);
	EXPECT_EQ(!(variant->set & KVM_SYNC_X86_REGS),
		  !memcmp(&before.regs, &s->regs, sizeof(s->regs)));
	EXPECT_EQ(!(variant->set & KVM_SYNC_X86_SREGS),
		  !memcmp(&before.sregs, &s->sregs, sizeof(s->sregs)));
	EXPECT_EQ(!(variant->set & KVM_SYNC_X86_EVENTS),
		  !memcmp(&before.events, &s->events, sizeof(s->events)));
}

/*
 * KVM takes only the sets that kvm_dirty_regs names, and once: it clears the bits, and ignores
 * what is in kvm_run later.
 *
 * Source: KVM api.rst 6.74 KVM_CAP_SYNC_REGS: "If the dirty bit is not set, then the register set values will not be copied"; x86.c sync_regs()
 * Needs: no-fast-pio
 */
TEST_F(sets, only_what_is_dirty_is_taken_and_once)
{
	struct kvm_sync_regs *s = &self->vcpu->run->s.regs;
	struct kvm_vcpu_events events;
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	REQUIRE_FAST_PIO(host_kvm_vendor() != VENDOR_OTHER || !variant->io_pending);
	for (unsigned int i = 1; i <= 2; i++) {
		s->regs.rbx = MARK(i);
		s->sregs.gs.base = 0x1000 * i;
		s->events.nmi.masked = 1;
		if (i == 1)
			self->vcpu->run->kvm_dirty_regs = variant->set;
		io_complete_only(self->vcpu);
		EXPECT_EQ(0, self->vcpu->run->kvm_dirty_regs);

		vcpu_get_regs(self->vcpu, &regs);
		vcpu_get_sregs(self->vcpu, &sregs);
		vcpu_get_events(self->vcpu, &events);
		EXPECT_HEX(variant->set & KVM_SYNC_X86_REGS ? MARK(1) : 0, regs.rbx);
		EXPECT_HEX(variant->set & KVM_SYNC_X86_SREGS ? 0x1000 : 0, sregs.gs.base);
		EXPECT_EQ(!!(variant->set & KVM_SYNC_X86_EVENTS), events.nmi.masked);
	}
	EXPECT_HEX(variant->io_pending ? io_rax_after(&in8, IO_RAX) : IO_RAX, vcpu_rax(self->vcpu));
}

/*
 * KVM_RUN fails with EINVAL for a bit in kvm_valid_regs or kvm_dirty_regs that KVM does not
 * know, takes no set, and completes nothing.
 *
 * Source: KVM api.rst 6.74 KVM_CAP_SYNC_REGS: "Unused bitfields in the bitarrays must be set to zero"; x86.c kvm_arch_vcpu_ioctl_run()
 */
TEST_F(sets, unknown_bits_are_einval_and_nothing_is_taken)
{
	struct kvm_run *run = self->vcpu->run;
	uint64_t rip = vcpu_rip(self->vcpu);

	for (unsigned int bit = 3; bit < 64; bit += 12) {
		run->s.regs.regs.rbx = MARK(1);
		run->kvm_dirty_regs = variant->set | 1ull << bit;
		EXPECT_ERRNO(EINVAL, __vcpu_run(self->vcpu));
		run->kvm_dirty_regs = variant->set;
		run->kvm_valid_regs = ALL_REGS | 1ull << bit;
		EXPECT_ERRNO(EINVAL, __vcpu_run(self->vcpu));
		run->kvm_valid_regs = ALL_REGS;
		run->kvm_dirty_regs = 0;
		EXPECT_HEX(rip, vcpu_rip(self->vcpu));
		EXPECT_HEX(IO_RAX, vcpu_rax(self->vcpu));
	}
	vcpu_run(self->vcpu);
	EXPECT_STREQ(variant->io_pending ? "after it" : "the instruction",
		     io_stop_name(self->vcpu));
}

KVMCONF_MAIN
