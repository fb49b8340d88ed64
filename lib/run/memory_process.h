/* SPDX-License-Identifier: GPL-2.0-only */
/* For jobs.c: a process whose input and output are files in memory. */
#ifndef KVMCONF_MEMORY_PROCESS_H
#define KVMCONF_MEMORY_PROCESS_H

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "io.h"

/* Exit status of jobs: something could not be written or run. */
#define STATUS_LOST	3

static void fail(const char *what)
{
	fprintf(stderr, "jobs: %s: %s\n", what, strerror(errno));
	exit(STATUS_LOST);
}

static int memory(const char *data, size_t len)
{
	int fd = memory_file(data, len);

	if (fd < 0)
		fail("memory");
	return fd;
}

/* What was written to a file in memory. */
static char *contents(int fd, size_t *len)
{
	char *data = lseek(fd, 0, SEEK_SET) ? NULL : read_all(fd, len);

	if (!data)
		fail("memory");
	return data;
}

/* In a process group of its own, which ^C does not reach. */
static pid_t run(char **argv, int input, int output, const char *not_run)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid < 0)
		fail("fork");
	/* Both do it, so that it is done for whoever comes first. */
	setpgid(pid, pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A signal is for supervise; the shell around it has results to deliver. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (not_run)
		setenv("KVMCONF_NOT_RUN", not_run, 1);
	if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	fprintf(stderr, "jobs: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

#endif
