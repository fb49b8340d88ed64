/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The results of a binary from the judgements of its runs: of one run as they are, of several
 * (--repeat) for the binary and for each case the worst, with the number of runs by verdict,
 * the seconds of all runs together and the median of each measurement.
 */
#ifndef KVMCONF_OUTCOME_H
#define KVMCONF_OUTCOME_H

#include "judge.h"

struct outcome {
	struct history *histories;	/* [0] of the binary, [i] of its case i - 1 */
	unsigned int runs;
};

/* One more run. */
void outcome_add(struct outcome *outcome, struct binary *binary, const struct judge *judge);

/* After the last run: the results are in @binary and its cases. */
void outcome_finish(struct outcome *outcome, struct binary *binary, bool repeated);

#endif
