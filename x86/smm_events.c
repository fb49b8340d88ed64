// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is pending or blocked when an SMI comes: its handler begins with neither, and behind
 * RSM all is as before. What is pending has not been lost when userspace asks for it.
 */
#include <stdlib.h>

#include "io_insn.h"
#include "l2.h"
#include "smm.h"
#include "test.h"

#define VECTOR		0x40
#define HANDLER_OUT	0x14
/* Two OUTs, to IO_PORT_AFTER and IO_PORT_OTHER, are what the SMI interrupts. */
#define SECOND_OUT	(IO_INSN + 2)

static const struct io_insn nothing = { 0, 1, false, true, false, { 0 } };

static volatile uint64_t interrupted_rip;

static __guest void note_place(struct guest_exception *frame)
{
	interrupted_rip = frame->rip;
}

static struct vcpu *create_interrupted(struct vm *vm)
{
	static const uint8_t code[] = { 0xe6, IO_PORT_AFTER, 0xe6, IO_PORT_OTHER, 0xf4 };
	static const uint8_t handler[] = { 0xe6, HANDLER_OUT, OPCODE_RSM };
	struct vcpu *vcpu = io_vcpu_create(vm, &nothing, MODE_LONG, 0);
	struct kvm_regs regs;

	memcpy((void *)IO_INSN, code, sizeof(code));
	smm_install(vm, handler, sizeof(handler));
	guest_exception_handler = note_place;
	vcpu_get_regs(vcpu, &regs);
	regs.rflags |= RFLAGS_IF;
	vcpu_set_regs(vcpu, &regs);
	return vcpu;
}

#define RUN_TO_HANDLER(self) do {							\
	vcpu_run((self)->vcpu);								\
	ASSERT_EXIT(KVM_EXIT_IO, (self)->vcpu);						\
	ASSERT_EQ(HANDLER_OUT, (self)->vcpu->run->io.port);				\
	EXPECT_TRUE((self)->vcpu->run->flags & KVM_RUN_X86_SMM);			\
} while (0)

#define RUN_TO(self, stop) do {								\
	vcpu_run((self)->vcpu);								\
	EXPECT_STREQ(stop, io_stop_name((self)->vcpu));					\
} while (0)

FIXTURE(shadow) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_vcpu_events events;
};

FIXTURE_VARIANT(shadow) {
	uint8_t shadow;
	bool smi;
};

FIXTURE_VARIANT_ADD(shadow, none) { 0, true };
FIXTURE_VARIANT_ADD(shadow, of_sti) { KVM_X86_SHADOW_INT_STI, true };
FIXTURE_VARIANT_ADD(shadow, of_mov_ss) { KVM_X86_SHADOW_INT_MOV_SS, true };
FIXTURE_VARIANT_ADD(shadow, of_sti_without_smi) { KVM_X86_SHADOW_INT_STI, false };
FIXTURE_VARIANT_ADD(shadow, of_mov_ss_without_smi) { KVM_X86_SHADOW_INT_MOV_SS, false };

/* An interrupt from a device. */
static void signal_interrupt(struct vcpu *vcpu)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000 | vcpu->id << 12, .data = VECTOR };
	struct kvm_lapic_state lapic;

	vcpu_get_lapic(vcpu, &lapic);
	lapic.regs[0xf1] |= 1;		/* the APIC is on */
	vcpu_set_lapic(vcpu, &lapic);
	if (vm_signal_msi(vcpu->vm, &msi) < 1)
		report_error("KVM_SIGNAL_MSI: nobody took the interrupt");
}

/* Needs: no-cap */
FIXTURE_SETUP(shadow)
{
	REQUIRE_KVM();
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	self->vm = vm_create();
	self->vcpu = create_interrupted(self->vm);
	signal_interrupt(self->vcpu);
	vcpu_get_events(self->vcpu, &self->events);
	self->events.flags |= KVM_VCPUEVENT_VALID_SHADOW;
	self->events.interrupt.shadow = variant->shadow;
	vcpu_set_events(self->vcpu, &self->events);
	if (variant->smi) {
		vcpu_smi(self->vcpu);
		RUN_TO_HANDLER(self);
	}
}

FIXTURE_TEARDOWN(shadow)
{
	TEARDOWN_VM(self->vm);
}

/*
 * An interrupt shadow that an SMI interrupts is restored by RSM: an interrupt waits for the
 * shadowed instruction, as without the SMI.
 *
 * Source: APM vol. 2, 15.21.5 and SDM vol. 3, 6.8.3; smm.c enter_smm_save_state_64(): int_shadow
 */
TEST_F(shadow, outlives_the_handler)
{
	RUN_TO(self, "after it");
	EXPECT_HEX(variant->shadow ? 0 : IO_INSN, interrupted_rip);
	RUN_TO(self, "elsewhere");
	EXPECT_HEX(variant->shadow ? SECOND_OUT : IO_INSN, interrupted_rip);
}

/*
 * An SMI handler has no interrupt shadow, whatever the SMI interrupted. Without an SMI the shadow
 * is there.
 *
 * Source: smm.c enter_smm(): set_interrupt_shadow
 */
TEST_F(shadow, is_not_the_handlers)
{
	vcpu_get_events(self->vcpu, &self->events);
	EXPECT_EQ(!variant->smi, self->events.interrupt.shadow != 0);
}

FIXTURE(pending) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_vcpu_events events;
};

FIXTURE_VARIANT(pending) {
	bool nmi_blocked;
};

FIXTURE_VARIANT_ADD(pending, nmi_open) { false };
FIXTURE_VARIANT_ADD(pending, nmi_blocked) { true };

