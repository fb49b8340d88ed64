// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "link.h"

/* In a session of its own, which ^C does not reach. Returns the pid, 0 in the child. */
static pid_t start(struct link *link, bool commands, int child_fds[2])
{
	int in[2] = { -1, -1 }, out[2];
	sigset_t none;

	*link = (struct link){ .commands = -1, .events = -1, .set = "", .heard = monotonic() };
	if ((commands && pipe2(in, O_CLOEXEC)) || pipe2(out, O_CLOEXEC))
		die(STATUS_LOST, "pipe: %s", strerror(errno));
	link->pid = fork();
	if (link->pid < 0)
		die(STATUS_LOST, "fork: %s", strerror(errno));
	if (link->pid) {
		if (commands)
			close(in[0]);
		close(out[1]);
		link->commands = in[1];
		link->events = out[0];
		fcntl(link->events, F_SETFL, O_NONBLOCK);
		return link->pid;
	}
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (commands)
		close(in[1]);
	child_fds[0] = commands ? in[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
	child_fds[1] = out[1];
	return 0;
}

/* close_range() is younger than some kernels. */
static void close_from(int fd)
{
	if (close_range(fd, ~0U, 0))
		for (int max = getdtablesize(); fd < max; fd++)
			close(fd);
}

void link_local(struct link *link, const char *dir)
{
	int fds[2];

	if (start(link, true, fds))
		return;
	prctl(PR_SET_NAME, "kvmconf-agent");
	/* Not the descriptors of other agents: each must see the end of its own commands. */
	if (chdir(dir) || dup2(fds[0], STDIN_FILENO) < 0 || dup2(fds[1], STDOUT_FILENO) < 0)
		_exit(STATUS_LOST);
	close_from(STDERR_FILENO + 1);
	_exit(agent(STDIN_FILENO, STDOUT_FILENO));
}

void link_command(struct link *link, char *const argv[], bool commands)
{
	int fds[2];

	if (start(link, commands, fds))
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(fds[0], STDIN_FILENO) >= 0 && dup2(fds[1], STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	warn("%s: %s", argv[0], strerror(errno));
	_exit(127);
}

void link_send(struct link *link, const char *fmt, ...)
{
	struct text text = { 0 };
	char line[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len < (int)sizeof(line)) {
		text_add(&text, line, len);
	} else {
		char *large = malloc(len + 1);

		if (!large)
			die(STATUS_LOST, "out of memory");
		va_start(ap, fmt);
		vsnprintf(large, len + 1, fmt, ap);
		va_end(ap);
		text_add(&text, large, len);
		free(large);
	}
	text_puts(&text, "\n");
	if (link->commands >= 0 && !write_all(link->commands, text.data, text.len)) {
		close(link->commands);
		link->commands = -1;
	}
	text_free(&text);
}

void link_stop(struct link *link, bool far)
{
	bool asked = link->commands < 0;

	if (!asked)
		close(link->commands);
	link->commands = -1;
	/* An agent far away sees the end of its commands, and has its last events to send. */
	if (!link->dead && (asked || !far))
		kill(link->pid, SIGTERM);
}

bool link_read(struct link *link)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(link->events, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		events_feed(&link->reader, buf, n);
		link->heard = monotonic();
		if (n < (ssize_t)sizeof(buf))
			return true;
		break;
	}
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return true;
	close(link->events);
	link->events = -1;
	return false;
}

const char *link_end(const struct link *link)
{
	if (link->failed)
		return link->failed;
	if (!link->dead)
		return "the agent does not answer";
	if (WIFSIGNALED(link->status))
		return arena_printf(NULL, "the agent was killed by SIG%s",
				    sigabbrev_np(WTERMSIG(link->status)) ?: "RT");
	return arena_printf(NULL, "the agent ended with status %d", WEXITSTATUS(link->status));
}
