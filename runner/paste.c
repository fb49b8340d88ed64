// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "paste.h"

#define LAB_PREFIX	"kvm-conformance_"

static bool skip_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len))
		return false;
	*text += len;
	return true;
}

/* "# not ok 3 ", of whatever is there. */
static bool skip_result(const char **text)
{
	const char *at = *text;
	size_t digits;

	skip_word(&at, "not ");
	if (!skip_word(&at, "ok "))
		return false;
	digits = strspn(at, "0123456789");
	if (!digits || at[digits] != ' ')
		return false;
	*text = at + digits + 1;
	skip_word(text, "- ");
	return true;
}

/* "fail: ", of the lines that close a run. */
static bool skip_verdict(const char **text)
{
	for (int v = NO_VERDICT + 1; v < NR_VERDICTS; v++)
		if (skip_word(text, arena_printf(NULL, "%s: ", verdict_name(v))))
			return true;
	return skip_word(text, "flaky: ");
}

const char *pasted_test(const char *text)
{
	char *copy = arena_strdup(NULL, text), *source, *end;
	const char *at, *name = copy + strspn(copy, "# \t");

	if (skip_result(&name)) {
		end = strstr(name, " # ");
		if (end)
			*end = '\0';
	} else if (skip_verdict(&name)) {
		end = strstr(name, ": ");
		if (end)
			*end = '\0';
	}
	/* A set of module parameters has a collection of its own. */
	if (skip_word(&name, "selftests: kvm-conformance")) {
		end = strstr(name, ": ");
		name = end ? end + 2 : name;
	}
	skip_word(&name, "kvm-conformance:");
	/* The set of an id, or where somebody's sources are. */
	for (at = strchr(name, '/'); at && strcspn(at + 1, "/") < strcspn(at + 1, ":");
	     at = strchr(name, '/'))
		name = at + 1;
	source = strstr(name, ".c:");
	if (source && isdigit((unsigned char)source[3]))
		*source = '\0';
	end = copy + strlen(copy);
	while (end > name && (isspace((unsigned char)end[-1]) || end[-1] == ':'))
		*--end = '\0';
	if (end - name > 2 && !strcmp(end - 2, ".c"))
		end[-2] = '\0';
	return *name ? name : text;
}

/* As in an id of a lab's: a run of odd characters is one "_". */
static void mangle(char *out, size_t size, const char *id)
{
	size_t len = 0;

	for (; *id && len + 1 < size; id++) {
		if (isalnum((unsigned char)*id))
			out[len++] = *id;
		else if (len && out[len - 1] != '_')
			out[len++] = '_';
	}
	out[len] = '\0';
}

bool is_other_name(const char *word, const struct binary *binary, const char *case_name)
{
	char id[1024], made[1024], wanted[1024];
	char *dot;

	if (!strncmp(word, LAB_PREFIX, strlen(LAB_PREFIX))) {
		const char *base = strchr(binary->name, '/') + 1;

		mangle(wanted, sizeof(wanted), word);
		snprintf(id, sizeof(id), LAB_PREFIX "%s", base);
		mangle(made, sizeof(made), id);
		if (!strcmp(wanted, made))
			return true;
		snprintf(id, sizeof(id), LAB_PREFIX "%s:%s", base, case_name);
		mangle(made, sizeof(made), id);
		return !strcmp(wanted, made);
	}
	/* A case's name has a dot, a binary's has none. */
	if (!strchr(word, '.') || strpbrk(word, "/:"))
		return false;
	snprintf(id, sizeof(id), "%s.%s", binary->name, case_name);
	dot = strchr(id, '/');
	*dot = '.';
	if (!fnmatch(word, case_name, 0) || !fnmatch(word, id, 0))
		return true;
	id[strlen(binary->name)] = '\0';
	return !fnmatch(word, id, 0);
}
