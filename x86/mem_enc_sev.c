// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_MEMORY_ENCRYPT_OP and its neighbours where SEV is on: what they do for
 * any VM, and what they refuse to an encrypted one. No guest is launched.
 */
#include "test.h"

/* Enumerators of newer <linux/kvm.h>, which no #ifdef can find. */
#define SEV_INIT2		22
#define SEV_SNP_LAUNCH_START	100

static void *const unreadable = (void *)0x1000;	/* below every vm.mmap_min_addr */

#define REQUIRE_SEV()									\
	REQUIRE(host_kvm_vendor() == VENDOR_SVM &&					\
		host_module_param("kvm_amd", "sev") == PARAM_ON, "no-sev",		\
		"kvm_amd.sev is off or absent")

#define REQUIRE_VM_TYPE(type)								\
	REQUIRE(host_offers_vm_type(type), "no-vm-type",				\
		"KVM_CAP_VM_TYPES lacks type %d", (int)(type))

static struct vm *vm_of_type(unsigned long type)
{
	struct vm *vm = __vm_create_type(type);

	if (!vm)
		report_error("KVM_CREATE_VM, type %lu: %s", type, errno_or_success(-1));
	return vm;
}

/* A VM with an encryption context; its guest is not launched, so it holds no key. */
static struct vm *encrypted_vm(unsigned long type)
{
	static const char default_features[64];	/* struct kvm_sev_init */
	struct kvm_sev_cmd init = { .id = SEV_INIT2, .data = (__u64)default_features };
	struct vm *vm = vm_of_type(type);

	vm_mem_enc_op(vm, &init);
	return vm;
}

FIXTURE(sev) {
	struct vm *vm;
};

FIXTURE_VARIANT(sev) {
	unsigned long type;
};

FIXTURE_VARIANT_ADD(sev, vm_default) { .type = KVM_X86_DEFAULT_VM };
FIXTURE_VARIANT_ADD(sev, vm_sw_protected) { .type = KVM_X86_SW_PROTECTED_VM };
FIXTURE_VARIANT_ADD(sev, vm_sev) { .type = KVM_X86_SEV_VM };
FIXTURE_VARIANT_ADD(sev, vm_sev_es) { .type = KVM_X86_SEV_ES_VM };
FIXTURE_VARIANT_ADD(sev, vm_snp) { .type = KVM_X86_SNP_VM };

FIXTURE_SETUP(sev)
{
	REQUIRE_KVM();
	REQUIRE_SEV();
	REQUIRE_VM_TYPE(variant->type);
	self->vm = vm_of_type(variant->type);
}

FIXTURE_TEARDOWN(sev)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_MEMORY_ENCRYPT_OP with NULL for an argument returns 0 if SEV is enabled, on a VM of any
 * type.
 *
 * Source: amd-memory-encryption.rst, The KVM_MEMORY_ENCRYPT_OP ioctl; svm/sev.c sev_mem_enc_ioctl()
 * Needs: no-sev, no-vm-type
 */
TEST_F(sev, null_argument_succeeds)
{
	EXPECT_SUCCESS(__vm_mem_enc_op(self->vm, NULL));
}

/*
 * KVM_MEMORY_ENCRYPT_OP with a command that cannot be read fails with EFAULT.
 *
 * Source: svm/sev.c sev_mem_enc_ioctl()
 * Needs: no-sev, no-vm-type
 */
TEST_F(sev, unreadable_command_is_efault)
{
	EXPECT_ERRNO(EFAULT, __vm_mem_enc_op(self->vm, unreadable));
}

/*
 * KVM_MEMORY_ENCRYPT_OP with an unknown command fails with EINVAL.
 *
 * Source: svm/sev.c sev_mem_enc_ioctl()
 * Needs: no-sev, no-vm-type
 */
TEST_F(sev, unknown_command_is_einval)
{
	struct kvm_sev_cmd unknown = { .id = SEV_SNP_LAUNCH_START - 1 };

	EXPECT_ERRNO(EINVAL, __vm_mem_enc_op(self->vm, &unknown));
	unknown.id = UINT32_MAX;
	EXPECT_ERRNO(EINVAL, __vm_mem_enc_op(self->vm, &unknown));
}

/*
 * KVM_SEV_ES_INIT fails with ENOTTY where SEV-ES is off.
 *
 * Source: svm/sev.c sev_mem_enc_ioctl()
 * Needs: no-sev, no-vm-type, module-param
 */
TEST_F(sev, es_init_without_es_is_enotty)
{
	struct kvm_sev_cmd init = { .id = KVM_SEV_ES_INIT };

	REQUIRE(host_module_param("kvm_amd", "sev_es") == PARAM_OFF, "module-param",
		"kvm_amd.sev_es is on");
	EXPECT_ERRNO(ENOTTY, __vm_mem_enc_op(self->vm, &init));
}

