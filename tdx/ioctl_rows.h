/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ioctls on a TD, one a row: on which file, with which argument, and what comes of it. Together
 * ioctl_vm.c, ioctl_vcpu.c and ioctl_device.c have a row for each ioctl of x86's KVM; the lint
 * (selfcheck/ioctl_rows.sh) fails for one that has none.
 */
#ifndef KVMCONF_TDX_IOCTL_ROWS_H
#define KVMCONF_TDX_IOCTL_ROWS_H

#include "steps.h"

enum ioctl_file { ON_DEVICE, ON_VM, ON_VCPU };

/* An ioctl whose structure has none of the TD's in it is refused whatever that holds. */
static char zeroes[0x8000] __attribute__((aligned(PAGE_SIZE)));

#define ANY		((unsigned long)zeroes)
#define UNSAID		(-1)	/* as an error: EINVAL or success, no document says which for a TD */
#define NONE		0ul
#define A(type, ...)	((unsigned long)&(struct type){ __VA_ARGS__ })

FIXTURE(ioctl) {
	struct td td;
};

FIXTURE_VARIANT(ioctl) {
	unsigned long request;
	enum ioctl_file file;
	unsigned long argument;
	int error;		/* 0: it succeeds; or UNSAID */
	int cap;		/* what it takes; 0: always there */
	int absent;		/* its error where the kernel has been built without */
};

#define ROW(name, nr, on, arg, err)	ROW_IF(name, nr, on, arg, err, 0, 0)
#define ROW_IF(name, nr, on, arg, err, needs, without)				\
FIXTURE_VARIANT_ADD(ioctl, name) {						\
	.request = nr, .file = on, .argument = arg, .error = err,		\
	.cap = needs, .absent = without,					\
}

/* One that only other architectures have, one that only old headers have, one with a word for it. */
#define NOT_X86(nr)
#define GONE(nr)
#define NOT_GIVEN(nr)

FIXTURE_SETUP(ioctl)
{
	static const struct tdx_step steps[] = { OUT };

	REQUIRE_TDX();
	self->td = build(steps, sizeof(steps), 0, false);
}

FIXTURE_TEARDOWN(ioctl)
{
	TEARDOWN_TD(&self->td);
}

/* Gives the ioctl of @row: its errno by name, or "success". */
static const char *outcome_of(const struct td *td, const FIXTURE_VARIANT(ioctl) *row)
{
	const int fds[] = { [ON_DEVICE] = td->vm->kvm_fd, [ON_VM] = td->vm->fd,
			    [ON_VCPU] = td->vcpu->fd };

	return errno_or_success(ioctl(fds[row->file], row->request, row->argument));
}

/* The ioctl of @row does what the row says. */
static void expect_outcome(struct __test_metadata *_metadata, const struct td *td,
			   const FIXTURE_VARIANT(ioctl) *row)
{
	const int error = row->cap && !kvm_cap(row->cap) ? row->absent : row->error;
	const char *outcome = outcome_of(td, row), *want = error ? errno_name(error) : "success";

	if (error == UNSAID)
		want = strcmp(outcome, "success") ? "EINVAL" : "success";
	EXPECT_STREQ(want, outcome);
}

#endif
