/* SPDX-License-Identifier: GPL-2.0-only */
/* The run itself: agents get the binaries of the plan, their events become results. */
#ifndef KVMCONF_RUN_H
#define KVMCONF_RUN_H

#include "judge.h"
#include "link.h"
#include "outcome.h"
#include "render.h"

/* A binary of the plan on its way. */
struct work {
	struct run *run;
	struct binary *binary;
	struct outcome outcome;
	struct judge judge;
	unsigned int runs_left;
	bool judging, done;
	bool begun, announced;		/* it has started, and its title has been printed */
	int log;
	struct text log_buffer;		/* not written yet */
	const char *log_name;
};

void work_begin(struct work *work);
void work_open_log(struct work *work);
void work_event(struct work *work, const struct event *event);

/* What has come of the log goes to its file. */
void work_flush_log(struct work *work);

/* One run of it is over; @end is how, if the events do not say. */
void work_finish(struct work *work, const char *end);

/* With --duration: no further run of it; what its runs gave are its results. */
void work_end(struct work *work);

/* Whether the time of --duration is over. */
bool time_is_over(const struct run *run);

/* The same for all its runs, if it is not to be run. */
void work_skip(struct work *work, const char *end);

/* Nothing in a log that was damaged on its way is to be believed. */
void work_distrust(struct work *work);

/*
 * results.json as it is to be read should the machine die: no case has a result. False if it
 * cannot be written.
 */
bool keep_unfinished_results(struct run *run);

/* What an agent must know before it runs a binary, as its commands. */
const char *agent_settings(const struct run *run, unsigned int limit);

/* What a machine brings besides its agent: machine.c. */
struct machine {
	const char *kernel, *name, *note, *module, *boot;
	unsigned int scale, slow;
	const char *scale_why;
	struct lines prefixes, parameters;
	unsigned int boot_seconds;	/* from power on to the first event */
	unsigned int grace_seconds;	/* silence beyond a binary's time limit */
};

/* Checks the options of an emulated machine, of which it has to be told what runs there. */
void machine_settle(struct machine *machine, const struct options *options, const char *root);

/* Gives each binary of the plan to one of several machines; returns how many there are to be. */
unsigned int machine_share_out(struct run *run);

/* What is in the names of that machine's files: "" or "-2". */
const char *machine_suffix(unsigned int number);

/* Starts one; it runs its share of the plan. */
void machine_boot(struct machine *machine, unsigned int number, struct link *link, struct run *run,
		  const char *root);

/*
 * Runs the plan on @machine, or without one here or where --remote says. All results are in the
 * plan then and have been printed; facts, kernel, limits and problems are in @run. Returns the
 * exit status.
 */
int run_plan(struct run *run, struct machine *machine, const char *root);

/* Takes "KEY VALUE" for a parameter set; true if that says that all facts are there. */
bool run_take_fact(struct run *run, const char *set, const char *text);

/* The facts of a file, KEY TAB VALUE a line. */
void run_read_facts(struct run *run, const char *path);

/*
 * Known issues, limits and the header follow from the facts. Returns why nothing can run
 * ("REASON: detail"), or NULL.
 */
const char *run_settle(struct run *run);

/* --gdb: becomes the debugger of the one case that is selected: gdb.c. */
void debug_case(const struct run *run, const char *root) __attribute__((noreturn));

/* Adds what is wrong with the run as a whole. */
void run_problem(struct run *run, enum verdict verdict, const char *cause);

/* progress.c: titles of binaries that have started, results of those that are done, in order. */
void print_results(struct run *run, struct work *works);

/* The status line of a terminal. */
void show_status(const struct run *run, const struct link *links, size_t nr_links);

/*
 * Lines of the kernel's log, stray.c: one that came while a binary ran and is judged with it; one
 * that came between two; one of the whole log, which a machine sends when it is over.
 */
void stray_not(const char *text);
void stray_between(struct run *run, const char *text);
void stray_at_end(struct run *run, const char *text);

#endif
