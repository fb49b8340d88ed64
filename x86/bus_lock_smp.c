// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several vCPUs of one VM that lock the bus on the same operand at the same time.
 */
#include "test.h"
#include "bus_lock.h"

#define LOCKS_PER_VCPU	32

struct hammer {
	struct vcpu *vcpu;
	pthread_t thread;
	unsigned int exits;
	bool done;			/* ran to the end of its guest function */
};

static uint32_t *operand;

static __guest void lock_repeatedly(void)
{
	for (unsigned int i = 0; i < LOCKS_PER_VCPU; i++)
		__asm__ volatile("lock incl %0" : "+m"(*operand));
}

FIXTURE(hammers) {
	struct vm *vm;
	struct hammer hammer[4];
};

FIXTURE_VARIANT(hammers) {
	unsigned int vcpus;
	unsigned long operand;
};

FIXTURE_VARIANT_ADD(hammers, two_line) { 2, LINE_SPLIT };
FIXTURE_VARIANT_ADD(hammers, two_page) { 2, PAGE_SPLIT };
FIXTURE_VARIANT_ADD(hammers, four_line) { 4, LINE_SPLIT };
FIXTURE_VARIANT_ADD(hammers, four_page) { 4, PAGE_SPLIT };

FIXTURE_SETUP(hammers)
{
	REQUIRE_BUS_LOCK_EXIT();
	self->vm = vm_create();
	vm_add_low_memory(self->vm);
	vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
	operand = (uint32_t *)variant->operand;
	for (unsigned int i = 0; i < variant->vcpus; i++)
		self->hammer[i].vcpu = vcpu_create_long(self->vm, lock_repeatedly);
}

FIXTURE_TEARDOWN(hammers)
{
	TEARDOWN_VM(self->vm);
}

/* Counts the vCPU's bus-lock exits until there is another, or too many to be right. */
static void *run_hammer(void *arg)
{
	struct hammer *hammer = arg;
	const struct kvm_run *run = hammer->vcpu->run;

	do {
		vcpu_run(hammer->vcpu);
		hammer->exits += !!(run->flags & KVM_RUN_X86_BUS_LOCK);
	} while (run->exit_reason == KVM_EXIT_X86_BUS_LOCK &&
		 hammer->exits <= 2 * LOCKS_PER_VCPU);
	hammer->done = run->exit_reason == KVM_EXIT_IO && run->io.port == GUEST_PORT_DONE;
	return NULL;
}

/*
 * Each vCPU exits exactly as often as it locks the bus, whatever the others do, and no
 * increment is lost.
 *
 * Source: KVM api.rst 7.22: every bus lock in the guest exits; APM vol. 2, 7.3.2 and SDM vol. 3, 9.1.2: locked accesses are atomic
 * Needs: no-cap, split-lock-detect
 */
TEST_F(hammers, each_vcpu_exits_for_its_own_locks)
{
	uint32_t executed;

	for (unsigned int i = 0; i < variant->vcpus; i++) {
		struct hammer *hammer = &self->hammer[i];

		ASSERT_EQ(0, pthread_create(&hammer->thread, NULL, run_hammer, hammer));
	}
	for (unsigned int i = 0; i < variant->vcpus; i++) {
		ASSERT_EQ(0, pthread_join(self->hammer[i].thread, NULL));
		EXPECT_TRUE(self->hammer[i].done);
		EXPECT_EQ(LOCKS_PER_VCPU, self->hammer[i].exits);
	}
	memcpy(&executed, operand, sizeof(executed));
	EXPECT_EQ(variant->vcpus * LOCKS_PER_VCPU, executed);
}

KVMCONF_MAIN
