// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_X86_BUS_LOCK_EXIT as an interface, with the hardware and without:
 * what KVM_CHECK_EXTENSION says of it, which values KVM_ENABLE_CAP takes, and
 * that bus locks exit where, and only where, both agree on it.
 */
#include <cpuid.h>
#include <fcntl.h>

#include "test.h"

#define OFF		KVM_BUS_LOCK_DETECTION_OFF
#define EXIT		KVM_BUS_LOCK_DETECTION_EXIT

FIXTURE(capability) {
	struct vm *vm;
};

FIXTURE_SETUP(capability)
{
	REQUIRE_KVM();
	self->vm = vm_create();
}

FIXTURE_TEARDOWN(capability)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_CHECK_EXTENSION offers both modes or none.
 *
 * Source: KVM api.rst 7.22; x86.c kvm_vm_ioctl_check_extension()
 */
TEST_F(capability, offers_both_modes_or_none)
{
	long modes = kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT);

	EXPECT_HEX(modes ? OFF | EXIT : 0, modes);
}

/*
 * A VM offers what KVM offers, also once the capability is enabled.
 *
 * Source: KVM api.rst 4.4 and 7.22; x86.c kvm_vm_ioctl_check_extension()
 */
TEST_F(capability, is_the_same_on_the_vm)
{
	long modes = kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT);

	EXPECT_HEX(modes, vm_check_extension(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT));
	ASSERT_SUCCESS(__vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, EXIT));
	EXPECT_HEX(modes, vm_check_extension(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT));
}

/* CPUID Fn8000_000A_EDX[29]; no CPU but AMD's has the leaf. */
static bool amd_has_bus_lock_threshold(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0x8000000a, &eax, &ebx, &ecx, &edx) && (edx & (1u << 29));
}

/*
 * IA32_VMX_PROCBASED_CTLS2[62]: the secondary control may be 1. That MSR exists
 * if IA32_VMX_PROCBASED_CTLS[63] is set. Returns -1 with errno if they are unreadable.
 */
static int intel_has_bus_lock_detection(void)
{
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	uint64_t primary, secondary = 0;
	int ret = -1;

	if (fd < 0)
		return -1;
	if (pread(fd, &primary, sizeof(primary), 0x482) == sizeof(primary) &&
	    (!(primary >> 63) ||
	     pread(fd, &secondary, sizeof(secondary), 0x48b) == sizeof(secondary)))
		ret = (secondary >> 62) & 1;
	close(fd);
	return ret;
}

/*
 * KVM offers the capability if the CPU has AMD's Bus Lock Threshold or Intel's
 * VMM bus-lock detection, and only then.
 *
 * Source: APM vol. 2, 15.14.5 (CPUID); SDM vol. 3, A.3.3; svm.c svm_set_cpu_caps();
 * vmx.c vmx_hardware_setup()
 * Needs: no-msr, kernel-too-old, no-cap
 */
TEST_F(capability, is_offered_if_the_cpu_can)
{
	enum kvm_vendor vendor = host_kvm_vendor();
	int can = vendor == VENDOR_VMX ? intel_has_bus_lock_detection() :
					 amd_has_bus_lock_threshold();

	REQUIRE(can >= 0, "no-msr", "/dev/cpu/0/msr: %s", errno_or_success(-1));
	/* Older kernels may have it from a distribution. */
	REQUIRE(!can || vendor != VENDOR_SVM || host_kernel_at_least(6, 16) ||
		kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT), "kernel-too-old",
		"kvm_amd can use it since 6.16");
	REQUIRE(!can || vendor != VENDOR_OTHER, "no-cap",
		"this back-end is not the CPU's virtualization extension");
	EXPECT_HEX(can ? OFF | EXIT : 0, kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT));
}

/*
 * KVM_CAP_X86_BUS_LOCK_EXIT can be enabled again with any valid mode after any other.
 *
 * Source: KVM api.rst 7.22; x86.c kvm_vm_ioctl_enable_cap()
 */
TEST_F(capability, can_be_enabled_again_in_another_mode)
{
	static const __u64 modes[] = { EXIT, OFF, EXIT, 0, OFF, 0, EXIT };

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT_SUCCESS(__vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, modes[i]));
}

FIXTURE(enable) {
	struct vm *vm;
	struct kvm_enable_cap request;
};

FIXTURE_VARIANT(enable) {
	__u64 mode;
	__u32 flags;
	int error;
};

FIXTURE_VARIANT_ADD(enable, no_mode) { .mode = 0 };
FIXTURE_VARIANT_ADD(enable, off) { .mode = OFF };
FIXTURE_VARIANT_ADD(enable, exit) { .mode = EXIT };
/* The modes exclude each other. */
FIXTURE_VARIANT_ADD(enable, both_modes) { .mode = OFF | EXIT, .error = EINVAL };
/* No other bits, wherever they are, and whatever is beside them. */
FIXTURE_VARIANT_ADD(enable, bit_2) { .mode = 4, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_2_and_off) { .mode = 4 | OFF, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_2_and_exit) { .mode = 4 | EXIT, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_2_and_both) { .mode = 4 | OFF | EXIT, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_3) { .mode = 8, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_31) { .mode = 1ull << 31, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_32) { .mode = 1ull << 32, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_32_and_exit) { .mode = 1ull << 32 | EXIT, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_63) { .mode = 1ull << 63, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, bit_63_and_exit) { .mode = 1ull << 63 | EXIT, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, all_bits) { .mode = ~0ull, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, all_but_both_modes) { .mode = ~3ull, .error = EINVAL };
/* There are no flags. */
FIXTURE_VARIANT_ADD(enable, flag_0) { .mode = EXIT, .flags = 1, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, flag_1) { .mode = EXIT, .flags = 2, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, flag_31) { .mode = EXIT, .flags = 1u << 31, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, flag_0_without_mode) { .mode = 0, .flags = 1, .error = EINVAL };
FIXTURE_VARIANT_ADD(enable, all_flags_and_bits) { .mode = ~0ull, .flags = ~0u, .error = EINVAL };

