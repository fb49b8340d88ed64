// SPDX-License-Identifier: GPL-2.0-only
/* SEV's launch commands by the guest's state: which of them each state takes. */
#include "sev_launch.h"

enum command { INIT, START, UPDATE_DATA, UPDATE_VMSA, MEASURE, FINISH, STATUS, DECRYPT };

static char decrypted[16] __attribute__((aligned(16)));

/* @command as it is right but for the state. */
static long issue(const struct launch *l, enum command command)
{
	struct kvm_sev_launch_start start = { .policy = sev_policy(l->kind) };
	struct kvm_sev_launch_update_data data = {
		.uaddr = (__u64)launch_memory, .len = sizeof(launch_memory),
	};
	static char blob[SEV_MEASURE_LEN];
	struct kvm_sev_launch_measure measure = { .uaddr = (__u64)blob, .len = sizeof(blob) };
	struct kvm_sev_guest_status status;
	struct kvm_sev_dbg dbg = {
		.src_uaddr = (__u64)launch_memory, .dst_uaddr = (__u64)decrypted, .len = 16,
	};

	switch (command) {
	case INIT:
		return __vm_sev_start_up(l->vm, l->kind);
	case START:
		return __vm_sev_launch_start(l->vm, &start);
	case UPDATE_DATA:
		return __vm_sev_update_data(l->vm, &data);
	case UPDATE_VMSA:
		return __vm_sev_update_vmsa(l->vm, NULL);
	case MEASURE:
		return __vm_sev_measure(l->vm, &measure);
	case FINISH:
		return __vm_sev_finish(l->vm, NULL);
	case STATUS:
		return __vm_sev_guest_status(l->vm, &status);
	default:
		return __vm_sev_dbg_decrypt(l->vm, &dbg);
	}
}

FIXTURE(refused) {
	struct launch launch;
};

FIXTURE_VARIANT(refused) {
	bool es;
	enum stage stage;
	enum command command;
	const char *want;
};

