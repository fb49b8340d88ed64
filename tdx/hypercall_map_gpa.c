// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<MapGPA>: a TD asks for a range to become shared or private. KVM asks userspace
 * for it, 2 MiB at a time. What can be refused is in hypercall_map_gpa_refused.c.
 */
#include "map_gpa.h"

#define INTERRUPT	0x55
#define NMI		2

FIXTURE(map_gpa) {
	struct td td;
	struct vcpu *vcpu;
	struct kvm_run *run;
};

FIXTURE_SETUP(map_gpa)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
}

FIXTURE_TEARDOWN(map_gpa)
{
	TEARDOWN_TD(&self->td);
}

/*
 * MapGPA of a private range exits with a request for 4K pages at GPAs without the shared bit, to
 * be encrypted. The request is answered with 0, success, in advance.
 *
 * Source: KVM api.rst, KVM_EXIT_HYPERCALL; hypercalls.rst, KVM_HC_MAP_GPA_RANGE
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_a_private_range_is_a_request_to_encrypt)
{
	BUILD_MAPPING(self, RANGE, 3 * PAGE_SIZE);
	self->run->hypercall.ret = EINVAL;
	RUN_TO_REQUEST(self, RANGE, 3 * PAGE_SIZE);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_ENCRYPTED, self->run->hypercall.args[2]);
	EXPECT_EQ(0, self->run->hypercall.ret);
	EXPECT_EQ(1, self->run->hypercall.longmode);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * MapGPA of a shared range exits with a request to decrypt, at a GPA without the shared bit.
 *
 * Source: KVM api.rst, KVM_EXIT_HYPERCALL; hypercalls.rst, KVM_HC_MAP_GPA_RANGE
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_a_shared_range_is_a_request_to_decrypt)
{
	BUILD_MAPPING(self, RANGE | SHARED, PAGE_SIZE);
	RUN_TO_REQUEST(self, RANGE, PAGE_SIZE);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * MapGPA of more than 2 MiB exits with several requests of the same kind, each beginning where
 * the last one ended. The TD goes on with success when all are answered.
 *
 * Source: vmx/tdx.c __tdx_map_gpa(), TDX_MAP_GPA_MAX_LEN
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_a_long_range_is_requests_of_2m)
{
	BUILD_MAPPING(self, (RANGE + PAGE_SIZE) | SHARED, 2 * CHUNK + 7 * PAGE_SIZE);
	RUN_TO_REQUEST(self, RANGE + PAGE_SIZE, CHUNK);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	RUN_TO_REQUEST(self, RANGE + PAGE_SIZE + CHUNK, CHUNK);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	RUN_TO_REQUEST(self, RANGE + PAGE_SIZE + 2 * CHUNK, 7 * PAGE_SIZE);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * MapGPA of exactly 2 MiB exits with one request.
 *
 * Source: vmx/tdx.c __tdx_map_gpa(), TDX_MAP_GPA_MAX_LEN
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_2m_is_one_request)
{
	BUILD_MAPPING(self, RANGE, CHUNK);
	RUN_TO_REQUEST(self, RANGE, CHUNK);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * An interrupt between two requests of MapGPA is delivered: the hypercall returns "retry", from
 * where the next request would have begun.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>: TDG.VP.VMCALL_RETRY, R11; vmx/tdx.c
 * tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, stops_for_an_interrupt_between_requests)
{
	BUILD_MAPPING(self, RANGE | SHARED, 3 * CHUNK);
	RUN_TO_REQUEST(self, RANGE, CHUNK);
	RUN_TO_REQUEST(self, RANGE + CHUNK, CHUNK);
	send_msi(self->td.vm, INTERRUPT);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
	EXPECT_HEX((RANGE + 2 * CHUNK) | SHARED, answer.r11);
	EXPECT_EQ(INTERRUPT, event(self->vcpu));
}

/*
 * An NMI between two requests of MapGPA is delivered: the hypercall returns "retry", from where
 * the next request would have begun.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>: TDG.VP.VMCALL_RETRY, R11; vmx/tdx.c
 * tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, stops_for_an_nmi_between_requests)
{
	BUILD_MAPPING(self, RANGE | SHARED, 2 * CHUNK);
	RUN_TO_REQUEST(self, RANGE, CHUNK);
	vcpu_nmi(self->vcpu);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
	EXPECT_HEX((RANGE + CHUNK) | SHARED, answer.r11);
	EXPECT_EQ(NMI, event(self->vcpu));
}

/*
 * An interrupt at the last request of MapGPA does not stop it: all of the range is done.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>; vmx/tdx.c tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, is_complete_though_an_interrupt_comes_at_the_end)
{
	BUILD_MAPPING(self, RANGE | SHARED, 2 * CHUNK);
	RUN_TO_REQUEST(self, RANGE, CHUNK);
	RUN_TO_REQUEST(self, RANGE + CHUNK, CHUNK);
	send_msi(self->td.vm, INTERRUPT);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
	EXPECT_EQ(INTERRUPT, event(self->vcpu));
}

/*
 * KVM_RUN with immediate_exit takes userspace's answer to MapGPA without entering the guest.
 * Later writes to the answer have no effect.
 *
 * Source: KVM api.rst, KVM_RUN: KVM_EXIT_HYPERCALL and others are complete only after userspace
 * has re-entered the kernel; immediate_exit
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, answer_is_taken_by_an_immediate_exit)
{
	BUILD_MAPPING(self, RANGE | SHARED, PAGE_SIZE);
	RUN_TO_REQUEST(self, RANGE, PAGE_SIZE);
	self->run->hypercall.ret = EAGAIN;
	ASSERT_ERRNO(EINTR, complete_without_entry(self->vcpu));
	self->run->hypercall.ret = EINVAL;
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
}

/*
 * If userspace did not enable exits for MapGPA, the hypercall returns "unsupported" without an
 * exit.
 *
 * Source: KVM api.rst, KVM_CAP_EXIT_HYPERCALL; vmx/tdx.c tdx_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, without_userspace_is_unsupported)
{
	const struct tdx_step call = MAP(RANGE, PAGE_SIZE);

	self->td = td_calling(&call, 1);
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_UNSUPPORTED, answer.r10);
}

KVMCONF_MAIN
