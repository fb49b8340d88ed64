// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split locks of a guest on a host that detects split locks with #AC: KVM holds the vCPU's thread up
 * (split_lock_detect=warn) or has it killed (fatal). An #AC that the guest itself asked for is the
 * guest's, and KVM's emulator makes no split lock.
 *
 * Fix: e6f8b6c12f03 "KVM: VMX: Extend VMXs #AC interceptor to handle split lock #AC in guest"
 */
#include <signal.h>
#include <time.h>

#include "test.h"
#include "bus_lock_nested_vmx.h"

#define AC_VECTOR	17
#define CR0_AM		(1ull << 18)
#define RFLAGS_AC	(1ull << 18)

/* At least 10 by the kernel's clock; the reading is in whole milliseconds. */
#define HELD_UP_MS	9
#define MITIGATE	"/proc/sys/kernel/split_lock_mitigate"

static volatile sig_atomic_t sigbuses, sigbus_code;

static void note_sigbus(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	sigbuses++;
	sigbus_code = info->si_code;
}

static void catch_sigbus(void)
{
	struct sigaction action = { .sa_sigaction = note_sigbus, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
}

#define REQUIRE_SPLIT_LOCK_MODE(condition, modes)			\
	REQUIRE(condition, "no-split-lock-detect", "split_lock_detect is not " modes)

FIXTURE(warned) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(warned) {
	uint64_t exits;
};

FIXTURE_VARIANT_ADD(warned, without_exits) { 0 };
FIXTURE_VARIANT_ADD(warned, with_exits) { KVM_BUS_LOCK_DETECTION_EXIT };

FIXTURE_SETUP(warned)
{
	REQUIRE_KVM();
	REQUIRE_SPLIT_LOCK_MODE(host_split_lock_mode() == SPLIT_LOCK_WARN, "warn");
	if (variant->exits)
		REQUIRE_BUS_LOCK_EXIT();
	bus_lock_create_with(&self->g, variant->exits, MODE_LONG, LINE_SPLIT);
	catch_sigbus();
}

FIXTURE_TEARDOWN(warned)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * With split_lock_detect=warn a split lock of a guest executes once, and is a bus lock like any other.
 *
 * Source: Documentation/arch/x86/buslock.rst "split_lock_detect=warn"; KVM api.rst 7.22
 * Needs: no-split-lock-detect, no-cap, split-lock-detect
 */
TEST_F(warned, lock_executes_once)
{
	if (variant->exits) {
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
		EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	}
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	EXPECT_EQ(2, locks_executed(&self->g));
	EXPECT_EQ(0, sigbuses);
}

FIXTURE(mitigated) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(mitigated)
{
	REQUIRE_KVM();
	REQUIRE_SPLIT_LOCK_MODE(host_split_lock_mode() == SPLIT_LOCK_WARN, "warn");
	/* Before 6.2 there was no such switch, and each thread was held up. */
	REQUIRE_SPLIT_LOCK_MODE(access(MITIGATE, F_OK) || file_has_word(MITIGATE, "1"),
				"warn, with split_lock_mitigate=1");
	bus_lock_create_with(&self->g, 0, MODE_LONG, LINE_SPLIT);
}

FIXTURE_TEARDOWN(mitigated)
{
	TEARDOWN_VM(self->g.vm);
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * With kernel.split_lock_mitigate=1 a vCPU's thread that goes on making split locks is held up,
 * 10 ms at a time.
 *
 * Detection is off for two ticks after each, so not every lock is held up.
 *
 * Source: Documentation/admin-guide/sysctl/kernel.rst "split_lock_mitigate"
 * Needs: no-split-lock-detect
 */
TEST_F(mitigated, thread_is_held_up)
{
	const struct timespec some_ticks = { .tv_nsec = 50 * 1000 * 1000 };
	int64_t took = 0;

	for (int i = 0; i < 20 && took < HELD_UP_MS; i++) {
		int64_t begun;

		nanosleep(&some_ticks, NULL);
		set_linear_rip(&self->g, BL_INSN1);
		begun = milliseconds();
		vcpu_run(self->g.vcpu);
		took = milliseconds() - begun;
	}
	EXPECT_LE(HELD_UP_MS, took);
}

FIXTURE(fatal) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(fatal) {
	bool in_l2;
};

FIXTURE_VARIANT_ADD(fatal, in_l1) { false };
FIXTURE_VARIANT_ADD(fatal, in_l2) { true };

FIXTURE_SETUP(fatal)
{
	REQUIRE_KVM();
	REQUIRE_SPLIT_LOCK_MODE(host_split_lock_mode() == SPLIT_LOCK_FATAL, "fatal");
	if (variant->in_l2) {
		REQUIRE(vmx_nested_offered(), "no-nested", "kvm_intel.nested is off");
		nested_vmx_create(&self->g);
		vmx_write_later(&vmcs12, VMCS_EXCEPTION_BITMAP, 1u << AC_VECTOR);
	} else {
		bus_lock_create(&self->g, MODE_LONG, LINE_SPLIT);
	}
	catch_sigbus();
}

FIXTURE_TEARDOWN(fatal)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * With split_lock_detect=fatal a split lock of a guest does not execute. The vCPU's thread has a
 * SIGBUS, and KVM_RUN ends with KVM_EXIT_EXCEPTION for #AC(0) at the lock. This holds for L2 also if
 * L1 intercepts #AC.
 *
 * Source: Documentation/arch/x86/buslock.rst "split_lock_detect=fatal"; vmx.c handle_exception_nmi(),
 * nested.c nested_vmx_l0_wants_exit()
 * Needs: no-split-lock-detect, no-nested
 */
TEST_F(fatal, lock_is_a_sigbus_and_does_not_execute)
{
	struct kvm_run *run = self->g.vcpu->run;

	vcpu_run(self->g.vcpu);
	ASSERT_EXIT(KVM_EXIT_EXCEPTION, self->g.vcpu);
	EXPECT_EQ(AC_VECTOR, run->ex.exception);
	EXPECT_EQ(0, run->ex.error_code);
	EXPECT_EQ(1, sigbuses);
	EXPECT_EQ(BUS_ADRALN, sigbus_code);
	EXPECT_HEX(BL_INSN1, linear_rip(&self->g));
	EXPECT_EQ(0, locks_executed(&self->g));
}

static struct guest_exception taken;

static __guest void skip_lock(struct guest_exception *frame)
{
	taken = *frame;
	frame->rip += LOCK_LENGTH;
}

FIXTURE(own) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(own) {
	unsigned long operand;
	bool user;
};

FIXTURE_VARIANT_ADD(own, unaligned) { BL_DATA + 1, true };
FIXTURE_VARIANT_ADD(own, split) { LINE_SPLIT, true };
FIXTURE_VARIANT_ADD(own, unaligned_of_supervisor) { BL_DATA + 1, false };

FIXTURE_SETUP(own)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	REQUIRE_KVM();
	REQUIRE_SPLIT_LOCK_MODE(host_split_lock_mode() != SPLIT_LOCK_IGNORED, "warn or fatal");
	bus_lock_create_with(&self->g, 0, MODE_LONG, variant->operand);
	if (variant->user)
		vcpu_enter_user_mode(self->g.vcpu);
	vcpu_get_sregs(self->g.vcpu, &sregs);
	sregs.cr0 |= CR0_AM;
	vcpu_set_sregs(self->g.vcpu, &sregs);
	vcpu_get_regs(self->g.vcpu, &regs);
	regs.rflags |= RFLAGS_AC;
	vcpu_set_regs(self->g.vcpu, &regs);
	guest_exception_handler = skip_lock;
	catch_sigbus();
}

FIXTURE_TEARDOWN(own)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * An alignment check that the guest has switched on (CR0.AM, RFLAGS.AC, at CPL 3) is the guest's
 * #AC(0), for a split lock too. The host has no SIGBUS.
 *
 * Source: SDM vol. 3, "Interrupt 17 - Alignment Check Exception"; vmx.c vmx_guest_inject_ac()
 * Needs: no-split-lock-detect
 */
TEST_F(own, alignment_check_is_the_guests)
{
	vcpu_run(self->g.vcpu);
	EXPECT_STREQ("out after the locks", stop_name(&self->g));
	EXPECT_EQ(variant->user ? AC_VECTOR : 0, taken.vector);
	EXPECT_EQ(0, taken.error_code);
	EXPECT_HEX(variant->user ? BL_INSN2 : 0, taken.rip);
	EXPECT_EQ(variant->user ? 0 : 2, locks_executed(&self->g));
	EXPECT_EQ(0, sigbuses);
}

FIXTURE(emulated) {
	struct bus_lock_guest g;
};

FIXTURE_SETUP(emulated)
{
	REQUIRE_KVM();
	REQUIRE_SPLIT_LOCK_MODE(host_split_lock_mode() != SPLIT_LOCK_IGNORED, "warn or fatal");
	REQUIRE(host_forces_emulation(), "module-param", "kvm.force_emulation_prefix is not 1");
	bus_lock_create_with(&self->g, 0, MODE_LONG, LINE_SPLIT);
	catch_sigbus();
}

FIXTURE_TEARDOWN(emulated)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A split lock that KVM's emulator executes is a write: it executes once, and the host has no #AC.
 *
 * Source: x86.c emulator_cmpxchg_emulated(): "Emulating ... split lock access as a write"
 * Needs: no-split-lock-detect, module-param
 */
TEST_F(emulated, split_lock_is_a_write)
{
	set_linear_rip(&self->g, BL_OTHER);
	guest_put_bytes(BL_OTHER, FORCE_EMULATION, LOCK_INC, OUT_AL(PORT_ELSEWHERE));
	EXPECT_RUNS_TO_OUT(&self->g, "after the lock elsewhere");
	EXPECT_EQ(1, locks_executed(&self->g));
	EXPECT_EQ(0, sigbuses);
}

KVMCONF_MAIN
