// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_MEMORY_ENCRYPT_OP and its neighbours where KVM has nothing to encrypt a
 * VM with: the vendor module lacks the hook, has it switched off, or has it
 * for VMs of another type. Where SEV is on, mem_enc_sev.c has the rules.
 */
#include <sys/mman.h>

#include "test.h"

/* Past every command of SEV (0 to 22, 100 to 103) and of TDX (0 to 5). */
#define NR_COMMANDS	128

static char page[4096] __attribute__((aligned(4096)));

static struct kvm_sev_cmd command;

/* Distinguishable only by reading them. */
static const struct {
	const char *name;
	void *pointer;
	bool readable;
} arguments[] = {
	{ "NULL",		NULL,				false },
	{ "unmapped",		(void *)0x1000,			false },
	{ "unmapped, odd",	(void *)0x1001,			false },
	{ "kernel address",	(void *)0xffff888000000000,	false },
	{ "non-canonical",	(void *)0x8000000000000000,	false },
	{ "last byte",		(void *)0xffffffffffffffff,	false },
	{ "valid",		&command,			true },
	{ "valid, odd",		(char *)&command + 1,		true },
	{ "read-only",		"more text than any argument",	true },
};

static bool sev_is(enum module_param state)
{
	return host_kvm_vendor() == VENDOR_SVM && host_module_param("kvm_amd", "sev") == state;
}

FIXTURE(op) {
	struct vm *vm;
	struct vcpu vcpu;
	int refusal;
};

FIXTURE_VARIANT(op) {
	unsigned long type;
	bool of_vcpu;
};

/* SEV's and TDX's own VMs have an op, SEV's vCPUs have not. */
FIXTURE_VARIANT_ADD(op, vm_default) { .type = KVM_X86_DEFAULT_VM };
FIXTURE_VARIANT_ADD(op, vm_sw_protected) { .type = KVM_X86_SW_PROTECTED_VM };
FIXTURE_VARIANT_ADD(op, vcpu_default) { .type = KVM_X86_DEFAULT_VM, .of_vcpu = true };
FIXTURE_VARIANT_ADD(op, vcpu_sw_protected) { .type = KVM_X86_SW_PROTECTED_VM, .of_vcpu = true };
FIXTURE_VARIANT_ADD(op, vcpu_sev) { .type = KVM_X86_SEV_VM, .of_vcpu = true };
FIXTURE_VARIANT_ADD(op, vcpu_sev_es) { .type = KVM_X86_SEV_ES_VM, .of_vcpu = true };
FIXTURE_VARIANT_ADD(op, vcpu_snp) { .type = KVM_X86_SNP_VM, .of_vcpu = true };

FIXTURE_SETUP(op)
{
	REQUIRE_KVM();
	REQUIRE(host_offers_vm_type(variant->type), "no-vm-type",
		"KVM_CAP_VM_TYPES lacks type %lu", variant->type);
	REQUIRE(variant->of_vcpu || !sev_is(PARAM_ON), "module-param",
		"kvm_amd.sev is on, VMs have the op");
	self->vm = __vm_create_type(variant->type);
	ASSERT_NE(NULL, self->vm);
	self->refusal = ENOTTY;
	if (variant->of_vcpu) {
		self->vcpu.fd = vm_create_vcpu(self->vm, 0);
		self->refusal = expected_mem_enc_errno(self->vcpu.fd);
	}
}

FIXTURE_TEARDOWN(op)
{
	TEARDOWN_VM(self->vm);
}

#define __op(argument) (variant->of_vcpu ? __vcpu_mem_enc_op(&self->vcpu, argument) : \
					   __vm_mem_enc_op(self->vm, argument))

/*
 * A memory encryption op that KVM lacks is refused with the same error for
 * every argument, even an unreadable one.
 *
 * EFAULT or success would mean that KVM looked at the argument first.
 *
 * Source: KVM api.rst 4.110; amd-memory-encryption.rst, The KVM_MEMORY_ENCRYPT_OP ioctl;
 * x86.c kvm_arch_vm_ioctl(), kvm_arch_vcpu_ioctl(); vmx/main.c vt_vcpu_mem_enc_ioctl()
 * Needs: no-vm-type, module-param
 */
