// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDG.VP.VMCALL<MapGPA> that is refused: by userspace, to which KVM puts the request, or by KVM.
 *
 * Known upstream fault: an error from userspace did not get to the TD before "KVM: TDX: Allow
 * userspace to return errors to guest for MAPGPA".
 */
#include "map_gpa.h"

#define END_OF_GPA	(1ull << 47)		/* of private ones, with 48 bits */

/* Userspace's answer to the last of so many requests, and what the TD gets. */
FIXTURE(refusal) {
	struct td td;
	struct vcpu *vcpu;
	struct kvm_run *run;
};

FIXTURE_VARIANT(refusal) {
	uint64_t gpa, size;
	unsigned int requests;
	uint64_t ret;
	uint64_t r10, r11;
};

#define ANSWERED(name, at, requests_, ret_, status)			\
FIXTURE_VARIANT_ADD(refusal, name) {				\
	.gpa = (at), .size = 3 * CHUNK, .requests = (requests_),	\
	.ret = (ret_), .r10 = (status),					\
	.r11 = (at) + ((requests_) - 1) * CHUNK,			\
}
ANSWERED(retry_first_shared, RANGE | SHARED, 1, EAGAIN, STATUS_RETRY);
ANSWERED(retry_first_private, RANGE, 1, EAGAIN, STATUS_RETRY);
ANSWERED(retry_second, RANGE | SHARED, 2, EAGAIN, STATUS_RETRY);
ANSWERED(retry_last, RANGE | SHARED, 3, EAGAIN, STATUS_RETRY);
ANSWERED(invalid_first, RANGE | SHARED, 1, EINVAL, STATUS_INVALID_OPERAND);
ANSWERED(invalid_second, RANGE, 2, EINVAL, STATUS_INVALID_OPERAND);
ANSWERED(invalid_last, RANGE | SHARED, 3, EINVAL, STATUS_INVALID_OPERAND);

FIXTURE_SETUP(refusal)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	BUILD_MAPPING(self, variant->gpa, variant->size);
}

FIXTURE_TEARDOWN(refusal)
{
	TEARDOWN_TD(&self->td);
}

/*
 * A request that userspace refuses is MapGPA's last. The TD finds the error in R10, EAGAIN as
 * "retry" and EINVAL as "invalid operand", and in R11 the GPA from which on nothing was done.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>: R10, R11; vmx/tdx.c tdx_complete_vmcall_map_gpa()
 * Needs: no-tdx, not-emulated
 */
TEST_F(refusal, is_what_the_td_gets)
{
	for (unsigned int i = 0; i < variant->requests; i++)
		RUN_TO_REQUEST(self, (variant->gpa & ~SHARED) + i * CHUNK, CHUNK);
	self->run->hypercall.ret = variant->ret;
	run_to_answer(self->vcpu);
	EXPECT_HEX(variant->r10, answer.r10);
	EXPECT_HEX(variant->r11, answer.r11);
}

/* A value of hypercall.ret that is no answer. */
FIXTURE(no_answer) {
	struct td td;
	struct vcpu *vcpu;
	struct kvm_run *run;
};

FIXTURE_VARIANT(no_answer) {
	uint64_t ret;
};

FIXTURE_VARIANT_ADD(no_answer, one) { .ret = 1 };
FIXTURE_VARIANT_ADD(no_answer, enomem) { .ret = ENOMEM };
FIXTURE_VARIANT_ADD(no_answer, minus_eagain) { .ret = -(uint64_t)EAGAIN };
FIXTURE_VARIANT_ADD(no_answer, high_bit) { .ret = 1ull << 32 };
FIXTURE_VARIANT_ADD(no_answer, high_bit_and_eagain) { .ret = 1ull << 32 | EAGAIN };

FIXTURE_SETUP(no_answer)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	BUILD_MAPPING(self, RANGE | SHARED, 2 * CHUNK);
}

FIXTURE_TEARDOWN(no_answer)
{
	TEARDOWN_TD(&self->td);
}

/*
 * KVM_RUN fails with EINVAL if userspace's answer to MapGPA is neither 0, EAGAIN nor EINVAL.
 *
 * Source: vmx/tdx.c tdx_complete_vmcall_map_gpa(); x86.h kvm_is_valid_map_gpa_range_ret()
 * Needs: no-tdx, not-emulated
 */
TEST_F(no_answer, is_einval)
{
	RUN_TO_REQUEST(self, RANGE, CHUNK);
	self->run->hypercall.ret = variant->ret;
	EXPECT_ERRNO(EINVAL, __vcpu_run(self->vcpu));
}

/* A range that is none, and what the TD is told of it. */
FIXTURE(range) {
	struct td td;
	struct vcpu *vcpu;
	struct kvm_run *run;
};

FIXTURE_VARIANT(range) {
	uint64_t gpa, size, r10;
};

#define REFUSED(name, gpa_, size_, status)				\
FIXTURE_VARIANT_ADD(range, name) {				\
	.gpa = (gpa_), .size = (size_), .r10 = (status),		\
}
REFUSED(empty, RANGE, 0, STATUS_INVALID_OPERAND);
REFUSED(wrapping, RANGE, -PAGE_SIZE, STATUS_INVALID_OPERAND);
REFUSED(to_the_end_of_64_bits, RANGE, -RANGE, STATUS_INVALID_OPERAND);
REFUSED(start_too_high, (END_OF_GPA << 1) + RANGE, PAGE_SIZE, STATUS_INVALID_OPERAND);
REFUSED(end_too_high, (END_OF_GPA << 1) - PAGE_SIZE, 2 * PAGE_SIZE, STATUS_INVALID_OPERAND);
REFUSED(private_and_shared, END_OF_GPA - PAGE_SIZE, 2 * PAGE_SIZE, STATUS_INVALID_OPERAND);
REFUSED(unaligned_start, RANGE + 8, PAGE_SIZE, STATUS_ALIGN_ERROR);
REFUSED(unaligned_end, RANGE, PAGE_SIZE + 1, STATUS_ALIGN_ERROR);
REFUSED(unaligned_shared, (RANGE + 0x800) | SHARED, PAGE_SIZE, STATUS_ALIGN_ERROR);
REFUSED(less_than_a_page, RANGE | SHARED, 1, STATUS_ALIGN_ERROR);

FIXTURE_SETUP(range)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	BUILD_MAPPING(self, variant->gpa, variant->size);
}

FIXTURE_TEARDOWN(range)
{
	TEARDOWN_TD(&self->td);
}

/*
 * MapGPA of a range that is not of whole pages, or that the TD cannot have, fails without an
 * exit to userspace. R11 is the range's start.
 *
 * Source: GHCI, TDG.VP.VMCALL<MapGPA>: TDG.VP.VMCALL_INVALID_OPERAND, TDG.VP.VMCALL_ALIGN_ERROR
 * Needs: no-tdx, not-emulated
 */
TEST_F(range, is_refused_without_userspace)
{
	run_to_answer(self->vcpu);
	EXPECT_HEX(variant->r10, answer.r10);
	EXPECT_HEX(variant->gpa, answer.r11);
}

KVMCONF_MAIN
