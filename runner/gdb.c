// SPDX-License-Identifier: GPL-2.0-only
/* --gdb: one case under the debugger, which stops where the test begins. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

static const struct test_case *only_case(const struct plan *plan, const struct binary **binary)
{
	const struct test_case *only = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr; i++) {
		const struct binary *b = &plan->binaries[i];

		for (size_t n = 0; n < b->nr_cases; n++)
			if (b->cases[n].selected && !b->cases[n].skipped_by) {
				nr++;
				only = &b->cases[n];
				*binary = b;
			}
	}
	if (nr != 1)
		die(STATUS_USAGE, "--gdb needs one case, and this names %zu", nr);
	return only;
}

/* The function that the harness makes of TEST_F(FIXTURE, NAME), or of TEST(NAME). */
static const char *function_of(const struct test_case *c)
{
	const char *dot = strchr(c->name, '.'), *name = strrchr(c->name, '.') + 1;

	if (!strncmp(c->name, "global.", 7))
		return name;
	return arena_printf(NULL, "%.*s_%s", (int)(dot - c->name), c->name, name);
}

void debug_case(const struct run *run, const char *root)
{
	const struct binary *b = NULL;
	const struct test_case *c = only_case(&run->plan, &b);
	const char *dir = run->options->binaries ?: root;
	/* The harness runs the test in a child and kills it after a while: it waits, too. */
	char *argv[] = {
		"gdb", "-q",
		"-ex", "set follow-fork-mode child",
		"-ex", "set detach-on-fork off",
		"-ex", "set breakpoint pending on",
		"-ex", "handle SIG64 nostop noprint pass",
		"-ex", arena_printf(NULL, "break %s", function_of(c)),
		"--args", arena_printf(NULL, "%s/%s", dir, b->name), "-r", (char *)c->name, NULL,
	};

	/* The watchdog of a vCPU must not fire while one thinks. */
	setenv("KVMCONF_TIMEOUT_SCALE", "1000", 1);
	execvp(argv[0], argv);
	die(STATUS_USAGE, "--gdb: gdb: %s", strerror(errno));
}
