/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of every process that this one has started, directly or not.
 *
 * A subreaper inherits the orphans among its descendants, so its descendants
 * are exactly what hangs below it in /proc, whatever process groups and
 * sessions they made for themselves.
 */
#ifndef KVMCONF_FAMILY_H
#define KVMCONF_FAMILY_H

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A process in the kernel for longer than this after SIGKILL will not die. */
#define FAMILY_DEATH_SECONDS	10

/*
 * A process of this name puts the host back as it was once the test is gone, and gets
 * that long for it: as long as a binary, where that has a limit.
 */
#define FAMILY_RESTORER		"restores_host"
static double family_restore_seconds = 60;

struct relative {
	pid_t pid, parent;
	char state;
	char name[32];
	bool ours;
};

static double monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool read_relative(const char *pid, struct relative *r)
{
	char path[64], stat[512], *name, *end;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	len = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[len] = '\0';

	/* The name is the process's own choice: it may hold ") R 1". */
	name = strchr(stat, '(');
	end = strrchr(stat, ')');
	if (!name || !end || sscanf(end + 1, " %c %d", &r->state, &r->parent) != 2)
		return false;
	*end = '\0';
	snprintf(r->name, sizeof(r->name), "%s", name + 1);
	r->pid = atoi(pid);
	r->ours = r->parent == getpid();
	return true;
}

/* All processes of the machine, the family marked; NULL if there is no /proc. */
static struct relative *family_census(size_t *nr)
{
	struct relative *all = NULL, r;
	struct dirent *entry;
	size_t size = 0;
	bool more;
	DIR *proc;

	*nr = 0;
	proc = opendir("/proc");
	if (!proc)
		return NULL;
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !read_relative(entry->d_name, &r))
			continue;
		if (*nr == size) {
			struct relative *grown;

			size = size ? 2 * size : 256;
			grown = realloc(all, size * sizeof(*all));
			if (!grown)
				break;
			all = grown;
		}
		all[(*nr)++] = r;
	}
	closedir(proc);

	do {
		more = false;
		for (size_t i = 0; i < *nr; i++)
			for (size_t j = 0; !all[i].ours && j < *nr; j++)
				if (all[j].ours && all[j].pid == all[i].parent)
					more = all[i].ours = true;
	} while (more);
	return all;
}

/* Calls @visit for each living descendant. */
static void family_visit(void (*visit)(const struct relative *r))
{
	size_t nr;
	struct relative *all = family_census(&nr);

	for (size_t i = 0; i < nr; i++)
		if (all[i].ours && all[i].state != 'Z')
			visit(&all[i]);
	free(all);
}

static bool family_spares_restorers;
static bool family_has_spared;

static void family_kill_child(pid_t child)
{
	char pid[16];
	struct relative r;

	snprintf(pid, sizeof(pid), "%d", child);
	if (family_spares_restorers && read_relative(pid, &r) && !strcmp(r.name, FAMILY_RESTORER)) {
		family_has_spared = true;
		return;
	}
	kill(child, SIGKILL);
}

/* Only what we alone can reap: the number of any other may be a stranger's by now. */
static void family_kill_relative(const struct relative *r)
{
	if (r->parent == getpid())
		family_kill_child(r->pid);
}

/* SIGKILL to our children, by the kernel's own list of them, where it has one. */
static void family_kill_children(void)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	int pid;

	if (!file) {
		family_visit(family_kill_relative);
		return;
	}
	while (fscanf(file, "%d", &pid) == 1)
		family_kill_child(pid);
	fclose(file);
}

/* Returns false once there are no children left. */
static bool family_reap(void (*reaped)(pid_t pid, int status))
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (reaped)
			reaped(pid, status);
	return pid == 0 || errno != ECHILD;
}

/*
 * Kills all descendants, as one by one they become our children, and reaps them;
 * @reaped hears of each child's end. Returns false if some would not die.
 *
 * A process that forks and exits, over and over, is a child of ours only for
 * moments: hence many looks at a time.
 */
static bool family_kill(void (*reaped)(pid_t pid, int status))
{
	double start = monotonic(), restored = start + family_restore_seconds;

	while (monotonic() < (family_has_spared ? restored : start) + FAMILY_DEATH_SECONDS) {
		family_spares_restorers = monotonic() < restored;
		for (int i = 0; i < 500; i++) {
			family_kill_children();
			if (!family_reap(reaped))
				return true;
		}
		/* A process with a VM takes a moment to die, modules take longer to load. */
		poll(NULL, 0, family_has_spared ? 50 : 1);
	}
	return false;
}

/* Orphans come to us, and our parent's death is a SIGTERM. */
static void family_head(void)
{
	pid_t parent = getppid();

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		raise(SIGTERM);
}

#endif
