// SPDX-License-Identifier: GPL-2.0-only
/*
 * The credit is for the instruction that made the exit: an event that is delivered
 * first, and whatever its handler does, must not change that.
 */
#include "test.h"
#include "bus_lock_events.h"

FIXTURE(event) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(event) {
	enum event event;
	unsigned long operand;
};

FIXTURE_VARIANT_ADD(event, interrupt) { INTERRUPT, LINE_SPLIT };
FIXTURE_VARIANT_ADD(event, nmi) { NMI, LINE_SPLIT };
FIXTURE_VARIANT_ADD(event, page_fault) { PAGE_FAULT, PAGE_SPLIT };
FIXTURE_VARIANT_ADD(event, smi) { SMI, LINE_SPLIT };

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(event)
{
	struct kvm_regs regs;

	REQUIRE_BUS_LOCK_THRESHOLD();
	REQUIRE(variant->event != SMI || kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	bus_lock_create(&self->g, MODE_LONG, variant->operand);
	vcpu_get_regs(self->g.vcpu, &regs);
	regs.rflags |= RFLAGS_IF;
	vcpu_set_regs(self->g.vcpu, &regs);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
}

FIXTURE_TEARDOWN(event)
{
	TEARDOWN_VM(self->g.vm);
}

static unsigned int handler_locked(void)
{
	uint16_t value;

	memcpy(&value, (void *)HANDLER_OPERAND, sizeof(value));
	return value;
}

/*
 * An event handler without bus locks leaves the credit alone: the interrupted instruction
 * executes without a second exit.
 *
 * Source: svm.c complete_userspace_buslock(): "KVM's ABI is to let the guest execute the bus-locking instruction"
 */
TEST_F(event, instruction_keeps_its_credit_behind_a_handler)
{
	raise_event(self->g.vcpu, variant->event);
	EXPECT_ONE_CREDIT(&self->g);
	EXPECT_EQ(1, HANDLED);
}

/*
 * A bus lock in an event handler exits: the credit belongs to the interrupted instruction.
 *
 * Source: KVM api.rst 7.22: "KVM exits to userspace for all such VM exits"; svm.c complete_userspace_buslock()
 */
TEST_F(event, lock_in_the_handler_exits)
{
	const struct kvm_run *run = self->g.vcpu->run;

	handler_locks = true;
	raise_event(self->g.vcpu, variant->event);
	vcpu_run(self->g.vcpu);
	ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, self->g.vcpu);
	EXPECT_STREQ(variant->event == SMI ? "SMM|BUS_LOCK" : "BUS_LOCK",
		     run_flags_name(run->flags));
	EXPECT_RIP(variant->event == SMI ? SMI_LOCK - SMI_CS_BASE : (unsigned long)handler_lock,
		   self->g.vcpu);
	EXPECT_EQ(1, HANDLED);
	EXPECT_EQ(0, handler_locked());
}

/*
 * A bus lock in an event handler does not use up the credit of the interrupted instruction,
 * however many exits the handler makes.
 *
 * Source: svm.c complete_userspace_buslock(): "KVM's ABI is to let the guest execute the bus-locking instruction"
 */
TEST_F(event, lock_in_the_handler_leaves_the_credit)
{
	struct vcpu *vcpu = self->g.vcpu;

	handler_locks = true;
	raise_event(vcpu, variant->event);
	for (unsigned int i = 0; i < 2 && !locks_executed(&self->g); i++) {
		vcpu_run(vcpu);
		ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, vcpu);
		EXPECT_STRNE("the first lock", place_name(linear_rip(&self->g)));
	}
	EXPECT_EQ(1, locks_executed(&self->g));
	EXPECT_EQ(1, handler_locked());
}

KVMCONF_MAIN
