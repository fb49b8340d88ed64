// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_SEV_DBG_DECRYPT and KVM_SEV_DBG_ENCRYPT: access to a launched guest's memory, if its policy
 * allows it.
 */
#include "sev_launch.h"

#define UNMAPPED	0x1000		/* below every vm.mmap_min_addr */

static char plain[LAUNCH_SIZE] __attribute__((aligned(4096)));
static char result[LAUNCH_SIZE] __attribute__((aligned(4096)));

static void make_running(struct launch *l, __u32 policy)
{
	struct kvm_sev_launch_update_data data = {
		.uaddr = (__u64)launch_memory, .len = sizeof(launch_memory),
	};
	char blob[SEV_MEASURE_LEN];
	struct kvm_sev_launch_measure measure = { .uaddr = (__u64)blob, .len = sizeof(blob) };

	for (unsigned int i = 0; i < sizeof(launch_memory); i++)
		launch_memory[i] = plain[i] = i * 7 + (i >> 8);
	launch_until(l, sev_newest_kind(false), INITED);
	l->handle = sev_launch_start(l->vm, policy);
	vm_sev_update_data(l->vm, &data);
	vm_sev_measure(l->vm, &measure);
	vm_sev_finish(l->vm, NULL);
	l->stage = RUNNING;
}

FIXTURE(piece) {
	struct launch launch;
};

/* A piece of the guest's memory, and where its plain text is relative to 16 bytes. */
FIXTURE_VARIANT(piece) {
	unsigned int offset, length, skew;
};

FIXTURE_VARIANT_ADD(piece, line) { .offset = 0, .length = 16 };
FIXTURE_VARIANT_ADD(piece, page) { .offset = 0, .length = 4096 };
FIXTURE_VARIANT_ADD(piece, all) { .offset = 0, .length = 8192 };
FIXTURE_VARIANT_ADD(piece, byte) { .offset = 5, .length = 1 };
FIXTURE_VARIANT_ADD(piece, line_unaligned) { .offset = 8, .length = 16 };
FIXTURE_VARIANT_ADD(piece, target_unaligned) { .offset = 32, .length = 48, .skew = 3 };
FIXTURE_VARIANT_ADD(piece, both_unaligned) { .offset = 1001, .length = 333, .skew = 7 };
FIXTURE_VARIANT_ADD(piece, across_pages) { .offset = 4090, .length = 12 };
FIXTURE_VARIANT_ADD(piece, across_pages_unaligned) { .offset = 4083, .length = 29, .skew = 1 };

FIXTURE_SETUP(piece)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	make_running(&self->launch, 0);
}

FIXTURE_TEARDOWN(piece)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * DBG_DECRYPT returns the running guest's memory as it was launched, for any piece and any
 * destination, and writes no byte around it.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_DBG_DECRYPT; svm/sev.c sev_dbg_crypt()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(piece, is_decrypted_and_nothing_else)
{
	struct kvm_sev_dbg dbg = {
		.src_uaddr = (__u64)launch_memory + variant->offset,
		.dst_uaddr = (__u64)result + 16 + variant->skew, .len = variant->length,
	};

	if (variant->offset + variant->length == sizeof(result))
		dbg.dst_uaddr = (__u64)result;
	memset(result, 0xee, sizeof(result));
	EXPECT_SEV("success", __vm_sev_dbg_decrypt(self->launch.vm, &dbg));
	for (unsigned int i = 0; i < sizeof(result); i++) {
		unsigned long at = (unsigned long)result + i - dbg.dst_uaddr;

		ASSERT_EQ(at < variant->length ? plain[variant->offset + at] : (char)0xee,
			  result[i]) {
			TH_LOG("byte %u", i);
		}
	}
}

