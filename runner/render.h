/* SPDX-License-Identifier: GPL-2.0-only */
/* The results as each reader wants them, all from the plan with its results. */
#ifndef KVMCONF_RENDER_H
#define KVMCONF_RENDER_H

#include "judge.h"
#include "options.h"

/* What a rendering needs to know of a run. */
struct run {
	const struct options *options;
	struct plan plan;
	const char *version, *commit;
	const char *started;		/* ISO 8601 */
	double start;			/* the same, of monotonic() */
	double begun;			/* when the machine was up; --duration counts from here */
	double seconds;
	int status;
	bool lost;			/* something could not be kept */
	struct judge_options judging;
	const char *machine, *kernel;
	const char *note;		/* what the results are not, or NULL */
	const char *out;		/* results directory */
	unsigned int limit;		/* of a binary */
	const char *limit_why;
	unsigned int scale;
	const char *scale_why;
	const char *wrong_cpu;		/* why the CPU is none of a profile of --require, or NULL */
	const char *required;		/* what the user gave to --require, or NULL */
	struct lines prefixes;		/* of the sets of module parameters; "" is one */
	struct lines parameters;	/* of each set of an emulated machine */
	struct facts *facts;		/* of each set */
	struct run_problem {
		enum verdict verdict;
		const char *cause;
	} *problems;
	size_t nr_problems;
};

/* TAP: version, diagnostics about the run, plan. */
void tap_header(struct text *text, const struct run *run, const char *required_note);
/* What a binary's results follow; it is printed when the binary starts. */
void tap_binary_start(struct text *text, const struct binary *binary, enum dialect dialect);
void tap_binary(struct text *text, const struct binary *binary, const struct options *options);
/* "# rule: ID RULE" a line, for the binary and its cases. */
void tap_rules(struct text *text, const struct binary *binary);

/* summary.c: what is not ok, what was not tried, the totals. Returns the exit status. */
int tap_end(struct text *text, const struct run *run);
/* The binary in one line, for --summary. */
void summary_binary(struct text *text, const struct binary *binary);
/* What makes it happen again, for a shell. */
const char *reproduce_command(const struct run *run, const struct binary *binary,
			      const struct test_case *c);

/*
 * "ID RESULT [VALUE UNIT]" a line, the binary's own result first. RESULT is what LAVA knows:
 * pass, fail or skip. LAVA takes one measurement for a test.
 */
void lava_binary(struct text *text, const struct binary *binary);

/* docs/results.md */
void json_results(struct text *text, const struct run *run);

/* JUnit XML as Jenkins and GitLab read it: a testsuite for each binary. */
void junit_results(struct text *text, const struct run *run);

/* results.yaml as tmt reads it: a result for each binary, its cases below it. */
void tmt_results(struct text *text, const struct run *run);

/* Number of cases by verdict. */
void count_verdicts(const struct run *run, unsigned int counts[NR_VERDICTS]);

#endif
