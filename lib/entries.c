// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"

char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return text;
}

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

bool id_matches(const char *pattern, const char *binary, const char *case_name)
{
	char id[1024];

	if (!strchr(pattern, ':') != !case_name)
		return false;
	/* Most patterns begin with the name of another binary, which is soon seen. */
	if (strncmp(pattern, binary, strcspn(pattern, "*?[\\:")))
		return false;
	snprintf(id, sizeof(id), "%s:%s", binary, case_name ? case_name : "");
	return !fnmatch(pattern, case_name ? id : binary, 0);
}

static bool is_machine(const char *text)
{
	return !strcmp(text, "*") || (text[0] && text[0] != '_' && text[0] != '-' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text));
}

bool known_issue_parse(struct known_issue *issue, char *line, char *why, size_t size)
{
	char *field[MAX_FIELDS];
	size_t nr = split_fields(line, field);

	if (nr != 5) {
		snprintf(why, size, "%zu fields where 5 are due: id pattern | kernels | machine | reference | reason",
			 nr);
		return false;
	}
	*issue = (struct known_issue){ field[0], field[1], field[2], field[3], field[4] };
	if (!is_id_pattern(issue->pattern))
		snprintf(why, size, "\"%s\" is no id pattern: directory/binary:case or directory/binary",
			 issue->pattern);
	else if (!is_kernel_range(issue->kernels))
		snprintf(why, size, "\"%s\" is no range of kernels", issue->kernels);
	else if (!is_machine(issue->machine))
		snprintf(why, size, "\"%s\" is no machine", issue->machine);
	else if (!*issue->reference || !*issue->reason)
		snprintf(why, size, "an entry needs a reference and a reason");
	else
		return true;
	return false;
}

static bool is_word_of(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += len)
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

bool known_issue_holds(const struct known_issue *issue, const char *kernel, const char *names)
{
	return kernel_in_range(kernel, issue->kernels) &&
		(!strcmp(issue->machine, "*") || is_word_of(issue->machine, names));
}
