// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a launched guest is made of: KVM_SEV_LAUNCH_UPDATE_DATA, its measurement, and where
 * their arguments are wrong.
 */
#include <sys/mman.h>

#include "sev_launch.h"

#define UNMAPPED	0x1000		/* below every vm.mmap_min_addr */

static void *const unreadable = (void *)UNMAPPED;

FIXTURE(update) {
	struct launch launch;
};

/* The memory to encrypt: at an offset into that of the guest, unless there is an address. */
FIXTURE_VARIANT(update) {
	const char *want;
	uint64_t address;
	unsigned int offset, length;
	bool params_unreadable, read_only, half_mapped;
};

FIXTURE_VARIANT_ADD(update, params_unreadable) { "EFAULT", .params_unreadable = true };
FIXTURE_VARIANT_ADD(update, nothing) { .want = "EINVAL" };
FIXTURE_VARIANT_ADD(update, wrapped) { "EINVAL", .address = ~0xfull, .length = 32 };
FIXTURE_VARIANT_ADD(update, unmapped) { "ENOMEM", .address = UNMAPPED, .length = 16 };
FIXTURE_VARIANT_ADD(update, half_mapped) { "ENOMEM", .length = 8192, .half_mapped = true };
FIXTURE_VARIANT_ADD(update, read_only) { "ENOMEM", .length = 16, .read_only = true };
FIXTURE_VARIANT_ADD(update, address_unaligned) {
	"EIO, INVALID_ADDRESS", .offset = 8, .length = 16,
};
FIXTURE_VARIANT_ADD(update, length_unaligned) { "EIO, INVALID_LEN", .length = 24 };
FIXTURE_VARIANT_ADD(update, nothing_before_unmapped) { "EINVAL", .address = UNMAPPED };
FIXTURE_VARIANT_ADD(update, unmapped_before_unaligned) {
	"ENOMEM", .address = UNMAPPED + 8, .length = 24,
};

FIXTURE_SETUP(update)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	launch_until(&self->launch, sev_newest_kind(false), STARTED);
}

FIXTURE_TEARDOWN(update)
{
	TEARDOWN_VM(self->launch.vm);
}

/* Two pages as @variant wants them, filled with a pattern. */
static char *victim(bool read_only, bool half_mapped)
{
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		report_error("mmap: %s", errno_or_success(-1));
	memset(memory, 0xa5, 8192);
	if (half_mapped)
		must_succeed(munmap(memory + 4096, 4096), "munmap");
	if (read_only)
		must_succeed(mprotect(memory, 4096, PROT_READ), "mprotect");
	return memory;
}

