// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suite: run_tests.sh --help. How a run flows: the plan (plan.c) goes to agents (link.c,
 * agent.c), which run the binaries (supervise.c) and report events (events.c); judge.c and
 * rules.c make verdicts of these; tap.c, summary.c, json.c, lava_junit.c and tmt.c show
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "coverage.h"
#include "known.h"
#include "output.h"
#include "process_tree.h"
#include "results_dir.h"
#include "run.h"
#include "sync.h"

/*
 * A closed descriptor would become that of the next file that is opened. Writes to standard
 * output that is closed must fail, as on a full disk.
 */
static void open_standard_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

/* The directory above that of this program. */
static const char *find_root(const char *self)
{
	char path[PATH_MAX], *real;
	ssize_t len;

	if (strchr(self, '/')) {
		real = realpath(self, path);
	} else {
		len = readlink("/proc/self/exe", path, sizeof(path) - 1);
		real = len < 0 ? NULL : path;
		path[len < 0 ? 0 : len] = '\0';
	}
	for (int i = 0; real && i < 2; i++) {
		char *slash = strrchr(real, '/');

		if (slash)
			*slash = '\0';
	}
	if (!real)
		die(STATUS_USAGE, "cannot find the suite's directory");
	return arena_strdup(NULL, real);
}

/* What make wrote: the version, the commit. */
static void read_version(struct run *run, const char *root)
{
	char *text = read_file(arena_printf(NULL, "%s/version", root), NULL), *line;

	run->version = run->commit = "unknown";
	if ((line = strsep(&text, "\n")) && *line)
		run->version = line;
	if (text && (line = strsep(&text, "\n")) && *line)
		run->commit = line;
}

/*
 * --judge BINARY LOG: the verdicts as they are printed, then "# rule: ID RULE", the rows of the
 * verdict table that made them. What was known of the machine is for --facts to say.
 */
static int judge_log(struct run *run, const char *binary, const char *path)
{
	struct work work = { .run = run, .runs_left = 1 };
	struct event_reader reader = { 0 };
	struct text text = { 0 };
	struct event e;
	size_t len, i = 0;
	char *log = read_file(path, &len);

	if (!log)
		die(STATUS_USAGE, "%s: %s", path, strerror(errno));
	while (i < run->plan.nr && strcmp(run->plan.binaries[i].name, binary))
		i++;
	if (i == run->plan.nr)
		die(STATUS_USAGE, "no such binary: %s", binary);
	if (run->options->facts) {
		run_read_facts(run, run->options->facts);
		run->kernel = fact_get(&run->facts[0], "kernel.release");
		known_issues_apply(&run->plan, run->kernel, arena_printf(NULL, "%s %s", run->machine,
				   facts_kvm_modules(&run->facts[0])));
	}
	require_apply(&run->plan, run->kernel);
	run->judging = (struct judge_options){ .kvm_usable = true, .at_once = 1,
		.strict = run->options->strict };
	work.binary = &run->plan.binaries[i];
	work_begin(&work);
	events_feed(&reader, log, len);
	while (!work.done && events_next(&reader, &e)) {
		work_event(&work, &e);
		if (e.kind == 'C')
			work_distrust(&work);
	}
	if (!work.done)
		work_finish(&work, NULL);
	tap_binary_start(&text, work.binary, run->options->dialect);
	tap_binary(&text, work.binary, run->options);
	tap_rules(&text, work.binary);
	if (!write_all(STDOUT_FILENO, text.data, text.len))
		die(STATUS_LOST, "the verdicts could not be written");
	return is_bad(work.binary->result.verdict);
}

static const char *machine_name(void)
{
	const char *name = getenv("KVMCONF_MACHINE");

	if (!name || !*name)
		return "host";
	if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:.-") !=
	    strlen(name))
		die(STATUS_USAGE, "KVMCONF_MACHINE: odd characters in the machine's name");
	return name;
}

/* Limits that the user or the machine sets; what is 0 after it follows from the facts. */
static void set_limits(struct run *run, const struct machine *machine)
{
	const char *scale = getenv("KVMCONF_TIMEOUT_SCALE");

	if (scale && *scale) {
		run->scale = parse_count(scale);
		run->scale_why = "KVMCONF_TIMEOUT_SCALE";
		if (!run->scale)
			die(STATUS_USAGE, "KVMCONF_TIMEOUT_SCALE needs a number, not \"%s\"", scale);
	} else if (machine) {
		run->scale = machine->scale;
		run->scale_why = machine->scale_why;
	}
	if (run->options->limit) {
		run->limit = run->options->limit;
		run->limit_why = "--timeout";
	} else if (run->scale) {
		run->limit = 60 * run->scale;
		run->limit_why = arena_printf(NULL, "60 s x %u: %s", run->scale, run->scale_why);
	}
	/* Guest time needs no scale. */
	if (machine && machine->slow > 1) {
		run->scale = 1;
		run->scale_why = "guest time";
	}
}

