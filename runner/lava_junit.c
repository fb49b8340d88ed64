// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "known.h"
#include "render.h"

/* --- LAVA --- */

static void lava_result(struct text *text, const char *id, const struct result *r)
{
	struct arena arena = { 0 };
	/*
	 * LAVA has no result for a known issue. One that fails is skipped: a pass would say that
	 * the claim holds, and a fail that something is new.
	 */
	const char *result = is_bad(r->verdict) ? "fail" :
		r->verdict == SKIP || r->verdict == XFAIL ? "skip" : "pass";

	text_printf(text, "%s %s", lava_id(&arena, id), result);
	if (r->nr_measurements) {
		char *unit = arena_strdup(&arena, r->measurements[0].unit);

		/* Another character could end LAVA's line. */
		for (char *c = unit; *c; c++)
			if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./%-", *c))
				*c = '_';
		text_printf(text, " %s %s", r->measurements[0].value, unit);
	}
	text_puts(text, "\n");
	arena_free(&arena);
}

void lava_binary(struct text *text, const struct binary *b)
{
	lava_result(text, b->id, &b->result);
	for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++)
		if (c->selected)
			lava_result(text, case_id(NULL, b, c), &c->result);
}

/* --- JUnit --- */

static void add_xml(struct text *text, const char *string)
{
	for (; string && *string; string++)
		switch (*string) {
		case '<': text_puts(text, "&lt;"); break;
		case '>': text_puts(text, "&gt;"); break;
		case '&': text_puts(text, "&amp;"); break;
		case '"': text_puts(text, "&quot;"); break;
		default: text_add(text, *string < ' ' || *string > '~' ? "?" : string, 1);
		}
}

static void add_attribute(struct text *text, const char *name, const char *value)
{
	text_printf(text, " %s=\"", name);
	add_xml(text, value);
	text_puts(text, "\"");
}

/* @tag with a message, and the output as its content. */
static void add_outcome(struct text *text, const char *tag, const struct result *r,
			const char *message)
{
	text_printf(text, "   <%s", tag);
	add_attribute(text, "message", message);
	if (strcmp(tag, "skipped"))
		add_attribute(text, "type", verdict_name(r->verdict));
	text_puts(text, ">");
	for (size_t i = 0; i < r->output.nr; i++) {
		add_xml(text, r->output.line[i]);
		text_puts(text, "\n");
	}
	text_printf(text, "</%s>\n", tag);
}

/* JUnit knows neither XFAIL nor XPASS: the first is skipped, the second passes, both with a note. */
static void add_testcase(struct text *text, const struct binary *b, const char *name,
			 const struct result *r, const struct known_issue *known)
{
	char *class = arena_strdup(NULL, b->id);
	const char *note = known ? arena_printf(NULL, "%s: %s: %s", verdict_name(r->verdict),
						known->reference, known->reason) : NULL;

	for (char *c = class; *c; c++)
		if (*c == '/')
			*c = '.';
	text_puts(text, "  <testcase");
	add_attribute(text, "classname", class);
	add_attribute(text, "name", name);
	text_printf(text, " time=\"%.3f\">\n", r->seconds);
	if (r->verdict == SKIP)
		add_outcome(text, "skipped", r, arena_printf(NULL, "%s: %s", r->reason,
							     r->cause ? r->cause : ""));
	else if (r->verdict == XFAIL)
		add_outcome(text, "skipped", r, note);
	else if (is_bad(r->verdict))
		add_outcome(text, r->verdict == ERROR ? "error" : "failure", r, r->cause);
	if (r->verdict == XPASS) {
		text_puts(text, "   <system-out>");
		add_xml(text, note);
		text_puts(text, "</system-out>\n");
	}
	text_puts(text, "  </testcase>\n");
}

static void add_suite(struct text *text, const struct run *run, const struct binary *b)
{
	/* A binary's own trouble is a case named after it. */
	bool own = is_bad(b->result.verdict) && strcmp(b->result.rule, "sum-of-cases");
	unsigned int tests = own, failures = 0, errors = 0, skipped = 0;

	failures += own && b->result.verdict != ERROR;
	errors += own && b->result.verdict == ERROR;
	for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
		enum verdict v = c->selected ? c->result.verdict : NO_VERDICT;

		tests += c->selected;
		errors += v == ERROR;
		failures += is_bad(v) && v != ERROR;
		skipped += v == SKIP || v == XFAIL;
	}
	text_puts(text, " <testsuite");
	add_attribute(text, "name", b->id);
	text_printf(text, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\"",
		    tests, failures, errors, skipped, b->result.seconds);
	/* Without a zone, as the schema wants it. */
	text_printf(text, " timestamp=\"%.19s\">\n", run->started);
	if (own)
		add_testcase(text, b, strrchr(b->name, '/') + 1, &b->result, NULL);
	for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++)
		if (c->selected)
			add_testcase(text, b, c->name, &c->result, c->known);
	text_puts(text, " </testsuite>\n");
}

void junit_results(struct text *text, const struct run *run)
{
	text_puts(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kvm-conformance\">\n");
	for (size_t i = 0; i < run->plan.nr; i++)
		add_suite(text, run, &run->plan.binaries[i]);
	text_puts(text, "</testsuites>\n");
}
