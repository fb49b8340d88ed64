// SPDX-License-Identifier: GPL-2.0-only
/*
 * An emulated machine as a transport: emulator/machine.sh checks the options and boots it. In the
 * guest the same program is the agent; it has its commands in files, one for each set of module
 * parameters, and its event stream comes through a serial port.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "known.h"
#include "run.h"

#define BOOT_SECONDS	300
#define GRACE_SECONDS	20

#define MAX_MACHINES		4
#define CASES_OF_A_MACHINE	100

static char **script_argv(const struct options *options, const char *root, const char *verb,
			  const char *dir, const char *boot)
{
	size_t nr = 0;
	char **argv = NULL;

	*array_add(NULL, argv, nr) = arena_printf(NULL, "%s/emulator/machine.sh", root);
	*array_add(NULL, argv, nr) = (char *)verb;
	if (dir) {
		*array_add(NULL, argv, nr) = (char *)dir;
		*array_add(NULL, argv, nr) = (char *)boot;
	}
	for (size_t i = 0; i < options->machine.nr; i++)
		*array_add(NULL, argv, nr) = (char *)options->machine.line[i];
	array_add(NULL, argv, nr);
	return argv;
}

/* What a command prints; its exit status other than 0 is ours, for it has said why. */
static char *output_of(char **argv)
{
	int fds[2], status;
	pid_t pid;
	char *text;

	if (pipe(fds) || (pid = fork()) < 0)
		die(STATUS_LOST, "%s: %s", argv[0], strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(argv[0], argv);
		_exit(errno == ENOENT ? 126 : 127);
	}
	close(fds[1]);
	text = read_fd(fds[0], NULL);
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid || !text || !WIFEXITED(status))
		die(STATUS_LOST, "%s was killed", argv[0]);
	/* A machine or a kernel that cannot be had is nothing that a bisection can judge. */
	if (WEXITSTATUS(status))
		final_status_lost();
	if (WEXITSTATUS(status) == 126)
		die(STATUS_USAGE, "the emulated machines are not in this copy, but where the suite is built");
	if (WEXITSTATUS(status))
		exit(final_status(WEXITSTATUS(status) == STATUS_USAGE ? STATUS_USAGE : STATUS_LOST));
	return text;
}

/* A line for each key; "set PREFIX TAB PARAMETERS" for each set. */
static void settle_line(struct machine *machine, char *line)
{
	char *key = strsep(&line, "\t");

	if (!line)
		return;
	if (!strcmp(key, "name"))
		machine->name = line;
	else if (!strcmp(key, "kernel"))
		machine->kernel = line;
	else if (!strcmp(key, "module"))
		machine->module = line;
	else if (!strcmp(key, "note"))
		machine->note = line;
	else if (!strcmp(key, "scale"))
		machine->scale = parse_count(line);
	else if (!strcmp(key, "scale_why"))
		machine->scale_why = line;
	else if (!strcmp(key, "slow"))
		machine->slow = parse_count(line);
	else if (!strcmp(key, "require"))
		require_add(line, "");
	else if (!strcmp(key, "boot"))
		machine->boot = line;
	else if (!strcmp(key, "set")) {
		lines_add(NULL, &machine->prefixes, strsep(&line, "\t"));
		lines_add(NULL, &machine->parameters, line ? line : "");
	}
}

void machine_settle(struct machine *machine, const struct options *options, const char *root)
{
	char *text = output_of(script_argv(options, root, "settle", NULL, NULL)), *line;

	*machine = (struct machine){ .boot_seconds = BOOT_SECONDS, .grace_seconds = GRACE_SECONDS };
	while ((line = strsep(&text, "\n")))
		settle_line(machine, line);
	if (!machine->name || !machine->kernel || !machine->scale || !machine->slow ||
	    !machine->boot || !machine->prefixes.nr)
		die(STATUS_LOST, "emulator/machine.sh settle: no whole answer");
}

