// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a VM whose vCPU is in L2, or has been: KVM gives up all that it had for L2, and the
 * next VM has an L2 as if there had been no other.
 */
#include "io_insn.h"
#include "kmsg.h"
#include "l2.h"
#include "test.h"

static const struct io_insn out8 = IO_OUT8;

#define RESET_PAGE	0xfffff000ul	/* memory under the reset vector */
#define RESET_VECTOR	0xfffffff0ul

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

/* To where the variant has it. */
static void advance(struct l2 *l2, enum where where)
{
	if (where == IN_L1)
		l2_put_call(io_after(&out8));
	if (where != AT_IO_OF_L2)
		vcpu_run(l2->vcpu);
}

/*
 * The VM of a vCPU that is in L2 can be closed: KVM does not WARN, and an L2 of the next VM exits
 * for its I/O and goes on.
 *
 * Source: svm/svm.c svm_vcpu_free(), vmx/nested.c nested_vmx_free_vcpu()
 */
TEST_F(ending, vm_ends_with_its_l2)
{
	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &out8));
	advance(&self->l2, variant->where);
	ASSERT_EQ(variant->where == IN_L1, l1_has_control(&self->l2));
	vm_free(self->l2.vm);
	run_l2(&self->l2);
	ASSERT_TRUE(io_is_exit_of(self->l2.vcpu, &out8));
	vcpu_run(self->l2.vcpu);
	EXPECT_STREQ("after it", io_stop_name(self->l2.vcpu));
	EXPECT_FALSE(kmsg_has(self->log_start, "WARNING"));
}

/*
 * An INIT that L1 does not intercept ends L2, and the vCPU starts at the reset vector. On VMX it
 * is L1's. KVM does not WARN, and neither does it at the end of the VM.
 *
 * Source: APM vol. 2, 14.1.3 and SDM vol. 3, 27.3: INIT; x86.c kvm_vcpu_reset(): "Force the vCPU back into L1"
 */
TEST_F(ending, init_ends_l2)
{
	static const uint8_t out[] = { 0xe6, IO_PORT_OTHER };
	struct kvm_vcpu_events events;

	advance(&self->l2, variant->where);
	vm_add_memory(self->l2.vm, RESET_PAGE, PAGE_SIZE);
	memcpy((void *)RESET_VECTOR, out, sizeof(out));
	vcpu_get_events(self->l2.vcpu, &events);
	events.flags |= KVM_VCPUEVENT_VALID_SMM;
	events.smi.latched_init = 1;
	vcpu_set_events(self->l2.vcpu, &events);
	vcpu_run(self->l2.vcpu);
	EXPECT_STREQ(l1_has_control(&self->l2) ? "INIT" : "elsewhere",
		     l1_has_control(&self->l2) ? l1_exit_name() : io_stop_name(self->l2.vcpu));
	vm_free(self->l2.vm);
	self->l2.vm = NULL;
	EXPECT_FALSE(kmsg_has(self->log_start, "WARNING"));
}

KVMCONF_MAIN
