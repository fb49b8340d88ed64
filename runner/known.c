// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "input.h"
#include "known.h"

static struct known_issue *issues;
static size_t nr_issues;

static bool is_machine(const char *text)
{
	return !strcmp(text, "*") || (text[0] && text[0] != '_' && text[0] != '-' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text));
}

static void known_line(char *line, const char *path, unsigned int number, const struct plan *all)
{
	char *field[MAX_FIELDS];
	size_t nr = split_fields(line, field);

	if (nr != 5)
		complain("%s:%u: %zu fields where 5 are due: id pattern | kernels | machine | reference | reason",
			 path, number, nr);
	else if (!is_id_pattern(field[0]))
		complain("%s:%u: \"%s\" is no id pattern: directory/binary:case or directory/binary",
			 path, number, field[0]);
	else if (!is_kernel_range(field[1]))
		complain("%s:%u: \"%s\" is no range of kernels", path, number, field[1]);
	else if (!is_machine(field[2]))
		complain("%s:%u: \"%s\" is no machine", path, number, field[2]);
	else if (!*field[3] || !*field[4])
		complain("%s:%u: an entry needs a reference and a reason", path, number);
	else if (!matches_any(all, field[0]))
		complain("%s:%u: no test has an id like %s", path, number, field[0]);
	else
		*array_add(NULL, issues, nr_issues) = (struct known_issue){
			field[0], field[1], field[2], field[3], field[4] };
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

static bool is_word_of(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += len)
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static const struct known_issue *known_issue(const struct binary *binary,
					     const struct test_case *c,
					     const char *kernel, const char *names)
{
	for (struct known_issue *k = issues; k < issues + nr_issues; k++)
		if (kernel_in_range(kernel, k->kernels) &&
		    (!strcmp(k->machine, "*") || is_word_of(k->machine, names)) &&
		    pattern_matches(k->pattern, binary, c))
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
