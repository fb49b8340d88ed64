// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU in a state that VMX refuses, which KVM emulates where there is no unrestricted guest. It
 * cannot take an exception there, and KVM says so instead of an entry that must fail.
 */
#include "io_insn.h"
#include "test.h"

FIXTURE(invalid) {
	struct io_insn io;
	struct vm *vm;
	struct vcpu *vcpu;
};

/* Makes the vCPU's state one that an entry refuses, and the emulator does not look at. */
static void make_invalid(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(vcpu, &sregs);
	sregs.tr.unusable = 1;
	vcpu_set_sregs(vcpu, &sregs);
}

FIXTURE_SETUP(invalid)
{
	REQUIRE_KVM();
	REQUIRE(host_kvm_vendor() == VENDOR_VMX, "no-cap", "not a KVM on VMX");
	REQUIRE(host_module_param("kvm_intel", "unrestricted_guest") == PARAM_OFF, "module-param",
		"kvm_intel.unrestricted_guest is on");
	self->io = (struct io_insn)IO_OUT8;
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &self->io, MODE_LONG, 0);
	make_invalid(self->vcpu);
}

FIXTURE_TEARDOWN(invalid)
{
	TEARDOWN_VM(self->vm);
}

#define EXPECT_PAST_IT() do {								\
	ASSERT_TRUE(io_is_exit_of(self->vcpu, &self->io));				\
	EXPECT_EQ(1, io_run_past(self->vcpu, &self->io, 0));				\
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));				\
} while (0)

/*
 * Port I/O of a vCPU in such a state is emulated: it exits, once.
 *
 * Source: SDM vol. 3, 27.3: guest state; vmx.c handle_invalid_guest_state()
 * Needs: no-cap, module-param
 */
TEST_F(invalid, io_is_emulated_once)
{
	vcpu_run(self->vcpu);
	EXPECT_PAST_IT();
}

static void inject(struct vcpu *vcpu, bool injected, uint8_t vector)
{
	struct kvm_vcpu_events events;

	vcpu_get_events(vcpu, &events);
	events.exception.injected = injected;
	events.exception.nr = vector;
	vcpu_set_events(vcpu, &events);
}

/*
 * KVM_RUN with an exception to be injected is a failure to emulate, as often as it is tried. The
 * vCPU goes on where it was once the exception is taken back.
 *
 * Source: KVM api.rst 5, KVM_EXIT_INTERNAL_ERROR; vmx.c vmx_unhandleable_emulation_required()
 * Needs: no-cap, module-param
 */
TEST_F(invalid, exception_is_a_failure_to_emulate)
{
	static const uint8_t vectors[] = { 1, 3, 6, 13, 14 };

	for (unsigned int i = 0; i < sizeof(vectors); i++) {
		inject(self->vcpu, true, vectors[i]);
		for (unsigned int tries = 0; tries < 2; tries++) {
			vcpu_run(self->vcpu);
			ASSERT_STREQ(exit_name(KVM_EXIT_INTERNAL_ERROR),
				     exit_name(self->vcpu->run->exit_reason));
			EXPECT_EQ(KVM_INTERNAL_ERROR_EMULATION, self->vcpu->run->internal.suberror);
			EXPECT_HEX(IO_INSN, vcpu_rip(self->vcpu));
		}
	}
	inject(self->vcpu, false, 0);
	vcpu_run(self->vcpu);
	EXPECT_PAST_IT();
}

KVMCONF_MAIN
