// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "input.h"
#include "paste.h"
#include "plan.h"

#define ID_CHARACTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static bool complaints;

void complain(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	warn("%s", text);
	complaints = true;
}

void end_if_complaints(void)
{
	if (complaints)
		exit(final_status(STATUS_USAGE));
}

const char *verdict_name(enum verdict verdict)
{
	static const char * const names[] = {
		[NO_VERDICT] = "none", [PASS] = "pass", [SKIP] = "skip", [XPASS] = "xpass",
		[XFAIL] = "xfail", [MISSING] = "missing", [ERROR] = "error", [SIGNAL] = "signal",
		[TIMEOUT] = "timeout", [FAIL] = "fail",
	};

	return names[verdict];
}

const char *case_id(struct arena *arena, const struct binary *binary, const struct test_case *c)
{
	return c ? arena_printf(arena, "%s:%s", binary->id, c->name) : binary->id;
}

const char *lava_id(struct arena *arena, const char *id)
{
	char *copy = arena_strdup(arena, id);

	for (char *c = copy; *c; c++)
		if (*c == '/' || *c == ':')
			*c = '.';
	return copy;
}

/* "dir/binary" with nothing else in it. */
static bool is_binary_name(const char *name)
{
	size_t dir = strspn(name, ID_CHARACTERS);
	size_t rest = dir && name[dir] == '/' ? strspn(name + dir + 1, ID_CHARACTERS) : 0;

	return rest && !name[dir + 1 + rest];
}

/* At least two words with dots between. */
static bool is_case_name(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && name[0] != '.' && name[strlen(name) - 1] != '.' && !strstr(name, "..") &&
		strspn(name, ID_CHARACTERS ".") == strlen(name);
}

/*
 * Ids reach consumers with every odd character turned into "_". They must stay apart, whether
 * a run of those becomes one "_" or several. In TAP they are without the directory, as in a
 * kselftest installed from a kernel tree, where all binaries are in one.
 */
static char *mangled(const char *id)
{
	char *out = arena_alloc(NULL, strlen(id) + 1), *end = out;

	for (; *id; id++) {
		if (isalnum((unsigned char)*id))
			*end++ = *id;
		else if (end > out && end[-1] != '_')
			*end++ = '_';
	}
	if (end > out && end[-1] == '_')
		*--end = '\0';
	return out;
}

static const char *base_name(const struct binary *b)
{
	return strchr(b->name, '/') + 1;
}

struct mangled_id {
	const char *mangled, *id;
};

static int compare_mangled(const void *a, const void *b)
{
	const struct mangled_id *one = a, *other = b;

	return strcmp(one->mangled, other->mangled);
}

static void check_unique(const struct plan *plan)
{
	struct mangled_id *ids = NULL;
	size_t nr = 0;

	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++) {
		*array_add(NULL, ids, nr) = (struct mangled_id){ mangled(base_name(b)), b->name };
		for (size_t i = 0; i < b->nr_cases; i++) {
			const char *id = case_id(NULL, b, &b->cases[i]);

			*array_add(NULL, ids, nr) = (struct mangled_id){
				mangled(id + (base_name(b) - b->name)), id };
		}
	}
	qsort(ids, nr, sizeof(*ids), compare_mangled);
	for (size_t i = 1; i < nr; i++)
		if (!strcmp(ids[i - 1].mangled, ids[i].mangled)) {
			if (!strcmp(ids[i - 1].id, ids[i].id))
				complain("tests.tsv: %s is there twice", ids[i].id);
			else
				complain("tests.tsv: %s and %s would become the same id",
					 ids[i].id, ids[i - 1].id);
		}
}

static struct binary *binary_of(struct plan *plan, const char *name)
{
	struct binary *binary;

	/* The lines of a binary stand together, as a rule. */
	for (size_t i = plan->nr; i; i--)
		if (!strcmp(plan->binaries[i - 1].name, name))
			return &plan->binaries[i - 1];
	binary = array_add(NULL, plan->binaries, plan->nr);
	*binary = (struct binary){ .name = name, .prefix = "", .id = name };
	return binary;
}

