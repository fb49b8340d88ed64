// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a job for each paragraph of standard input, N at a time, and prints
 * what they give in the order of the paragraphs.
 *
 *	WORK	gets the paragraph as its input, and runs beside others
 *	EACH	gets WORK's output, and is run in order; its output is printed
 *	ALL	gets the outputs of all WORKs once they are done; its output is
 *		printed last
 *
 * All data is kept in memory, so that a full disk cannot take a line away.
 *
 * SIGTERM, SIGINT, SIGHUP and the death of our parent are passed on to what
 * runs. What has not run by then, or whose WORK dies, is run with
 * KVMCONF_NOT_RUN=reason in its environment: it still has to account for
 * itself, so nothing is ever missing from the output.
 *
 * On a terminal a status line shows progress, and is erased at the end; not with -q.
 *
 * usage: jobs [-q] [-j N] [-b TEXT] [-o COPY] -- WORK... -- EACH... -- ALL...
 *        jobs -l FD
 *	-b	print TEXT before all else
 *	-o	print to the file COPY too
 *	-l	only lock the file that descriptor FD is open on, for as long as the caller has it
 *		open; exit status 1 if another one has the lock
 * Exit status: ALL's, or 3 if something could not be written or run.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "family.h"
#include "memory_process.h"

struct job {
	const char *text;	/* the paragraph; its label ends at the first tab */
	size_t len;
	pid_t pid;		/* 0: not started, -1: done */
	int output;
	bool again;		/* WORK died: the second try only accounts for it */
	char died[64];
};

static struct job *jobs;
static size_t nr_jobs, nr_started, nr_printed, nr_running;
static char **work, **each, **all;
static const char *stopped;	/* why nothing is to run any more */
static int copy = -1;
static bool lost, terminal;
static double started;

static void print(const char *data, size_t len)
{
	static bool told;

	if (!write_all(STDOUT_FILENO, data, len)) {
		if (!told)
			fprintf(stderr, "run_tests.sh: the output could not be written: %s\n",
				strerror(errno));
		told = lost = true;
	}
	if (copy >= 0 && !write_all(copy, data, len)) {
		fprintf(stderr, "jobs: copy of the output: %s\n", strerror(errno));
		close(copy);
		copy = -1;
		lost = true;
	}
}

static void start(struct job *job, const char *not_run)
{
	int input = memory(job->text, job->len);

	job->output = memory("", 0);
	job->pid = run(work, input, job->output, not_run);
	close(input);
	nr_running++;
}

/* Prints what @argv makes of @data; returns its exit status. */
static int filter(char **argv, const char *data, size_t len)
{
	int input = memory(data, len), output = memory("", 0), status;
	pid_t pid = run(argv, input, output, NULL);
	char *text;

	if (waitpid(pid, &status, 0) != pid)
		fail(argv[0]);
	text = contents(output, &len);
	print(text, len);
	free(text);
	close(input);
	close(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_LOST;
}

static void ended(pid_t pid, int status)
{
	struct job *job = jobs;

	while (job < jobs + nr_started && job->pid != pid)
		job++;
	if (job == jobs + nr_started)
		return;		/* an orphan of a supervise that was killed */
	job->pid = -1;
	nr_running--;
	if (WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == STATUS_LOST)) {
		lost |= WEXITSTATUS(status);
		return;
	}
	if (job->again) {
		lost = true;
		return;
	}
	close(job->output);
	job->again = true;
	if (WIFSIGNALED(status))
		snprintf(job->died, sizeof(job->died), "lost: the runner's worker was killed by SIG%s",
			 sigabbrev_np(WTERMSIG(status)) ?: "RT");
	else
		snprintf(job->died, sizeof(job->died), "lost: the runner's worker ended with status %d",
			 WEXITSTATUS(status));
	start(job, job->died);
}

static void status_line(bool show)
{
	char line[512];
	struct winsize size;
	size_t len, width = 79;

	if (!terminal)
		return;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col - 1;
	len = show ? snprintf(line, sizeof(line), "[%zu/%zu] %.0f s", nr_printed, nr_jobs,
			      monotonic() - started) : 0;
	for (size_t i = 0; show && i < nr_started && len < sizeof(line); i++)
		if (jobs[i].pid > 0)
			len += snprintf(line + len, sizeof(line) - len, " %.*s",
					(int)strcspn(jobs[i].text, "\t\n"), jobs[i].text);
	if (width > sizeof(line) - 1)
		width = sizeof(line) - 1;
	printf("\r%.*s\033[K", (int)(len < width ? len : width), line);
	fflush(stdout);
}

