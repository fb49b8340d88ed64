/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to run, and what came of it.
 *
 * A plan has binaries, a binary has cases. Binaries and cases both have a result. With several
 * sets of module parameters each set has binaries of its own, whose ids begin with its prefix.
 */
#ifndef KVMCONF_PLAN_H
#define KVMCONF_PLAN_H

#include "facts.h"
#include "text.h"

/* In the order in which one outweighs another when a binary runs several times. */
enum verdict {
	NO_VERDICT,
	PASS,
	SKIP,
	XPASS,
	XFAIL,
	MISSING,	/* skipped, though --require forbids that */
	ERROR,
	SIGNAL,
	TIMEOUT,
	FAIL,
	NR_VERDICTS,
};

const char *verdict_name(enum verdict verdict);

static inline bool is_bad(enum verdict verdict)
{
	return verdict >= MISSING;
}

struct measurement {
	const char *name, *value, *unit;
};

/* Text that is not there is NULL. */
struct result {
	enum verdict verdict;
	enum verdict observed;		/* without known issues and --strict */
	const char *rule;		/* the row of the verdict table, see rules.c */
	const char *reason;		/* of a skip */
	const char *cause;
	double seconds;
	struct measurement *measurements;
	size_t nr_measurements;
	struct lines kernel_log;
	struct lines output;
	unsigned int runs[NR_VERDICTS];	/* with --repeat: runs by verdict */
};

struct known_issue;

struct test_case {
	const char *name;
	const char *claim, *source, *needs, *since;
	bool abi;			/* the source names a document: coverage.c */
	bool selected;
	const char *skipped_by;		/* the pattern of --skip, or NULL */
	const struct known_issue *known;
	struct lines required;		/* reasons for which it must not be skipped, or "all" */
	struct result result;
};

struct binary {
	const char *name;		/* x86/pio_rip */
	const char *prefix;		/* of the parameter set, "" or "npt_0/" */
	const char *id;			/* prefix and name */
	unsigned int number;		/* in the output, from 1 on */
	struct test_case *cases;
	size_t nr_cases;
	size_t nr_run;			/* selected and not skipped */
	unsigned int machine;		/* which of several emulated ones runs it, from 0 */
	const struct known_issue *known;
	struct result result;
};

struct plan {
	struct binary *binaries;
	size_t nr;
	bool repeated;
};

/* What the command line selects: shell patterns. */
struct selection {
	struct lines tests;	/* dir, binary, dir/binary, each also with :case; none: all */
	struct lines skips;
	struct lines skip_files;
};

/*
 * Reads the plan that make has written (tests.tsv: binary, case, claim, source, needs, since;
 * tabs between) and leaves what is selected. A mistake in the file, or a pattern that
 * matches nothing, ends the program with STATUS_USAGE.
 */
void plan_read(struct plan *plan, const char *path, const struct selection *selection);

/* Deselects the cases of the other class: coverage.c. */
void plan_keep_class(struct plan *plan, bool abi);

/* The plan once for each prefix, with numbers that count on. */
void plan_multiply(struct plan *plan, const struct lines *prefixes);

/* What --list, --list -v and --print-expected print; false if it cannot be written. */
enum list { LIST_NONE, LIST_IDS, LIST_VERBOSE, LIST_EXPECTED, LIST_BY_SOURCE };
bool plan_list(const struct plan *plan, enum list what);

/* "-r case -r case ...", or "" for all cases; NULL if no case is to be run. */
const char *binary_arguments(const struct binary *binary);

/* The id of a case, or of the binary for NULL. */
const char *case_id(struct arena *arena, const struct binary *binary, const struct test_case *c);

/*
 * An id for LAVA, where a slash would be a directory and part of an address: x86/pio_rip:pio.x
 * is x86.pio_rip.pio.x.
 */
const char *lava_id(struct arena *arena, const char *id);

/* Complaints about input files: all of them are shown, then the program ends. */
void complain(const char *fmt, ...) __printf_like(1, 2);
void end_if_complaints(void);

#endif