/* Needs: no-cap */
FIXTURE_SETUP(pending)
{
	REQUIRE_KVM();
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	self->vm = vm_create();
	self->vcpu = create_interrupted(self->vm);
	vcpu_get_events(self->vcpu, &self->events);
	self->events.nmi.masked = variant->nmi_blocked;
	vcpu_set_events(self->vcpu, &self->events);
}

FIXTURE_TEARDOWN(pending)
{
	TEARDOWN_VM(self->vm);
}

/*
 * NMIs are blocked in an SMI handler. After RSM they are blocked if and only if they were before
 * the SMI: in an NMI handler another NMI still waits.
 *
 * Source: APM vol. 2, 10.3.3 and SDM vol. 3, 32.8; KVM api.rst, KVM_GET_VCPU_EVENTS: smm_inside_nmi
 */
TEST_F(pending, nmis_are_blocked_behind_rsm_as_before)
{
	vcpu_smi(self->vcpu);
	RUN_TO_HANDLER(self);
	vcpu_get_events(self->vcpu, &self->events);
	EXPECT_EQ(1, self->events.nmi.masked);
	EXPECT_EQ(variant->nmi_blocked, self->events.smi.smm_inside_nmi);
	vcpu_nmi(self->vcpu);
	RUN_TO(self, "after it");
	EXPECT_HEX(variant->nmi_blocked ? 0 : IO_INSN, interrupted_rip);
	vcpu_get_events(self->vcpu, &self->events);
	EXPECT_EQ(variant->nmi_blocked, self->events.nmi.masked);
	EXPECT_EQ(variant->nmi_blocked, self->events.nmi.pending);
}

/*
 * A KVM_RUN that is interrupted in the SMI handler sets KVM_RUN_X86_SMM, and one that is
 * interrupted behind RSM does not.
 *
 * Source: KVM api.rst 5 "run->flags"; x86.c post_kvm_run_save()
 */
TEST_F(pending, interrupted_run_tells_smm)
{
	vcpu_smi(self->vcpu);
	RUN_TO_HANDLER(self);
	io_complete_only(self->vcpu);
	EXPECT_TRUE(self->vcpu->run->flags & KVM_RUN_X86_SMM);
	RUN_TO(self, "after it");
	io_complete_only(self->vcpu);
	EXPECT_FALSE(self->vcpu->run->flags & KVM_RUN_X86_SMM);
}

/*
 * An SMI that is pending is in KVM_GET_VCPU_EVENTS, and a fresh vCPU with that state takes it.
 *
 * Source: KVM api.rst, KVM_GET_VCPU_EVENTS: smi.pending
 */
TEST_F(pending, smi_is_carried_to_a_fresh_vcpu)
{
	struct vcpu *fresh = vcpu_create(self->vm);

	vcpu_smi(self->vcpu);
	vcpu_get_events(self->vcpu, &self->events);
	EXPECT_EQ(1, self->events.smi.pending);
	vcpu_copy_state(self->vcpu, fresh);
	self->vcpu = fresh;
	RUN_TO_HANDLER(self);
	RUN_TO(self, "after it");
}

/*
 * An NMI that is pending is in KVM_GET_VCPU_EVENTS, and a fresh vCPU with that state takes it.
 *
 * Source: KVM api.rst, KVM_GET_VCPU_EVENTS: nmi.pending
 */
TEST_F(pending, nmi_is_carried_to_a_fresh_vcpu)
{
	struct vcpu *fresh = vcpu_create(self->vm);

	vcpu_nmi(self->vcpu);
	vcpu_get_events(self->vcpu, &self->events);
	EXPECT_EQ(1, self->events.nmi.pending);
	EXPECT_EQ(variant->nmi_blocked, self->events.nmi.masked);
	vcpu_copy_state(self->vcpu, fresh);
	self->vcpu = fresh;
	RUN_TO(self, "after it");
	EXPECT_HEX(variant->nmi_blocked ? 0 : IO_INSN, interrupted_rip);
}

/* A vCPU that is in L2. */
FIXTURE(toggled) {
	struct l2 l2;
};

/* Needs: no-cap, no-nested */
FIXTURE_SETUP(toggled)
{
	struct vcpu *template;

	REQUIRE_KVM();
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	REQUIRE_L2();
	template = io_l2_create(&self->l2, &nothing, MODE_LONG, 0, true);
	l2_prepare(&self->l2, template, L1_IO_BITMAP);
	vcpu_run(self->l2.vcpu);
	ASSERT_STREQ("after it", io_stop_name(self->l2.vcpu));
	ASSERT_TRUE(l2_flag_is(&self->l2, true));
}

FIXTURE_TEARDOWN(toggled)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * A vCPU that KVM_SET_VCPU_EVENTS brings into SMM leaves L2: there is no L2 in SMM.
 *
 * Source: APM vol. 2, 15.22 and SDM vol. 3, 32.14: SMM is outside guest mode; x86.c kvm_vcpu_ioctl_x86_set_vcpu_events(): kvm_leave_nested()
 */
TEST_F(toggled, smm_set_by_userspace_ends_l2)
{
	struct kvm_nested_state *nested;
	struct kvm_vcpu_events events;

	vcpu_get_events(self->l2.vcpu, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SMM;
	events.smi.smm = 1;
	vcpu_set_events(self->l2.vcpu, &events);
	nested = vcpu_read_nested_state(self->l2.vcpu);
	ASSERT_NE(NULL, nested);
	EXPECT_EQ(0, nested->flags & KVM_STATE_NESTED_GUEST_MODE);
	free(nested);
	vcpu_get_events(self->l2.vcpu, &events);
	EXPECT_EQ(1, events.smi.smm);
}

KVMCONF_MAIN
