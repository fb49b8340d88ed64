// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions of a TD that KVM does for it: TDG.VP.VMCALL<Instruction.CPUID>, <Instruction.RDMSR>
 * and <Instruction.WRMSR>, and KVM's own hypercalls.
 */
#include <linux/kvm_para.h>

#include "hypercalls.h"

/* MSRs that hold whatever is written, in all of their 64 bits or nearly so. */
#define MTRR_BASE	0x200
#define EFER		0xc0000080
#define UNKNOWN		0x4f000000
#define PAGE_AND_TYPE	0x0000123456789006ull	/* of an MTRR: write-back */

#define MSR_READ(msr)		{ .op = TDX_OP_VMCALL, .r11 = CALL_RDMSR, .r12 = (msr) }
#define CPUID(leaf, index) \
	{ .op = TDX_OP_VMCALL, .r11 = CALL_CPUID, .r12 = (leaf), .r13 = (index) }
#define KVM_CALL(nr, a0, a1, a2) \
	{ .op = TDX_OP_VMCALL, .r10 = (nr), .r11 = (a0), .r12 = (a1), .r13 = (a2) }

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

#define BUILD_CALLING(self, ...) do {						\
	const struct tdx_step calls[] = { __VA_ARGS__ };			\
										\
	(self)->td = td_calling(calls, ARRAY_SIZE(calls));			\
} while (0)

/*
 * An MSR that KVM emulates for a TD reads back what the TD wrote, all 64 bits.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.WRMSR>, <Instruction.RDMSR>; vmx/tdx.c
 * tdx_has_emulated_msr()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, reads_an_msr_as_it_wrote_it)
{
	BUILD_CALLING(self, WRMSR(MTRR_BASE, PAGE_AND_TYPE), MSR_READ(MTRR_BASE));
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answers.of[0].r10);
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answers.of[1].r10);
	EXPECT_HEX(PAGE_AND_TYPE, answers.of[1].r11);
}

/*
 * WRMSR with a value that the MSR does not take, or to a read-only MSR, fails with "invalid
 * operand" and leaves the MSR as it was.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.WRMSR>: TDG.VP.VMCALL_INVALID_OPERAND; vmx/tdx.c
 * tdx_set_msr()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, keeps_an_msr_for_an_invalid_value)
{
	BUILD_CALLING(self, WRMSR(MTRR_BASE, PAGE_AND_TYPE),
		      WRMSR(MTRR_BASE, 2), MSR_READ(MTRR_BASE),
		      WRMSR(EFER, 0xd01));
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answers.of[0].r10);
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_INVALID_OPERAND, answers.of[1].r10);
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(PAGE_AND_TYPE, answers.of[2].r11);
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_INVALID_OPERAND, answers.of[3].r10);
}

/*
 * RDMSR and WRMSR hypercalls fail for MSRs that the TDX module virtualizes.
 *
 * Source: vmx/tdx.c tdx_get_msr(), tdx_set_msr(), tdx_has_emulated_msr()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, asks_for_no_msr_of_the_module)
{
	/* IA32_TSC, IA32_LSTAR; of the APIC, in-service interrupts 32 to 63, and self-IPI. */
	BUILD_CALLING(self, MSR_READ(0x10), MSR_READ(0xc0000082), MSR_READ(0x811),
		      WRMSR(0x83f, 0x55));
	for (unsigned int i = 0; i < 4; i++) {
		run_to_answer(self->td.vcpu);
		EXPECT_HEX(STATUS_INVALID_OPERAND, answers.of[i].r10);
	}
}

