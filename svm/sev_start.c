// SPDX-License-Identifier: GPL-2.0-only
/* KVM_SEV_LAUNCH_START: its arguments, one by one and in the order in which they count. */
#include <fcntl.h>
#include <sys/mman.h>

#include "sev_launch.h"

static void *const unreadable = (void *)0x1000;	/* below every vm.mmap_min_addr */

static char blob[16];

enum descriptor { SEV_FD, NO_FD, OTHER_FD };

FIXTURE(start) {
	struct launch launch;
};

/* What differs from a command that succeeds. */
FIXTURE_VARIANT(start) {
	const char *want;
	bool es;
	bool params_unreadable;
	enum descriptor descriptor;
	struct kvm_sev_launch_start params;
	bool dh, session;			/* a readable blob for it */
};

#define UNREADABLE	0x1000
#define TOO_LONG	(SEV_BLOB_MAX + 1)

FIXTURE_VARIANT_ADD(start, params_unreadable) { "EFAULT", .params_unreadable = true };
FIXTURE_VARIANT_ADD(start, dh_empty) { "EINVAL", .dh = true };
FIXTURE_VARIANT_ADD(start, dh_too_long) { "EINVAL", .dh = true, .params.dh_len = TOO_LONG };
FIXTURE_VARIANT_ADD(start, dh_unreadable) {
	"EFAULT", .params = { .dh_uaddr = UNREADABLE, .dh_len = 16 },
};
FIXTURE_VARIANT_ADD(start, session_empty) { "EINVAL", .session = true };
FIXTURE_VARIANT_ADD(start, session_too_long) {
	"EINVAL", .session = true, .params.session_len = TOO_LONG,
};
FIXTURE_VARIANT_ADD(start, session_unreadable) {
	"EFAULT", .params = { .session_uaddr = UNREADABLE, .session_len = 16 },
};
FIXTURE_VARIANT_ADD(start, no_descriptor) { "EBADF", .descriptor = NO_FD };
FIXTURE_VARIANT_ADD(start, other_descriptor) { "EBADF", .descriptor = OTHER_FD };

/* The firmware's: an ASID for SEV-ES is none for SEV, and the policy says which it is for. */
FIXTURE_VARIANT_ADD(start, sev_for_es) {
	"EIO, INVALID_ASID", .params.policy = SEV_POLICY_ES,
};
FIXTURE_VARIANT_ADD(start, es_for_sev) { "EIO, INVALID_ASID", .es = true };
FIXTURE_VARIANT_ADD(start, handle_of_no_guest) {
	"EIO, INVALID_GUEST", .params.handle = 0x7fffffff,
};

/* Two errors at once: KVM reports the first in its order. */
FIXTURE_VARIANT_ADD(start, params_before_descriptor) {
	"EFAULT", .params_unreadable = true, .descriptor = NO_FD,
};
FIXTURE_VARIANT_ADD(start, dh_before_session) {
	"EINVAL", .dh = true, .params = { .session_uaddr = UNREADABLE, .session_len = 16 },
};
FIXTURE_VARIANT_ADD(start, dh_read_before_session) {
	"EFAULT", .session = true, .params = { .dh_uaddr = UNREADABLE, .dh_len = 16 },
};
FIXTURE_VARIANT_ADD(start, dh_before_descriptor) {
	"EINVAL", .dh = true, .descriptor = NO_FD,
};
FIXTURE_VARIANT_ADD(start, session_before_descriptor) {
	"EINVAL", .session = true, .descriptor = NO_FD,
};
FIXTURE_VARIANT_ADD(start, descriptor_before_policy) {
	"EBADF", .descriptor = NO_FD, .params.policy = SEV_POLICY_ES,
};

FIXTURE_SETUP(start)
{
	REQUIRE_SEV_KIND(sev_newest_kind(variant->es));
	launch_until(&self->launch, sev_newest_kind(variant->es), INITED);
}

FIXTURE_TEARDOWN(start)
{
	TEARDOWN_VM(self->launch.vm);
}

static int descriptor(enum descriptor which)
{
	switch (which) {
	case NO_FD:
		return -1;
	case OTHER_FD:
		return must_succeed(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
	default:
		return sev_device();
	}
}

/*
 * LAUNCH_START checks its parameters, the guest owner's key, the session and the descriptor, in
 * this order, and then asks the firmware. A refusal changes neither the parameters nor the
 * guest.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_START; svm/sev.c sev_launch_start();
 * sev-dev.c psp_copy_user_blob()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(start, refuses_what_is_wrong_and_changes_nothing)
{
	struct kvm_sev_launch_start params = variant->params, before;
	struct kvm_sev_cmd cmd = {
		.id = KVM_SEV_LAUNCH_START,
		.data = (__u64)(variant->params_unreadable ? unreadable : &params),
		.sev_fd = descriptor(variant->descriptor),
	};
	unsigned int guests = sev_guest_count();

	if (!variant->es && !params.policy)
		params.policy = sev_policy(self->launch.kind);
	if (variant->dh)
		params.dh_uaddr = (__u64)blob;
	if (variant->session)
		params.session_uaddr = (__u64)blob;
	before = params;
	EXPECT_SEV(variant->want, sev_command(self->launch.vm, &cmd));
	EXPECT_EQ(0, memcmp(&before, &params, sizeof(params)));
	EXPECT_EQ(guests, sev_guest_count());
	EXPECT_UNCHANGED(&self->launch);
}

FIXTURE(started) {
	struct launch launch, other;
};

FIXTURE_SETUP(started)
{
	REQUIRE_SEV_KIND(sev_newest_kind(false));
	launch_until(&self->launch, sev_newest_kind(false), INITED);
	launch_until(&self->other, sev_newest_kind(false), INITED);
}

FIXTURE_TEARDOWN(started)
{
	TEARDOWN_VM(self->other.vm);
	TEARDOWN_VM(self->launch.vm);
}

/*
 * LAUNCH_START whose result cannot be written fails with EFAULT and leaves the VM as it was: the
 * firmware keeps no guest, and the next LAUNCH_START succeeds.
 *
 * Source: amd-memory-encryption.rst, KVM_SEV_LAUNCH_START; svm/sev.c sev_launch_start():
 * sev_unbind_asid()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(started, unwritable_result_leaves_nothing_behind)
{
	struct kvm_sev_launch_start *params = mmap(NULL, 4096, PROT_READ,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int guests = sev_guest_count();

	ASSERT_NE(MAP_FAILED, params);
	EXPECT_SEV("EFAULT", __vm_sev_launch_start(self->launch.vm, params));
	EXPECT_EQ(guests, sev_guest_count());
	EXPECT_UNCHANGED(&self->launch);
}

/*
 * LAUNCH_START with the handle of a guest whose policy forbids key sharing fails.
 *
 * Source: API 55766 table 2, NOKS, and 6.1 LAUNCH_START; amd-memory-encryption.rst: "if zero
 * then firmware creates a new handle"
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(started, key_is_not_shared_against_the_policy)
{
	struct kvm_sev_launch_start params = {
		.handle = sev_launch_start(self->other.vm, SEV_POLICY_NOKS),
	};

	EXPECT_SEV("EIO, POLICY_FAILURE", __vm_sev_launch_start(self->launch.vm, &params));
	EXPECT_UNCHANGED(&self->launch);
}

KVMCONF_MAIN