#define REFUSED_SEV(name, stage, command, want) \
	FIXTURE_VARIANT_ADD(refused, sev_##name) { false, stage, command, want }
#define REFUSED_ES(name, stage, command, want) \
	FIXTURE_VARIANT_ADD(refused, es_##name) { true, stage, command, want }
#define REFUSED(name, stage, command, want)		\
	REFUSED_SEV(name, stage, command, want);	\
	REFUSED_ES(name, stage, command, want)

/* No SEV guest: KVM has nothing to launch. */
REFUSED(created_start, CREATED, START, "ENOTTY");
REFUSED(created_update_data, CREATED, UPDATE_DATA, "ENOTTY");
REFUSED(created_update_vmsa, CREATED, UPDATE_VMSA, "ENOTTY");
REFUSED(created_measure, CREATED, MEASURE, "ENOTTY");
REFUSED(created_finish, CREATED, FINISH, "ENOTTY");
REFUSED(created_status, CREATED, STATUS, "ENOTTY");
REFUSED(created_decrypt, CREATED, DECRYPT, "ENOTTY");

/* Unknown to the firmware: so it says. None of these wants a descriptor of /dev/sev. */
REFUSED(inited_init, INITED, INIT, "EINVAL");
REFUSED(inited_update_data, INITED, UPDATE_DATA, "EIO, INVALID_GUEST");
REFUSED_SEV(inited_update_vmsa, INITED, UPDATE_VMSA, "ENOTTY");
REFUSED_ES(inited_update_vmsa, INITED, UPDATE_VMSA, "EIO, INVALID_GUEST");
REFUSED(inited_measure, INITED, MEASURE, "EIO, INVALID_GUEST");
REFUSED(inited_finish, INITED, FINISH, "EIO, INVALID_GUEST");
REFUSED(inited_status, INITED, STATUS, "EIO, INVALID_GUEST");
REFUSED(inited_decrypt, INITED, DECRYPT, "EIO, INVALID_GUEST");

/* Another context cannot have the ASID that is the VM's. */
REFUSED(started_init, STARTED, INIT, "EINVAL");
REFUSED(started_start, STARTED, START, "EIO, ASID_OWNED");
REFUSED(started_finish, STARTED, FINISH, "EIO, INVALID_GUEST_STATE");
REFUSED_SEV(started_update_vmsa, STARTED, UPDATE_VMSA, "ENOTTY");

/* Measured is measured; registers that are encrypted already are not KVM's to give. */
REFUSED(measured_init, MEASURED, INIT, "EINVAL");
REFUSED(measured_start, MEASURED, START, "EIO, ASID_OWNED");
REFUSED(measured_update_data, MEASURED, UPDATE_DATA, "EIO, INVALID_GUEST_STATE");
REFUSED_SEV(measured_update_vmsa, MEASURED, UPDATE_VMSA, "ENOTTY");
REFUSED_ES(measured_update_vmsa, MEASURED, UPDATE_VMSA, "EINVAL");
REFUSED(measured_measure, MEASURED, MEASURE, "EIO, INVALID_GUEST_STATE");

REFUSED(running_init, RUNNING, INIT, "EINVAL");
REFUSED(running_start, RUNNING, START, "EIO, ASID_OWNED");
REFUSED(running_update_data, RUNNING, UPDATE_DATA, "EIO, INVALID_GUEST_STATE");
REFUSED_SEV(running_update_vmsa, RUNNING, UPDATE_VMSA, "ENOTTY");
REFUSED_ES(running_update_vmsa, RUNNING, UPDATE_VMSA, "EINVAL");
REFUSED(running_measure, RUNNING, MEASURE, "EIO, INVALID_GUEST_STATE");
REFUSED(running_finish, RUNNING, FINISH, "EIO, INVALID_GUEST_STATE");

FIXTURE_SETUP(refused)
{
	REQUIRE_SEV_KIND(sev_newest_kind(variant->es));
	launch_until(&self->launch, sev_newest_kind(variant->es), variant->stage);
}

FIXTURE_TEARDOWN(refused)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * A command in the wrong state fails, in KVM if the VM is no SEV guest and else in the firmware.
 * It changes neither the guest's state nor the number of guests that the firmware has.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_*; API 55766 6: "guest state" of each command;
 * svm/sev.c sev_mem_enc_ioctl()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(refused, command_changes_nothing)
{
	unsigned int guests = sev_guest_count();

	EXPECT_SEV(variant->want, issue(&self->launch, variant->command));
	EXPECT_EQ(guests, sev_guest_count());
	EXPECT_UNCHANGED(&self->launch);
}

FIXTURE(launch) {
	struct launch launch;
};

FIXTURE_VARIANT(launch) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(launch, sev_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(launch, sev) { SEV_NEW };
FIXTURE_VARIANT_ADD(launch, es_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(launch, es) { SEV_ES_NEW };

FIXTURE_SETUP(launch)
{
	REQUIRE_SEV_KIND(variant->kind);
	launch_until(&self->launch, variant->kind, CREATED);
}

FIXTURE_TEARDOWN(launch)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * A launch goes through the firmware's states, and GUEST_STATUS shows them: 1 while it is
 * updated, 2 once it is measured, 3 when it can run.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_GUEST_STATUS; API 55766 table 42
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(launch, goes_through_the_firmwares_states)
{
	struct launch *l = &self->launch;

	EXPECT_STREQ("success", launch_on(l, INITED));
	for (enum stage stage = STARTED; stage < NR_STAGES; stage++) {
		EXPECT_STREQ("success", launch_on(l, stage));
		EXPECT_STATE(l, state_at(stage));
	}
}

/*
 * The firmware knows a guest from LAUNCH_START until its VM ends.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_START; svm/sev.c sev_vm_destroy();
 * <linux/psp-sev.h>, sev_user_data_status.guest_count
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(launch, is_known_to_the_firmware_until_the_vm_ends)
{
	unsigned int guests = sev_guest_count();
	struct launch *l = &self->launch;

	EXPECT_STREQ("success", launch_on(l, INITED));
	EXPECT_EQ(guests, sev_guest_count());
	EXPECT_STREQ("success", launch_on(l, STARTED));
	EXPECT_NE(0, l->handle);
	EXPECT_EQ(guests + 1, sev_guest_count());
	EXPECT_STREQ("success", launch_on(l, RUNNING));
	EXPECT_EQ(guests + 1, sev_guest_count());
	vm_free(l->vm);
	l->vm = NULL;
	EXPECT_EQ(guests, sev_guest_count());
}

FIXTURE(success) {
	struct launch launch;
};

/* @stage: of the launch, and so the commands that lead there. */
FIXTURE_VARIANT(success) {
	enum sev_kind kind;
	enum stage stage;
};

FIXTURE_VARIANT_ADD(success, init) { SEV_OLD, INITED };
FIXTURE_VARIANT_ADD(success, es_init) { SEV_ES_OLD, INITED };
FIXTURE_VARIANT_ADD(success, init2) { SEV_NEW, INITED };
FIXTURE_VARIANT_ADD(success, es_init2) { SEV_ES_NEW, INITED };
FIXTURE_VARIANT_ADD(success, start) { SEV_OLD, STARTED };
FIXTURE_VARIANT_ADD(success, measure) { SEV_OLD, MEASURED };
FIXTURE_VARIANT_ADD(success, finish) { SEV_OLD, RUNNING };

FIXTURE_SETUP(success)
{
	REQUIRE_SEV_KIND(variant->kind);
	launch_until(&self->launch, variant->kind, variant->stage - 1);
}

FIXTURE_TEARDOWN(success)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * A command that succeeds sets the error field to 0, whatever the field held before.
 *
 * Source: amd-memory-encryption.rst: "On output, error is zero on success, or an error code"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(success, has_no_error)
{
	EXPECT_STREQ("success", launch_on(&self->launch, variant->stage));
	EXPECT_HEX(0, sev_status());
}

/* A VM that has a vCPU already. */
FIXTURE(late) {
	struct launch launch;
};

FIXTURE_VARIANT(late) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(late, sev_old) { SEV_OLD };
FIXTURE_VARIANT_ADD(late, sev_es_old) { SEV_ES_OLD };
FIXTURE_VARIANT_ADD(late, sev_new) { SEV_NEW };
FIXTURE_VARIANT_ADD(late, sev_es_new) { SEV_ES_NEW };

FIXTURE_SETUP(late)
{
	REQUIRE_SEV_KIND(variant->kind);
	launch_until(&self->launch, variant->kind, CREATED);
	vcpu_create(self->launch.vm);
}

FIXTURE_TEARDOWN(late)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * A VM with a vCPU does not become an SEV guest any more: EINVAL.
 *
 * Source: svm/sev.c __sev_guest_init(): created_vcpus
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(late, init_of_a_vm_with_a_vcpu_is_einval)
{
	EXPECT_ERRNO(EINVAL, __vm_sev_start_up(self->launch.vm, variant->kind));
}

KVMCONF_MAIN
