// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

/* Compares dotted versions by as many components as @b has: 7.3.4 is 7.3. */
static int version_compare(const char *a, const char *b)
{
	for (;;) {
		char *end_a, *end_b;
		unsigned long one = strtoul(a, &end_a, 10), other = strtoul(b, &end_b, 10);

		if (one != other)
			return one < other ? -1 : 1;
		if (*end_b != '.')
			return 0;
		a = *end_a == '.' ? end_a + 1 : "0";
		b = end_b + 1;
	}
}

static bool is_version(const char *text, size_t len)
{
	bool digit = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? !digit || i + 1 == len : text[i] < '0' || text[i] > '9')
			return false;
		digit = text[i] != '.';
	}
	return len;
}

bool is_kernel_range(const char *range)
{
	const char *dash = strchr(range, '-');
	size_t len = dash ? (size_t)(dash - range) : strlen(range);

	if (!strcmp(range, "*"))
		return true;
	if (!dash)
		return is_version(range, len);
	if (!len && !dash[1])
		return false;
	if ((len && !is_version(range, len)) || (dash[1] && !is_version(dash + 1, strlen(dash + 1))))
		return false;
	return !len || !dash[1] || version_compare(range, dash + 1) <= 0;
}

bool kernel_in_range(const char *release, const char *range)
{
	const char *dash = strchr(range, '-');

	if (!strcmp(range, "*"))
		return true;
	if (!dash)
		return !version_compare(release, range);
	return (dash == range || version_compare(release, range) >= 0) &&
		(!dash[1] || version_compare(release, dash + 1) <= 0);
}

size_t split_fields(char *line, char *field[MAX_FIELDS])
{
	size_t nr = 0;
	char *next = line;

	while (next) {
		char *text = trim(strsep(&next, "|"));

		if (nr < MAX_FIELDS)
			field[nr] = text;
		nr++;
	}
	return nr;
}

char *next_entry(char **text, unsigned int *number)
{
	char *line;

	while ((line = strsep(text, "\n"))) {
		(*number)++;
		for (char *c = line; *c; c++)
			if (*c != '\t' && (*c < ' ' || *c > '~'))
				*c = '?';
		if (!strchr("#", line[strspn(line, " \t")]))
			return line;
	}
	return NULL;
}

bool is_id_pattern(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash && slash != text && slash[1] && !strchr(slash + 1, '/') && !strchr(text, ' ');
}

bool pattern_matches(const char *pattern, const struct binary *binary, const struct test_case *c)
{
	char id[1024];

	if (!strchr(pattern, ':') != !c)
		return false;
	/* Most patterns begin with the name of another binary, which is soon seen. */
	if (strncmp(pattern, binary->name, strcspn(pattern, "*?[\\:")))
		return false;
	snprintf(id, sizeof(id), "%s:%s", binary->name, c ? c->name : "");
	return !fnmatch(pattern, c ? id : binary->name, 0);
}

bool matches_any(const struct plan *plan, const char *pattern)
{
	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++) {
		if (pattern_matches(pattern, b, NULL))
			return true;
		for (size_t i = 0; i < b->nr_cases; i++)
			if (pattern_matches(pattern, b, &b->cases[i]))
				return true;
	}
	return false;
}
