// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX's commands where there is no TD: on an ordinary VM and on its vCPU, whether
 * or not the kernel could have made it a TD. Runs on any host.
 */
#include "test.h"
#include "tdx.h"

/* Every command as a TD would take it, with arguments of which no part is at fault. */
static union tdx_capabilities capabilities = { .caps.cpuid.nent = TDX_MAX_CPUID };
static union tdx_cpuid cpuid = { .cpuid.nent = TDX_MAX_CPUID };
static union tdx_init_vm init_vm = { .init.xfam = 3 };

static char page[4096] __attribute__((aligned(4096)));

static struct kvm_tdx_init_mem_region region = {
	.source_addr = (__u64)page, .gpa = (__u64)page, .nr_pages = 1,
};

static const struct {
	const char *name;
	struct kvm_tdx_cmd cmd;
} commands[] = {
	{ "CAPABILITIES",	{ .id = KVM_TDX_CAPABILITIES, .data = (__u64)&capabilities } },
	{ "INIT_VM",		{ .id = KVM_TDX_INIT_VM, .data = (__u64)&init_vm } },
	{ "INIT_VCPU",		{ .id = KVM_TDX_INIT_VCPU } },
	{ "INIT_MEM_REGION",	{ .id = KVM_TDX_INIT_MEM_REGION, .data = (__u64)&region } },
	{ "FINALIZE_VM",	{ .id = KVM_TDX_FINALIZE_VM } },
	{ "GET_CPUID",		{ .id = KVM_TDX_GET_CPUID,
				  .data = (__u64)&cpuid } },
	{ "none",		{ .id = KVM_TDX_CMD_NR_MAX } },
	{ "CAPABILITIES with an error set",
		{ .id = KVM_TDX_CAPABILITIES, .data = (__u64)&capabilities, .hw_error = 1 } },
};

static unsigned int guest_runs;

__guest static void guest_code(void)
{
	guest_runs++;
}

FIXTURE(ordinary) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(ordinary)
{
	REQUIRE_KVM();
	/* There these numbers are SEV's commands. */
	REQUIRE(host_kvm_vendor() != VENDOR_SVM || host_module_param("kvm_amd", "sev") != PARAM_ON,
		"module-param", "kvm_amd.sev is on, VMs have the op");
	init_vm.init.cpuid.nent = 1;
	init_vm.init.cpuid.entries[0] = (struct kvm_cpuid_entry2){
		.function = 0x80000008, .eax = 48 << 16,
	};
	self->vm = vm_create();
	self->vcpu = vcpu_create_long(self->vm, guest_code);
}

FIXTURE_TEARDOWN(ordinary)
{
	TEARDOWN_VM(self->vm);
}

/*
 * On a VM that is no TD every TDX command fails with ENOTTY and leaves its argument unchanged.
 *
 * Source: KVM api.rst 4.110; vmx/main.c vt_mem_enc_ioctl(); x86.c kvm_arch_vm_ioctl()
 * Needs: module-param
 */
TEST_F(ordinary, vm_has_no_tdx_commands)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		struct kvm_tdx_cmd cmd = commands[i].cmd;

		EXPECT_ERRNO(ENOTTY, __vm_mem_enc_op(self->vm, &cmd)) {
			TH_LOG("command: %s", commands[i].name);
		}
		EXPECT_EQ(0, memcmp(&cmd, &commands[i].cmd, sizeof(cmd)));
	}
	EXPECT_EQ(0, capabilities.caps.supported_xfam);
	EXPECT_EQ(1, region.nr_pages);
}

/*
 * A vCPU that is no TD's has no TDX commands: EINVAL where KVM was built with
 * TDX, ENOTTY where not, and nothing is written.
 *
 * Source: vmx/main.c vt_vcpu_mem_enc_ioctl(), vt_vcpu_mem_enc_unlocked_ioctl();
 * x86.c kvm_arch_vcpu_ioctl()
 * Needs: module-param
 */
TEST_F(ordinary, vcpu_has_no_tdx_commands)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		struct kvm_tdx_cmd cmd = commands[i].cmd;

		EXPECT_ERRNO(expected_mem_enc_errno(self->vcpu->fd), __vcpu_mem_enc_op(self->vcpu, &cmd)) {
			TH_LOG("command: %s", commands[i].name);
		}
		EXPECT_EQ(0, memcmp(&cmd, &commands[i].cmd, sizeof(cmd)));
	}
	EXPECT_EQ(1, region.nr_pages);
}

/*
 * A VM on which every TDX command was refused runs its guest as before.
 *
 * Source: KVM api.rst 4.110
 * Needs: module-param
 */
TEST_F(ordinary, vm_runs_its_guest_after_every_refusal)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		struct kvm_tdx_cmd cmd = commands[i].cmd;

		ASSERT_EQ(-1, __vm_mem_enc_op(self->vm, &cmd));
		ASSERT_EQ(-1, __vcpu_mem_enc_op(self->vcpu, &cmd));
	}
	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_HEX(GUEST_PORT_DONE, self->vcpu->run->io.port);
	EXPECT_EQ(1, guest_runs);
}

KVMCONF_MAIN
