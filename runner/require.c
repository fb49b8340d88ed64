// SPDX-License-Identifier: GPL-2.0-only
/*
 * --require: skips that are forbidden. A profile has three fields to a line, all of them required:
 *
 *	id pattern | kernels | reasons
 *
 * id pattern  directory/binary: all its cases, or directory/binary:case; shell patterns
 * kernels     as in known_issues: those on which the skip is forbidden
 * reasons     of reasons.c, with commas between
 *
 * A line of four fields says which CPU the profile is of:
 *
 *	cpu | vendor as in /proc/cpuinfo | family | models: *, or numbers and ranges with commas
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "known.h"
#include "reasons.h"

struct rule {
	const char *where;		/* file:line */
	const char *pattern, *kernels;
	struct lines reasons;
};

struct cpu {
	const char *profile;
	const char *vendor, *family, *models;
};

static struct rule *rules;
static struct cpu *cpus;
static size_t nr_cpus;
static size_t nr_rules;
static struct lines everywhere;		/* reasons, not of a profile */
static const char *words;

const char *require_words(void)
{
	return words;
}

/* The reasons of a comma-separated list. Returns the first word that is none, or NULL. */
static const char *split_reasons(char *list, struct lines *reasons)
{
	char *word;

	while ((word = strsep(&list, ","))) {
		const struct skip_reason *reason;

		word = trim(word);
		reason = skip_reason(word, strlen(word));
		if (!reason || !strcmp(word, "deselected"))
			return word;
		lines_add(NULL, reasons, reason->name);
	}
	return NULL;
}

/* "*", or numbers and ranges with commas between: 143, 207. */
static bool is_model_list(const char *models)
{
	return !strcmp(models, "*") ||
		(*models && strspn(models, "0123456789-, ") == strlen(models));
}

static bool has_model(const char *models, unsigned long model)
{
	const char *at = models;

	while (*at && *at != '*') {
		char *end;
		unsigned long first = strtoul(at, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (end == at || (model >= first && model <= last))
			return end != at;
		at = end + strspn(end, ", ");
	}
	return *at == '*';
}

static void cpu_line(char *field[MAX_FIELDS], size_t nr, const char *where, const char *profile)
{
	if (nr != 4 || !*field[1] || !parse_count(field[2]) || !is_model_list(field[3]))
		complain("%s: due are: cpu | vendor | family | models", where);
	else
		*array_add(NULL, cpus, nr_cpus) =
			(struct cpu){ profile, field[1], field[2], field[3] };
}

const char *require_wrong_cpu(const char *vendor, const char *family, const char *model)
{
	for (struct cpu *cpu = cpus; cpu < cpus + nr_cpus; cpu++)
		if (*vendor && (strcmp(cpu->vendor, vendor) || strcmp(cpu->family, family) ||
				!has_model(cpu->models, strtoul(model, NULL, 10))))
			return cpu->profile;
	return NULL;
}

static void rule_line(char *line, const char *where, const char *profile)
{
	struct rule rule = { .where = where };
	char *field[MAX_FIELDS];
	size_t nr = split_fields(line, field);
	const char *bad;

	if (!strcmp(field[0], "cpu")) {
		cpu_line(field, nr, where, profile);
		return;
	}
	if (nr != 3) {
		complain("%s: %zu fields where 3 are due: id pattern | kernels | reasons", where, nr);
		return;
	}
	rule.pattern = field[0];
	rule.kernels = field[1];
	if (!is_id_pattern(rule.pattern)) {
		complain("%s: \"%s\" is no id pattern: directory/binary or directory/binary:case",
			 where, rule.pattern);
	} else if (!is_kernel_range(rule.kernels)) {
		complain("%s: \"%s\" is no range of kernels", where, rule.kernels);
	} else if (!*field[2]) {
		complain("%s: a reason is due", where);
	} else if ((bad = split_reasons(field[2], &rule.reasons))) {
		complain("%s: \"%s\" is no reason for a skip", where, bad);
	} else {
		*array_add(NULL, rules, nr_rules) = rule;
	}
}

static void add_profile(const char *path, const char *name)
{
	unsigned int number = 0;
	struct stat st;
	char *text, *line;
	size_t before = nr_rules;

	text = stat(path, &st) || !S_ISREG(st.st_mode) ? NULL : read_file(path, NULL);
	if (!text)
		die(STATUS_USAGE, "--require %s: no such file", name);
	while ((line = next_entry(&text, &number))) {
		rule_line(line, arena_printf(NULL, "%s:%u", path, number), name);
		before = nr_rules + 1;
	}
	if (before == nr_rules)
		die(STATUS_USAGE, "--require %s: requires nothing", name);
}

static bool is_profile_name(const char *word)
{
	return *word && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(word);
}

void require_add(const char *value, const char *profiles_dir)
{
	char *list = arena_strdup(NULL, value), *word;
	struct text unknown = { 0 };

	if (!*value)
		die(STATUS_USAGE, "--require needs a reason, a profile or @FILE");
	words = words ? arena_printf(NULL, "%s,%s", words, value) : value;
	if (*value == '@') {
		add_profile(value + 1, value);
		return;
	}
	while ((word = strsep(&list, ","))) {
		const struct skip_reason *reason = skip_reason(word, strlen(word));
		char *path = arena_printf(NULL, "%s/%s", profiles_dir, word);

		if (!strcmp(word, "all"))
			lines_add(NULL, &everywhere, "all");
		else if (reason && strcmp(word, "deselected"))
			lines_add(NULL, &everywhere, reason->name);
		else if (is_profile_name(word) && !access(path, F_OK))
			add_profile(path, word);
		else
			text_printf(&unknown, " \"%s\"", word);
	}
	if (unknown.len)
		die(STATUS_USAGE, "--require: no such reason or profile:%s (--reasons and profiles/ have them all)",
		    unknown.data);
}

/* A pattern without a colon is about the binary's cases here. */
static bool rule_matches(const struct rule *rule, const struct binary *b, const struct test_case *c)
{
	return pattern_matches(rule->pattern, b, strchr(rule->pattern, ':') ? c : NULL);
}

void require_check(const struct plan *all)
{
	for (struct rule *rule = rules; rule < rules + nr_rules; rule++)
		if (!matches_any(all, rule->pattern))
			complain("%s: no test has an id like %s", rule->where, rule->pattern);
}

static void require_of_case(struct lines *required, const struct binary *b,
			    const struct test_case *c, const char *kernel)
{
	for (size_t i = 0; i < everywhere.nr; i++)
		lines_add(NULL, required, everywhere.line[i]);
	for (struct rule *rule = rules; rule < rules + nr_rules; rule++)
		if (kernel_in_range(kernel, rule->kernels) && rule_matches(rule, b, c))
			for (size_t i = 0; i < rule->reasons.nr; i++)
				lines_add(NULL, required, rule->reasons.line[i]);
}

size_t require_apply(struct plan *plan, const char *kernel)
{
	size_t nr = 0;

	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++)
		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			require_of_case(&c->required, b, c, kernel);
			nr += c->selected && c->required.nr;
		}
	return nr;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

const char *profile_names(const char *profiles_dir)
{
	struct text names = { 0 };
	struct dirent **entries;
	int nr = scandir(profiles_dir, &entries, is_visible, alphasort);

	text_add(&names, "", 0);
	for (int i = 0; i < nr; i++)
		text_printf(&names, "%s%s", names.len ? " " : "", entries[i]->d_name);
	return names.data;
}
