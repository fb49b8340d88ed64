// SPDX-License-Identifier: GPL-2.0-only
/*
 * For host.bats: what a failed test prints, and what ends one whose guest spins.
 *
 * usage: vcpu_evidence print	ten vCPUs of two VMs, then abort()
 *	vcpu_evidence spin	a guest that never exits, in a thread that starts when another one,
 *				which ran the vCPU before, has ended
 *	vcpu_evidence fork	the same in a child process
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "vm.h"

static volatile bool spins;

static __guest void guest_code(void)
{
	for (;;) {
		GUEST_SYNC(0);
		while (spins)
			;
	}
}

static void *run_once(void *vcpu)
{
	vcpu_run(vcpu);
	return NULL;
}

static void run_in_thread(struct vcpu *vcpu)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_once, vcpu))
		abort();
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct vm *vms[2] = { vm_create(), vm_create() };
	struct vcpu *vcpu = vcpu_create_long(vms[0], guest_code);

	if (!strcmp(what, "print")) {
		for (int i = 0; i < 4; i++)
			vcpu_create(vms[0]);
		for (int i = 0; i < 5; i++)
			vcpu_create(vms[1]);
		abort();
	}
	if (strcmp(what, "spin"))
		vcpu_run(vcpu);		/* so that a child inherits what this thread knows */
	else
		run_in_thread(vcpu);
	spins = true;
	if (!strcmp(what, "spin")) {
		run_in_thread(vcpu);
	} else if (!fork()) {
		struct vm *vm = vm_create();
		struct vcpu *of_child = vcpu_create_long(vm, guest_code);

		vcpu_run(of_child);	/* to the first report; then it spins */
		vcpu_run(of_child);
		_exit(0);
	} else {
		wait(NULL);
	}
	return 0;
}