TEST_F(op, is_refused_alike_for_every_argument)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(arguments); i++) {
		EXPECT_ERRNO(self->refusal, __op(arguments[i].pointer)) {
			TH_LOG("argument: %s", arguments[i].name);
		}
	}
}

/*
 * A memory encryption op that KVM lacks is refused for every command, and the caller's memory
 * stays as it was.
 *
 * Source: KVM api.rst 4.110; x86.c kvm_arch_vm_ioctl(), kvm_arch_vcpu_ioctl()
 * Needs: no-vm-type, module-param
 */
TEST_F(op, is_refused_for_every_command_with_memory_untouched)
{
	for (unsigned int id = 0; id <= NR_COMMANDS; id++) {
		struct kvm_sev_cmd before;

		memset(&before, 0xa5, sizeof(before));
		before.id = id < NR_COMMANDS ? id : UINT32_MAX;
		memcpy(&command, &before, sizeof(command));
		EXPECT_ERRNO(self->refusal, __op(&command)) {
			TH_LOG("command %u", before.id);
		}
		EXPECT_EQ(0, memcmp(&command, &before, sizeof(command))) {
			TH_LOG("command %u changed its argument", before.id);
		}
	}
}

/*
 * A memory encryption op that KVM lacks is refused without reading its argument: an argument
 * that is paged out stays out.
 *
 * The error alone would not show a read whose result is thrown away.
 *
 * Source: x86.c kvm_arch_vm_ioctl(), kvm_arch_vcpu_ioctl(): no hook, no use of argp
 * Needs: no-vm-type, module-param
 */
TEST_F(op, is_refused_with_argument_unread)
{
	unsigned char resident;

	ASSERT_SUCCESS(madvise(page, sizeof(page), MADV_DONTNEED));
	EXPECT_ERRNO(self->refusal, __op(page));
	ASSERT_SUCCESS(mincore(page, sizeof(page), &resident));
	EXPECT_EQ(0, resident & 1);
}

FIXTURE(region) {
	struct vm *vm;
};

FIXTURE_VARIANT(region) {
	unsigned long type;
};

/* SEV's types too: before KVM_SEV_INIT2 they are VMs like any other. */
FIXTURE_VARIANT_ADD(region, vm_default) { .type = KVM_X86_DEFAULT_VM };
FIXTURE_VARIANT_ADD(region, vm_sw_protected) { .type = KVM_X86_SW_PROTECTED_VM };
FIXTURE_VARIANT_ADD(region, vm_sev) { .type = KVM_X86_SEV_VM };
FIXTURE_VARIANT_ADD(region, vm_sev_es) { .type = KVM_X86_SEV_ES_VM };
FIXTURE_VARIANT_ADD(region, vm_snp) { .type = KVM_X86_SNP_VM };
FIXTURE_VARIANT_ADD(region, vm_tdx) { .type = KVM_X86_TDX_VM };

FIXTURE_SETUP(region)
{
	REQUIRE_KVM();
	REQUIRE(host_offers_vm_type(variant->type), "no-vm-type",
		"KVM_CAP_VM_TYPES lacks type %lu", variant->type);
	self->vm = __vm_create_type(variant->type);
	ASSERT_NE(NULL, self->vm);
}

FIXTURE_TEARDOWN(region)
{
	TEARDOWN_VM(self->vm);
}

/*
 * The region ioctls read their argument first: they fail with EFAULT if it cannot be read, and
 * else with ENOTTY if the VM is not encrypted.
 *
 * Source: x86.c kvm_arch_vm_ioctl(); svm/sev.c sev_mem_enc_register_region(),
 * sev_mem_enc_unregister_region()
 * Needs: no-vm-type
 */
