// SPDX-License-Identifier: GPL-2.0-only
/*
 * State that userspace reads at an exit and writes back as it is: whichever pair of ioctls
 * it is, nothing has changed. What the exit has left is completed, once.
 */
#include <stdlib.h>

#include "bus_lock.h"
#include "guest_debug.h"
#include "io_insn.h"
#include "l2.h"
#include "msr.h"
#include "test.h"

enum pair {
	REGS, SREGS, SREGS2, FPU, XSAVE, XCRS, DEBUGREGS, EVENTS, LAPIC, MSRS, MP_STATE, CPUID,
	NESTED_STATE, TSC_KHZ, CLOCK, GUEST_DEBUG, NR_PAIRS
};

/* The structure of a pair, of the largest size that there is. */
static union {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_sregs2 sregs2;
	struct kvm_fpu fpu;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	struct kvm_lapic_state lapic;
	struct kvm_mp_state mp_state;
	struct kvm_clock_data clock;
	char space[16384];
} state;

struct ioctls {
	unsigned long get, set;
};

static const struct ioctls ioctls[NR_PAIRS] = {
	[REGS] = { KVM_GET_REGS, KVM_SET_REGS },
	[SREGS] = { KVM_GET_SREGS, KVM_SET_SREGS },
	[SREGS2] = { KVM_GET_SREGS2, KVM_SET_SREGS2 },
	[FPU] = { KVM_GET_FPU, KVM_SET_FPU },
	[XSAVE] = { KVM_GET_XSAVE, KVM_SET_XSAVE },
	[XCRS] = { KVM_GET_XCRS, KVM_SET_XCRS },
	[DEBUGREGS] = { KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS },
	[EVENTS] = { KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS },
	[LAPIC] = { KVM_GET_LAPIC, KVM_SET_LAPIC },
	[MP_STATE] = { KVM_GET_MP_STATE, KVM_SET_MP_STATE },
};

/* The MSRs that a mode is made of. */
static void write_msrs_back(struct vcpu *vcpu)
{
	static const uint32_t indices[] = {
		0x10 /* TSC */, 0x1b /* APIC base */, 0x174, 0x175, 0x176 /* SYSENTER */,
		0x277 /* PAT */, 0xc0000080 /* EFER */, 0xc0000081 /* STAR */,
		0xc0000082 /* LSTAR */, 0xc0000102 /* KERNEL_GS_BASE */,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(indices); i++)
		vcpu_set_msr(vcpu, indices[i], vcpu_get_msr(vcpu, indices[i]));
}

static void write_back(struct vcpu *vcpu, enum pair pair)
{
	struct kvm_nested_state *nested;
	struct kvm_cpuid2 *cpuid;
	long khz;

	switch (pair) {
	case MSRS:
		write_msrs_back(vcpu);
		break;
	case CPUID:
		cpuid = vcpu_read_cpuid(vcpu);
		if (__vcpu_set_cpuid(vcpu, cpuid))
			report_fail("KVM_SET_CPUID2 of what KVM_GET_CPUID2 gave: %s",
				    errno_name(errno));
		free(cpuid);
		break;
	case NESTED_STATE:
		nested = vcpu_read_nested_state(vcpu);
		if (nested)
			vcpu_set_nested_state(vcpu, nested);
		free(nested);
		break;
	case TSC_KHZ:
		khz = must_succeed(ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0), "KVM_GET_TSC_KHZ");
		must_succeed(ioctl(vcpu->fd, KVM_SET_TSC_KHZ, khz), "KVM_SET_TSC_KHZ");
		break;
	case CLOCK:
		must_succeed(ioctl(vcpu->vm->fd, KVM_GET_CLOCK, &state), "KVM_GET_CLOCK");
		state.clock.flags = 0;
		must_succeed(ioctl(vcpu->vm->fd, KVM_SET_CLOCK, &state), "KVM_SET_CLOCK");
		break;
	case GUEST_DEBUG:
		vcpu_stop_debugging(vcpu);
		break;
	default:
		must_succeed(ioctl(vcpu->fd, ioctls[pair].get, &state), "the pair's KVM_GET");
		must_succeed(ioctl(vcpu->fd, ioctls[pair].set, &state), "the pair's KVM_SET");
	}
}

FIXTURE(pair) {
	struct l2 l2;			/* vcpu alone, but for L2's claim */
};

FIXTURE_VARIANT(pair) {
	enum pair pair;
};

