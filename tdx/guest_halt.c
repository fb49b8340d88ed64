// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD that halts: TDG.VP.VMCALL<Instruction.HLT>, by which it also says whether it has
 * interrupts off. Only the emulated TDX module lets a test say what a TD does, see
 * tdx_emulated.h.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "alarm.h"
#include "steps.h"
#include "thread_state.h"

#define INTERRUPT	0x55
#define DELIVER_NMI	(4 << 8)
#define NMI		2

/* First its own first step is put out, then the status of HLT, then what has come. */
#define HALTS(blocked)	ENABLE_APIC, READ(STEPS), OUT, READ(STEPS),	\
			HLT(blocked), OUT, EVENT, OUT, EVENT, OUT
#define FIRST_STEP	TDX_OP_VMCALL

static uint32_t mp_state(struct vcpu *vcpu)
{
	struct kvm_mp_state state;

	vcpu_get_mp_state(vcpu, &state);
	return state.mp_state;
}

/*
 * Runs the TD until it has halted. Signals come again and again, since one that comes before
 * that tells nothing. False: there was an exit.
 */
static bool run_until_halted(struct vcpu *vcpu)
{
	bool is_interrupted;

	interrupt_every(10);
	do
		is_interrupted = __vcpu_run(vcpu) && errno == EINTR;
	while (is_interrupted && mp_state(vcpu) != KVM_MP_STATE_HALTED);
	interrupt_every(0);
	return is_interrupted;
}

FIXTURE(halted) {
	struct td td;
};

FIXTURE_VARIANT(halted) {
	bool blocked;		/* by a TD that has interrupts off */
	uint32_t data;		/* of the MSI that wakes it */
	uint32_t vector;	/* with which it finds itself */
};

FIXTURE_VARIANT_ADD(halted, interrupt) { .data = INTERRUPT, .vector = INTERRUPT };
FIXTURE_VARIANT_ADD(halted, nmi) { .data = DELIVER_NMI, .vector = NMI };
FIXTURE_VARIANT_ADD(halted, nmi_interrupts_off) {
	.blocked = true, .data = DELIVER_NMI, .vector = NMI,
};

FIXTURE_SETUP(halted)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	if (variant->blocked)
		BUILD(self, HALTS(1));
	else
		BUILD(self, HALTS(0));
	RUN_TO_OUT(self, FIRST_STEP);
}

FIXTURE_TEARDOWN(halted)
{
	TEARDOWN_TD(&self->td);
}

/*
 * HLT of a TD does not exit to userspace. A signal ends KVM_RUN with EINTR and leaves the TD
 * halted.
 *
 * Source: KVM api.rst, KVM_GET_MP_STATE: KVM_MP_STATE_HALTED; GHCI, TDG.VP.VMCALL<Instruction.HLT>
 * Needs: no-tdx, not-emulated
 */
TEST_F(halted, stays_halted_through_signals)
{
	ASSERT_TRUE(run_until_halted(self->td.vcpu));
	EXPECT_ERRNO(EINTR, vcpu_run_with_pending_signal(self->td.vcpu));
	EXPECT_EQ(KVM_MP_STATE_HALTED, mp_state(self->td.vcpu));
}

/*
 * An interrupt or an NMI ends the halt at the next KVM_RUN: the HLT has succeeded, the TD goes
 * on behind it, and receives the event.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.HLT>; KVM api.rst, KVM_SIGNAL_MSI
 * Needs: no-tdx, not-emulated
 */
TEST_F(halted, goes_on_when_woken)
{
	ASSERT_TRUE(run_until_halted(self->td.vcpu));
	send_msi(self->td.vm, variant->data);
	RUN_TO_OUT(self, 0);
	RUN_TO_OUT(self, variant->vector);
	RUN_TO_OUT(self, 0);
}

/* Who sends @data once the vCPU's thread sleeps, which it does nowhere but in KVM_RUN. */
struct sender {
	struct vm *vm;
	uint32_t data;
	pid_t sleeper;
};

static void *send_to_sleeper(void *arg)
{
	struct sender *sender = arg;

	while (thread_state(sender->sleeper) != 'S')
		;
	send_msi(sender->vm, sender->data);
	return NULL;
}

/*
 * An interrupt that arrives while the halted vCPU's thread sleeps in KVM_RUN wakes the thread.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.HLT>; vmx/common.h kvm_vcpu_trigger_posted_interrupt()
 * Needs: no-tdx, not-emulated
 */
TEST_F(halted, is_woken_from_its_sleep)
{
	struct sender sender = { self->td.vm, variant->data, syscall(SYS_gettid) };
	pthread_t thread;

	ASSERT_TRUE(run_until_halted(self->td.vcpu));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_to_sleeper, &sender));
	RUN_TO_OUT(self, 0);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	RUN_TO_OUT(self, variant->vector);
}

FIXTURE(halting) {
	struct td td;
};

FIXTURE_SETUP(halting)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
}

FIXTURE_TEARDOWN(halting)
{
	TEARDOWN_TD(&self->td);
}

/*
 * Interrupts do not wake a TD that halts with interrupts off. An NMI wakes it, and the TD then
 * receives the interrupts that arrived meanwhile.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.HLT>: Interrupt Blocked Flag
 * Needs: no-tdx, not-emulated
 */
TEST_F(halting, with_interrupts_off_sleeps_through_them)
{
	BUILD(self, HALTS(1));
	RUN_TO_OUT(self, FIRST_STEP);
	ASSERT_TRUE(run_until_halted(self->td.vcpu));
	send_msi(self->td.vm, INTERRUPT);
	EXPECT_ERRNO(EINTR, vcpu_run_with_pending_signal(self->td.vcpu));
	ASSERT_EQ(KVM_MP_STATE_HALTED, mp_state(self->td.vcpu));

	send_msi(self->td.vm, DELIVER_NMI);
	RUN_TO_OUT(self, 0);
	RUN_TO_OUT(self, NMI);
	RUN_TO_OUT(self, INTERRUPT);
}

/*
 * A TD with a pending interrupt does not halt, even if the TDX module has already taken the
 * interrupt over from KVM.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.HLT>; vmx/tdx.c tdx_protected_apic_has_interrupt();
 * TDX Module ABI Specification, VCPU_STATE_DETAILS
 * Needs: no-tdx, not-emulated
 */
TEST_F(halting, does_not_halt_with_an_interrupt_there)
{
	BUILD(self, HALTS(0));
	RUN_TO_OUT(self, FIRST_STEP);
	send_msi(self->td.vm, INTERRUPT);
	RUN_TO_OUT(self, 0);
	RUN_TO_OUT(self, INTERRUPT);
}

KVMCONF_MAIN