FIXTURE_SETUP(enable)
{
	REQUIRE_KVM();
	self->vm = vm_create();
	self->request = (struct kvm_enable_cap){
		.cap = KVM_CAP_X86_BUS_LOCK_EXIT,
		.flags = variant->flags,
		.args = { variant->mode },
	};
}

FIXTURE_TEARDOWN(enable)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_ENABLE_CAP takes no mode, OFF and EXIT, with the hardware and without, and fails with
 * EINVAL for both modes at once, other bits and flags.
 *
 * Source: KVM api.rst 4.37 and 7.22; x86.c kvm_vm_ioctl_enable_cap()
 */
TEST_F(enable, succeeds_if_valid)
{
	EXPECT_STREQ(variant->error ? errno_name(variant->error) : "success",
		     errno_or_success(__vm_enable_cap_raw(self->vm, &self->request)));
}

/*
 * KVM_ENABLE_CAP of KVM_CAP_X86_BUS_LOCK_EXIT ignores args[1] to args[3].
 *
 * Source: KVM api.rst 7.22: args[0] is the one parameter
 */
TEST_F(enable, ignores_other_arguments)
{
	for (unsigned int i = 1; i < ARRAY_SIZE(self->request.args); i++)
		self->request.args[i] = ~0ull;
	EXPECT_STREQ(variant->error ? errno_name(variant->error) : "success",
		     errno_or_success(__vm_enable_cap_raw(self->vm, &self->request)));
}

/*
 * KVM_ENABLE_CAP of KVM_CAP_X86_BUS_LOCK_EXIT on a vCPU fails with EINVAL for every mode.
 *
 * Source: KVM api.rst 7.22 "Target: VM"; x86.c kvm_vcpu_ioctl_enable_cap()
 */
TEST_F(enable, is_einval_on_a_vcpu)
{
	struct vcpu *vcpu = vcpu_create(self->vm);

	EXPECT_ERRNO(EINVAL, __vcpu_enable_cap_raw(vcpu, &self->request));
}

#define NR_LOCKS	4
#define LINE		64

static char lines[2 * LINE] __attribute__((aligned(LINE)));
static char *const across_lines = lines + LINE - sizeof(uint32_t) / 2;

__guest static void lock_across_lines(void)
{
	for (unsigned int i = 0; i < NR_LOCKS; i++)
		__asm__ volatile("lock incl %0" : "+m"(*(uint32_t *)across_lines));
}

FIXTURE(policy) {
	struct vm *vm;
};

FIXTURE_VARIANT(policy) {
	bool enabled;
	__u64 mode;
	bool exits;			/* where KVM_CHECK_EXTENSION offers it */
};

FIXTURE_VARIANT_ADD(policy, never_enabled) { .exits = false };
FIXTURE_VARIANT_ADD(policy, no_mode) { .enabled = true, .mode = 0, .exits = false };
FIXTURE_VARIANT_ADD(policy, off) { .enabled = true, .mode = OFF, .exits = false };
FIXTURE_VARIANT_ADD(policy, exit) { .enabled = true, .mode = EXIT, .exits = true };
/* Refused, so of no effect. */
FIXTURE_VARIANT_ADD(policy, both_modes) { .enabled = true, .mode = OFF | EXIT, .exits = false };

FIXTURE_SETUP(policy)
{
	REQUIRE_KVM();
	self->vm = vm_create();
}

FIXTURE_TEARDOWN(policy)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A guest's bus locks exit if and only if EXIT is enabled and KVM_CHECK_EXTENSION offers it.
 * Either way each executes once.
 *
 * KVM_ENABLE_CAP succeeds on hardware without the feature: success alone says nothing.
 *
 * Source: KVM api.rst 7.22; x86.c kvm_vm_ioctl_enable_cap()
 * Needs: split-lock-detect
 */
TEST_F(policy, decides_whether_bus_locks_exit)
{
	bool offered = kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT);
	unsigned int runs = 0, exits = 0;
	struct vcpu *vcpu;
	uint32_t executed;

	REQUIRE(host_split_lock_mode() != SPLIT_LOCK_FATAL, "split-lock-detect",
		"the kernel kills split locks");
	if (variant->enabled)
		__vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, variant->mode);
	vcpu = vcpu_create_long(self->vm, lock_across_lines);
	do {
		vcpu_run(vcpu);
		exits += !!(vcpu->run->flags & KVM_RUN_X86_BUS_LOCK);
	} while (vcpu->run->exit_reason == KVM_EXIT_X86_BUS_LOCK && ++runs <= NR_LOCKS);

	ASSERT_EXIT(KVM_EXIT_IO, vcpu);
	EXPECT_HEX(GUEST_PORT_DONE, vcpu->run->io.port);
	EXPECT_EQ(variant->exits && offered ? NR_LOCKS : 0, exits);
	memcpy(&executed, across_lines, sizeof(executed));
	EXPECT_EQ(NR_LOCKS, executed);
}

KVMCONF_MAIN
