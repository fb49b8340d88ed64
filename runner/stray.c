// SPDX-License-Identifier: GPL-2.0-only
/* Reports in the kernel's log that came while no binary ran: they are the run's own. */
#include <string.h>

#include "run.h"

/* More of them are in the log alone. */
#define MAX_STRAY_REPORTS	20

/* Reports that are known; NULL where one has been found in the whole log. */
static struct lines seen;

static bool see(const char *text)
{
	const char *message = kernel_line_text(text);
	bool report = kernel_report_row(message);

	if (report)
		lines_add(NULL, &seen, arena_strdup(NULL, message));
	return report;
}

static void stray_report(struct run *run, const char *text, const char *when)
{
	if (run->nr_problems >= MAX_STRAY_REPORTS)
		return;
	run_problem(run, FAIL, arena_printf(NULL, "kernel log, %s: %s", when, kernel_line_text(text)));
	warn("%s", run->problems[run->nr_problems - 1].cause);
}

void stray_not(const char *text)
{
	see(text);
}

void stray_between(struct run *run, const char *text)
{
	/* While other binaries run it may be theirs, and they have it, too. */
	if (see(text) && run->judging.at_once == 1)
		stray_report(run, text, "between two binaries");
}

void stray_at_end(struct run *run, const char *text)
{
	const char *message = kernel_line_text(text);
	size_t len = strlen(message);

	/* Of others' binaries nothing was seen. */
	if (run->options->binaries || !kernel_report_row(message))
		return;
	for (size_t i = 0; i < seen.nr; i++) {
		const char *line = seen.line[i];

		/* A record of several lines came as one. */
		if (line && !strncmp(line, message, len) &&
		    (!line[len] || !strncmp(line + len, "\\x0a", 4))) {
			seen.line[i] = NULL;
			return;
		}
	}
	stray_report(run, text, "while no binary ran");
}
