// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the feature is for: a userspace that decides how fast a guest may lock
 * the bus. The guests here do nothing else.
 */
#include <semaphore.h>
#include <time.h>

#include "test.h"
#include "bus_lock.h"

#define NR_LOCKS	200u
#define NR_ROUNDS	10u
#define GUEST_STEPS	(2 * NR_LOCKS)	/* more than any test takes */

/* An operand across a line for each guest, in lines of its own. */
struct operand {
	char head[60];
	uint64_t locked;		/* how often */
	char tail[60];
} __attribute__((packed, aligned(64)));

static struct operand first, second;

static __guest void lock_the_bus(struct operand *operand)
{
	for (unsigned int i = 0; i < GUEST_STEPS; i++)
		__asm__ volatile("lock incq %0" : "+m"(operand->locked) : : "cc");
}

static __guest void first_guest(void)
{
	lock_the_bus(&first);
}

static __guest void second_guest(void)
{
	lock_the_bus(&second);
}

static volatile unsigned int port_steps;

static __guest void port_guest(void)
{
	for (unsigned int i = 0; i < GUEST_STEPS; i++) {
		guest_out8(PORT_AFTER, 0);
		port_steps++;
	}
}

FIXTURE(rate) {
	struct vm *vm;
};

FIXTURE_SETUP(rate)
{
	REQUIRE_BUS_LOCK_EXIT();
	self->vm = vm_create();
	vm_enable_cap(self->vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
}

FIXTURE_TEARDOWN(rate)
{
	TEARDOWN_VM(self->vm);
}

/* Locks that have executed by a guest's @exits-th exit: where it is like a fault, one less. */
static uint64_t locks_at(unsigned int exits)
{
	return bus_lock_is_fault_like() ? exits - 1 : exits;
}

/*
 * A guest that only locks the bus executes exactly one lock for each KVM_RUN, so that userspace
 * sets its pace.
 *
 * Source: KVM api.rst 7.22: "to allow userspace to throttle the offending guest"
 * Needs: no-cap, split-lock-detect
 */
TEST_F(rate, each_entry_is_worth_one_lock)
{
	struct vcpu *vcpu = vcpu_create_long(self->vm, first_guest);

	for (unsigned int exits = 1; exits <= NR_LOCKS; exits++) {
		vcpu_run(vcpu);
		ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, vcpu);
		ASSERT_EQ(locks_at(exits), first.locked);
	}
}

static sem_t progress;

/* Userspace that has no mind to throttle. */
static void *enter_at_once(void *arg)
{
	struct vcpu *vcpu = arg;

	for (unsigned int exits = 1; exits <= NR_LOCKS; exits++) {
		vcpu_run(vcpu);
		if (vcpu->run->exit_reason != KVM_EXIT_X86_BUS_LOCK ||
		    second.locked != locks_at(exits))
			report_fail("the unthrottled vCPU: %s at its exit %u, after %lu locks",
				    exit_name(vcpu->run->exit_reason), exits, second.locked);
		sem_post(&progress);
	}
	return NULL;
}

/*
 * A vCPU that userspace holds at its bus-lock exit stands still while another one runs. Each
 * goes on at the pace that userspace sets for it.
 *
 * Source: KVM api.rst 7.22: "to allow userspace to throttle the offending guest"
 * Needs: no-cap, split-lock-detect
 */
TEST_F(rate, throttled_vcpu_does_not_hold_up_another)
{
	struct vcpu *throttled = vcpu_create_long(self->vm, first_guest);
	struct vcpu *other = vcpu_create_long(self->vm, second_guest);
	pthread_t thread;

	sem_init(&progress, 0, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, enter_at_once, other));
	for (unsigned int exits = 1; exits <= NR_ROUNDS; exits++) {
		vcpu_run(throttled);
		ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, throttled);
		for (unsigned int i = 0; i < NR_LOCKS / NR_ROUNDS; i++)
			sem_wait(&progress);
		EXPECT_EQ(locks_at(exits), first.locked);
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(locks_at(NR_LOCKS), second.locked);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

#define BATCHES		3
#define BATCH_EXITS	100

/* Bare KVM_RUNs: the guest has an end, so that there is nothing to watch over. */
static uint64_t time_batch(struct vcpu *vcpu, uint32_t reason)
{
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < BATCH_EXITS; i++) {
		if (ioctl(vcpu->fd, KVM_RUN, 0))
			report_fail("KVM_RUN: %s", errno_name(errno));
		if (vcpu->run->exit_reason != reason)
			report_fail("%s instead of %s", exit_name(vcpu->run->exit_reason),
				    hex(reason));
	}
	return now_ns() - start;
}

/*
 * Each step of the measured guest makes one exit. The cost of a bus-lock exit is printed beside
 * that of a port-I/O exit and is no verdict.
 *
 * Source: KVM api.rst 7.22 and 5 KVM_EXIT_IO
 * Needs: no-cap, split-lock-detect
 */
TEST_F(rate, exits_are_one_a_step_and_have_a_cost)
{
	struct vcpu *g = vcpu_create_long(self->vm, first_guest);
	struct vcpu *ports = vcpu_create_long(self->vm, port_guest);
	uint64_t lock_ns = ~0ull, port_ns = ~0ull, ns;

	/* In turn, so that what disturbs one disturbs the other; the least disturbed counts. */
	for (unsigned int i = 0; i < BATCHES; i++) {
		ns = time_batch(g, KVM_EXIT_X86_BUS_LOCK);
		lock_ns = ns < lock_ns ? ns : lock_ns;
		ns = time_batch(ports, KVM_EXIT_IO);
		port_ns = ns < port_ns ? ns : port_ns;
	}
	EXPECT_EQ(locks_at(BATCHES * BATCH_EXITS), first.locked);
	EXPECT_EQ(BATCHES * BATCH_EXITS - 1, port_steps);

	print_measurement("bus_lock_exit", lock_ns / BATCH_EXITS, "ns");
	print_measurement("bus_lock_exit_rate", BATCH_EXITS * 1000000000ull / lock_ns, "1/s");
	print_measurement("port_io_exit", port_ns / BATCH_EXITS, "ns");
	print_measurement("bus_lock_exit_to_port_io_exit", 100 * lock_ns / port_ns, "%");
}

KVMCONF_MAIN