TEST_F(region, ioctls_are_efault_before_enotty)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(arguments); i++) {
		int want = arguments[i].readable ? ENOTTY : EFAULT;

		EXPECT_ERRNO(want, __vm_mem_enc_reg_region(self->vm, arguments[i].pointer)) {
			TH_LOG("register, argument: %s", arguments[i].name);
		}
		EXPECT_ERRNO(want, __vm_mem_enc_unreg_region(self->vm, arguments[i].pointer)) {
			TH_LOG("unregister, argument: %s", arguments[i].name);
		}
	}
}

FIXTURE(context) {
	struct vm *vm;
};

FIXTURE_VARIANT(context) {
	__u32 cap;
};

FIXTURE_VARIANT_ADD(context, copy) { .cap = KVM_CAP_VM_COPY_ENC_CONTEXT_FROM };
FIXTURE_VARIANT_ADD(context, move) { .cap = KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM };

FIXTURE_SETUP(context)
{
	REQUIRE_KVM();
	self->vm = vm_create_bare(KVM_X86_DEFAULT_VM);
}

FIXTURE_TEARDOWN(context)
{
	TEARDOWN_VM(self->vm);
}

/*
 * Copying or moving the encryption context of a VM that has none fails with EINVAL.
 *
 * Source: x86.c kvm_vm_ioctl_enable_cap(); svm/sev.c sev_vm_copy_enc_context_from(),
 * sev_vm_move_enc_context_from()
 */
TEST_F(context, of_a_vm_without_one_is_einval)
{
	struct vm *source = vm_create_bare(KVM_X86_DEFAULT_VM);

	EXPECT_ERRNO(EINVAL, __vm_enable_cap(self->vm, variant->cap, source->fd));
	EXPECT_ERRNO(EINVAL, __vm_enable_cap(self->vm, variant->cap, self->vm->fd));
	vm_free(source);
}

/*
 * Copying or moving an encryption context from something that is no file fails with EBADF where
 * KVM has the hook, and with EINVAL where it has not. A kvm_amd built without SEV can do either.
 *
 * Source: x86.c kvm_vm_ioctl_enable_cap(): no hook, no use of args[0]
 */
TEST_F(context, of_no_file_is_ebadf_to_the_hook_alone)
{
	bool is_svm = host_kvm_vendor() == VENDOR_SVM;
	bool without_sev = is_svm && sev_is(PARAM_ABSENT);
	int got = __vm_enable_cap(self->vm, variant->cap, UINT32_MAX) < 0 ? errno : 0;

	/* Kernels before 6.10, or without that change, have the hooks even then. */
	EXPECT_STREQ(errno_name(is_svm && !(without_sev && got == EINVAL) ? EBADF : EINVAL),
		     errno_name(got));
}

static unsigned int guest_runs;

__guest static void guest_code(void)
{
	guest_runs++;
}

FIXTURE(refused) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(refused)
{
	REQUIRE_KVM();
	REQUIRE(!sev_is(PARAM_ON), "module-param", "kvm_amd.sev is on, VMs have the op");
	self->vm = vm_create();
	self->vcpu = vcpu_create_long(self->vm, guest_code);
}

FIXTURE_TEARDOWN(refused)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A VM on which every kind of encryption was refused runs a guest.
 *
 * Source: KVM api.rst 4.110
 * Needs: module-param
 */
TEST_F(refused, vm_runs_a_guest)
{
	for (command.id = 0; command.id < NR_COMMANDS; command.id++) {
		ASSERT_EQ(-1, __vm_mem_enc_op(self->vm, &command));
		ASSERT_EQ(-1, __vcpu_mem_enc_op(self->vcpu, &command));
	}
	ASSERT_EQ(-1, __vm_mem_enc_reg_region(self->vm, &command));
	ASSERT_EQ(-1, __vm_mem_enc_unreg_region(self->vm, &command));
	ASSERT_EQ(-1, __vm_enable_cap(self->vm, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, self->vm->fd));
	ASSERT_EQ(-1, __vm_enable_cap(self->vm, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, self->vm->fd));

	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_HEX(GUEST_PORT_DONE, self->vcpu->run->io.port);
	EXPECT_EQ(1, guest_runs);
}

KVMCONF_MAIN