/* As many as are asked for, or as have enough to do to be worth their boot. */
static unsigned int machines_wanted(const struct run *run)
{
	size_t cases = 0, binaries = 0, wanted = run->options->at_once;

	for (size_t i = 0; i < run->plan.nr; i++) {
		cases += run->plan.binaries[i].nr_run;
		binaries += !!run->plan.binaries[i].nr_run;
	}
	if (!wanted) {
		wanted = sysconf(_SC_NPROCESSORS_ONLN);
		wanted = wanted < MAX_MACHINES ? wanted : MAX_MACHINES;
		wanted = wanted < cases / CASES_OF_A_MACHINE ? wanted : cases / CASES_OF_A_MACHINE;
	}
	wanted = wanted < binaries ? wanted : binaries;
	return wanted ? wanted : 1;
}

unsigned int machine_share_out(struct run *run)
{
	unsigned int nr = machines_wanted(run);
	size_t load[nr];
	bool *given = arena_alloc(NULL, run->plan.nr);

	memset(load, 0, sizeof(load));
	/* The one with the most cases goes to the machine with the fewest. */
	for (;;) {
		struct binary *most = NULL;
		unsigned int least = 0;

		for (size_t i = 0; i < run->plan.nr; i++) {
			struct binary *b = &run->plan.binaries[i];

			if (!given[i] && b->nr_run && (!most || b->nr_run > most->nr_run))
				most = b;
		}
		if (!most)
			return nr;
		for (unsigned int i = 1; i < nr; i++)
			if (load[i] < load[least])
				least = i;
		given[most - run->plan.binaries] = true;
		most->machine = least;
		load[least] += most->nr_run;
	}
}

const char *machine_suffix(unsigned int number)
{
	return number ? arena_printf(NULL, "-%u", number + 1) : "";
}

/* What the agent of machine @number is to do with the set of that prefix. */
static void add_commands(struct text *text, const struct machine *machine, const struct run *run,
			 unsigned int number, const char *prefix)
{
	text_printf(text, "facts\n%s\n",
		    agent_settings(run, (run->limit + machine->slow - 1) / machine->slow));
	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct binary *b = &run->plan.binaries[i];

		if (strcmp(b->prefix, prefix) || !b->nr_run || b->machine != number)
			continue;
		for (unsigned int n = 1; n <= run->options->repeat; n++)
			text_printf(text, "run %u %u %s%s\n", b->number, n, b->name,
				    binary_arguments(b));
	}
	/* The guest's clock is the slower one. */
	if (run->options->duration)
		text_printf(text, "again %u\n", (unsigned int)(run->options->duration /
			    machine->slow / machine->prefixes.nr) + 1);
}

static void write_input(const char *dir, const char *name, size_t number, const char *data)
{
	const char *path = arena_printf(NULL, "%s/%s.%zu", dir, name, number);

	if (!write_file(path, data, strlen(data)))
		die(STATUS_LOST, "%s: %s", path, strerror(errno));
}

void machine_boot(struct machine *machine, unsigned int number, struct link *link, struct run *run,
		  const char *root)
{
	const char *dir = arena_printf(NULL, "%s/machine%s", run->out, machine_suffix(number));

	if (mkdir(dir, 0777) && errno != EEXIST)
		die(STATUS_LOST, "%s: %s", dir, strerror(errno));
	for (size_t i = 0; i < machine->prefixes.nr; i++) {
		struct text commands = { 0 };

		add_commands(&commands, machine, run, number, machine->prefixes.line[i]);
		write_input(dir, "commands", i, commands.data);
		write_input(dir, "parameters", i,
			    arena_printf(NULL, "%s\n", machine->parameters.line[i]));
		write_input(dir, "prefix", i, arena_printf(NULL, "%s\n", machine->prefixes.line[i]));
		text_free(&commands);
	}
	link_command(link, script_argv(run->options, root, "boot", dir, machine->boot), false);
}
