// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls of a TD that are for userspace: KVM_EXIT_TDX with what the TD asks, and userspace's
 * answer on the way back. GetTdVmCallInfo, GetQuote and SetupEventNotifyInterrupt.
 *
 * Known upstream additions: "KVM: TDX: Add new TDVMCALL status code for unsupported subfuncs",
 * "KVM: TDX: Handle TDG.VP.VMCALL<GetQuote>", "KVM: TDX: Exit to userspace for GetTdVmCallInfo",
 * "KVM: TDX: Exit to userspace for SetupEventNotifyInterrupt".
 */
#include "hypercalls.h"

#define BUFFER		(TD_MEMORY + 0x8000000)
#define BUFFER_SIZE	0x3000

/* A hypercall with which KVM exits, and what is in the exit. */
FIXTURE(call) {
	struct td td;
	struct vcpu *vcpu;
	struct tdx_exit *exit;
};

FIXTURE_VARIANT(call) {
	uint64_t nr;
	uint64_t r12, r13;
	struct tdx_exit exit;
	struct call_answer untouched;	/* what the TD gets if userspace changes nothing */
};

#define SENT	.r10 = STATUS_UNSUPPORTED, .r14 = 0x14, .r15 = 0x15

FIXTURE_VARIANT_ADD(call, get_quote) {
	.nr = CALL_GET_QUOTE, .r12 = BUFFER | SHARED, .r13 = BUFFER_SIZE,
	.exit = { .nr = CALL_GET_QUOTE, .ret = STATUS_UNSUPPORTED,
		  .get_quote = { .gpa = BUFFER, .size = BUFFER_SIZE } },
	.untouched = { SENT, .r11 = CALL_GET_QUOTE, .r12 = BUFFER | SHARED, .r13 = BUFFER_SIZE },
};
FIXTURE_VARIANT_ADD(call, setup_notify_lowest) {
	.nr = CALL_SETUP_NOTIFY, .r12 = 32, .r13 = 0x13,
	.exit = { .nr = CALL_SETUP_NOTIFY, .ret = STATUS_UNSUPPORTED, .setup_notify = { 32 } },
	.untouched = { SENT, .r11 = CALL_SETUP_NOTIFY, .r12 = 32, .r13 = 0x13 },
};
FIXTURE_VARIANT_ADD(call, setup_notify_highest) {
	.nr = CALL_SETUP_NOTIFY, .r12 = 255, .r13 = 0x13,
	.exit = { .nr = CALL_SETUP_NOTIFY, .ret = STATUS_UNSUPPORTED, .setup_notify = { 255 } },
	.untouched = { SENT, .r11 = CALL_SETUP_NOTIFY, .r12 = 255, .r13 = 0x13 },
};
FIXTURE_VARIANT_ADD(call, info) {
	.nr = CALL_INFO, .r12 = 1, .r13 = 0x13,
	.exit = { .nr = CALL_INFO, .ret = STATUS_SUCCESS, .info = { .leaf = 1 } },
	.untouched = { .r10 = STATUS_SUCCESS, .r15 = 0x15 },
};

FIXTURE_SETUP(call)
{
	const struct tdx_step call = {
		.op = TDX_OP_VMCALL, .r11 = variant->nr, .r12 = variant->r12, .r13 = variant->r13,
		.r14 = 0x14, .r15 = 0x15,
	};

	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->td = td_calling(&call, 1);
	self->vcpu = self->td.vcpu;
	self->exit = tdx_exit(self->vcpu);
	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_TDX, self->vcpu);
}

FIXTURE_TEARDOWN(call)
{
	TEARDOWN_TD(&self->td);
}

static void expect_answer(struct __test_metadata *_metadata, const struct call_answer *want)
{
	uint64_t wants[sizeof(*want) / sizeof(uint64_t)], has[ARRAY_SIZE(wants)];

	memcpy(wants, want, sizeof(wants));
	memcpy(has, &answer, sizeof(has));
	for (unsigned int i = 0; i < ARRAY_SIZE(wants); i++) {
		EXPECT_HEX(wants[i], has[i]) {
			TH_LOG("R%u", 10 + i);
		}
	}
}

/*
 * The exit for a hypercall has the hypercall's number and the TD's operands. A GPA in it has no
 * shared bit.
 *
 * Source: KVM api.rst, KVM_EXIT_TDX
 * Needs: no-tdx, not-emulated
 */
