// SPDX-License-Identifier: GPL-2.0-only
/* Which VM may take which one's encryption context, by a move or a copy; and its cgroup's count. */
#include <fcntl.h>

#include "cgroup.h"
#include "sev_move.h"

enum source { THE_GUEST, ITSELF, NO_GUEST, NO_FILE, NO_VM };
enum destination { FRESH, OTHER_TYPE, ENCRYPTED, WITH_VCPU, WITHOUT_VCPU };

FIXTURE(refused) {
	struct sev_guest guest;
	struct vm *to;
	int other_fd;
};

FIXTURE_VARIANT(refused) {
	const char *want;
	__u32 cap;
	bool es;
	enum source source;
	enum destination destination;
};

#define MOVE	KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM
#define COPY	KVM_CAP_VM_COPY_ENC_CONTEXT_FROM

FIXTURE_VARIANT_ADD(refused, move_from_itself) { "EINVAL", MOVE, .source = ITSELF };
FIXTURE_VARIANT_ADD(refused, move_from_no_guest) { "EINVAL", MOVE, .source = NO_GUEST };
FIXTURE_VARIANT_ADD(refused, move_from_no_file) { "EBADF", MOVE, .source = NO_FILE };
FIXTURE_VARIANT_ADD(refused, move_from_no_vm) { "EBADF", MOVE, .source = NO_VM };
FIXTURE_VARIANT_ADD(refused, move_to_other_type) { "EINVAL", MOVE, .destination = OTHER_TYPE };
FIXTURE_VARIANT_ADD(refused, move_to_encrypted) { "EINVAL", MOVE, .destination = ENCRYPTED };
FIXTURE_VARIANT_ADD(refused, move_es_to_no_vcpu) {
	"EINVAL", MOVE, .es = true, .destination = WITHOUT_VCPU,
};
FIXTURE_VARIANT_ADD(refused, copy_from_itself) { "EINVAL", COPY, .source = ITSELF };
FIXTURE_VARIANT_ADD(refused, copy_from_no_guest) { "EINVAL", COPY, .source = NO_GUEST };
FIXTURE_VARIANT_ADD(refused, copy_from_no_file) { "EBADF", COPY, .source = NO_FILE };
FIXTURE_VARIANT_ADD(refused, copy_from_no_vm) { "EBADF", COPY, .source = NO_VM };
FIXTURE_VARIANT_ADD(refused, copy_to_encrypted) { "EINVAL", COPY, .destination = ENCRYPTED };
FIXTURE_VARIANT_ADD(refused, copy_to_vcpu) { "EINVAL", COPY, .destination = WITH_VCPU };
FIXTURE_VARIANT_ADD(refused, copy_es_to_vcpu) {
	"EINVAL", COPY, .es = true, .destination = WITH_VCPU,
};

static enum sev_kind kind_for(bool es)
{
	return es ? SEV_ES_OLD : SEV_OLD;
}

static struct vm *destination(enum destination which, bool es)
{
	struct vm *vm;

	switch (which) {
	case OTHER_TYPE:
		return sev_vm_create(es ? SEV_ES_NEW : SEV_NEW);
	case ENCRYPTED:
		return sev_vm_create_inited(kind_for(es));
	default:
		vm = sev_vm_create(kind_for(es));
		if (which == WITH_VCPU)
			vcpu_create(vm);
		return vm;
	}
}

