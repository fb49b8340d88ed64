/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one run of a binary means. The list of cases comes from the plan; the event stream only
 * says what became of them. judge.c collects, rules.c decides.
 */
#ifndef KVMCONF_JUDGE_H
#define KVMCONF_JUDGE_H

#include "events.h"
#include "plan.h"

/* Of a long output this many lines from its beginning are kept, and as many of its end. */
#define EVIDENCE_HALF	100

enum result_line { NO_RESULT, RESULT_OK, RESULT_SKIP, RESULT_NOT_OK, RESULT_MALFORMED };

/* Texts are NULL if nothing was said. */
struct case_state {
	const struct test_case *plan;	/* NULL for the binary itself */
	enum result_line result;
	const char *rest;		/* of the result line; of a skip what follows SKIP */
	const char *error;		/* the first "# error: " */
	const char *failure;		/* the first "# fail: " or failed expectation */
	const char *ended_by;		/* "timeout" or the name of a signal, from the harness */
	const char *last_words;
	const char *unlogged;		/* an expected report of the kernel that did not come */
	bool began, twice, out_of_turn, no_result_line;
	double began_at, seconds;
	const char **expected;		/* reports of the kernel that the case provokes */
	size_t nr_expected;
	struct lines allowed;		/* parts of one-line reports that may come as well */
	struct measurement *measurements;
	size_t nr_measurements;
	struct lines kernel_log;
	const char *output[2 * EVIDENCE_HALF];
	size_t nr_output;
};

enum problem_kind {
	TWO_PLANS, WRONG_PLAN, NO_PLAN, WRONG_NUMBER, NOT_IN_PLAN, NOT_TO_BE_RUN, REPORTED_TWICE,
	OUT_OF_TURN, BAIL_OUT, MALFORMED_MEASUREMENT, KILLED, TIMED_OUT, NOT_STARTED, INTERRUPTED,
	LOST, NO_END, KERNEL_REPORT, TAINT, EXIT_STATUS, LEFT_BEHIND, DROPPED,
};

struct problem {
	enum problem_kind kind;
	const char *text;
};

/* What is the same for all binaries of a run. */
struct judge_options {
	bool kvm_usable;	/* /dev/kvm was of use when the run began */
	bool strict;
	unsigned int at_once;	/* binaries that ran beside each other */
};

struct judge {
	const struct judge_options *options;
	const struct binary *binary;
	struct arena arena;	/* of all texts */
	struct case_state *cases;	/* [0]: the binary; [i]: the plan's case i - 1 */
	size_t current;		/* the case that runs, or 0 */
	double now;
	long planned;		/* -1: no plan line */
	size_t nr_results, nr_not_ok, nr_skipped, nr_contradictions;
	const char *end;	/* of the "x" event, or made up; NULL: none came */
	const char *kernel_report;	/* the first unexpected one */
	const char *report;		/* the one that is being logged */
	bool in_report, report_expected;
	bool provoked;		/* an expected report of the kernel came */
	unsigned long long taint_before, taint_after;
	struct text left, dropped;
	struct problem *problems;
	size_t nr_problems;

	/* the outcome: [0] the binary, [i] its case i - 1 */
	struct result *results;
};

void judge_begin(struct judge *judge, const struct binary *binary,
		 const struct judge_options *options);
void judge_event(struct judge *judge, const struct event *event);

/* Makes the verdicts. @end, if not NULL, is how it ended in place of what the events say. */
void judge_finish(struct judge *judge, const char *end);
void judge_free(struct judge *judge);

/* Whether the binary ended by itself, so that its cases had their chance. */
bool judge_ended(const struct judge *judge);

void problem(struct judge *judge, enum problem_kind kind, const char *fmt, ...) __printf_like(3, 4);

/*
 * The row of the table of reports (kernel_reports.c) that a line of the kernel's log, without its
 * level, is for: from 1 on; 0: it reports nothing wrong.
 */
int kernel_report_row(const char *text);

/* The text of a line of the kernel's log as dmesg or the event stream has it. */
const char *kernel_line_text(const char *line);

/* --kernel-reports: the table, a line each; false if it cannot be written. */
bool kernel_reports_print(void);

/* --kernel-log FILE: its lines that report something wrong; the exit status. */
int kernel_log_print(const char *path);

/* rules.c: the verdict over each case and over the binary. */
void apply_rules(struct judge *judge);

/* What a result shows beside its verdict. */
void take_evidence(struct judge *judge, struct result *result, const struct case_state *state);

/* Prints the names of all rules, a line each. */
bool rules_print(void);

#endif
