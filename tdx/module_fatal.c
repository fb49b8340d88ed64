// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TDX module that fails in a way for which KVM has no answer. That must not happen: KVM warns
 * and gives the VM up. The emulated module does it when it is told to, and the tests tell it
 * only on demand, for a WARN taints the kernel.
 */
#include "making.h"

/* A status that KVM has no name for. */
#define SW_ERROR	0xc000040000000000ull

FIXTURE(fatal) {
	uint64_t owned;
};

/* A command, the stage at which it is given, and the SEAMCALL that fails. */
FIXTURE_VARIANT(fatal) {
	long (*command)(void);
	enum stage stage;
	unsigned int leaf;
};

#define FATAL(name, of, at, number) \
	FIXTURE_VARIANT_ADD(fatal, name) { .command = of, .stage = at, .leaf = number }
FATAL(mng_create, init_vm, CREATED, 9);
FATAL(mng_key_config, init_vm, CREATED, 8);
FATAL(mng_addcx, init_vm, CREATED, 1);
FATAL(mng_init, init_vm, CREATED, 21);
FATAL(vp_create, init_vcpu, HAS_VCPU, 10);
FATAL(vp_addcx, init_vcpu, HAS_VCPU, 4);
FATAL(vp_init, init_vcpu, HAS_VCPU, 22);
FATAL(mem_sept_add, fill, VCPU_READY, 3);
FATAL(mem_page_add, fill, VCPU_READY, 2);
FATAL(mr_extend, fill_measured, VCPU_READY, 16);
FATAL(mr_finalize, finalize, VCPU_READY, 17);
FATAL(mem_page_aug, fault, FINALIZED, 6);

FIXTURE_SETUP(fatal)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	REQUIRE(getenv("KVMCONF_PROVOKE_WARN"), "opt-in", "KVMCONF_PROVOKE_WARN=1: KVM will warn");
	self->owned = tdx_module_owned();
	make(variant->stage);
}

FIXTURE_TEARDOWN(fatal)
{
	tdx_module_inject(0, 0, 0, 0);
	td_free(&made.td);
}

/*
 * The command is EIO, and so is everything that the VM is asked for afterwards. What there was
 * of the TD goes with the VM.
 *
 * Source: vmx/tdx.c TDX_BUG_ON(); kvm_main.c kvm_vm_ioctl(): vm_dead
 * Needs: no-tdx, not-emulated, opt-in
 */
TEST_F(fatal, is_eio_and_the_end_of_the_vm)
{
	static union tdx_capabilities caps = { .caps.cpuid.nent = TDX_MAX_CPUID };

	tdx_module_inject(variant->leaf, 0, 1, SW_ERROR);
	EXPECT_ERRNO(EIO, variant->command());
	ASSERT_EQ(0, tdx_module_read(TDX_MSR_INJECT_COUNT));
	EXPECT_ERRNO(EIO, __vm_tdx_capabilities(made.td.vm, &caps.caps));
	td_free(&made.td);
	made.td.vm = NULL;
	EXPECT_EQ(self->owned, tdx_module_owned());
}

KVMCONF_MAIN
