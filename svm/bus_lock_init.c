// SPDX-License-Identifier: GPL-2.0-only
/*
 * INIT and the bus-lock counter: KVM samples the capability anew, and what it
 * owed to a bus lock it still owes.
 */
#include "test.h"
#include "bus_lock_reload.h"

enum init_means { LATCHED, MSI, IPI, SHUTDOWN };

/* SDM vol. 3, 11.6.1 and 11.11: the interrupt command register, and a message alike. */
#define DELIVERY_INIT		0x500
#define LEVEL_ASSERT		0x4000
#define APIC_BASE		0xfee00000ul
#define APIC_SPURIOUS		0xf0		/* bit 8: on */
#define APIC_ICR_LOW		(*(volatile uint32_t *)(APIC_BASE + 0x300))
#define APIC_ICR_HIGH		(*(volatile uint32_t *)(APIC_BASE + 0x310))

#define RESET_RIP		0xfff0

static uint32_t init_target;

static __guest void send_init(void)
{
	APIC_ICR_HIGH = init_target << 24;
	APIC_ICR_LOW = DELIVERY_INIT | LEVEL_ASSERT;
}

/* INIT as state of the vCPU. */
static void latch_init(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events;

	vcpu_get_events(vcpu, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SMM;
	events.smi.latched_init = 1;
	vcpu_set_events(vcpu, &events);
}

/* INIT from a device, which finds only an APIC that has been switched on. */
static void signal_init(struct vcpu *vcpu)
{
	struct kvm_msi msi = {
		.address_lo = APIC_BASE | vcpu->id << 12,
		.data = DELIVERY_INIT | LEVEL_ASSERT,
	};
	struct kvm_lapic_state lapic;

	vcpu_get_lapic(vcpu, &lapic);
	lapic.regs[APIC_SPURIOUS + 1] |= 1;
	vcpu_set_lapic(vcpu, &lapic);
	if (vm_signal_msi(vcpu->vm, &msi) < 1)
		report_error("KVM_SIGNAL_MSI: nobody took the INIT");
}

/* INIT from another vCPU. */
static void send_init_ipi(struct vcpu *vcpu)
{
	init_target = vcpu->id;
	vcpu_run(vcpu_create_long(vcpu->vm, send_init));
}

/* KVM_EXIT_SHUTDOWN leaves an SVM vCPU as INIT does: an exception without an IDT. */
static void shut_down(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(vcpu, &sregs);
	sregs.idt.limit = 0;
	vcpu_set_sregs(vcpu, &sregs);
	guest_put_bytes(BL_OTHER, 0x0f, 0x0b);	/* ud2 */
	vcpu_set_rip(vcpu, BL_OTHER);
	vcpu_run(vcpu);
	if (vcpu->run->exit_reason != KVM_EXIT_SHUTDOWN)
		report_error("no triple fault but %s", exit_name(vcpu->run->exit_reason));
}

/* The vCPU goes through an INIT, and then stands before the first lock. */
static void go_through_init(struct bus_lock_guest *g, enum init_means means)
{
	static void (*const init[])(struct vcpu *vcpu) = {
		[LATCHED] = latch_init,
		[MSI] = signal_init,
		[IPI] = send_init_ipi,
		[SHUTDOWN] = shut_down,
	};
	struct kvm_mp_state taken;

	init[means](g->vcpu);
	/* KVM takes a pending INIT before it tells the state. */
	vcpu_get_mp_state(g->vcpu, &taken);
	if (vcpu_rip(g->vcpu) != RESET_RIP)
		report_error("the INIT did not reach the vCPU");
	bus_lock_enter(g, g->vcpu, MODE_LONG, 0, LINE_SPLIT);
}

FIXTURE(sampled) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(sampled) {
	enum init_means means;
};

FIXTURE_VARIANT_ADD(sampled, latched) { LATCHED };
FIXTURE_VARIANT_ADD(sampled, msi) { MSI };
FIXTURE_VARIANT_ADD(sampled, ipi) { IPI };
FIXTURE_VARIANT_ADD(sampled, shutdown) { SHUTDOWN };

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(sampled)
{
	REQUIRE_BUS_LOCK_THRESHOLD();
	self->g.vm = vm_create();
	vm_add_low_memory(self->g.vm);
	bl_put_code();
	self->g.vcpu = vcpu_create(self->g.vm);
	bus_lock_enter(&self->g, self->g.vcpu, MODE_LONG, 0, LINE_SPLIT);
	vm_enable_cap(self->g.vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
}

FIXTURE_TEARDOWN(sampled)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * A vCPU older than the enabling of the capability has no exits until an INIT,
 * and has them from then on.
 *
 * Source: svm.c init_vmcb(), which every INIT goes through
 */
TEST_F(sampled, older_vcpu_exits_after_an_init)
{
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
	go_through_init(&self->g, variant->means);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN1);
	EXPECT_RUNS_TO_BUS_LOCK(&self->g, BL_INSN2);
	EXPECT_RUNS_TO_OUT(&self->g, "after the locks");
}

FIXTURE(owed) {
	struct bus_lock_guest g;
};

/* Without SHUTDOWN, which cannot happen before the guest has run on. */
FIXTURE_VARIANT(owed) {
	enum init_means means;
};

FIXTURE_VARIANT_ADD(owed, latched) { LATCHED };
FIXTURE_VARIANT_ADD(owed, msi) { MSI };
FIXTURE_VARIANT_ADD(owed, ipi) { IPI };

/* Needs: no-cap, split-lock-detect */
FIXTURE_SETUP(owed)
{
	SETUP_AT_FIRST_LOCK(&self->g, MODE_LONG);
}

FIXTURE_TEARDOWN(owed)
{
	TEARDOWN_VM(self->g.vm);
}

/*
 * INIT between exit and re-entry, with RIP put back, grants the credit: at KVM_RUN the linear
 * RIP is the one of the exit.
 *
 * Source: svm.c complete_userspace_buslock(): RIP at KVM_RUN is all that counts
 */
TEST_F(owed, completion_survives_init)
{
	go_through_init(&self->g, variant->means);
	EXPECT_ONE_CREDIT(&self->g);
}

/*
 * INIT does not take a credit that KVM has granted.
 *
 * Source: APM vol. 2, 15.14.5 (count): only a bus lock uses up the count
 */
TEST_F(owed, credit_survives_init)
{
	EXPECT_RUNS_NOTHING(&self->g);
	go_through_init(&self->g, variant->means);
	EXPECT_GRANTED(&self->g);
}

KVMCONF_MAIN
