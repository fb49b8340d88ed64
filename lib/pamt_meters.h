/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to count the pairs of PAMT pages that are in use, of which the kernel shows no number:
 *
 *	books	the emulated TDX module's own account, through its MSRs
 *	probes	PAMT.ADD and PAMT.REMOVE that have succeeded, counted by probes on the kernel's
 *		SEAMCALL functions: of the implementation, for their names are no interface
 *
 * Both are exact. What a memory cgroup is charged (charge.h) and how much memory the nodes
 * have free (nodes.h) count other pages, too: with them a test looks at differences.
 */
#ifndef KVMCONF_PAMT_METERS_H
#define KVMCONF_PAMT_METERS_H

#include <stdbool.h>

/*
 * Opens every meter that there is, for this process and its children; before the first TD of
 * the binary. For KVMCONF_MAIN_WITH().
 */
void pamt_open_meters(void);

/*
 * The pairs in use, by the best meter; all that are open must tell the same, or the test fails.
 * A meter other than the books counts from pamt_open_meters() on.
 */
long pamt_pairs(void);

/* "books, probes"; "" if there is none. */
const char *pamt_meter_names(void);

/* Why there are no probes: a reason of runner/reasons.c. */
const char *pamt_no_meter_reason(void);

/* Pairs that no page of a TD needs, which only the books know: 0 without them. */
long pamt_idle_pairs(void);

/* Pairs that pages of several TDs need, which only the books know: 0 without them. */
long pamt_shared_pairs(void);

/* Says so in the test's output, and skips a test that cannot do without. */
#define REQUIRE_PAMT_METER() do {							\
	REQUIRE(*pamt_meter_names(), "no-pamt-meter", "%s", pamt_no_meter_reason());	\
	printf("# meters of PAMT pairs: %s\n", pamt_meter_names());			\
} while (0)

/* --- for pamt_meters.c --- */

struct pamt_meter {
	const char *name;
	/* NULL, or why it cannot be had. Called before the first TD. */
	const char *(*open)(void);
	long (*pairs)(void);
};

extern const struct pamt_meter pamt_books, pamt_probes;

#endif
