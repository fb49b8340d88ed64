// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"
#include "process_tree.h"
#include "results_dir.h"
#include "run.h"
#include "sync.h"

/* A run that was asked to stop gets this long before it is asked again. */
#define STOP_SECONDS	15.0

static struct run *run;
static struct machine *machine;
static const char *root;
static struct work *works;
static struct link *links;
static size_t nr_links;
static int signals, stopped;
static double stopped_at;
static bool started;

void run_problem(struct run *r, enum verdict verdict, const char *cause)
{
	*array_add(NULL, r->problems, r->nr_problems) = (struct run_problem){
		verdict, arena_strdup(NULL, cause) };
}

static void work_lost(struct work *work, const char *why)
{
	if (!work->done)
		work_finish(work, stopped ? "interrupted" : arena_printf(NULL, "lost: %s", why));
}

/* The facts are there: what is not to be run has its results at once. */
static void begin_run(void)
{
	const char *unusable = run_settle(run);

	started = true;
	if (!keep_unfinished_results(run))
		run->lost = true;
	for (size_t i = 0; i < run->plan.nr; i++) {
		if (!run->plan.binaries[i].nr_run)
			work_skip(&works[i], "none");
		else if (unusable)
			work_skip(&works[i], arena_printf(NULL, "skip %s", unusable));
	}
}

/* --- links --- */

/* "FILE TEXT": a line for a file of the results. A further machine's kernel.log is kernel-2.log. */
static void attach(const struct link *link, const char *text)
{
	const char *blank = strchr(text, ' ');
	const char *name = blank ? arena_strndup(NULL, text, blank - text) : text;
	const char *dot = strrchr(name, '.') ?: name + strlen(name);
	const char *path = arena_printf(NULL, "%s/%.*s%s%s", run->out, (int)(dot - name), name,
					machine ? machine_suffix(link - links) : "", dot);
	int fd = strchr(name, '/') || *name == '.' ? -1 :
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0 || (blank && !write_all(fd, blank + 1, strlen(blank + 1))) || !write_all(fd, "\n", 1))
		run->lost = true;
	if (fd >= 0)
		close(fd);
	if (blank && !strcmp(name, "kernel.log"))
		stray_at_end(run, blank + 1);
}

static void take_problem(const char *text)
{
	bool fail = !strncmp(text, "fail ", 5);

	run_problem(run, fail ? FAIL : ERROR, strchr(text, ' ') ? strchr(text, ' ') + 1 : text);
	warn("%s", run->problems[run->nr_problems - 1].cause);
}

static void link_event(struct link *link, const struct event *e)
{
	size_t job;

	/* Of a machine that is switched off because the first one has not come up. */
	if (link != links && !started)
		return;
	switch (e->kind) {
	case 'v':
		link->done = false;
		if (strncmp(e->text, EVENTS_VERSION, strlen(EVENTS_VERSION)))
			link->failed = arena_printf(NULL, "the agent speaks \"%s\"", e->text);
		return;
	case 'g':
		link->set = arena_strdup(NULL, e->text);
		return;
	case 'f':
		/* All machines are alike: the first one's facts are those of the run. */
		link->sent_facts |= link != links || run_take_fact(run, link->set, e->text);
		if (link->sent_facts && !started)
			begin_run();
		return;
	case 'a':
		attach(link, e->text);
		return;
	case 'p':
		take_problem(e->text);
		return;
	case 'q':
		link->done = true;
		if (!strncmp(e->text, "failed: ", 8))
			link->failed = arena_strdup(NULL, e->text + 8);
		return;
	case 's':
		/* The end of the one before was lost. */
		if (link->work && link->work->judging)
			work_distrust(link->work);
		job = strtoul(e->text, NULL, 10);
		if (!job || job > run->plan.nr || works[job - 1].done)
			return;
		link->work = &works[job - 1];
		work_begin(link->work);
		work_open_log(link->work);
		break;
	}
	if (!link->work || !link->work->judging) {
		if (e->kind == 'k')
			stray_between(run, e->text);
		return;
	}
	if (e->kind == 'k')
		stray_not(e->text);
	work_event(link->work, e);
	if (e->kind == 'c' || e->kind == 'C') {
		if (e->kind == 'C')
			work_distrust(link->work);
		else
			work_finish(link->work, NULL);
		link->work = NULL;
	}
}

