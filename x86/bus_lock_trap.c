// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's own trap for its bus locks: a #DB, where CPUID.7.0:ECX[24] offers it, bit 2 of
 * IA32_DEBUGCTL enables it, and bit 11 of DR6, then 0, reports it. To a guest that is not
 * offered the trap the CPU must look like one without.
 */
#include <cpuid.h>

#include "msr.h"
#include "test.h"

#define MSR_DEBUGCTL		0x1d9
#define DEBUGCTL_BUS_LOCK	(1u << 2)
#define DR6_NO_BUS_LOCK		(1u << 11)
#define CPUID_7_ECX_BUS_LOCK	(1u << 24)

#define WRMSR_SIZE		2

static uint64_t debugctl, dr6;

/* WRMSR is a #GP for a bit that there is not, or does without. */
static __guest void skip_wrmsr(struct guest_exception *frame)
{
	frame->rip += WRMSR_SIZE;
}

static __guest void ask_for_the_trap(void)
{
	uint32_t low, high;

	__asm__ volatile("wrmsr" : : "c"(MSR_DEBUGCTL), "a"(DEBUGCTL_BUS_LOCK), "d"(0));
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_DEBUGCTL));
	debugctl = (uint64_t)high << 32 | low;
}

static __guest void say_that_there_was_one(void)
{
	__asm__ volatile("mov %1, %%dr6; mov %%dr6, %0" : "=r"(dr6) : "r"(0ul));
}

FIXTURE(trap) {
	struct vm *vm;
	bool offered;
};

/* Whether KVM_GET_SUPPORTED_CPUID has the trap, and so the CPUID of this suite's vCPUs. */
static bool is_offered(struct vm *vm)
{
	union {
		struct kvm_cpuid2 cpuid;
		char space[sizeof(struct kvm_cpuid2) + 256 * sizeof(struct kvm_cpuid_entry2)];
	} all = { .cpuid.nent = 256 };

	if (ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, &all.cpuid))
		report_error("KVM_GET_SUPPORTED_CPUID: %s", errno_name(errno));
	for (unsigned int i = 0; i < all.cpuid.nent; i++)
		if (all.cpuid.entries[i].function == 7 && all.cpuid.entries[i].index == 0)
			return all.cpuid.entries[i].ecx & CPUID_7_ECX_BUS_LOCK;
	return false;
}

FIXTURE_SETUP(trap)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->offered = is_offered(self->vm);
}

FIXTURE_TEARDOWN(trap)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_GET_SUPPORTED_CPUID offers the bus-lock trap only if the host's CPU has it.
 *
 * Source: KVM api.rst, KVM_GET_SUPPORTED_CPUID: "supported by both the hardware and kvm"; SDM vol. 2, CPUID.7.0:ECX[24]
 */
TEST_F(trap, is_offered_only_if_the_cpu_has_it)
{
	unsigned int eax, ebx, ecx = 0, edx;

	__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
	EXPECT_TRUE(!self->offered || ecx & CPUID_7_ECX_BUS_LOCK);
}

/*
 * A guest can set the bus-lock trap's bit in IA32_DEBUGCTL if and only if it was offered the
 * trap. Otherwise the bit stays clear, for the guest and for userspace.
 *
 * Source: SDM vol. 3, 18.4.1: bit 2 is reserved without CPUID.7.0:ECX[24]; APM vol. 2, 13.1.1.6
 */
TEST_F(trap, can_be_asked_for_if_and_only_if_it_is_offered)
{
	struct vcpu *vcpu = vcpu_create_long(self->vm, ask_for_the_trap);
	uint64_t want = self->offered ? DEBUGCTL_BUS_LOCK : 0;

	guest_exception_handler = skip_wrmsr;
	vcpu_run(vcpu);
	EXPECT_EQ(want, debugctl & DEBUGCTL_BUS_LOCK);
	EXPECT_EQ(want, vcpu_get_msr(vcpu, MSR_DEBUGCTL) & DEBUGCTL_BUS_LOCK);
}

/*
 * DR6 bit 11 is always 1, for no trap, in a guest that was not offered the bus-lock trap,
 * whatever the guest writes.
 *
 * Source: SDM vol. 3, 18.2.3: bit 11 is reserved, 1, without CPUID.7.0:ECX[24]; APM vol. 2, 13.1.1.3
 */
TEST_F(trap, is_not_told_of_in_dr6_unless_it_is_offered)
{
	struct vcpu *vcpu = vcpu_create_long(self->vm, say_that_there_was_one);
	uint64_t want = self->offered ? 0 : DR6_NO_BUS_LOCK;
	struct kvm_debugregs registers;

	vcpu_run(vcpu);
	EXPECT_EQ(want, dr6 & DR6_NO_BUS_LOCK);
	vcpu_get_debugregs(vcpu, &registers);
	EXPECT_EQ(want, registers.dr6 & DR6_NO_BUS_LOCK);
}

KVMCONF_MAIN
