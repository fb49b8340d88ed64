// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "coverage.h"
#include "known.h"
#include "reasons.h"
#include "render.h"

/* What has no value is left out. */
static void add_member(struct text *text, const char *key, const char *value)
{
	if (value && *value) {
		text_printf(text, ", \"%s\": ", key);
		text_quoted(text, value);
	}
}

static void add_lines(struct text *text, const char *key, const struct lines *lines)
{
	if (!lines->nr)
		return;
	text_printf(text, ", \"%s\": [", key);
	for (size_t i = 0; i < lines->nr; i++) {
		text_puts(text, i ? ", " : "");
		text_quoted(text, lines->line[i]);
	}
	text_puts(text, "]");
}

static void add_measurements(struct text *text, const struct result *r)
{
	for (size_t i = 0; i < r->nr_measurements; i++) {
		text_puts(text, i ? ", {\"name\": " : ", \"measurements\": [{\"name\": ");
		text_quoted(text, r->measurements[i].name);
		text_printf(text, ", \"value\": %s, \"unit\": ", r->measurements[i].value);
		text_quoted(text, r->measurements[i].unit);
		text_puts(text, "}");
	}
	text_puts(text, r->nr_measurements ? "]" : "");
}

static void add_runs(struct text *text, const struct result *r)
{
	unsigned int nr = 0;

	for (int v = NR_VERDICTS - 1; v > 0; v--)
		if (r->runs[v])
			text_printf(text, "%s\"%s\": %u", nr++ ? ", " : ", \"runs\": {",
				    verdict_name(v), r->runs[v]);
	text_puts(text, nr ? "}" : "");
}

static void add_result(struct text *text, const char *id, const struct result *r,
		       const struct known_issue *known)
{
	text_puts(text, "  {\"id\": ");
	text_quoted(text, id);
	add_member(text, "verdict", verdict_name(r->verdict));
	add_member(text, "rule", r->rule);
	if (r->observed != r->verdict)
		add_member(text, "observed", verdict_name(r->observed));
	add_member(text, "reason", r->reason);
	text_printf(text, ", \"seconds\": %.3f", r->seconds);
	add_member(text, "cause", r->cause);
	if (known) {
		text_puts(text, ", \"known_issue\": {\"reference\": ");
		text_quoted(text, known->reference);
		add_member(text, "reason", known->reason);
		text_puts(text, "}");
	}
	add_measurements(text, r);
	add_runs(text, r);
	add_lines(text, "kernel_log", &r->kernel_log);
	add_lines(text, "output", &r->output);
}

/* A number where the key always has one: numa.nodes, "0" here, is "0-1" elsewhere. */
static bool is_number(const char *key, const char *value)
{
	if (strncmp(key, "cpu.", 4) && strncmp(key, "kvm.", 4))
		return false;
	if (!strcmp(value, "0"))
		return true;
	value += *value == '-';
	return *value >= '1' && *value <= '9' && strspn(value, "0123456789") == strlen(value);
}

/* Dotted keys become nested objects; keys that share a path stand together. */
static void add_environment(struct text *text, const struct facts *facts)
{
	char open[8][64];
	size_t depth = 0;
	bool first = true;

	text_puts(text, "{");
	for (const struct fact *f = facts->fact; f < facts->fact + facts->nr; f++) {
		const char *key = f->key;
		size_t same = 0;

		for (const char *dot; same < depth && (dot = strchr(key, '.')) &&
		     strlen(open[same]) == (size_t)(dot - key) &&
		     !memcmp(open[same], key, dot - key); same++)
			key = dot + 1;
		for (; depth > same; depth--)
			text_puts(text, " }");
		text_puts(text, first ? "" : ",");
		first = false;
		for (const char *dot; depth < 8 && (dot = strchr(key, '.')); key = dot + 1) {
			size_t len = dot - key < 63 ? dot - key : 63;

			memcpy(open[depth], key, len);
			open[depth++][len] = '\0';
			text_puts(text, "\n  ");
			text_quoted(text, open[depth - 1]);
			text_puts(text, ": {");
		}
		text_puts(text, "\n   ");
		text_quoted(text, key);
		text_puts(text, ": ");
		if (is_number(f->key, f->value))
			text_puts(text, f->value);
		else
			text_quoted(text, f->value);
	}
	for (; depth; depth--)
		text_puts(text, " }");
	text_puts(text, "\n }");
}

