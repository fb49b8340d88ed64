// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks of encrypted guests with something in between: an interrupt at re-entry, another
 * vCPU, a mirror, a move to another VM.
 */
#include "test.h"
#include "bus_lock_sev.h"

FIXTURE(interrupt) {
	struct sev_guest guest;
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(interrupt) {
	enum sev_kind kind;
	bool handler_locks;
};

FIXTURE_VARIANT_ADD(interrupt, sev) { SEV_NEW, false };
FIXTURE_VARIANT_ADD(interrupt, es) { SEV_ES_NEW, false };
FIXTURE_VARIANT_ADD(interrupt, sev_handler_locks) { SEV_NEW, true };
FIXTURE_VARIANT_ADD(interrupt, es_handler_locks) { SEV_ES_NEW, true };

/* Needs: split-lock-detect */
FIXTURE_SETUP(interrupt)
{
	REQUIRE_SEV_BUS_LOCKS(variant->kind);
	sev_locks_create(&self->g, &self->guest, variant->kind);
	put_handler(variant->handler_locks);
	sev_guest_launch(&self->guest);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 0);
	raise_interrupt(self->guest.vm);
}

FIXTURE_TEARDOWN(interrupt)
{
	TEARDOWN_VM(self->guest.vm);
}

static unsigned int handler_locked(void)
{
	uint16_t value;

	memcpy(&value, (void *)SEV_HANDLER_OPERAND, sizeof(value));
	return value;
}

/*
 * An interrupt at re-entry does not cost an encrypted guest its credit: bus locks in the
 * handler exit, and the interrupted instruction executes without a second exit.
 *
 * Source: KVM api.rst 7.22; svm.c complete_userspace_buslock(): "KVM's ABI is to let the guest
 * execute the bus-locking instruction"
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(interrupt, does_not_cost_the_credit)
{
	struct vcpu *vcpu = self->g.vcpu;

	if (variant->handler_locks) {
		EXPECT_SUCCESS(__vcpu_run(vcpu));
		ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, vcpu);
		EXPECT_EQ(1, SEV_HANDLED);
		EXPECT_EQ(0, handler_locked());
		EXPECT_EQ(0, locks_executed(&self->g));
	}
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 1);
	EXPECT_EQ(1, SEV_HANDLED);
	EXPECT_EQ(variant->handler_locks, handler_locked());
}

FIXTURE(guest) {
	struct sev_guest guest;
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(guest) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(guest, sev_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(guest, sev) { SEV_NEW };
FIXTURE_VARIANT_ADD(guest, es_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(guest, es) { SEV_ES_NEW };

/* Needs: split-lock-detect */
FIXTURE_SETUP(guest)
{
	REQUIRE_SEV_BUS_LOCKS(variant->kind);
	sev_locks_create(&self->g, &self->guest, variant->kind);
}

FIXTURE_TEARDOWN(guest)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * Each vCPU of an encrypted guest has a credit of its own.
 *
 * Source: KVM api.rst 7.22; svm.c complete_userspace_buslock(): vcpu->arch.cui_linear_rip
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(guest, vcpus_have_credits_of_their_own)
{
	struct bus_lock_guest second = { 0 };

	sev_locks_vcpu(&second, self->guest.vm, true);
	sev_guest_launch(&self->guest);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 0);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &second, 0);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &second, 1);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 1);
	EXPECT_SEV_RUNS_TO_END(variant->kind, &second);
	EXPECT_SEV_RUNS_TO_END(variant->kind, &self->g);
}

/*
 * A mirror has bus-lock exits as its own capability says, and credits of its own, independent
 * of its owner.
 *
 * Source: KVM api.rst 7.22, 7.24
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(guest, mirror_has_exits_and_credits_of_its_own)
{
	struct vm *vm = sev_vm_create(variant->kind);
	struct bus_lock_guest mirror = { 0 };

	sev_guest_launch_update(&self->guest, sev_policy(variant->kind));
	vm_sev_copy_from(vm, self->guest.vm);
	sev_guest_share_memory(vm);
	enable_exits(vm);
	sev_locks_vcpu(&mirror, vm, false);
	sev_locks_vcpu(&mirror, vm, true);	/* the second, whose operand is not the owner's */
	if (sev_is_es(variant->kind))
		vm_sev_update_vmsa(vm, NULL);
	sev_guest_launch_finish(&self->guest);

	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 0);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &mirror, 0);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 1);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &mirror, 1);
	EXPECT_SEV_RUNS_TO_END(variant->kind, &mirror);
	EXPECT_SEV_RUNS_TO_END(variant->kind, &self->g);
	vm_free(vm);
}

/*
 * A guest that moves to another VM between exit and re-entry exits for the same lock once
 * more, and only once.
 *
 * Source: KVM api.rst 7.22, 7.29; KVM_EXIT_IO: "The pending state of the operation is not
 * preserved in state which is visible to userspace"
 * Needs: no-sev, no-vm-type, permission, no-cap
 */
TEST_F(guest, move_repeats_the_exit_once)
{
	struct vm *vm = sev_vm_create(variant->kind);
	struct bus_lock_guest moved = { 0 };
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	sev_guest_launch(&self->guest);
	sev_guest_share_memory(vm);
	enable_exits(vm);
	sev_locks_vcpu(&moved, vm, false);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &self->g, 0);

	if (!sev_is_es(variant->kind)) {
		vcpu_get_sregs(self->g.vcpu, &sregs);
		vcpu_get_regs(self->g.vcpu, &regs);
	}
	vm_sev_move_from(vm, self->guest.vm);
	if (!sev_is_es(variant->kind)) {
		vcpu_set_host_cpuid(moved.vcpu);
		vcpu_set_sregs(moved.vcpu, &sregs);
		vcpu_set_regs(moved.vcpu, &regs);
	}
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &moved, 0);
	EXPECT_SEV_RUNS_TO_LOCK(variant->kind, &moved, 1);
	EXPECT_SEV_RUNS_TO_END(variant->kind, &moved);
	vm_free(vm);
}

KVMCONF_MAIN