/*
 * An MSR that KVM does not emulate can be handled by userspace: the TD reads what userspace
 * answers.
 *
 * Source: KVM api.rst, KVM_EXIT_X86_RDMSR; GHCI, TDG.VP.VMCALL<Instruction.RDMSR>
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, reads_an_msr_of_userspace)
{
	struct kvm_run *run;

	BUILD_CALLING(self, MSR_READ(UNKNOWN));
	vm_enable_cap(self->td.vm, KVM_CAP_X86_USER_SPACE_MSR,
		      KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL);
	run = self->td.vcpu->run;
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_X86_RDMSR, self->td.vcpu);
	EXPECT_HEX(UNKNOWN, run->msr.index);
	run->msr.data = VALUE;
	run->msr.error = 0;
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_SUCCESS, answer.r10);
	EXPECT_HEX(VALUE, answer.r11);
}

/*
 * An error that userspace answers to an MSR exit reaches the TD as "invalid operand", and a read
 * returns no value.
 *
 * Source: KVM api.rst, KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR: error; vmx/tdx.c
 * tdx_complete_emulated_msr()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, is_refused_an_msr_by_userspace)
{
	struct kvm_run *run;

	BUILD_CALLING(self, MSR_READ(UNKNOWN), WRMSR(UNKNOWN, VALUE));
	vm_enable_cap(self->td.vm, KVM_CAP_X86_USER_SPACE_MSR,
		      KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL);
	run = self->td.vcpu->run;
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_X86_RDMSR, self->td.vcpu);
	run->msr.data = VALUE;
	run->msr.error = 1;
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_INVALID_OPERAND, answers.of[0].r10);
	EXPECT_HEX(CALL_RDMSR, answers.of[0].r11);
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_X86_WRMSR, self->td.vcpu);
	EXPECT_HEX(VALUE, run->msr.data);
	run->msr.error = 1;
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(STATUS_INVALID_OPERAND, answers.of[1].r10);
}

/*
 * The CPUID hypercall returns the leaf in R12 and the subleaf in R13 as userspace set them for
 * the vCPU: EAX to EDX in R12 to R15.
 *
 * Source: GHCI, TDG.VP.VMCALL<Instruction.CPUID>; KVM api.rst, KVM_SET_CPUID2
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, has_the_cpuid_of_userspace)
{
	static union tdx_cpuid cpuid;
	static const struct kvm_cpuid_entry2 entries[] = {
		{ .function = 0, .eax = 4, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69 },
		{ .function = 1, .ecx = 1 << 21 },
		{ .function = 4, .index = 0, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .eax = 0x121, .ebx = 0x01c0003f, .ecx = 0x3f, .edx = 0x10 },
		{ .function = 4, .index = 1, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .eax = 0x122, .ebx = 0x01c0004f, .ecx = 0x4f, .edx = 0x11 },
		{ .function = 0x80000000, .eax = 0x80000008 },
		{ .function = 0x80000008, .eax = 48 | 48 << 8, .ebx = 0xabcd, .ecx = 0x55 },
	};
	const struct kvm_cpuid_entry2 *want[] = {
		&entries[3], &entries[2], &entries[5], &entries[0],
	};

	BUILD_CALLING(self, CPUID(4, 1), CPUID(4, 0), CPUID(0x80000008, 0), CPUID(0, 7));
	cpuid.cpuid.nent = ARRAY_SIZE(entries);
	memcpy(cpuid.cpuid.entries, entries, sizeof(entries));
	vcpu_set_cpuid(self->td.vcpu, &cpuid.cpuid);
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		const struct call_answer *got = &answers.of[i];

		run_to_answer(self->td.vcpu);
		EXPECT_HEX(STATUS_SUCCESS, got->r10);
		EXPECT_HEX(want[i]->eax, got->r12);
		EXPECT_HEX(want[i]->ebx, got->r13);
		EXPECT_HEX(want[i]->ecx, got->r14);
		EXPECT_HEX(want[i]->edx, got->r15);
	}
}

/*
 * A hypercall with a number other than 0 in R10 is one of KVM's own. Its result is in R10:
 * -KVM_ENOSYS for an unknown number.
 *
 * Source: GHCI, TDG.VP.VMCALL: R10; hypercalls.rst; vmx/tdx.c tdx_emulate_vmcall()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, has_kvms_own_hypercalls)
{
	BUILD_CALLING(self, KVM_CALL(KVM_HC_VAPIC_POLL_IRQ, 0, 0, 0), KVM_CALL(0x7fff, 0, 0, 0));
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(0, answers.of[0].r10);
	run_to_answer(self->td.vcpu);
	EXPECT_HEX((uint64_t)-KVM_ENOSYS, answers.of[1].r10);
}

/*
 * KVM_HC_MAP_GPA_RANGE of a TD exits to userspace with its operands, and the TD receives
 * whatever userspace answers.
 *
 * Source: KVM api.rst, KVM_EXIT_HYPERCALL; hypercalls.rst, KVM_HC_MAP_GPA_RANGE
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, maps_a_range_by_kvms_own_hypercall)
{
	struct kvm_run *run;

	BUILD_CALLING(self, KVM_CALL(KVM_HC_MAP_GPA_RANGE, TD_MEMORY, 0x800,
				     KVM_MAP_GPA_RANGE_ENCRYPTED));
	vm_enable_cap(self->td.vm, KVM_CAP_EXIT_HYPERCALL, 1 << KVM_HC_MAP_GPA_RANGE);
	run = self->td.vcpu->run;
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_HYPERCALL, self->td.vcpu);
	EXPECT_EQ(KVM_HC_MAP_GPA_RANGE, run->hypercall.nr);
	EXPECT_HEX(TD_MEMORY, run->hypercall.args[0]);
	EXPECT_HEX(0x800, run->hypercall.args[1]);
	EXPECT_HEX(KVM_MAP_GPA_RANGE_ENCRYPTED, run->hypercall.args[2]);
	run->hypercall.ret = 0x4711;
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(0x4711, answer.r10);
}

KVMCONF_MAIN
