// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a VM whose vCPU is in L2, or has been: KVM gives up all that it had for L2, and the
 * next VM has an L2 as if there had been no other.
 */
#include <stdlib.h>

#include "io_insn.h"
#include "kmsg.h"
#include "l2.h"
#include "test.h"

static const struct io_insn out8 = IO_OUT8;

enum where { AT_IO_OF_L2, BEHIND_IT, IN_L1 };

FIXTURE(ending) {
	struct l2 l2;
	unsigned long log_start;
};

FIXTURE_VARIANT(ending) {
	enum where where;
};

FIXTURE_VARIANT_ADD(ending, at_io_of_l2) { AT_IO_OF_L2 };
FIXTURE_VARIANT_ADD(ending, behind_io_of_l2) { BEHIND_IT };
FIXTURE_VARIANT_ADD(ending, in_l1) { IN_L1 };

/* An L1 that runs an L2, as far as the I/O of that. */
static void run_l2(struct l2 *l2)
{
	*l2 = (struct l2){};
	l2_prepare(l2, io_l2_create(l2, &out8, MODE_LONG, 0, true), L1_IO_BITMAP);
	vcpu_run(l2->vcpu);
}

/* Needs: no-nested */
FIXTURE_SETUP(ending)
{
	REQUIRE_KVM();
	REQUIRE_L2();
	self->log_start = kmsg_next();
	run_l2(&self->l2);
}

FIXTURE_TEARDOWN(ending)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * The VM of a vCPU that is in L2 can be closed: KVM does not WARN, and an L2 of the next VM exits
 * for its I/O and goes on.
 *
 * Source: svm/svm.c svm_vcpu_free(), vmx/nested.c nested_vmx_free_vcpu()
 */
TEST_F(ending, vm_ends_with_its_l2)
{
	char *log;

	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &out8));
	if (variant->where == BEHIND_IT)
		vcpu_run(self->l2.vcpu);
	if (variant->where == IN_L1) {
		l2_put_call(io_after(&out8));
		vcpu_run(self->l2.vcpu);
		ASSERT_TRUE(l1_has_control(&self->l2));
	}
	vm_free(self->l2.vm);
	run_l2(&self->l2);
	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &out8));
	vcpu_run(self->l2.vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->l2.vcpu));
	/* The runner sees a WARN as well, but not whose it is. */
	log = kmsg_since(self->log_start);
	EXPECT_EQ(NULL, log ? kmsg_find(log, "WARNING") : NULL);
	free(log);
}

KVMCONF_MAIN