FIXTURE(encrypted) {
	struct vm *vm;
};

FIXTURE_VARIANT(encrypted) {
	unsigned long type;
};

FIXTURE_VARIANT_ADD(encrypted, sev) { .type = KVM_X86_SEV_VM };
FIXTURE_VARIANT_ADD(encrypted, sev_es) { .type = KVM_X86_SEV_ES_VM };
FIXTURE_VARIANT_ADD(encrypted, snp) { .type = KVM_X86_SNP_VM };

FIXTURE_SETUP(encrypted)
{
	REQUIRE_KVM();
	REQUIRE_SEV();
	REQUIRE_VM_TYPE(variant->type);
	self->vm = encrypted_vm(variant->type);
}

FIXTURE_TEARDOWN(encrypted)
{
	TEARDOWN_VM(self->vm);
}

/*
 * Unregistering a region that an encrypted VM has not registered fails with EINVAL.
 *
 * Source: svm/sev.c sev_mem_enc_unregister_region()
 * Needs: no-sev, no-vm-type
 */
TEST_F(encrypted, unregister_of_an_unknown_region_is_einval)
{
	struct kvm_enc_region unknown = { .addr = 0x100000, .size = 0x1000 };

	EXPECT_ERRNO(EINVAL, __vm_mem_enc_unreg_region(self->vm, &unknown));
}

FIXTURE(snp) {
	struct vm *vm;
};

FIXTURE_SETUP(snp)
{
	REQUIRE_KVM();
	REQUIRE_SEV();
	REQUIRE_VM_TYPE(KVM_X86_SNP_VM);
	self->vm = encrypted_vm(KVM_X86_SNP_VM);
}

FIXTURE_TEARDOWN(snp)
{
	TEARDOWN_VM(self->vm);
}

/*
 * An SNP VM takes SNP's commands alone: all those of SEV and SEV-ES fail with EPERM.
 *
 * Source: svm/sev.c sev_mem_enc_ioctl()
 * Needs: no-sev, no-vm-type
 */
TEST_F(snp, commands_of_sev_are_eperm)
{
	struct kvm_sev_cmd command = { 0 };

	for (command.id = 0; command.id < SEV_SNP_LAUNCH_START; command.id++) {
		EXPECT_ERRNO(EPERM, __vm_mem_enc_op(self->vm, &command)) {
			TH_LOG("command %u", command.id);
		}
	}
}

/* An encryption context, and a VM for it to go to. */
FIXTURE(context) {
	struct vm *owner;
	struct vm *other;
};

FIXTURE_SETUP(context)
{
	REQUIRE_KVM();
	REQUIRE_SEV();
	REQUIRE_VM_TYPE(KVM_X86_SEV_VM);
	self->owner = encrypted_vm(KVM_X86_SEV_VM);
	self->other = vm_of_type(KVM_X86_SEV_VM);
}

FIXTURE_TEARDOWN(context)
{
	vm_free(self->other);
	vm_free(self->owner);
}

/*
 * A VM that mirrors another's encryption context cannot launch it.
 *
 * For the owner the same command is EFAULT, for want of parameters.
 *
 * Source: KVM api.rst 7.24; svm/sev.c is_cmd_allowed_from_mirror()
 * Needs: no-sev, no-vm-type
 */
TEST_F(context, mirror_cannot_launch_it)
{
	struct kvm_sev_cmd launch = { .id = KVM_SEV_LAUNCH_START };

	vm_enable_cap(self->other, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, self->owner->fd);
	EXPECT_ERRNO(EFAULT, __vm_mem_enc_op(self->owner, &launch));
	EXPECT_ERRNO(EINVAL, __vm_mem_enc_op(self->other, &launch));
}

/*
 * Every ioctl on a VM whose encryption context has moved, and on its vCPUs, fails with EIO.
 *
 * Source: KVM api.rst 7.29; svm/sev.c sev_vm_move_enc_context_from();
 * kvm_main.c kvm_vm_ioctl(), kvm_vcpu_ioctl()
 * Needs: no-sev, no-vm-type
 */
TEST_F(context, move_leaves_a_dead_vm)
{
	struct vcpu vcpu = { .fd = vm_create_vcpu(self->owner, 0) };
	struct kvm_regs regs;

	vm_enable_cap(self->other, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, self->owner->fd);
	EXPECT_ERRNO(EIO, __vcpu_mem_enc_op(&vcpu, NULL));
	EXPECT_ERRNO(EIO, __vcpu_get_regs(&vcpu, &regs));
	EXPECT_ERRNO(EIO, __vm_mem_enc_op(self->owner, NULL));
	EXPECT_ERRNO(EIO, __vm_check_extension(self->owner, KVM_CAP_VM_TYPES));
}

KVMCONF_MAIN
