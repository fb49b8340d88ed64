// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "facts.h"
#include "process_tree.h"

/*
 * The kernel's log and the output have no common clock: what is in which case is decided by
 * which was read first. So read at once, where we may.
 */
static void be_prompt(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
}

/*
 * An ignored signal would not be seen by us, nor kill a test. Not signal(): glibc keeps its own
 * two to itself, but they can come to us ignored.
 */
static int catch_signals(void)
{
	static const int sigs[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	const unsigned long kernel_sigaction[4] = { (unsigned long)SIG_DFL };
	sigset_t set;

	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, kernel_sigaction, NULL, sizeof(unsigned long));
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaddset(&set, sigs[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void send_facts(struct event_writer *writer)
{
	struct facts facts = { 0 };

	facts_collect(&facts);
	for (size_t i = 0; i < facts.nr; i++)
		event_fmt(writer, 'f', "%s %s", facts.fact[i].key, facts.fact[i].value);
	/* A mark that all facts are there. */
	event_fmt(writer, 'f', "complete yes");
	events_flush(writer);
}

/* What "again" runs: all that ran before it. */
static struct lines runs;
static double started;

/* "JOB RUN BINARY ARG...". Returns the signal that stopped it, or 0. */
static int run(struct event_writer *writer, struct supervision *how, char *words)
{
	char *job = strsep(&words, " "), *iteration = strsep(&words, " ");
	char **argv = NULL, *label;
	struct arena arena = { 0 };
	size_t nr = 0;
	int stop;

	if (!words)
		return 0;
	label = arena_printf(&arena, "%s %s", job, iteration);
	while (words)
		*array_add(&arena, argv, nr) = strsep(&words, " ");
	array_add(&arena, argv, nr);
	stop = supervise(writer, how, label, argv);
	arena_free(&arena);
	return stop;
}

/* Runs all of it again and again, until the agent is that old. */
static int again(struct event_writer *writer, struct supervision *how, double seconds)
{
	while (monotonic() < started + seconds)
		for (size_t i = 0; i < runs.nr; i++) {
			char *words = strdup(runs.line[i]);
			int stop = words ? run(writer, how, words) : SIGABRT;

			free(words);
			if (stop)
				return stop;
		}
	return 0;
}

/* Returns the signal that stopped a binary, or 0. */
static int command(struct event_writer *writer, struct supervision *how, char *line)
{
	char *verb = strsep(&line, " ");

	if (!strcmp(verb, "facts"))
		send_facts(writer);
	else if (!strcmp(verb, "quiet"))
		how->quiet = true;
	else if (!strcmp(verb, "limit") && line)
		how->limit = strtod(line, NULL);
	else if (!strcmp(verb, "env") && line)
		putenv(arena_strdup(NULL, line));
	else if (!strcmp(verb, "again") && line)
		return again(writer, how, strtod(line, NULL));
	else if (!strcmp(verb, "run") && line) {
		lines_add(NULL, &runs, arena_strdup(NULL, line));
		return run(writer, how, line);
	}
	return 0;
}

/* Whether commands, or a signal, have come; false for a signal or the end. */
static bool await_commands(const struct supervision *how, int commands, struct text *text)
{
	struct pollfd fds[] = {
		{ .fd = how->signals, .events = POLLIN },
		{ .fd = commands, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	char buf[4096];
	ssize_t n;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		while (read(how->signals, &info, sizeof(info)) == sizeof(info))
			if (info.ssi_signo != SIGCHLD)
				return false;
		if (!fds[1].revents)
			continue;
		n = read(commands, buf, sizeof(buf));
		if (n > 0)
			text_add(text, buf, n);
		else if (n < 0 && errno == EINTR)
			continue;
		return n > 0;
	}
}

int agent(int commands, int events)
{
	struct event_writer writer = { .fd = events };
	struct supervision how = { .signals = catch_signals(), .commands = -1, .kmsg = -1 };
	struct text text = { 0 };
	size_t taken = 0;
	struct stat st;

	if (!fstat(commands, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		how.commands = commands;
	started = monotonic();
	become_subreaper();
	be_prompt();
	event_fmt(&writer, 'v', EVENTS_VERSION);
	while (!writer.lost) {
		char *line = text.data + taken;
		char *end = text.len > taken ? memchr(line, '\n', text.len - taken) : NULL;
		int stop;

		if (!end) {
			if (!await_commands(&how, commands, &text))
				break;
			continue;
		}
		*end = '\0';
		taken = end + 1 - text.data;
		stop = command(&writer, &how, line);
		if (stop) {
			event_fmt(&writer, 'q', "failed: stopped by SIG%s", sigabbrev_np(stop));
			events_flush(&writer);
			return STATUS_LOST;
		}
	}
	event_fmt(&writer, 'q', "done");
	events_flush(&writer);
	return writer.lost ? STATUS_LOST : STATUS_PASS;
}
