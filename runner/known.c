// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "input.h"
#include "known.h"

static struct known_issue *issues;
static size_t nr_issues;

static void known_line(char *line, const char *path, unsigned int number, const struct plan *all)
{
	struct known_issue issue;
	char why[512];

	if (!known_issue_parse(&issue, line, why, sizeof(why)))
		complain("%s:%u: %s", path, number, why);
	else if (!matches_any(all, issue.pattern))
		complain("%s:%u: no test has an id like %s", path, number, issue.pattern);
	else
		*array_add(NULL, issues, nr_issues) = issue;
}

void known_issues_read(const char *path, const struct plan *all)
{
	char *text = read_file(path, NULL), *line, *name = strrchr(path, '/');
	unsigned int number = 0;

	if (!text) {
		complain("%s cannot be read", path);
		return;
	}
	while ((line = next_entry(&text, &number)))
		known_line(line, name ? name + 1 : path, number, all);
}

static const struct known_issue *known_issue(const struct binary *binary,
					     const struct test_case *c,
					     const char *kernel, const char *names)
{
	for (struct known_issue *k = issues; k < issues + nr_issues; k++)
		if (known_issue_holds(k, kernel, names) && pattern_matches(k->pattern, binary, c))
			return k;
	return NULL;
}

void known_issues_apply(struct plan *plan, const char *kernel, const char *names)
{
	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++) {
		b->known = known_issue(b, NULL, kernel, names);
		for (size_t i = 0; i < b->nr_cases; i++)
			b->cases[i].known = known_issue(b, &b->cases[i], kernel, names);
	}
}