static void plan_line(struct plan *plan, char *line, unsigned int number)
{
	char *field[7], *next = line;
	struct binary *binary;
	size_t nr = 0;

	for (char *c = line; *c; c++)
		if (*c != '\t' && (*c < ' ' || *c > '~'))
			*c = '?';
	while (next && nr < 7)
		field[nr++] = strsep(&next, "\t");
	if (nr < 5 || nr > 6 || !is_binary_name(field[0]) || !is_case_name(field[1])) {
		complain("tests.tsv:%u: not a line of the plan", number);
		return;
	}
	binary = binary_of(plan, field[0]);
	*array_add(NULL, binary->cases, binary->nr_cases) = (struct test_case){
		.name = field[1], .claim = field[2], .source = field[3], .needs = field[4],
		.since = nr > 5 ? field[5] : "",
	};
}

/* Whether TEST of the command line names the case. */
static bool selects(const char *test, const struct binary *binary, const char *case_name)
{
	const char *colon = strchr(test, ':'), *base = strchr(binary->name, '/') + 1;
	char where[strlen(test) + 1], dir[base - binary->name];
	size_t len;

	if (is_other_name(test, binary, case_name))
		return true;
	if (colon && fnmatch(colon + 1, case_name, 0))
		return false;
	len = colon ? (size_t)(colon - test) : strlen(test);
	snprintf(where, sizeof(where), "%.*s", (int)len, test);
	if (len && where[len - 1] == '/')
		where[len - 1] = '\0';
	snprintf(dir, sizeof(dir), "%s", binary->name);
	return !fnmatch(where, dir, 0) || !fnmatch(where, base, 0) ||
		!fnmatch(where, binary->name, 0);
}

/*
 * --skip-file: a pattern of --skip on each line. The file may belong to an older or a newer
 * suite: a pattern that matches nothing is a warning, not an error.
 */
static void skip_by_file(struct plan *plan, const char *path)
{
	char *text = read_file(path, NULL), *line;
	unsigned int number = 0;

	if (!text) {
		complain("--skip-file %s cannot be read", path);
		return;
	}
	while ((line = next_entry(&text, &number))) {
		const char *test;
		bool used = false;

		line = trim(line);
		test = pasted_test(line);
		for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++)
			for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++)
				if (selects(test, b, c->name)) {
					c->skipped_by = line;
					used = true;
				}
		if (!used)
			warn("%s:%u: no such test: %s", path, number, line);
	}
}

static void select_cases(struct plan *plan, const struct selection *selection)
{
	const char *tests[selection->tests.nr + 1], *skips[selection->skips.nr + 1];
	bool test_used[selection->tests.nr + 1], skip_used[selection->skips.nr + 1];

	for (size_t i = 0; i < selection->tests.nr; i++)
		tests[i] = pasted_test(selection->tests.line[i]);
	for (size_t i = 0; i < selection->skips.nr; i++)
		skips[i] = pasted_test(selection->skips.line[i]);
	memset(test_used, 0, sizeof(test_used));
	memset(skip_used, 0, sizeof(skip_used));
	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++)
		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			c->selected = !selection->tests.nr;
			for (size_t i = 0; i < selection->tests.nr; i++)
				if (selects(tests[i], b, c->name))
					c->selected = test_used[i] = true;
			for (size_t i = 0; i < selection->skips.nr; i++)
				if (selects(skips[i], b, c->name)) {
					c->skipped_by = selection->skips.line[i];
					skip_used[i] = true;
				}
		}
	for (size_t i = 0; i < selection->skip_files.nr; i++)
		skip_by_file(plan, selection->skip_files.line[i]);
	for (size_t i = 0; i < selection->tests.nr; i++)
		if (!test_used[i])
			complain("no such test: %s", selection->tests.line[i]);
	for (size_t i = 0; i < selection->skips.nr; i++)
		if (!skip_used[i])
			complain("--skip %s: no such test", selection->skips.line[i]);
}