static void print_in_order(void)
{
	while (nr_printed < nr_started && jobs[nr_printed].pid < 0) {
		size_t len;
		char *data = contents(jobs[nr_printed].output, &len);

		status_line(false);
		if (filter(each, data, len))
			lost = true;
		free(data);
		nr_printed++;
	}
}

/* Again and again: a worker's shell may not have come to its supervise yet. */
static void stop_running(void)
{
	for (size_t i = 0; i < nr_started; i++)
		if (jobs[i].pid > 0)
			kill(-jobs[i].pid, SIGTERM);
}

static void run_all(const sigset_t *signals, size_t at_once)
{
	const struct timespec second = { .tv_sec = 1 }, moment = { .tv_nsec = 100000000 };

	while (nr_printed < nr_jobs) {
		int sig, status;
		pid_t pid;

		while (nr_started < nr_jobs && nr_running < at_once)
			start(&jobs[nr_started++], stopped);
		status_line(true);
		sig = sigtimedwait(signals, NULL, stopped ? &moment : &second);
		if (sig > 0 && sig != SIGCHLD)
			stopped = "interrupted";
		if (stopped)
			stop_running();
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			ended(pid, status);
		print_in_order();
	}
	status_line(false);
}

static void split_paragraphs(char *text, size_t len)
{
	char *end = text + len;

	while (text < end) {
		char *next = memmem(text, end - text, "\n\n", 2);
		size_t size = next ? (size_t)(next + 1 - text) : (size_t)(end - text);

		jobs = realloc(jobs, (nr_jobs + 1) * sizeof(*jobs));
		if (!jobs)
			fail("memory");
		jobs[nr_jobs++] = (struct job){ .text = text, .len = size };
		text += size + 1;
	}
}

static int run_last(void)
{
	int everything = memory("", 0), status;
	char *data;
	size_t len;

	for (size_t i = 0; i < nr_jobs; i++) {
		data = contents(jobs[i].output, &len);
		if (!write_all(everything, data, len))
			fail("memory");
		free(data);
	}
	data = contents(everything, &len);
	status = filter(all, data, len);
	free(data);
	return status;
}

/* The next command of the three; getopt() has eaten the first "--". */
static char **command(char ***argv)
{
	char **cmd = *argv, **arg = cmd;

	while (*arg && strcmp(*arg, "--"))
		arg++;
	*argv = *arg ? arg + 1 : arg;
	*arg = NULL;
	return *cmd ? cmd : NULL;
}

int main(int argc, char **argv)
{
	static const int sigs[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	const char *before = "", *copy_name = NULL;
	size_t at_once = 1, len;
	sigset_t signals;
	bool quiet = false;
	int opt, status;
	char *text;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaddset(&signals, sigs[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_DFL);
	/* Whoever read our output may go: the results are still to be kept. */
	signal(SIGPIPE, SIG_IGN);
	family_head();

	while ((opt = getopt(argc, argv, "+qj:b:o:l:")) != -1) {
		switch (opt) {
		case 'q': quiet = true; break;
		case 'j': at_once = strtoul(optarg, NULL, 10); break;
		case 'b': before = optarg; break;
		case 'o': copy_name = optarg; break;
		/* Where the file system has no locks, none can be had by two. */
		case 'l': return flock(atoi(optarg), LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
		default: return 2;
		}
	}
	argv += optind;
	work = command(&argv);
	each = command(&argv);
	all = command(&argv);
	if (!all || !at_once) {
		fprintf(stderr, "usage: jobs [-q] [-j N] [-b TEXT] [-o COPY] -- WORK... -- EACH... -- ALL...\n");
		return 2;
	}

	started = monotonic();
	terminal = !quiet && isatty(STDOUT_FILENO);
	if (copy_name) {
		copy = open(copy_name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
		if (copy < 0)
			fail(copy_name);
	}
	text = read_all(STDIN_FILENO, &len);
	if (!text)
		fail("standard input");
	split_paragraphs(text, len);
	print(before, strlen(before));
	run_all(&signals, at_once);
	status = run_last();
	/* Only where a supervise was killed is anyone left. */
	family_kill(NULL);
	return lost ? STATUS_LOST : status;
}
