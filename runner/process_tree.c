// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_tree.h"
#include "text.h"

/* A process in the kernel for longer than this after SIGKILL will not die. */
#define DEATH_SECONDS	10

static bool read_process(const char *pid, struct process *p)
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
	if (!name || !end || sscanf(end + 1, " %c %d", &p->state, &p->parent) != 2)
		return false;
	*end = '\0';
	snprintf(p->comm, sizeof(p->comm), "%s", name + 1);
	p->pid = atoi(pid);
	p->ours = p->parent == getpid();
	return true;
}

/* All processes of the machine, our descendants marked; NULL if there is no /proc. */
static struct process *list_processes(size_t *nr)
{
	struct process *all = NULL, p;
	struct dirent *entry;
	size_t size = 0;
	bool more;
	DIR *proc;

	*nr = 0;
	proc = opendir("/proc");
	if (!proc)
		return NULL;
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !read_process(entry->d_name, &p))
			continue;
		if (*nr == size) {
			struct process *grown;

			size = size ? 2 * size : 256;
			grown = realloc(all, size * sizeof(*all));
			if (!grown)
				break;
			all = grown;
		}
		all[(*nr)++] = p;
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

void visit_descendants(void (*visit)(const struct process *process))
{
	size_t nr;
	struct process *all = list_processes(&nr);

	for (size_t i = 0; i < nr; i++)
		if (all[i].ours && all[i].state != 'Z')
			visit(&all[i]);
	free(all);
}

static bool spare_restorers;
static unsigned int nr_spared, nr_killed;

static void kill_child(pid_t child)
{
	char pid[16];
	struct process p;

	snprintf(pid, sizeof(pid), "%d", child);
	if (spare_restorers && read_process(pid, &p) && !strcmp(p.comm, RESTORER_COMM)) {
		nr_spared++;
		return;
	}
	nr_killed++;
	kill(child, SIGKILL);
}

/* Only what we alone can reap: the number of any other may be a stranger's by now. */
static void kill_if_child(const struct process *p)
{
	if (p->parent == getpid())
		kill_child(p->pid);
}

/* SIGKILL to our children, by the kernel's own list of them, where it has one. */
static void kill_children(void)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	int pid;

	if (!file) {
		visit_descendants(kill_if_child);
		return;
	}
	while (fscanf(file, "%d", &pid) == 1)
		kill_child(pid);
	fclose(file);
}

bool reap_children(void (*reaped)(pid_t pid, int status))
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (reaped)
			reaped(pid, status);
	return pid == 0 || errno != ECHILD;
}

bool kill_descendants(double restore_seconds, void (*reaped)(pid_t pid, int status))
{
	double start = monotonic(), deadline = 0;

	if (!reap_children(reaped))
		return true;
	while (!deadline || monotonic() < deadline) {
		spare_restorers = monotonic() < start + restore_seconds;
		nr_spared = 0;
		/* A process that forks and exits, over and over, is a child only for moments. */
		for (int i = 0; i < 500; i++) {
			nr_killed = 0;
			kill_children();
			if (!reap_children(reaped))
				return true;
			if (nr_spared && !nr_killed)
				break;
		}
		if (!nr_spared && !deadline)
			deadline = monotonic() + DEATH_SECONDS;
		/* A process with a VM takes a moment to die. */
		poll(NULL, 0, nr_spared ? 20 : 1);
	}
	return false;
}

void become_subreaper(void)
{
	pid_t parent = getppid();

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		raise(SIGTERM);
}
