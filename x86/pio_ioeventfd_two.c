// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two ioeventfds for port I/O: which stand side by side, and which of them goes.
 */
#include <sys/eventfd.h>

#include "io_insn.h"
#include "test.h"

#define ANY_SIZE	0
#define RAX8		(uint8_t)IO_RAX

static uint64_t events_of(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* An ioeventfd for the very write that the guest makes, and another one. */
FIXTURE(second) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_ioeventfd first, second;
};

FIXTURE_VARIANT(second) {
	unsigned int port, size;
	bool match;
	uint64_t value;
	bool collides;			/* one write could be for both */
};

FIXTURE_VARIANT_ADD(second, the_same) { IO_PORT, 1, true, RAX8, true };
FIXTURE_VARIANT_ADD(second, other_value) { IO_PORT, 1, true, RAX8 ^ 1, false };
FIXTURE_VARIANT_ADD(second, any_value) { IO_PORT, 1, false, 0, true };
FIXTURE_VARIANT_ADD(second, other_size) { IO_PORT, 2, true, RAX8, false };
FIXTURE_VARIANT_ADD(second, any_size) { IO_PORT, ANY_SIZE, false, 0, true };
FIXTURE_VARIANT_ADD(second, other_port) { IO_PORT + 8, 1, true, RAX8, false };

FIXTURE_SETUP(second)
{
	static const struct io_insn out8 = IO_OUT8;

	REQUIRE_KVM();
	self->vm = vm_create();
	self->vcpu = io_vcpu_create(self->vm, &out8, MODE_LONG, 0);
	self->first = (struct kvm_ioeventfd){
		.addr = IO_PORT, .len = 1, .datamatch = RAX8,
		.flags = KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH,
		.fd = eventfd(0, EFD_NONBLOCK),
	};
	vm_ioeventfd(self->vm, &self->first);
	self->second = self->first;
	self->second.addr = variant->port;
	self->second.len = variant->size;
	self->second.datamatch = variant->value;
	if (!variant->match)
		self->second.flags &= ~KVM_IOEVENTFD_FLAG_DATAMATCH;
}

FIXTURE_TEARDOWN(second)
{
	TEARDOWN_VM(self->vm);
}

/*
 * KVM_IOEVENTFD fails with EEXIST if a write could match the new ioeventfd and an existing one.
 * Any others stand side by side, and a write signals exactly one.
 *
 * Source: KVM api.rst 4.59 KVM_IOEVENTFD; virt/kvm/eventfd.c ioeventfd_check_collision()
 */
TEST_F(second, is_eexist_if_a_write_could_be_for_both)
{
	if (variant->collides) {
		EXPECT_ERRNO(EEXIST, __vm_ioeventfd(self->vm, &self->second));
	} else {
		EXPECT_SUCCESS(__vm_ioeventfd(self->vm, &self->second));
	}
	vcpu_run(self->vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->vcpu));
	EXPECT_EQ(1, events_of(self->first.fd));
}

/*
 * KVM_IOEVENTFD_FLAG_DEASSIGN removes the ioeventfd that matches in all fields, and fails with
 * ENOENT if there is none.
 *
 * Source: KVM api.rst 4.59 KVM_IOEVENTFD; virt/kvm/eventfd.c kvm_deassign_ioeventfd_idx()
 */
TEST_F(second, is_enoent_if_it_is_to_go_and_is_another)
{
	bool is_first = !memcmp(&self->first, &self->second, sizeof(self->first));

	self->second.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	if (is_first) {
		EXPECT_SUCCESS(__vm_ioeventfd(self->vm, &self->second));
	} else {
		EXPECT_ERRNO(ENOENT, __vm_ioeventfd(self->vm, &self->second));
	}
	vcpu_run(self->vcpu);
	EXPECT_STREQ(is_first ? "the instruction" : "after it", io_stop_name(self->vcpu));
	EXPECT_EQ(!is_first, events_of(self->first.fd));
}

KVMCONF_MAIN