static bool is_taken(const struct work *work)
{
	for (size_t n = 0; n < nr_links; n++)
		if (links[n].work == work)
			return true;
	return false;
}

/* The first that is not done; with --duration all have their turn. */
static struct work *next_work(void)
{
	struct work *next = NULL;

	for (size_t i = 0; i < run->plan.nr; i++) {
		struct work *work = &works[i];

		if (work->done || is_taken(work))
			continue;
		if (time_is_over(run) && work->outcome.runs)
			work_end(work);
		else if (!next || work->outcome.runs < next->outcome.runs)
			next = work;
		if (next && !run->options->duration)
			return next;
	}
	return next;
}

/* The next run for an agent that has none, if there is one. */
static void dispatch(struct link *link)
{
	struct work *work;

	if (stopped || !started || !link->configured || link->commands < 0 || link->work)
		return;
	work = next_work();
	if (!work) {
		close(link->commands);
		link->commands = -1;
		return;
	}
	link->work = work;
	link_send(link, "run %u %u %s%s%s%s", work->binary->number, work->outcome.runs + 1,
		  run->options->binaries ? run->options->binaries : "",
		  run->options->binaries ? "/" : "", work->binary->name,
		  binary_arguments(work->binary));
}

static void configure(struct link *link)
{
	link_send(link, "%s", agent_settings(run, run->limit));
	link->configured = true;
}

static void new_link(struct link *link)
{
	if (run->options->remote) {
		char **argv = NULL;
		size_t nr = 0;

		*array_add(NULL, argv, nr) = arena_printf(NULL, "%s/runner/remote.sh", root);
		*array_add(NULL, argv, nr) = (char *)run->options->remote;
		*array_add(NULL, argv, nr) = (char *)root;
		for (size_t i = 0; i < run->plan.nr; i++)
			*array_add(NULL, argv, nr) = (char *)run->plan.binaries[i].name;
		array_add(NULL, argv, nr);
		link_command(link, argv, true);
	} else {
		link_local(link, root);
	}
}

/* An agent is gone. Here another one takes its place; elsewhere that is the end of the run. */
static void link_gone(struct link *link)
{
	bool was_at_work = link->work;
	const char *why;

	if (!link->dead && waitpid(link->pid, &link->status, 0) == link->pid)
		link->dead = true;
	if (machine && !link->done && !link->failed && !link->status)
		link->failed = "the machine was switched off before its time";
	why = link_end(link);
	if (link->work)
		work_lost(link->work, why);
	link->work = NULL;
	if (link->done && !link->failed && !was_at_work)
		return;
	if (!machine && !run->options->remote && !stopped && was_at_work) {
		/* What it was running; beside other agents that must wait. */
		if (nr_links == 1)
			kill_descendants(RESTORE_SECONDS, NULL);
		new_link(link);
		configure(link);
		return;
	}
	if (!stopped) {
		warn("%s%s", machine ? "the emulated machine: " : "", why);
		run->lost = true;
	}
	for (size_t i = 0; machine && !started && i < nr_links; i++)
		link_stop(&links[i], false);
}

static void print_progress(void)
{
	if (started)
		print_results(run, works);
}

static void stop_links(int signal)
{
	stopped = signal;
	stopped_at = monotonic();
	for (size_t i = 0; i < nr_links; i++)
		link_stop(&links[i], run->options->remote);
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		/* A ^C comes from the terminal and from our parent, too. */
		if (stopped && monotonic() < stopped_at + STOP_SECONDS / 5)
			continue;
		stop_links(info.ssi_signo);
	}
}

/* A machine that is silent for longer than any binary may be hangs. */
static void check_silence(struct link *link)
{
	double limit;

	if (!machine || link->events < 0 || link->failed)
		return;
	limit = link->sent_facts ? (double)run->limit + machine->grace_seconds :
		machine->boot_seconds;
	if (monotonic() < link->heard + limit)
		return;
	link->failed = arena_printf(NULL, link->sent_facts ?
		"the guest hangs: nothing came from it for %.0f s" :
		"the machine did not come up within %.0f s", limit);
	link_stop(link, false);
}

