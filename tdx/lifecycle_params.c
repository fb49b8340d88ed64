// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM_TDX_INIT_VM takes and what it refuses, value by value. What KVM refuses by itself
 * leaves hw_error 0: the module, which would refuse most of it, too, was not asked.
 */
#include <fcntl.h>

#include "hkid.h"

#define XFAM_X87_AND_SSE	3ull
#define PHYS_BITS_LEAF		0x80000008
#define HLE			(1u << 4)	/* of leaf 7's EBX */
#define RTM			(1u << 11)
#define WAITPKG			(1u << 5)	/* of its ECX */

/* IA32_VMX_EPT_VPID_CAP: the CPU's EPT can have five levels. */
#define MSR_EPT_VPID_CAP	0x48c
#define EPT_5_LEVELS		(1ull << 7)

static union tdx_init_vm params;

FIXTURE(params) {
	struct vm *vm;
};

FIXTURE_SETUP(params)
{
	REQUIRE_TDX();
	self->vm = td_create();
	td_default_params(self->vm, &params);
}

FIXTURE_TEARDOWN(params)
{
	TEARDOWN_VM(self->vm);
}

static struct kvm_cpuid_entry2 *entry(__u32 function)
{
	for (unsigned int i = 0; i < params.init.cpuid.nent; i++)
		if (params.init.cpuid.entries[i].function == function)
			return &params.init.cpuid.entries[i];
	report_error("CPUID 0x%x is not configurable", function);
}

/* The outcome of KVM_TDX_INIT_VM, with "by the module" where hw_error says so. */
static const char *init_vm(struct vm *vm)
{
	static char text[64];
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (__u64)&params };
	long ret = __vm_mem_enc_op(vm, &cmd);

	snprintf(text, sizeof(text), "%s%s", errno_or_success(ret), cmd.hw_error ? " by the module" : "");
	return text;
}

/* With what a case has set of the parameters, for a message. */
static void expect_kvm_refuses(struct __test_metadata *_metadata, struct vm *vm, const char *what,
			       uint64_t value)
{
	EXPECT_STREQ("EINVAL", init_vm(vm)) {
		TH_LOG("%s %s", what, hex(value));
	}
}

/*
 * KVM_TDX_INIT_VM fails with EINVAL if any reserved word of its parameters is not 0.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM: "must be zero for future extensibility"
 * Needs: no-tdx
 */
TEST_F(params, reserved_words_must_all_be_zero)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(params.init.reserved); i++) {
		params.init.reserved[i] = 1ull << 63;
		expect_kvm_refuses(_metadata, self->vm, "reserved word", i);
		params.init.reserved[i] = 0;
	}
	EXPECT_STREQ("success", init_vm(self->vm));
}

/*
 * KVM_TDX_INIT_VM fails with EINVAL for each attribute that KVM_TDX_CAPABILITIES does not offer.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM; vmx/tdx.c setup_tdparams()
 * Needs: no-tdx
 */
TEST_F(params, attributes_not_on_offer_are_refused_one_by_one)
{
	static union tdx_capabilities caps = { .caps.cpuid.nent = TDX_MAX_CPUID };

	vm_tdx_capabilities(self->vm, &caps.caps);
	for (uint64_t bit = 1; bit; bit <<= 1) {
		params.init.attributes = bit;
		if (!(caps.caps.supported_attrs & bit))
			expect_kvm_refuses(_metadata, self->vm, "attribute", bit);
	}
	params.init.attributes = 0;
	EXPECT_STREQ("success", init_vm(self->vm));
}

/*
 * KVM_TDX_INIT_VM fails with EINVAL for each extended feature, beside x87 and SSE, that
 * KVM_TDX_CAPABILITIES does not offer.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM; vmx/tdx.c setup_tdparams()
 * Needs: no-tdx
 */
TEST_F(params, features_not_on_offer_are_refused_one_by_one)
{
	static union tdx_capabilities caps = { .caps.cpuid.nent = TDX_MAX_CPUID };

	vm_tdx_capabilities(self->vm, &caps.caps);
	for (uint64_t bit = 1; bit; bit <<= 1) {
		params.init.xfam = XFAM_X87_AND_SSE | bit;
		if (!(caps.caps.supported_xfam & bit))
			expect_kvm_refuses(_metadata, self->vm, "feature", bit);
	}
	params.init.xfam = XFAM_X87_AND_SSE;
	EXPECT_STREQ("success", init_vm(self->vm));
}