static void set_machine(struct run *run, const struct machine *machine)
{
	run->machine = machine ? machine->name : machine_name();
	run->kernel = "unknown";
	run->facts = arena_alloc(NULL, (machine ? machine->prefixes.nr : 1) * sizeof(*run->facts));
	if (!machine) {
		lines_add(NULL, &run->prefixes, "");
		if (run->options->binaries)
			run->note = "not the suite's own binaries, and the kernel's log not watched: --binaries";
		else if (run->options->facts)
			run->note = "the facts about the machine are made up: --facts";
		return;
	}
	run->prefixes = machine->prefixes;
	run->parameters = machine->parameters;
	run->kernel = machine->kernel;
	run->note = machine->note;
}

/* Whether a rendering that @option asked for is written to @path. */
static bool keep(const struct run *run, const char *option, const char *path,
		 void (*render)(struct text *text, const struct run *run))
{
	struct text text = { 0 };
	bool kept;

	render(&text, run);
	kept = write_file(path, text.data, text.len);
	if (!kept)
		warn("%s %s: %s", option, path, strerror(errno));
	text_free(&text);
	return kept;
}

static int keep_results(struct run *run, int status)
{
	const struct options *o = run->options;
	bool kept;

	run->status = status;
	run->seconds = monotonic() - run->start;
	kept = keep(run, "results.json could not be written to",
		    arena_printf(NULL, "%s/results.json", run->out), json_results);
	if (o->junit)
		kept &= keep(run, "--junit", o->junit, junit_results);
	if (o->tmt)
		kept &= keep(run, "--tmt", arena_printf(NULL, "%s/results.yaml", o->tmt), tmt_results);
	return kept ? status : STATUS_LOST;
}

static int run_suite(struct run *run, struct machine *machine, const char *root)
{
	time_t now = time(NULL);
	char started[32];
	int status;

	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	run->started = started;
	run->start = monotonic();
	output_open(results_open(run->out, "output.tap"), !run->options->lava);
	status = run_plan(run, machine, root);
	sync_files(true);
	return keep_results(run, status);
}

/* Blocked, they wait for who takes them. Those that were ignored would not come at all. */
static void block_signals(sigset_t *set)
{
	static const int sigs[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		sigaddset(set, sigs[i]);
		signal(sigs[i], SIG_DFL);
	}
	sigprocmask(SIG_BLOCK, set, NULL);
	/* The reader of our output may end; the results are kept all the same. */
	signal(SIGPIPE, SIG_IGN);
}

/*
 * The run has a process of its own. If this one is killed, the run stops and keeps what it
 * has; if the run is killed, nothing of it is left running.
 */
static int guard(pid_t run)
{
	sigset_t set;
	int status, sig;

	block_signals(&set);
	while (waitpid(run, &status, WNOHANG) != run) {
		sig = sigwaitinfo(&set, NULL);
		if (sig > 0 && sig != SIGCHLD)
			kill(run, sig);
	}
	/* Of an agent that was killed. */
	kill_descendants(RESTORE_SECONDS, NULL);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	warn("the run ended out of order, by SIG%s", sigabbrev_np(WTERMSIG(status)) ?: "RT");
	return STATUS_LOST;
}

int main(int argc, char **argv)
{
	struct options options;
	struct run run = { .options = &options };
	struct machine machine;
	char **judged = NULL;
	const char *root;
	sigset_t set;
	pid_t pid;

	open_standard_descriptors();
	if (argc == 2 && !strcmp(argv[1], "--agent"))
		return agent(STDIN_FILENO, STDOUT_FILENO);
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--bisect"))
			bisect_statuses();
	root = find_root(argv[0]);
	read_version(&run, root);
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return printf("kvm-conformance %s, commit %s\n", run.version, run.commit) < 0 ||
			fflush(stdout) ? STATUS_LOST : 0;
	if (argc >= 4 && !strcmp(argv[1], "--judge")) {
		judged = &argv[2];
		argc -= 3;
		argv += 3;
	}
	options_parse(&options, argc, argv, root);
	plan_read(&run.plan, arena_printf(NULL, "%s/tests.tsv", root), &options.selection);
	run.plan.repeated = options.repeat > 1 || options.duration;
	run.required = require_words();
	coverage_read(arena_printf(NULL, "%s/coverage", root));
	coverage_classify(&run.plan);
	if (options.only)
		plan_keep_class(&run.plan, options.only == ABI_CLAIMS);
	known_issues_read(options.known_issues ? options.known_issues :
			  arena_printf(NULL, "%s/known_issues", root), &run.plan);
	require_check(&run.plan);
	end_if_complaints();
	if (options.machine.nr)
		machine_settle(&machine, &options, root);
	set_machine(&run, options.machine.nr ? &machine : NULL);
	plan_multiply(&run.plan, &run.prefixes);
	if (!run.plan.nr)
		die(STATUS_USAGE, "--only: none of these tests is of that class");
	if (options.gdb)
		debug_case(&run, root);
	if (judged)
		return judge_log(&run, judged[0], judged[1]);
	if (options.list) {
		if (!plan_list(&run.plan, options.list))
			die(STATUS_LOST, "the list could not be written");
		return STATUS_PASS;
	}
	set_limits(&run, options.machine.nr ? &machine : NULL);
	run.out = results_dir_open(options.out, root, options.keep);

	block_signals(&set);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid < 0)
		die(STATUS_LOST, "fork: %s", strerror(errno));
	if (pid)
		return final_status(guard(pid));
	become_subreaper();
	return run_suite(&run, options.machine.nr ? &machine : NULL, root);
}