/*
 * LAUNCH_UPDATE_DATA fails for memory that is not mapped, not writable or not aligned to 16
 * bytes, and changes neither the memory nor the guest.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_UPDATE_DATA: "must be 16-byte aligned";
 * svm/sev.c sev_launch_update_data(), sev_pin_memory()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(update, refuses_what_is_wrong_and_changes_nothing)
{
	char *memory = victim(variant->read_only, variant->half_mapped), want[4096];
	struct kvm_sev_launch_update_data data = {
		.uaddr = variant->address ?: (__u64)memory + variant->offset,
		.len = variant->length,
	};
	void *params = variant->params_unreadable ? unreadable : &data;

	memset(want, 0xa5, sizeof(want));
	EXPECT_SEV(variant->want, __vm_sev_update_data(self->launch.vm, params));
	EXPECT_EQ(0, memcmp(want, memory, sizeof(want)));
	EXPECT_UNCHANGED(&self->launch);
}

FIXTURE(measure) {
	struct launch launch;
};

FIXTURE_SETUP(measure)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	launch_until(&self->launch, sev_newest_kind(false), STARTED);
	ASSERT_SEV("success", __vm_sev_update_data(self->launch.vm,
		&(struct kvm_sev_launch_update_data){
			.uaddr = (__u64)launch_memory, .len = sizeof(launch_memory),
		}));
}

FIXTURE_TEARDOWN(measure)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * LAUNCH_MEASURE with length 0 writes the length back, as often as it is called, and does not
 * measure the guest.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_MEASURE: "If len is zero on entry, the
 * measurement blob length is written to len and uaddr is unused"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(measure, length_is_told_and_nothing_measured)
{
	for (int i = 0; i < 2; i++) {
		struct kvm_sev_launch_measure measure = { .uaddr = UNMAPPED };

		__vm_sev_measure(self->launch.vm, &measure);
		EXPECT_EQ(SEV_MEASURE_LEN, measure.len);
		EXPECT_EQ(UNMAPPED, measure.uaddr);
		EXPECT_HEX(SEV_RET_INVALID_LEN, sev_status());
		EXPECT_STATE(&self->launch, SEV_LUPDATE);
	}
}

/*
 * LAUNCH_MEASURE with a blob that is longer than the measurement writes the length back, and
 * nothing behind the measurement.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_MEASURE; API 55766, LAUNCH_MEASURE;
 * svm/sev.c sev_launch_measure(): kzalloc()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(measure, long_blob_has_the_length_written_back)
{
	static char blob[SEV_BLOB_MAX], zeroes[SEV_BLOB_MAX - SEV_MEASURE_LEN];
	struct kvm_sev_launch_measure measure = { .uaddr = (__u64)blob, .len = sizeof(blob) };

	memset(blob, 0xa5, sizeof(blob));
	EXPECT_SEV("success", __vm_sev_measure(self->launch.vm, &measure));
	EXPECT_EQ(SEV_MEASURE_LEN, measure.len);
	EXPECT_EQ(0, memcmp(blob + SEV_MEASURE_LEN, zeroes, sizeof(zeroes)));
	EXPECT_STATE(&self->launch, SEV_LSECRET);
}

FIXTURE(measure_refused) {
	struct launch launch;
};

FIXTURE_VARIANT(measure_refused) {
	const char *want;
	bool params_unreadable, no_blob;
	unsigned int length;
};

FIXTURE_VARIANT_ADD(measure_refused, params_unreadable) { "EFAULT", .params_unreadable = true };
FIXTURE_VARIANT_ADD(measure_refused, too_long) { "EINVAL", .length = SEV_BLOB_MAX + 1 };
FIXTURE_VARIANT_ADD(measure_refused, too_short) {
	"EIO, INVALID_LEN", .length = SEV_MEASURE_LEN - 1,
};
FIXTURE_VARIANT_ADD(measure_refused, no_blob) {
	"EIO, INVALID_LEN", .no_blob = true, .length = SEV_MEASURE_LEN,
};

FIXTURE_SETUP(measure_refused)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	launch_until(&self->launch, sev_newest_kind(false), STARTED);
}

FIXTURE_TEARDOWN(measure_refused)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * LAUNCH_MEASURE fails for a blob that is too short, too long or not mapped, and changes neither
 * the blob nor the guest.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_MEASURE; svm/sev.c sev_launch_measure()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(measure_refused, changes_nothing)
{
	static char blob[SEV_MEASURE_LEN], want[SEV_MEASURE_LEN];
	struct kvm_sev_launch_measure measure = {
		.uaddr = variant->no_blob ? 0 : (__u64)blob, .len = variant->length,
	};
	void *params = variant->params_unreadable ? unreadable : &measure;

	memset(blob, 0xa5, sizeof(blob));
	memset(want, 0xa5, sizeof(want));
	EXPECT_SEV(variant->want, __vm_sev_measure(self->launch.vm, params));
	EXPECT_EQ(0, memcmp(want, blob, sizeof(want)));
	EXPECT_UNCHANGED(&self->launch);
}

FIXTURE(status) {
	struct launch launch;
};

FIXTURE_SETUP(status)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	launch_until(&self->launch, sev_newest_kind(false), STARTED);
}

FIXTURE_TEARDOWN(status)
{
	TEARDOWN_VM(self->launch.vm);
}

/*
 * GUEST_STATUS fails with EFAULT if its result cannot be written.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_GUEST_STATUS; svm/sev.c sev_guest_status()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(status, unwritable_is_efault)
{
	EXPECT_SEV("EFAULT", __vm_sev_guest_status(self->launch.vm, unreadable));
	EXPECT_UNCHANGED(&self->launch);
}

KVMCONF_MAIN