/*
 * KVM_TDX_INIT_VM fails with EINVAL for WAITPKG and for each of TSX's two CPUID bits.
 *
 * Source: vmx/tdx.c tdx_unsupported_cpuid()
 * Needs: no-tdx
 */
TEST_F(params, tsx_and_waitpkg_are_refused_one_by_one)
{
	const struct kvm_cpuid_entry2 good = *entry(7);

	entry(7)->ebx |= HLE;
	expect_kvm_refuses(_metadata, self->vm, "HLE", entry(7)->ebx);
	*entry(7) = good;
	entry(7)->ebx |= RTM;
	expect_kvm_refuses(_metadata, self->vm, "RTM", entry(7)->ebx);
	*entry(7) = good;
	entry(7)->ecx |= WAITPKG;
	expect_kvm_refuses(_metadata, self->vm, "WAITPKG", entry(7)->ecx);
	*entry(7) = good;
	EXPECT_STREQ("success", init_vm(self->vm));
}

/*
 * KVM_TDX_INIT_VM fails with EINVAL for guest physical address bits other than 48 and 52.
 *
 * Source: intel-tdx.rst, KVM_TDX_INIT_VM; vmx/tdx.c setup_tdparams_eptp_controls()
 * Needs: no-tdx
 */
TEST_F(params, physical_bits_are_48_or_52)
{
	for (unsigned int bits = 0; bits < 256; bits++) {
		entry(PHYS_BITS_LEAF)->eax = bits << 16;
		if (bits != 48 && bits != 52)
			expect_kvm_refuses(_metadata, self->vm, "physical bits", bits);
	}
	entry(PHYS_BITS_LEAF)->eax = 48 << 16;
	EXPECT_STREQ("success", init_vm(self->vm));
}

/* Whether the CPU's EPT can have five levels, or -1. */
static int has_five_levels(void)
{
	uint64_t cap;
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	bool read = fd >= 0 && pread(fd, &cap, sizeof(cap), MSR_EPT_VPID_CAP) == sizeof(cap);

	if (fd >= 0)
		close(fd);
	return read ? !!(cap & EPT_5_LEVELS) : -1;
}

/*
 * KVM_TDX_INIT_VM takes 52 guest physical address bits if the CPU's EPT can have five levels,
 * and fails with EINVAL if not.
 *
 * Source: vmx/tdx.c setup_tdparams_eptp_controls()
 * Needs: no-tdx, no-msr
 */
TEST_F(params, physical_bits_are_52_where_the_ept_has_five_levels)
{
	int five_levels = has_five_levels();

	REQUIRE(five_levels >= 0, "no-msr", "IA32_VMX_EPT_VPID_CAP cannot be read");
	entry(PHYS_BITS_LEAF)->eax = 52 << 16;
	EXPECT_STREQ(five_levels ? "success" : "EINVAL", init_vm(self->vm));
}

FIXTURE(no_hkid) {
	struct vm *vm;
};

FIXTURE_SETUP(no_hkid)
{
	REQUIRE_ALL_HKIDS();
	self->vm = td_create();
	hkid_take_all();
}

FIXTURE_TEARDOWN(no_hkid)
{
	TEARDOWN_VM(self->vm);
}

/*
 * Without a free HKID, KVM_TDX_INIT_VM fails with EINVAL for bad parameters and with ENOSPC for
 * good ones: parameters are checked first.
 *
 * Source: vmx/tdx.c tdx_td_init(): setup_tdparams() before __tdx_td_init()
 * Needs: no-tdx, kvm-in-use, cgroup-limit
 */
TEST_F(no_hkid, is_found_out_after_bad_parameters)
{
	td_default_params(self->vm, &params);
	params.init.cpuid.nent = 0;
	EXPECT_STREQ("EINVAL", init_vm(self->vm));
	td_default_params(self->vm, &params);
	EXPECT_STREQ("ENOSPC", init_vm(self->vm));
	hkid_release();
	EXPECT_STREQ("success", init_vm(self->vm));
}

KVMCONF_MAIN
