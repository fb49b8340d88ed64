// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "process_tree.h"

/* Orphans that are about to end get this long before they count as left behind. */
#define GRACE_SECONDS	1

static struct event_writer *out;
static pid_t child;
static int child_status;
static bool child_ended;

/* The child's life until exec, or what kept it from that. */
static void become_test(char **argv, int output, int failure)
{
	sigset_t none;

	/* Should the agent itself be killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* No terminal: job control and ^C are the runner's. */
	setsid();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0) {
		/* What is not CLOEXEC above stderr came from our own caller. */
		syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 1 << 2);
		execv(argv[0], argv);
	}
	if (write(failure, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* Returns 0 or the errno of what failed. */
static int start(char **argv, int *output_fd)
{
	int output[2], failure[2], err = 0;

	if (pipe2(output, O_CLOEXEC))
		return errno;
	if (pipe2(failure, O_CLOEXEC)) {
		err = errno;
		close(output[0]);
		close(output[1]);
		return err;
	}
	*output_fd = output[0];
	child = fork();
	if (child < 0)
		err = errno;
	if (!child)
		become_test(argv, output[1], failure[1]);
	close(output[1]);
	close(failure[1]);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	if (!err && read(failure[0], &err, sizeof(err)) < 0)
		err = errno;
	close(failure[0]);
	return err;
}

static void reaped(pid_t pid, int status)
{
	if (pid == child) {
		child_ended = true;
		child_status = status;
	}
}

static void left_behind(const struct process *p)
{
	event_fmt(out, 'l', "%d %s", p->pid, p->comm);
}

/* The signal that ends us before our time, or 0. */
static int stop_signal(const struct supervision *how, const struct pollfd *signals,
		       const struct pollfd *commands, const struct pollfd *events)
{
	struct signalfd_siginfo info;

	while (signals->revents && read(how->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			return info.ssi_signo;
	return (commands->revents | events->revents) & (POLLHUP | POLLERR) ? SIGTERM : 0;
}

/* Until no descendant is left, the time is up, or a signal stops us: returns that. */
static int watch(struct capture *capture, const struct supervision *how, bool *timeout)
{
	double deadline = how->limit > 0 ? out->start + how->limit : 0;
	bool grace = false;

	for (;;) {
		/*
		 * Output before the kernel's log: what is logged before a line is written is
		 * seen no later than the line.
		 */
		enum { OUTPUT, KMSG, SIGNALS, COMMANDS, EVENTS, NR };
		struct pollfd fds[] = {
			[OUTPUT] = { .fd = capture->output, .events = POLLIN },
			[KMSG] = { .fd = capture->kmsg, .events = POLLIN },
			[SIGNALS] = { .fd = how->signals, .events = POLLIN },
			/* Commands may wait there: only the end counts. */
			[COMMANDS] = { .fd = how->commands },
			/* Likewise that somebody reads. */
			[EVENTS] = { .fd = out->fd },
		};
		double left = deadline ? deadline - monotonic() : 3600;
		int stop;

		if (left <= 0) {
			*timeout = !grace;
			if (grace)
				visit_descendants(left_behind);
			return 0;
		}
		events_flush(out);
		poll(fds, NR, left < 3600 ? (int)(left * 1000) + 1 : 3600 * 1000);
		stop = stop_signal(how, &fds[SIGNALS], &fds[COMMANDS], &fds[EVENTS]);
		/* A report of the kernel's belongs to the case before the next line. */
		if (fds[KMSG].revents)
			capture_kmsg(capture);
		if (fds[OUTPUT].revents)
			capture_output(capture);
		if (stop)
			return stop;
		if (fds[SIGNALS].revents && !reap_children(reaped))
			return 0;
		if (child_ended && !grace) {
			grace = true;
			deadline = monotonic() + GRACE_SECONDS;
		}
	}
}

static void report_start(const char *label, char **argv)
{
	struct text text = { 0 };

	text_puts(&text, label);
	for (; *argv; argv++)
		text_printf(&text, " %s", *argv);
	event(out, 's', text.data, text.len);
	text_free(&text);
}

static void report_end(int stop, bool timeout, double limit)
{
	const char *name = WIFSIGNALED(child_status) ? sigabbrev_np(WTERMSIG(child_status)) : NULL;

	if (stop)
		event_fmt(out, 'x', "interrupted SIG%s", sigabbrev_np(stop));
	else if (timeout)
		event_fmt(out, 'x', "timeout %g", limit);
	else if (WIFSIGNALED(child_status))
		event_fmt(out, 'x', "signal SIG%s", name ? name : "RT");
	else
		event_fmt(out, 'x', "exit %d", WEXITSTATUS(child_status));
}

int supervise(struct event_writer *writer, struct supervision *how, const char *label, char **argv)
{
	struct capture capture = { .writer = writer, .output = -1,
		.binary = how->quiet ? NULL : argv[0] };
	unsigned long long taint_before = how->quiet ? 0 : read_taint(), taint_after;
	bool timeout = false;
	int err, stop = 0;

	out = writer;
	child_ended = false;
	child_status = 0;
	if (!how->quiet && how->kmsg < 0)
		how->kmsg = open_kmsg();
	capture.kmsg = how->kmsg;
	/* What came after the last binary's end is no case's. */
	capture_kmsg(&capture);
	capture.kmsg_bytes = 0;
	writer->start = monotonic();
	report_start(label, argv);
	err = start(argv, &capture.output);
	if (!err)
		stop = watch(&capture, how, &timeout);
	if (!kill_descendants(how->limit > 0 ? how->limit : RESTORE_SECONDS, reaped))
		visit_descendants(left_behind);
	capture_rest(&capture);
	taint_after = how->quiet ? 0 : read_taint();
	if (taint_after != taint_before)
		event_fmt(out, 't', "%llu %llu", taint_before, taint_after);
	if (err)
		event_fmt(out, 'x', "cannot run: %s", strerror(err));
	else
		report_end(stop, timeout, how->limit);
	event_fmt(out, 'c', "%08x", out->crc);
	events_flush(out);
	writer->start = 0;
	return stop;
}