TEST_F(call, exits_with_what_the_td_asks)
{
	EXPECT_EQ(0, self->exit->flags);
	EXPECT_HEX(variant->nr, self->exit->nr);
	EXPECT_EQ(0, memcmp(&variant->exit, self->exit, sizeof(variant->exit)));
}

/*
 * The exit for a hypercall has an answer already, which is right if userspace ignores it:
 * "unsupported", or for GetTdVmCallInfo that there is nothing beyond the base.
 *
 * Source: KVM api.rst, KVM_EXIT_TDX: output fields already valid
 * Needs: no-tdx, not-emulated
 */
TEST_F(call, has_an_answer_without_userspace)
{
	run_to_answer(self->vcpu);
	expect_answer(_metadata, &variant->untouched);
}

/*
 * KVM_RUN with immediate_exit takes userspace's answer to a hypercall without entering the
 * guest. Later writes to the answer have no effect.
 *
 * Source: KVM api.rst, KVM_RUN: KVM_EXIT_TDX and others are complete only after userspace has
 * re-entered the kernel; immediate_exit
 * Needs: no-tdx, not-emulated
 */
TEST_F(call, answer_is_taken_by_an_immediate_exit)
{
	self->exit->ret = STATUS_RETRY;
	ASSERT_ERRNO(EINTR, complete_without_entry(self->vcpu));
	self->exit->ret = STATUS_INVALID_OPERAND;
	run_to_answer(self->vcpu);
	EXPECT_HEX(STATUS_RETRY, answer.r10);
}

/*
 * The TD finds in R10 whatever status userspace answers: success, each status of the GHCI, and
 * values that are none.
 *
 * Source: KVM api.rst, KVM_EXIT_TDX: ret
 * Needs: no-tdx, not-emulated
 */
TEST_F(call, returns_the_status_that_userspace_gives)
{
	static const uint64_t statuses[] = {
		STATUS_SUCCESS, STATUS_RETRY, STATUS_INVALID_OPERAND, 0x8000000000000001,
		STATUS_ALIGN_ERROR, STATUS_UNSUPPORTED, 0x1122334455667788, ~0ull,
	};
	const struct tdx_step call = {
		.op = TDX_OP_VMCALL, .r11 = variant->nr, .r12 = variant->r12, .r13 = variant->r13,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct td td = td_calling(&call, 1);

		vcpu_run(td.vcpu);
		tdx_exit(td.vcpu)->ret = statuses[i];
		run_to_answer(td.vcpu);
		EXPECT_HEX(statuses[i], answer.r10);
		td_free(&td);
	}
}

FIXTURE(td) {
	struct td td;
};

FIXTURE_SETUP(td)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
}

FIXTURE_TEARDOWN(td)
{
	TEARDOWN_TD(&self->td);
}

/*
 * GetTdVmCallInfo returns userspace's answer in R11 to R14.
 *
 * Source: KVM api.rst, KVM_EXIT_TDX: TDVMCALL_GET_TD_VM_CALL_INFO; GHCI, <GetTdVmCallInfo>
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, gets_the_info_of_userspace)
{
	const struct tdx_step call = { .op = TDX_OP_VMCALL, .r11 = CALL_INFO, .r12 = 1, .r15 = 0x15 };
	const struct call_answer want = { 0, 0x1111111111111111, 0x2222222222222222, 0x3333333333333333,
				     0x4444444444444444, 0x15 };
	struct tdx_exit *exit;

	self->td = td_calling(&call, 1);
	exit = tdx_exit(self->td.vcpu);
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_TDX, self->td.vcpu);
	exit->info.r11 = want.r11;
	exit->info.r12 = want.r12;
	exit->info.r13 = want.r13;
	exit->info.r14 = want.r14;
	run_to_answer(self->td.vcpu);
	expect_answer(_metadata, &want);
}

/*
 * Leaf 0 of GetTdVmCallInfo is answered by KVM: the base of the GHCI is there, R11 to R14 are 0.
 *
 * Source: GHCI, TDG.VP.VMCALL<GetTdVmCallInfo>: leaf 0; vmx/tdx.c tdx_get_td_vm_call_info()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, has_the_base_of_the_ghci)
{
	const struct tdx_step call = {
		.op = TDX_OP_VMCALL, .r11 = CALL_INFO, .r12 = 0, .r13 = 0x13, .r14 = 0x14, .r15 = 0x15,
	};
	const struct call_answer want = { .r15 = 0x15 };

	self->td = td_calling(&call, 1);
	run_to_answer(self->td.vcpu);
	expect_answer(_metadata, &want);
}

KVMCONF_MAIN
