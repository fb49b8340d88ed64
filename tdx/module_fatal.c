// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TDX module that fails in a way for which KVM has no answer. That must not happen: KVM warns
 * and gives the VM up. Only the emulated module does it, by fault injection. Here a TD is built;
 * module_fatal_removal.c and module_fatal_end.c tear one down.
 */
#include "fatal.h"

FIXTURE(fatal) {
	uint64_t owned;
};

/* A command, the stage at which it is given, and the SEAMCALL that fails, by number and name. */
FIXTURE_VARIANT(fatal) {
	long (*command)(void);
	enum td_stage stage;
	unsigned int leaf;
	const char *seamcall;
};

#define FATAL(name, of, at, number, call) FIXTURE_VARIANT_ADD(fatal, name) {	\
	.command = of, .stage = at, .leaf = number, .seamcall = call,		\
}
FATAL(mng_create, init_vm, TD_CREATED, 9, "TDH_MNG_CREATE");
FATAL(mng_key_config, init_vm, TD_CREATED, 8, "TDH_MNG_KEY_CONFIG");
FATAL(mng_addcx, init_vm, TD_CREATED, 1, "TDH_MNG_ADDCX");
FATAL(mng_init, init_vm, TD_CREATED, 21, "TDH_MNG_INIT");
FATAL(vp_create, init_vcpu, TD_HAS_VCPU, 10, "TDH_VP_CREATE");
FATAL(vp_addcx, init_vcpu, TD_HAS_VCPU, 4, "TDH_VP_ADDCX");
FATAL(vp_init, init_vcpu, TD_HAS_VCPU, 22, "TDH_VP_INIT");
FATAL(mem_sept_add, fill, TD_VCPU_READY, 3, "TDH_MEM_SEPT_ADD");
FATAL(mem_page_add, fill, TD_VCPU_READY, 2, "TDH_MEM_PAGE_ADD");
FATAL(mr_extend, fill_measured, TD_VCPU_READY, 16, "TDH_MR_EXTEND");
FATAL(mr_finalize, finalize, TD_VCPU_READY, 17, "TDH_MR_FINALIZE");
FATAL(mem_page_aug, fault, TD_FINALIZED, 6, "TDH_MEM_PAGE_AUG");

FIXTURE_SETUP(fatal)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->owned = tdx_module_resources();
	make(variant->stage);
}

FIXTURE_TEARDOWN(fatal)
{
	tdx_module_inject(0, 0, 0, 0);
	td_free(&made.td);
}

/*
 * A command whose SEAMCALL fails unexpectedly fails with EIO, and so does every later command of
 * the VM. The TD's resources are freed with the VM.
 *
 * Source: vmx/tdx.c TDX_BUG_ON(); kvm_main.c kvm_vm_ioctl(): vm_dead
 * Needs: no-tdx, not-emulated
 */
TEST_F(fatal, is_eio_and_the_end_of_the_vm)
{
	static union tdx_capabilities caps = { .caps.cpuid.nent = TDX_MAX_CPUID };
	char message[64];

	snprintf(message, sizeof(message), "SEAMCALL %s failed", variant->seamcall);
	kmsg_expect_once("tdx_", message);
	kmsg_allow(message);
	/* KVM_PRE_FAULT_MEMORY warns of the EIO, too. */
	if (variant->command == fault)
		kmsg_expect_once("kvm_vcpu_", "at kvm_vcpu_");
	tdx_module_inject(variant->leaf, 0, 1, SW_ERROR);
	EXPECT_ERRNO(EIO, variant->command());
	ASSERT_EQ(0, tdx_module_read(TDX_MSR_INJECT_COUNT));
	EXPECT_ERRNO(EIO, __vm_tdx_capabilities(made.td.vm, &caps.caps));
	td_free(&made.td);
	made.td.vm = NULL;
	EXPECT_EQ(self->owned, tdx_module_resources());
}

KVMCONF_MAIN