FIXTURE_SETUP(refused)
{
	REQUIRE_SEV_KIND(kind_for(variant->es));
	REQUIRE(variant->destination != OTHER_TYPE || host_offers_vm_type(KVM_X86_SEV_VM),
		"no-vm-type", "KVM_CAP_VM_TYPES lacks SEV's types");
	guest_at_first_stage(&self->guest, kind_for(variant->es));
	self->to = destination(variant->destination, variant->es);
	self->other_fd = must_succeed(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
}

FIXTURE_TEARDOWN(refused)
{
	TEARDOWN_VM(self->guest.vm);
	vm_free(self->to);
}

/*
 * A context moves only from a VM that has one to a VM of the same type that has none. Any other
 * move fails, and the source's guest runs on.
 *
 * Source: KVM api.rst 7.24, 7.29; svm/sev.c sev_vm_move_enc_context_from(),
 * sev_vm_copy_enc_context_from(), sev_check_source_vcpus()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(refused, context_stays_where_it_is)
{
	int fds[] = {
		[THE_GUEST] = self->guest.vm->fd, [ITSELF] = self->to->fd,
		[NO_FILE] = -1, [NO_VM] = self->other_fd,
	};
	struct vm *plain = NULL;

	if (variant->source == NO_GUEST) {
		plain = sev_vm_create(kind_for(variant->es));
		fds[NO_GUEST] = plain->fd;
	}
	EXPECT_SEV(variant->want, __vm_enable_cap(self->to, variant->cap, fds[variant->source]));
	EXPECT_RUNS_TO_STAGE(&self->guest, 2);
	vm_free(plain);
}

FIXTURE(unlaunched) {
	struct vm *from, *to;
};

FIXTURE_SETUP(unlaunched)
{
	REQUIRE_SEV_KIND(SEV_ES_OLD);
	self->from = sev_vm_create_inited(SEV_ES_OLD);
	vcpu_create(self->from);
	self->to = sev_vm_create(SEV_ES_OLD);
	vcpu_create(self->to);
}

FIXTURE_TEARDOWN(unlaunched)
{
	TEARDOWN_VM(self->from);
	vm_free(self->to);
}

/*
 * An SEV-ES guest whose vCPUs are not encrypted yet cannot move.
 *
 * Source: svm/sev.c sev_check_source_vcpus(): guest_state_protected
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(unlaunched, es_guest_stays_where_it_is)
{
	struct kvm_sev_launch_start start = { .policy = SEV_POLICY_ES };

	EXPECT_ERRNO(EINVAL, __vm_sev_move_from(self->to, self->from));
	EXPECT_SEV("success", __vm_sev_launch_start(self->from, &start));
	EXPECT_ERRNO(EINVAL, __vm_sev_move_from(self->to, self->from));
	EXPECT_SEV("success", __vm_sev_update_vmsa(self->from, NULL));
}

FIXTURE(counted) {
	struct cgroup cgroup;
	struct sev_guest from, to;
	const char *resource;
};

FIXTURE_VARIANT(counted) {
	enum sev_kind kind;
};

FIXTURE_VARIANT_ADD(counted, sev) { SEV_OLD };
FIXTURE_VARIANT_ADD(counted, es) { SEV_ES_OLD };

FIXTURE_SETUP(counted)
{
	REQUIRE_SEV_KIND(variant->kind);
	self->resource = sev_name(sev_is_es(variant->kind));
	REQUIRE_MISC_CGROUP(&self->cgroup, self->resource);
}

FIXTURE_TEARDOWN(counted)
{
	vm_free(self->from.vm);
	vm_free(self->to.vm);
	cgroup_remove(&self->cgroup);
}

/*
 * A guest that moves within its cgroup is counted once throughout.
 *
 * Source: cgroup-v2.rst, Misc; svm/sev.c sev_vm_move_enc_context_from()
 * Needs: no-sev, no-vm-type, permission, no-cgroup, no-misc-cgroup
 */
TEST_F(counted, once_within_a_cgroup)
{
	cgroup_enter(&self->cgroup);
	guest_at_first_stage(&self->from, variant->kind);
	destination_for(&self->to, &self->from);
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	vm_sev_move_from(self->to.vm, self->from.vm);
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	vm_free(self->from.vm);
	self->from.vm = NULL;
	EXPECT_EQ(1, cgroup_misc_count(&self->cgroup, self->resource));
	vm_free(self->to.vm);
	self->to.vm = NULL;
	EXPECT_EQ(0, cgroup_misc_count(&self->cgroup, self->resource));
}

KVMCONF_MAIN