static bool read_link(struct link *link)
{
	struct event e;
	bool more = link_read(link);

	while (events_next(&link->reader, &e))
		link_event(link, &e);
	if (link->work)
		work_flush_log(link->work);
	return more;
}

/* No machine is listened to before the first one's facts are known. */
static bool must_wait(const struct link *link)
{
	return link != links && !started && links[0].events >= 0;
}

static void wait_for_events(void)
{
	struct pollfd fds[nr_links + 1];
	int wait = sync_files(false);

	fds[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
	for (size_t i = 0; i < nr_links; i++)
		fds[i + 1] = (struct pollfd){ .fd = must_wait(&links[i]) ? -1 : links[i].events,
			.events = POLLIN };
	if (!poll(fds, nr_links + 1, wait))
		sync_files(true);
	take_signals();
	if (stopped && monotonic() > stopped_at + STOP_SECONDS)
		stop_links(stopped);
	for (size_t i = 0; i < nr_links; i++) {
		if (links[i].events < 0 || must_wait(&links[i]))
			continue;
		check_silence(&links[i]);
		if (fds[i + 1].revents && !read_link(&links[i]))
			link_gone(&links[i]);
		dispatch(&links[i]);
	}
}

static bool links_are_open(void)
{
	for (size_t i = 0; i < nr_links; i++)
		if (links[i].events >= 0)
			return true;
	return false;
}

static void start_machines(void)
{
	if (nr_links > 1)
		warn("booting %s on %zu emulated machines %s", machine->kernel, nr_links, machine->name);
	else
		warn("booting %s on the emulated machine %s", machine->kernel, machine->name);
	for (size_t i = 0; i < nr_links; i++) {
		machine_boot(machine, i, &links[i], run, root);
		links[i].configured = true;
	}
}

/* The first agent says what machine this is; the others wait for it. */
static void start_links(void)
{
	nr_links = machine ? machine_share_out(run) : 1;
	links = arena_alloc(NULL, (machine ? nr_links : run->options->at_once) * sizeof(*links));
	if (machine) {
		start_machines();
		return;
	}
	new_link(&links[0]);
	if (run->options->facts) {
		run_read_facts(run, run->options->facts);
		begin_run();
	} else {
		link_send(&links[0], "facts");
	}
	while (!started && links_are_open())
		wait_for_events();
	if (!started || stopped)
		return;
	configure(&links[0]);
	for (; !run->options->remote && nr_links < run->options->at_once &&
	     nr_links < run->plan.nr; nr_links++) {
		new_link(&links[nr_links]);
		configure(&links[nr_links]);
	}
	for (size_t i = 0; i < nr_links; i++)
		dispatch(&links[i]);
}

static void catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int run_plan(struct run *r, struct machine *m, const char *dir)
{
	struct text end = { 0 };
	int status;

	run = r;
	machine = m;
	root = dir;
	catch_signals();
	works = arena_alloc(NULL, run->plan.nr * sizeof(*works));
	for (size_t i = 0; i < run->plan.nr; i++)
		works[i] = (struct work){ .run = run, .binary = &run->plan.binaries[i], .log = -1,
			.runs_left = run->options->repeat };
	start_links();
	while (links_are_open()) {
		wait_for_events();
		print_progress();
		show_status(run, links, nr_links);
	}
	/* What has not run still has its place. */
	if (!started)
		begin_run();
	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct link *link = &links[run->plan.binaries[i].machine];

		/* A machine's agent looks at the time itself. */
		if (!works[i].done && works[i].outcome.runs && run->options->duration && link->done)
			work_end(&works[i]);
		run->lost |= !works[i].done && !stopped;
		work_lost(&works[i], link->dead ? link_end(link) : "no agent");
	}
	print_progress();
	status = tap_end(&end, run);
	output_print(&end);
	if (run->lost || output_lost())
		status = STATUS_LOST;
	return stopped ? 128 + stopped : status;
}
