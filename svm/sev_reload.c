// SPDX-License-Identifier: GPL-2.0-only
/* kvm_amd unloaded and loaded again: the firmware is shut down, and good for guests afterwards. */
#include "cgroup.h"
#include "module_reload.h"
#include "sev_launch.h"

FIXTURE(reload) {
	struct module_guard guard;
};

FIXTURE_VARIANT(reload) {
	bool es;
};

FIXTURE_VARIANT_ADD(reload, sev) { false };
FIXTURE_VARIANT_ADD(reload, es) { true };

FIXTURE_SETUP(reload)
{
	REQUIRE_MODULE_RELOADS();
	module_lock(&self->guard);
	REQUIRE_SEV_KIND(sev_newest_kind(variant->es));
	REQUIRE(host_kernel_at_least(6, 16), "kernel-too-old",
		"ccp keeps the firmware initialised before 6.16");
	REQUIRE_MODULE_UNUSED("kvm_amd");
	module_guard_begin(&self->guard, "kvm_amd");
}

FIXTURE_TEARDOWN(reload)
{
	if (!module_guard_end(&self->guard))
		report_error("kvm_amd is no longer loaded as it was");
}

static void launch_and_end(bool es)
{
	struct launch launch;

	launch_until(&launch, sev_newest_kind(es), RUNNING);
	vm_free(launch.vm);
}

static long capacity(bool es)
{
	struct cgroup root = { .dir = CGROUP_ROOT };

	return cgroup_read(&root, "misc.capacity", sev_name(es));
}

/*
 * Unloading kvm_amd shuts the firmware down, and the misc controller has no ASIDs. Loading it
 * again brings all ASIDs back, and a guest can be launched as before.
 *
 * Source: svm/sev.c sev_hardware_unsetup(): sev_platform_shutdown(), sev_hardware_setup();
 * cgroup-v2.rst, Misc: misc.capacity; API 55766, SHUTDOWN, INIT
 * Needs: opt-in, no-module, permission, kvm-in-use, no-sev, no-vm-type, kernel-too-old
 */
TEST_F(reload, shuts_the_firmware_down_and_initialises_it)
{
	long ret, asids = capacity(variant->es);
	struct module_params none = { 0 };

	launch_and_end(variant->es);
	ret = module_unload("kvm_amd");
	REQUIRE(!ret || errno != EPERM, "permission", "no CAP_SYS_MODULE");
	REQUIRE(!ret || errno != EAGAIN, "kvm-in-use", "kvm_amd is in use");
	ASSERT_SUCCESS(ret);
	EXPECT_EQ(SEV_PLATFORM_UNINIT, sev_platform_status().state);
	EXPECT_GE(0, capacity(variant->es));

	ASSERT_TRUE(module_load("kvm_amd", &none));
	EXPECT_EQ(SEV_PLATFORM_INIT, sev_platform_status().state);
	EXPECT_EQ(0, sev_guest_count());
	EXPECT_EQ(asids, capacity(variant->es));
	launch_and_end(variant->es);
}

KVMCONF_MAIN
