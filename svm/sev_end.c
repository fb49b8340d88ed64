// SPDX-License-Identifier: GPL-2.0-only
/* However an SEV guest's process ends, nothing of it stays: no ASID, no guest of the firmware's. */
#include <sys/wait.h>

#include "sev_guest.h"
#include "sev_launch.h"

FIXTURE(killed) {
	pid_t owner;
	int ready[2];
	unsigned int guests;
};

FIXTURE_VARIANT(killed) {
	bool es;
	enum stage stage;
};

#define AT_STAGE(name, stage)						\
	FIXTURE_VARIANT_ADD(killed, sev_##name) { false, stage };	\
	FIXTURE_VARIANT_ADD(killed, es_##name) { true, stage }

AT_STAGE(created, CREATED);
AT_STAGE(inited, INITED);
AT_STAGE(started, STARTED);
AT_STAGE(measured, MEASURED);
AT_STAGE(running, RUNNING);

FIXTURE_SETUP(killed)
{
	REQUIRE_SEV_KIND(sev_newest_kind(variant->es));
	self->guests = sev_guest_count();
	must_succeed(pipe(self->ready), "pipe");
}

FIXTURE_TEARDOWN(killed)
{
}

static void wait_for(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		report_error("the owner of the guest has ended");
}

/*
 * A process that is killed at any stage of its guest's launch leaves nothing: the firmware has
 * as many guests as before, and a guest can be launched on each ASID.
 *
 * Source: svm/sev.c sev_vm_destroy(), sev_unbind_asid(); amd-memory-encryption.rst
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(killed, process_leaves_no_guest)
{
	struct launch launch;
	int status;

	self->owner = fork();
	ASSERT_LE(0, self->owner);
	if (!self->owner) {
		launch_until(&launch, sev_newest_kind(variant->es), variant->stage);
		must_succeed(write(self->ready[1], "", 1), "write");
		for (;;)
			pause();
	}
	close(self->ready[1]);
	wait_for(self->ready[0]);
	EXPECT_EQ(self->guests + (variant->stage >= STARTED), sev_guest_count());
	kill(self->owner, SIGKILL);
	ASSERT_EQ(self->owner, waitpid(self->owner, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(self->guests, sev_guest_count());
}

FIXTURE(running) {
	pid_t owner;
	int ready[2];
	unsigned int guests;
};

FIXTURE_VARIANT(running) {
	bool es;
};

FIXTURE_VARIANT_ADD(running, sev) { false };
FIXTURE_VARIANT_ADD(running, es) { true };

FIXTURE_SETUP(running)
{
	REQUIRE_SEV_KIND(sev_newest_kind(variant->es));
	self->guests = sev_guest_count();
	must_succeed(pipe(self->ready), "pipe");
}

FIXTURE_TEARDOWN(running)
{
}

/* Tells the parent as soon as the guest runs. */
static void *tell_when_it_runs(void *ready)
{
	while (!SEV_RESULT(0))
		sched_yield();
	must_succeed(write(*(int *)ready, "", 1), "write");
	return NULL;
}

static void run_for_ever(bool es, int ready)
{
	unsigned long at = SEV_PRIVATE;
	struct sev_guest guest;
	pthread_t thread;

	sev_guest_create(&guest, sev_newest_kind(es));
	SEV_EMIT(at, COUNT_RESULT(0));
	SEV_EMIT_END(at);
	guest.vcpu = sev_vcpu_create(guest.vm, SEV_PRIVATE);
	sev_guest_launch(&guest);
	if (pthread_create(&thread, NULL, tell_when_it_runs, &ready))
		report_error("pthread_create");
	for (;;)
		ioctl(guest.vcpu->fd, KVM_RUN, 0);
}

/*
 * A process that is killed while its vCPU is in the guest leaves nothing: the firmware has as
 * many guests as before, and a guest can be launched on each ASID.
 *
 * Source: svm/sev.c sev_vm_destroy(), sev_unbind_asid(); amd-memory-encryption.rst
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(running, process_leaves_no_guest)
{
	int status;

	self->owner = fork();
	ASSERT_LE(0, self->owner);
	if (!self->owner)
		run_for_ever(variant->es, self->ready[1]);
	close(self->ready[1]);
	wait_for(self->ready[0]);
	EXPECT_EQ(self->guests + 1, sev_guest_count());
	kill(self->owner, SIGKILL);
	ASSERT_EQ(self->owner, waitpid(self->owner, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(self->guests, sev_guest_count());
}

KVMCONF_MAIN
