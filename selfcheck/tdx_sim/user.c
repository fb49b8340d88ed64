// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>

#include "sim.h"

int user_read(const struct sim_request *r, uint64_t address, void *to, size_t size)
{
	/* cppcheck-suppress ctuuninitvar ; it is filled here */
	struct iovec local = { to, size }, remote = { (void *)address, size };

	return process_vm_readv(r->pid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

int user_write(const struct sim_request *r, uint64_t address, const void *from, size_t size)
{
	struct iovec local = { (void *)from, size }, remote = { (void *)address, size };

	return process_vm_writev(r->pid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

bool user_signal_pending(const struct sim_request *r)
{
	char path[64], line[256];
	unsigned long set, pending = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", r->pid, r->tid);
	status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "SigPnd: %lx", &set) == 1 || sscanf(line, "ShdPnd: %lx", &set) == 1)
			pending |= set;
	if (status)
		fclose(status);
	return pending & ~r->blocked;
}
