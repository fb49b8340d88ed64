// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs one test binary with a time limit and tells what happened, in the
 * format of events.h, with these sources:
 *
 *	s  the start: the command
 *	o  a line of its output
 *	h  half a line: output that ended without a newline
 *	k  a line of the kernel's log: <level> text
 *	t  the kernel's taint flags changed: before, after
 *	l  a process left behind: pid, name
 *	d  data that was dropped, and why
 *	x  the end, always last: "exit STATUS", "signal NAME", "timeout SECONDS",
 *	   "interrupted NAME" or "cannot run: REASON"
 *
 * The binary and all that it started are dead before the last event.
 *
 * usage: supervise [-t SECONDS] [-l LOG] [-w PID] -- COMMAND [ARG...]
 *	-w  end when process PID does, as if by SIGTERM
 * Exit status: 0, or 2 usage, or 3 the log could not be kept whole.
 */
#include <sched.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "events.h"
#include "inputs.h"

/* Orphans that are about to end get this long before they count as left behind. */
#define GRACE_SECONDS	1

enum { SIGNALS, OWNER, KERNEL, OUTPUT, NR_FDS };

static struct pollfd fds[NR_FDS];
static pid_t child;
static int child_status;
static bool child_ended;

/* Not signal(): glibc keeps its own two to itself, but they can come to us ignored. */
static void reset_signal(int sig)
{
	const unsigned long kernel_sigaction[4] = { (unsigned long)SIG_DFL };

	syscall(SYS_rt_sigaction, sig, kernel_sigaction, NULL, sizeof(unsigned long));
}

/* The child's life until exec, or what kept it from that. */
static void become_test(char **argv, int output, int failure)
{
	sigset_t none;

	/* Should supervise itself be killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* No terminal: job control and ^C are the runner's. */
	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		reset_signal(sig);
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
static int start(char **argv)
{
	int output[2], failure[2], err = 0;

	if (pipe2(output, O_CLOEXEC) || pipe2(failure, O_CLOEXEC))
		return errno;
	child = fork();
	if (child < 0)
		return errno;
	if (!child)
		become_test(argv, output[1], failure[1]);
	close(output[1]);
	close(failure[1]);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	fds[OUTPUT].fd = output[0];
	if (read(failure[0], &err, sizeof(err)) < 0)
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

/* Returns the signal that ends us before our time, or 0. */
static int stop_signal(void)
{
	struct signalfd_siginfo info;

	while (read(fds[SIGNALS].fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			return info.ssi_signo;
	if ((fds[OWNER].revents & POLLIN) || events.stdout_lost)
		return SIGTERM;
	return 0;
}

static void left_behind(const struct relative *r)
{
	event_fmt('l', "%d %s", r->pid, r->name);
}

/* Until the whole family is gone, the time is up, or we are told to stop. */
static int watch(double limit, bool *timeout)
{
	double deadline = limit > 0 ? events.start + limit : 0;
	bool grace = false;

	for (;;) {
		double left = deadline ? deadline - monotonic() : 3600;
		int stop;

		if (left <= 0) {
			*timeout = !grace;
			if (grace)
				family_visit(left_behind);
			return 0;
		}
		poll(fds, NR_FDS, left < 3600 ? (int)(left * 1000) + 1 : 3600 * 1000);
		stop = stop_signal();
		/* A report of the kernel's belongs to the case before the next line. */
		read_kernel_log(&fds[KERNEL].fd);
		read_output(&fds[OUTPUT].fd);
		if (stop)
			return stop;
		if (!family_reap(reaped))
			return 0;
		if (child_ended && !grace) {
			grace = true;
			deadline = monotonic() + GRACE_SECONDS;
		}
	}
}

/*
 * The kernel's log and the output have no common clock: what is in which case is
 * told by which was read first. So read at once, where we are allowed to.
 */
static void be_prompt(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
}

static void catch_signals(void)
{
	static const int sigs[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaddset(&set, sigs[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* An ignored signal would not be seen, and the runner's shell ignores them. */
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	fds[SIGNALS].fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void tell_start(char **argv)
{
	char text[EVENT_TEXT_MAX] = "";
	size_t len = 0;

	for (; *argv && len < sizeof(text); argv++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", *argv);
	event('s', text, strlen(text));
}

static void tell_end(int stop, bool timeout, double limit)
{
	if (stop)
		event_fmt('x', "interrupted SIG%s", sigabbrev_np(stop));
	else if (timeout)
		event_fmt('x', "timeout %g", limit);
	else if (WIFSIGNALED(child_status))
		event_fmt('x', "signal SIG%s", sigabbrev_np(WTERMSIG(child_status)) ?: "RT");
	else
		event_fmt('x', "exit %d", WEXITSTATUS(child_status));
}

int main(int argc, char **argv)
{
	unsigned long long taint_before;
	const char *log = NULL;
	bool timeout = false;
	double limit = 0;
	int opt, err, stop = 0;
	pid_t owner = 0;

	while ((opt = getopt(argc, argv, "+t:l:w:")) != -1) {
		switch (opt) {
		case 't': limit = atof(optarg); break;
		case 'l': log = optarg; break;
		case 'w': owner = atoi(optarg); break;
		default: return 2;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "usage: supervise [-t SECONDS] [-l LOG] [-w PID] -- COMMAND [ARG...]\n");
		return 2;
	}

	for (int i = 0; i < NR_FDS; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	catch_signals();
	family_head();
	be_prompt();
	events_open(log);
	if (owner) {
		fds[OWNER].fd = syscall(SYS_pidfd_open, owner, 0);
		if (fds[OWNER].fd < 0 && errno == ESRCH)
			raise(SIGTERM);
	}
	fds[KERNEL].fd = open_kernel_log();
	taint_before = taint();

	if (limit > 0)
		family_restore_seconds = limit;
	tell_start(argv + optind);
	err = start(argv + optind);
	if (!err)
		stop = watch(limit, &timeout);
	if (!family_kill(reaped))
		family_visit(left_behind);
	drain_inputs(&fds[KERNEL].fd, &fds[OUTPUT].fd);
	if (taint() != taint_before)
		event_fmt('t', "%llu %llu", taint_before, taint());
	events_check_log();
	if (err)
		event_fmt('x', "cannot run: %s", strerror(err));
	else
		tell_end(stop, timeout, limit);
	return events.log_lost ? 3 : 0;
}
