// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/time.h>

#include "alarm.h"
#include "ioctls.h"

static void do_nothing(int signal)
{
	(void)signal;
}

void interrupt_every(unsigned int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	signal(SIGALRM, do_nothing);
	must_succeed(setitimer(ITIMER_REAL, &(struct itimerval){ time, time }, NULL), "setitimer");
}