/*
 * DBG_ENCRYPT writes any piece of a running guest's memory, and no byte around it.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_DBG_ENCRYPT; svm/sev.c sev_dbg_crypt()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(piece, is_encrypted_and_nothing_else)
{
	static char source[LAUNCH_SIZE + 16] __attribute__((aligned(4096)));
	struct kvm_sev_dbg encrypt = {
		.src_uaddr = (__u64)source + variant->skew,
		.dst_uaddr = (__u64)launch_memory + variant->offset, .len = variant->length,
	};
	struct kvm_sev_dbg all = {
		.src_uaddr = (__u64)launch_memory, .dst_uaddr = (__u64)result,
		.len = sizeof(result),
	};

	memset(source, 0x5c, sizeof(source));
	EXPECT_SEV("success", __vm_sev_dbg_encrypt(self->launch.vm, &encrypt));
	EXPECT_SEV("success", __vm_sev_dbg_decrypt(self->launch.vm, &all));
	for (unsigned int i = 0; i < sizeof(result); i++) {
		ASSERT_EQ(i - variant->offset < variant->length ? 0x5c : plain[i], result[i]) {
			TH_LOG("byte %u", i);
		}
	}
}

FIXTURE(dbg) {
	struct launch launch;
};

FIXTURE_VARIANT(dbg) {
	const char *want;
	__u32 command;
	__u32 policy;
	bool params_unreadable;
	struct kvm_sev_dbg dbg;
};

#define GUEST	((__u64)launch_memory)
#define HOST	((__u64)result)

#define BOTH_WAYS(name, want, ...)							\
	FIXTURE_VARIANT_ADD(dbg, decrypt_##name) {					\
		want, KVM_SEV_DBG_DECRYPT, __VA_ARGS__					\
	};										\
	FIXTURE_VARIANT_ADD(dbg, encrypt_##name) {					\
		want, KVM_SEV_DBG_ENCRYPT, __VA_ARGS__					\
	}

BOTH_WAYS(params_unreadable, "EFAULT", .params_unreadable = true);
BOTH_WAYS(nothing, "EINVAL", .dbg = { GUEST, HOST, 0 });
BOTH_WAYS(source_wraps, "EINVAL", .dbg = { ~0xfull, HOST, 32 });
BOTH_WAYS(to_null, "EINVAL", .dbg = { GUEST, 0, 16 });
BOTH_WAYS(source_unmapped, "ENOMEM", .dbg = { UNMAPPED, HOST, 16 });
BOTH_WAYS(target_unmapped, "ENOMEM", .dbg = { GUEST, UNMAPPED, 16 });
BOTH_WAYS(nothing_before_unmapped, "EINVAL", .dbg = { UNMAPPED, HOST, 0 });
BOTH_WAYS(unmapped_before_policy, "ENOMEM",
	  .policy = SEV_POLICY_NODBG, .dbg = { UNMAPPED, HOST, 16 });
BOTH_WAYS(against_the_policy, "EIO, POLICY_FAILURE",
	  .policy = SEV_POLICY_NODBG, .dbg = { GUEST, HOST, 16 });
BOTH_WAYS(piece_against_the_policy, "EIO, POLICY_FAILURE",
	  .policy = SEV_POLICY_NODBG, .dbg = { GUEST + 1, HOST, 3 });

FIXTURE_SETUP(dbg)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	make_running(&self->launch, variant->policy);
}

FIXTURE_TEARDOWN(dbg)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * A debug command fails if its memory is not mapped or the guest's policy forbids debugging, and
 * changes no memory then.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_DBG_DECRYPT: "returns an error if the guest
 * policy does not allow debugging"; API 55766 table 2, NODBG; svm/sev.c sev_dbg_crypt()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(dbg, refusal_changes_nothing)
{
	struct kvm_sev_dbg dbg = variant->dbg;
	static char guest_before[LAUNCH_SIZE];

	memset(result, 0xee, sizeof(result));
	memcpy(guest_before, launch_memory, sizeof(guest_before));
	EXPECT_SEV(variant->want, __vm_sev(self->launch.vm, variant->command,
		   variant->params_unreadable ? (void *)UNMAPPED : &dbg));
	EXPECT_EQ(0, memcmp(guest_before, launch_memory, sizeof(guest_before)));
	for (unsigned int i = 0; i < sizeof(result); i++)
		ASSERT_EQ((char)0xee, result[i]);
}

KVMCONF_MAIN
