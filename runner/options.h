/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of run_tests.sh. */
#ifndef KVMCONF_OPTIONS_H
#define KVMCONF_OPTIONS_H

#include "plan.h"

enum claim_class { ALL_CLAIMS, ABI_CLAIMS, IMPLEMENTATION_CLAIMS };

enum dialect { KSELFTEST, KTAP };

struct options {
	struct selection selection;
	enum list list;
	enum claim_class only;		/* --only */
	enum dialect dialect;
	unsigned int at_once;		/* -j; 0: as many machines as there is use for */
	unsigned int repeat;
	unsigned int duration;		/* --duration, in seconds; 0: run each binary repeat times */
	unsigned int keep;		/* --keep; 0: all results stay */
	unsigned int limit;		/* --timeout; 0: by the machine */
	const char *out;		/* -o, or NULL */
	const char *junit;		/* --junit, or NULL */
	const char *tmt;		/* --tmt, or NULL */
	const char *remote;		/* --remote, or NULL */
	const char *binaries;		/* --binaries, or NULL */
	const char *known_issues;	/* --known-issues, or NULL */
	const char *facts;		/* --facts, or NULL */
	const char *vm_type;		/* --vm-type, or NULL */
	bool todo;			/* --todo: TODO in place of XFAIL */
	bool lava, reload_modules, strict, summary, bisect, gdb, by_source;
	struct lines machine;		/* options of emulated machines, OPTION=VALUE each */
};

/*
 * Parses the command line; @root is the suite's directory. What only prints something is done
 * here, and ends the program. So does a mistake, with STATUS_USAGE.
 */
void options_parse(struct options *options, int argc, char **argv, const char *root);

#endif
