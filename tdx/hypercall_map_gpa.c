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
 * A request is one of 4K pages in GPAs without the shared bit, with an answer of 0 in it: what
 * is not changed means that userspace has done it. A request for a private range says so.
 *
 * Source: KVM api.rst, KVM_EXIT_HYPERCALL; hypercalls.rst, KVM_HC_MAP_GPA_RANGE
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_a_private_range_is_a_request_to_encrypt)
{
	BUILD_MAPPING(RANGE, 3 * PAGE_SIZE);
	self->run->hypercall.ret = EINVAL;
	RUN_TO_REQUEST(RANGE, 3 * PAGE_SIZE);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_ENCRYPTED, self->run->hypercall.args[2]);
	EXPECT_EQ(0, self->run->hypercall.ret);
	EXPECT_EQ(1, self->run->hypercall.longmode);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * A request for a shared range is one to decrypt, and its GPA has no shared bit.
 *
 * Source: KVM api.rst, KVM_EXIT_HYPERCALL; hypercalls.rst, KVM_HC_MAP_GPA_RANGE
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_a_shared_range_is_a_request_to_decrypt)
{
	BUILD_MAPPING(RANGE | SHARED, PAGE_SIZE);
	RUN_TO_REQUEST(RANGE, PAGE_SIZE);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * A range of more than 2 MiB is one request after the other, each where the last one ended, and
 * all of the same kind. The TD goes on when all are answered, and has its success.
 *
 * Source: vmx/tdx.c __tdx_map_gpa(), TDX_MAP_GPA_MAX_LEN
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_a_long_range_is_requests_of_2m)
{
	BUILD_MAPPING((RANGE + PAGE_SIZE) | SHARED, 2 * CHUNK + 7 * PAGE_SIZE);
	RUN_TO_REQUEST(RANGE + PAGE_SIZE, CHUNK);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	RUN_TO_REQUEST(RANGE + PAGE_SIZE + CHUNK, CHUNK);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	RUN_TO_REQUEST(RANGE + PAGE_SIZE + 2 * CHUNK, 7 * PAGE_SIZE);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, self->run->hypercall.args[2]);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * A range of exactly 2 MiB is one request.
 *
 * Source: vmx/tdx.c __tdx_map_gpa(), TDX_MAP_GPA_MAX_LEN
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, of_2m_is_one_request)
{
	BUILD_MAPPING(RANGE, CHUNK);
	RUN_TO_REQUEST(RANGE, CHUNK);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
}

/*
 * An interrupt that comes between two requests is let in: the TD is told to try again, from where
 * the next request would have begun.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>: TDG.VP.VMCALL_RETRY, R11; vmx/tdx.c
 * tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, stops_for_an_interrupt_between_requests)
{
	BUILD_MAPPING(RANGE | SHARED, 3 * CHUNK);
	RUN_TO_REQUEST(RANGE, CHUNK);
	RUN_TO_REQUEST(RANGE + CHUNK, CHUNK);
	send_msi(self->td.vm, INTERRUPT);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
	EXPECT_HEX((RANGE + 2 * CHUNK) | SHARED, answer.r11);
	EXPECT_EQ(INTERRUPT, event(self->vcpu));
}

/*
 * So is an NMI.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>: TDG.VP.VMCALL_RETRY, R11; vmx/tdx.c
 * tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, stops_for_an_nmi_between_requests)
{
	BUILD_MAPPING(RANGE | SHARED, 2 * CHUNK);
	RUN_TO_REQUEST(RANGE, CHUNK);
	vcpu_nmi(self->vcpu);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
	EXPECT_HEX((RANGE + CHUNK) | SHARED, answer.r11);
	EXPECT_EQ(NMI, event(self->vcpu));
}

/*
 * An interrupt that comes at the last request stops nothing: all of the range is done.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>; vmx/tdx.c tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, is_complete_though_an_interrupt_comes_at_the_end)
{
	BUILD_MAPPING(RANGE | SHARED, 2 * CHUNK);
	RUN_TO_REQUEST(RANGE, CHUNK);
	RUN_TO_REQUEST(RANGE + CHUNK, CHUNK);
	send_msi(self->td.vm, INTERRUPT);
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
	EXPECT_EQ(INTERRUPT, event(self->vcpu));
}

/*
 * KVM_RUN with immediate_exit takes the answer and enters no guest. What userspace writes there
 * afterwards is not looked at.
 *
 * Source: KVM api.rst, KVM_RUN: KVM_EXIT_HYPERCALL and others are complete only after userspace
 * has re-entered the kernel; immediate_exit
 * Needs: no-tdx, not-emulated
 */
TEST_F(map_gpa, answer_is_taken_by_an_immediate_exit)
{
	BUILD_MAPPING(RANGE | SHARED, PAGE_SIZE);
	RUN_TO_REQUEST(RANGE, PAGE_SIZE);
	self->run->hypercall.ret = EAGAIN;
	ASSERT_ERRNO(EINTR, complete_without_entry(self->vcpu));
	self->run->hypercall.ret = EINVAL;
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
}

/*
 * Userspace that did not ask for these requests gets none: the TD is told that there is no such
 * call.
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