/* --only: removes the claims of the other class from the plan. */
void plan_keep_class(struct plan *plan, bool abi)
{
	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++)
		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++)
			c->selected &= c->abi == abi;
}

/* Keeps the binaries with a selected case, and of these all cases: -r needs to know. */
static void number_binaries(struct plan *plan)
{
	size_t nr = 0;

	for (size_t i = 0; i < plan->nr; i++) {
		struct binary *binary = &plan->binaries[i];
		size_t nr_selected = 0;

		for (struct test_case *c = binary->cases; c < binary->cases + binary->nr_cases; c++) {
			nr_selected += c->selected;
			binary->nr_run += c->selected && !c->skipped_by;
		}
		if (nr_selected) {
			binary->number = nr + 1;
			plan->binaries[nr++] = *binary;
		}
	}
	plan->nr = nr;
}

const char *binary_arguments(const struct binary *binary)
{
	struct text text = { 0 };

	if (!binary->nr_run)
		return NULL;
	text_add(&text, "", 0);
	for (struct test_case *c = binary->cases; c < binary->cases + binary->nr_cases; c++)
		if (binary->nr_run < binary->nr_cases && c->selected && !c->skipped_by)
			text_printf(&text, " -r %s", c->name);
	return text.data;
}

void plan_read(struct plan *plan, const char *path, const struct selection *selection)
{
	char *text = read_file(path, NULL), *line;
	unsigned int number = 0;

	if (!text)
		die(STATUS_USAGE, "tests.tsv is missing: run make first");
	while ((line = strsep(&text, "\n")))
		if (++number && (*line || text))
			plan_line(plan, line, number);
	if (!plan->nr)
		complain("tests.tsv: no tests");
	check_unique(plan);
	select_cases(plan, selection);
}

void plan_multiply(struct plan *plan, const struct lines *prefixes)
{
	struct plan all = { .repeated = plan->repeated };

	number_binaries(plan);
	if (prefixes->nr < 2)
		return;
	for (size_t set = 0; set < prefixes->nr; set++)
		for (size_t i = 0; i < plan->nr; i++) {
			struct binary *binary = array_add(NULL, all.binaries, all.nr);

			*binary = plan->binaries[i];
			binary->prefix = prefixes->line[set];
			binary->id = arena_printf(NULL, "%s%s", binary->prefix, binary->name);
			binary->number = all.nr;
			binary->cases = arena_alloc(NULL, binary->nr_cases * sizeof(*binary->cases));
			memcpy(binary->cases, plan->binaries[i].cases,
			       binary->nr_cases * sizeof(*binary->cases));
		}
	*plan = all;
}

static void list_case(const struct binary *binary, const struct test_case *c, enum list what)
{
	const char *id = case_id(NULL, binary, c);

	if (what == LIST_EXPECTED) {
		printf("- %s\n", lava_id(NULL, id));
		return;
	}
	if (c->skipped_by)
		return;
	printf("%s\n", id);
	if (what == LIST_IDS)
		return;
	printf("    claim:  %s\n    source: %s\n    class:  %s\n", c->claim, c->source, class_name(c));
	if (*c->needs)
		printf("    needs:  %s\n", c->needs);
	if (*c->since)
		printf("    since:  %s\n", c->since);
}

bool plan_list(const struct plan *plan, enum list what)
{
	if (what == LIST_BY_SOURCE)
		return coverage_list(plan);
	if (what == LIST_EXPECTED)
		printf("expected:\n");
	for (size_t i = 0; i < plan->nr; i++) {
		const struct binary *b = &plan->binaries[i];

		/* The binary's own result, and the skipped, are reported as well. */
		if (what == LIST_EXPECTED)
			printf("- %s\n", lava_id(NULL, b->id));
		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++)
			if (c->selected)
				list_case(b, c, what);
	}
	return !fflush(stdout) && !ferror(stdout);
}