static void add_head(struct text *text, const struct run *run)
{
	unsigned int counts[NR_VERDICTS];
	const char *comma = "";

	text_puts(text, "{\"suite\": \"kvm-conformance\", \"format\": 2");
	add_member(text, "version", run->version);
	add_member(text, "commit", run->commit);
	add_member(text, "started", run->started);
	text_printf(text, ", \"seconds\": %.3f, \"status\": %d", run->seconds, run->status);
	add_member(text, "machine", run->machine);
	add_member(text, "kernel", run->kernel);
	add_member(text, "note", run->note);
	add_lines(text, "selected", &run->options->selection.tests);
	add_lines(text, "skipped", &run->options->selection.skips);
	add_member(text, "only", run->options->only == ABI_CLAIMS ? "abi" :
		   run->options->only == IMPLEMENTATION_CLAIMS ? "implementation" : NULL);
	add_member(text, "required", require_words());
	text_puts(text, run->options->strict ? ", \"strict\": true" : "");
	for (size_t i = 0; i < run->nr_problems; i++) {
		text_printf(text, "%s{\"verdict\": \"%s\"", i ? ", " : ",\n \"problems\": [",
			    verdict_name(run->problems[i].verdict));
		add_member(text, "cause", run->problems[i].cause);
		text_puts(text, "}");
	}
	text_puts(text, run->nr_problems ? "],\n" : ",\n");
	count_verdicts(run, counts);
	text_puts(text, " \"totals\": {");
	for (int v = 1; v < NR_VERDICTS; v++) {
		text_printf(text, "%s\"%s\": %u", comma, verdict_name(v), counts[v]);
		comma = ", ";
	}
	text_puts(text, "},\n");
}

/* What the reasons of this run's skips mean, and what to do about them. */
static void add_reasons(struct text *text, const struct run *run)
{
	struct lines seen = { 0 };

	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct binary *b = &run->plan.binaries[i];

		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			const char *name = c->selected ? c->result.reason : NULL;
			const struct skip_reason *reason;
			size_t n = 0;

			while (name && n < seen.nr && strcmp(seen.line[n], name))
				n++;
			if (!name || n < seen.nr)
				continue;
			lines_add(NULL, &seen, name);
			reason = skip_reason(name, strlen(name));
			text_puts(text, seen.nr > 1 ? ",\n  " : " \"reasons\": {\n  ");
			text_quoted(text, name);
			text_puts(text, ": ");
			text_quoted(text, arena_printf(NULL, "%s; to have them tried: %s",
						      reason->meaning, reason->hint));
		}
	}
	text_puts(text, seen.nr ? "},\n" : "");
}

void json_results(struct text *text, const struct run *run)
{
	const char *comma = "\n";

	add_head(text, run);
	add_reasons(text, run);
	text_puts(text, " \"environment\": ");
	add_environment(text, &run->facts[0]);
	for (size_t i = 0; run->prefixes.nr > 1 && i < run->prefixes.nr; i++) {
		text_puts(text, i ? ",\n " : ",\n \"sets\": {\n ");
		text_quoted(text, run->prefixes.line[i]);
		text_puts(text, ": ");
		add_environment(text, &run->facts[i]);
	}
	text_puts(text, run->prefixes.nr > 1 ? "},\n" : ",\n");
	text_puts(text, " \"results\": [");
	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct binary *b = &run->plan.binaries[i];

		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			if (!c->selected)
				continue;
			text_puts(text, comma);
			add_result(text, case_id(NULL, b, c), &c->result, c->known);
			add_member(text, "claim", c->claim);
			add_member(text, "source", c->source);
			add_member(text, "class", class_name(c));
			if (is_bad(c->result.verdict))
				add_member(text, "reproduce", reproduce_command(run, b, c));
			text_puts(text, "}");
			comma = ",\n";
		}
	}
	text_puts(text, "\n ],\n \"binaries\": [");
	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct binary *b = &run->plan.binaries[i];

		text_puts(text, i ? ",\n" : "\n");
		add_result(text, b->id, &b->result, b->known);
		if (b->nr_run)
			add_member(text, "log", arena_printf(NULL, "%s.log", b->id));
		if (is_bad(b->result.verdict))
			add_member(text, "reproduce", reproduce_command(run, b, NULL));
		text_puts(text, "}");
	}
	text_puts(text, "\n ]}\n");
}