FIXTURE_VARIANT_ADD(pair, regs) { REGS };
FIXTURE_VARIANT_ADD(pair, sregs) { SREGS };
FIXTURE_VARIANT_ADD(pair, sregs2) { SREGS2 };
FIXTURE_VARIANT_ADD(pair, fpu) { FPU };
FIXTURE_VARIANT_ADD(pair, xsave) { XSAVE };
FIXTURE_VARIANT_ADD(pair, xcrs) { XCRS };
FIXTURE_VARIANT_ADD(pair, debugregs) { DEBUGREGS };
FIXTURE_VARIANT_ADD(pair, events) { EVENTS };
FIXTURE_VARIANT_ADD(pair, lapic) { LAPIC };
FIXTURE_VARIANT_ADD(pair, msrs) { MSRS };
FIXTURE_VARIANT_ADD(pair, mp_state) { MP_STATE };
FIXTURE_VARIANT_ADD(pair, cpuid) { CPUID };
FIXTURE_VARIANT_ADD(pair, nested_state) { NESTED_STATE };
FIXTURE_VARIANT_ADD(pair, tsc_khz) { TSC_KHZ };
FIXTURE_VARIANT_ADD(pair, clock) { CLOCK };
FIXTURE_VARIANT_ADD(pair, guest_debug) { GUEST_DEBUG };

/* Needs: no-cap */
FIXTURE_SETUP(pair)
{
	REQUIRE_KVM();
	REQUIRE(variant->pair != SREGS2 || kvm_cap(KVM_CAP_SREGS2), "no-cap", "KVM_CAP_SREGS2");
}

FIXTURE_TEARDOWN(pair)
{
	TEARDOWN_VM(self->l2.vm);
}

/* KVM_SET_REGS at the exit of an emulated IN is a known issue, see pio_emulated. */
static const struct io_insn forms[] = {
	IO_OUT8_IMM, IO_OUT32, IO_IN8, IO_IN32, IO_OUTSW, IO_REP_OUTSB, IO_INSB, IO_REP_INSW
};

static bool is_left_out(const struct io_insn *io, enum pair pair)
{
	bool emulated = io->string || host_kvm_vendor() == VENDOR_OTHER;

	return (io->string && vm_create_makes_sev()) || (emulated && io->in && pair == REGS);
}

/* From the exit at which the vCPU is to the OUT behind, the pair between all runs. */
#define RUN_TO_THE_END(variant, vcpu, io) do {						\
	unsigned int __done = 0;							\
											\
	for (unsigned int __i = 0; __i < IO_MAX_EXITS && io_is_exit_of(vcpu, io); __i++) { \
		__done = io_serve(vcpu, io, __done);					\
		write_back(vcpu, (variant)->pair);					\
		vcpu_run(vcpu);								\
	}										\
	EXPECT_IO_COMPLETE(vcpu, io, __done, IO_RAX);					\
} while (0)

/*
 * State that userspace reads and writes back at an exit for port I/O changes nothing: the I/O is
 * completed once, and the registers are as the instruction leaves them.
 *
 * Source: KVM api.rst, KVM_GET_* and KVM_SET_* of the pair; KVM_EXIT_IO
 */
TEST_F(pair, io_is_completed_as_if_untouched)
{
	struct l2 *l2 = &self->l2;

	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		if (is_left_out(&forms[i], variant->pair))
			continue;
		io_l2_create(l2, &forms[i], MODE_LONG, 0, false);
		vcpu_run(l2->vcpu);
		RUN_TO_THE_END(variant, l2->vcpu, &forms[i]);
		vm_free(l2->vm);
		l2->vm = NULL;
	}
}

/*
 * State that userspace reads and writes back at an exit for L2's port I/O changes nothing: the
 * I/O is completed once, in L2, without an exit to L1.
 *
 * Source: KVM api.rst, KVM_GET_* and KVM_SET_* of the pair; KVM_EXIT_IO
 * Needs: no-nested
 */
TEST_F(pair, io_of_l2_is_completed_as_if_untouched)
{
	struct l2 *l2 = &self->l2;

	REQUIRE_L2();
	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		struct vcpu *template;

		if (is_left_out(&forms[i], variant->pair))
			continue;
		template = io_l2_create(l2, &forms[i], MODE_LONG, 0, true);
		l1_exit.count = 0;
		l2_prepare(l2, template, L1_IO_BITMAP);
		vcpu_run(l2->vcpu);
		RUN_TO_THE_END(variant, l2->vcpu, &forms[i]);
		EXPECT_TRUE(l2_flag_is(l2, true));
		EXPECT_EQ(0, l1_exit.count);
		vm_free(l2->vm);
		l2->vm = NULL;
	}
}

/*
 * State that userspace reads and writes back at a bus-lock exit changes nothing: each lock exits
 * once and executes once.
 *
 * Source: KVM api.rst, KVM_GET_* and KVM_SET_* of the pair; 7.22 KVM_CAP_X86_BUS_LOCK_EXIT
 * Needs: split-lock-detect
 */
TEST_F(pair, bus_lock_is_completed_as_if_untouched)
{
	struct bus_lock_guest locks = { 0 };

	REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create(&locks, MODE_LONG, LINE_SPLIT);
	self->l2.vm = locks.vm;
	EXPECT_RUNS_TO_BUS_LOCK(&locks, BL_INSN1);
	write_back(locks.vcpu, variant->pair);
	EXPECT_RUNS_TO_BUS_LOCK(&locks, BL_INSN2);
	write_back(locks.vcpu, variant->pair);
	EXPECT_RUNS_TO_OUT(&locks, "after the locks");
	EXPECT_EQ(2, locks_executed(&locks));
}

KVMCONF_MAIN
