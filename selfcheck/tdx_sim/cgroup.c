// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups: only those that tests make, and all have the same kernel memory. One at a time
 * has a limit for key ids.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"

#define ROOT	"/sys/fs/cgroup/"
#define OURS	ROOT "kvm-conformance-"

static char limited[128], entered[128];	/* directories */
static pid_t member;			/* who entered that */
static long limit, nr_charged;

bool is_cgroup(const char *path)
{
	return !strncmp(path, OURS, strlen(OURS));
}

bool is_cgroup_control(const char *path)
{
	const char *name = strrchr(path, '/');

	return !strncmp(path, ROOT, strlen(ROOT)) && name &&
	       (!strcmp(name, "/cgroup.procs") || !strcmp(name, "/misc.max"));
}

static void memory_stat(FILE *file)
{
	fprintf(file, "kernel %lu\n", sim_charge());
}

static void misc_current(FILE *file)
{
	fprintf(file, "tdx %ld\n", broken("cgroup-counts-nothing") ? 0 : nr_charged);
}

void (*cgroup_file(const char *path))(FILE *file)
{
	const char *name = strrchr(path, '/');

	if (is_cgroup(path) && !strcmp(name, "/memory.stat"))
		return memory_stat;
	if (is_cgroup(path) && !strcmp(name, "/misc.current"))
		return misc_current;
	return NULL;
}

int64_t cgroup_write(const char *path, const struct sim_request *r)
{
	int length = strrchr(path, '/') - path;
	char text[32] = "";

	if (r->cmd >= sizeof(text))
		return -EINVAL;
	if (user_read(r, r->arg, text, r->cmd))
		return -EFAULT;
	if (!strcmp(path + length, "/cgroup.procs")) {
		member = r->pid;
		nr_charged = 0;
		snprintf(entered, sizeof(entered), "%.*s", length, path);
	} else if (sscanf(text, "tdx %ld", &limit) == 1) {
		snprintf(limited, sizeof(limited), "%.*s", length, path);
	} else {
		return -EINVAL;
	}
	return r->cmd;
}

/* As the kernel does, a TD that is refused is taken off the count that it never was in. */
int64_t cgroup_charge(struct vm_sim *vm)
{
	if (!*limited || member != vm->owner || strcmp(limited, entered))
		return 0;
	if (nr_charged >= limit && !broken("cgroup-without-limit")) {
		nr_charged--;
		return -EBUSY;
	}
	nr_charged++;
	vm->is_charged = true;
	return 0;
}

void cgroup_uncharge(struct vm_sim *vm)
{
	nr_charged -= vm->is_charged;
	vm->is_charged = false;
}
