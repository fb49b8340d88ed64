// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a vendor module is loaded KVM checks its hooks, by a WARN in
 * arch/x86/include/asm/kvm-x86-ops.h for each that is missing and must not be.
 * None may be, whatever the module's parameters; nor may anything else that
 * KVM does then trip a WARN.
 */
#include "test.h"
#include "kernel_log.h"
#include "module_reload.h"

static struct kernel_log kernel_log;

/* A WARN of KVM's is a failure; that there was none can be unknowable. */
#define ASSERT_NO_WARN() do {								\
	ASSERT_STREQ("", kernel_log.warning);						\
	REQUIRE(!kernel_log.error || !kernel_is_tainted_by_warn(), "no-kmsg",		\
		"a WARN has tainted the kernel, and its origin is lost: kernel log: %s",	\
		errno_name(kernel_log.error));						\
} while (0)

FIXTURE(kernel_log) {
};

FIXTURE_SETUP(kernel_log)
{
	kernel_log_read(&kernel_log);
}

FIXTURE_TEARDOWN(kernel_log)
{
}

/*
 * Loading KVM has tripped no WARN since the kernel started.
 *
 * Source: x86.c kvm_x86_vendor_init(), kvm_ops_update(); arch/x86/include/asm/kvm-x86-ops.h
 * Needs: no-kvm, no-kmsg
 */
TEST_F(kernel_log, has_no_warn_from_loading_kvm)
{
	ASSERT_NO_WARN();
	REQUIRE(host_kvm_vendor() != VENDOR_NONE, "no-kvm", "no KVM has been loaded");
}

FIXTURE(reload) {
	const char *module;
	const char *off;
	struct module_guard guard;
};

/* The parameter that is given as 0; NULL: the vendor has none like it. */
FIXTURE_VARIANT(reload) {
	bool plain;			/* give none at all */
	const char *amd, *intel;
};

/* What decides which hooks there are, or which of several. */
FIXTURE_VARIANT_ADD(reload, plain) { .plain = true };
FIXTURE_VARIANT_ADD(reload, encryption_off) { .amd = "sev", .intel = "tdx" };
FIXTURE_VARIANT_ADD(reload, encrypted_state_off) { .amd = "sev_es" };
FIXTURE_VARIANT_ADD(reload, nested_paging_off) { .amd = "npt", .intel = "ept" };
FIXTURE_VARIANT_ADD(reload, nested_off) { .amd = "nested", .intel = "nested" };
FIXTURE_VARIANT_ADD(reload, apicv_off) { .amd = "avic", .intel = "enable_apicv" };
FIXTURE_VARIANT_ADD(reload, vnmi_off) { .amd = "vnmi", .intel = "vnmi" };
FIXTURE_VARIANT_ADD(reload, vgif_off) { .amd = "vgif" };
FIXTURE_VARIANT_ADD(reload, nrips_off) { .amd = "nrips" };
FIXTURE_VARIANT_ADD(reload, vpid_off) { .intel = "vpid" };
FIXTURE_VARIANT_ADD(reload, flexpriority_off) { .intel = "flexpriority" };
FIXTURE_VARIANT_ADD(reload, preemption_timer_off) { .intel = "preemption_timer" };
FIXTURE_VARIANT_ADD(reload, unrestricted_guest_off) { .intel = "unrestricted_guest" };

FIXTURE_SETUP(reload)
{
	enum kvm_vendor vendor;

	REQUIRE_MODULE_RELOADS();
	module_lock(&self->guard);
	vendor = host_kvm_vendor();
	REQUIRE(vendor == VENDOR_SVM || vendor == VENDOR_VMX, "no-module",
		"neither kvm_amd nor kvm_intel is loaded");
	self->module = vendor == VENDOR_SVM ? "kvm_amd" : "kvm_intel";
	self->off = vendor == VENDOR_SVM ? variant->amd : variant->intel;
	REQUIRE(variant->plain || self->off, "module-param", "%s has no such parameter",
		self->module);
	REQUIRE(!self->off || host_module_param(self->module, self->off) != PARAM_ABSENT,
		"module-param", "%s has no parameter %s", self->module, self->off);
	REQUIRE_MODULE_UNUSED(self->module);

	kernel_log_forget(&kernel_log);
	module_guard_begin(&self->guard, self->module);
}

FIXTURE_TEARDOWN(reload)
{
	if (!module_guard_end(&self->guard))
		report_error("%s is no longer loaded as it was", self->module);
}

/*
 * Unloading the vendor module and loading it again trips no WARN, whichever of its features is
 * off, and a feature given as off is off.
 *
 * Source: x86.c kvm_x86_vendor_init(), kvm_ops_update(); arch/x86/include/asm/kvm-x86-ops.h
 * Needs: opt-in, no-module, permission, module-param, kvm-in-use, no-kmsg
 */
TEST_F(reload, trips_no_warn)
{
	struct module_params params = { .nr = !!self->off };
	long ret = module_unload(self->module);

	REQUIRE(!ret || errno != EPERM, "permission", "no CAP_SYS_MODULE");
	REQUIRE(!ret || errno != EAGAIN, "kvm-in-use", "%s is in use", self->module);
	ASSERT_SUCCESS(ret);
	snprintf(params.text[0], sizeof(params.text[0]), "%s=0", self->off ?: "");
	ASSERT_TRUE(module_load(self->module, &params));
	if (self->off)
		ASSERT_EQ(PARAM_OFF, host_module_param(self->module, self->off));
	kernel_log_read(&kernel_log);
	ASSERT_NO_WARN();
}

KVMCONF_MAIN
