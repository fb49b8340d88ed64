// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the kernel's, and that there is none when a test wants it: the nth allocation of a
 * thread fails, as its file fail-nth has it.
 */
#include <errno.h>
#include <stdlib.h>

#include "sim.h"

static pid_t thread, failing_thread;
static unsigned long nth;

void memory_is_for(const struct sim_request *r)
{
	thread = r->tid;
}

bool kernel_has_memory(void)
{
	return !nth || thread != failing_thread || --nth;
}

int64_t fail_nth_write(const struct sim_request *r)
{
	char text[16] = "";

	if (r->cmd >= sizeof(text))
		return -EINVAL;
	if (user_read(r, r->arg, text, r->cmd))
		return -EFAULT;
	failing_thread = r->tid;
	nth = strtoul(text, NULL, 10);
	return r->cmd;
}

int64_t fail_nth_read(const struct sim_request *r)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%lu\n", nth);

	if (r->cmd < (uint64_t)size)
		return -EINVAL;
	return user_write(r, r->arg, text, size) ?: size;
}
