// SPDX-License-Identifier: GPL-2.0-only
/*
 * TAP in two dialects. kselftest's nests with "# "; its consumers give diagnostics to the result
 * line before them. KTAP's nests with two spaces; its consumers give them to the line after.
 */
#include <string.h>
#include <strings.h>

#include "known.h"
#include "render.h"

/* Consumers look for directives behind "#", some of them anywhere on the line. */
static void add_hashless(struct text *text, const char *part)
{
	for (; *part; part++)
		if (*part == '#')
			text_puts(text, "\\x23");
		else
			text_add(text, part, 1);
}

static bool looks_like_directive(const char *text)
{
	return !strncasecmp(text, "skip", 4) || !strncasecmp(text, "todo", 4) ||
		!strncasecmp(text, "xfail", 5) || !strncasecmp(text, "xpass", 5);
}

/* The reason of a skip is not here: consumers would take it for a part of the test's name. */
static void add_directive(struct text *text, const struct result *r, const struct known_issue *known,
			  bool todo)
{
	switch (r->verdict) {
	case SKIP:
		text_puts(text, " # SKIP");
		return;
	case XFAIL:
	case XPASS:
		text_printf(text, " # %s ", r->verdict == XPASS ? "XPASS" : todo ? "TODO" : "XFAIL");
		add_hashless(text, known->reference);
		text_puts(text, ": ");
		add_hashless(text, known->reason);
		return;
	case ERROR:
	case TIMEOUT:
		text_printf(text, " # %s ", r->verdict == ERROR ? "ERROR" : "TIMEOUT");
		break;
	case PASS:
		return;
	default:
		text_printf(text, " # %s", r->cause && looks_like_directive(r->cause) ? "cause: " : "");
	}
	add_hashless(text, r->cause ? r->cause : "");
}

static void add_result(struct text *text, const char *prefix, const struct result *r,
		       unsigned int number, const char *name, const struct known_issue *known,
		       bool todo)
{
	text_printf(text, "%s%s %u %s", prefix, is_bad(r->verdict) ? "not ok" : "ok", number, name);
	add_directive(text, r, known, todo);
	text_puts(text, "\n");
}

static void add_lines(struct text *text, const char *prefix, const char *label,
		      const struct lines *lines)
{
	for (size_t i = 0; i < lines->nr; i++)
		text_printf(text, "%s%s%s\n", prefix, label, lines->line[i]);
}

/* No consumer must take what a test printed for a result, hence the bar. */
static void add_diagnostics(struct text *text, const char *prefix, const struct binary *b,
			    const struct test_case *c)
{
	const struct result *r = c ? &c->result : &b->result;

	if (c && r->verdict == SKIP)
		text_printf(text, "%s%s%s%s\n", prefix, r->reason, r->cause ? ": " : "",
			    r->cause ? r->cause : "");
	if (r->verdict == XFAIL)
		text_printf(text, "%swould be %s: %s\n", prefix, verdict_name(r->observed), r->cause);
	if (c && is_bad(r->verdict))
		text_printf(text, "%sclaim: %s\n%ssource: %s\n", prefix, c->claim, prefix, c->source);
	add_lines(text, prefix, "| ", &r->output);
	if (is_bad(b->result.verdict))
		add_lines(text, prefix, "kernel: ", &r->kernel_log);
}

/*
 * As the kernel's own runner calls it, which leaves out the directory below its collection. A
 * set of module parameters has a collection of its own.
 */
static const char *binary_title(const struct binary *b)
{
	size_t len = strlen(b->prefix);

	return arena_printf(NULL, "selftests: kvm-conformance%s%.*s: %s", len ? "/" : "",
			    (int)(len ? len - 1 : 0), b->prefix, strrchr(b->name, '/') + 1);
}

void tap_binary_start(struct text *text, const struct binary *b, enum dialect dialect)
{
	const char *name = binary_title(b);
	unsigned int nr = 0;

	for (size_t i = 0; i < b->nr_cases; i++)
		nr += b->cases[i].selected;
	if (dialect == KTAP)
		text_printf(text, "  KTAP version 1\n  # Subtest: %s\n  1..%u\n", name, nr);
	else
		text_printf(text, "# %s\n# TAP version 13\n# 1..%u\n", name, nr);
}

void tap_binary(struct text *text, const struct binary *b, const struct options *options)
{
	enum dialect dialect = options->dialect;
	const char *in = dialect == KTAP ? "  " : "# ", *inner = dialect == KTAP ? "  # " : "# # ";
	unsigned int number = 0;

	for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
		if (!c->selected)
			continue;
		if (dialect == KTAP)
			add_diagnostics(text, inner, b, c);
		add_result(text, in, &c->result, ++number, c->name, c->known, options->todo);
		if (dialect != KTAP)
			add_diagnostics(text, inner, b, c);
	}
	if (dialect == KTAP)
		add_diagnostics(text, "# ", b, NULL);
	add_result(text, "", &b->result, b->number, binary_title(b), b->known, options->todo);
	if (dialect != KTAP)
		add_diagnostics(text, "# ", b, NULL);
}

void tap_rules(struct text *text, const struct binary *b)
{
	text_printf(text, "# rule: %s %s\n", b->id, b->result.rule);
	for (size_t i = 0; i < b->nr_cases; i++)
		if (b->cases[i].selected)
			text_printf(text, "# rule: %s %s\n", case_id(NULL, b, &b->cases[i]),
				    b->cases[i].result.rule);
}

static void add_watched(struct text *text, const struct facts *facts, const char *key,
			const char *what)
{
	const char *readable = fact_get(facts, key);

	if (strcmp(readable, "yes"))
		text_printf(text, "# %s: not watched: %s\n", what, readable);
}

void tap_header(struct text *text, const struct run *run, const char *required_note)
{
	const struct facts *f = &run->facts[0];

	text_puts(text, run->options->dialect == KTAP ? "KTAP version 1\n" : "TAP version 13\n");
	text_printf(text, "# kvm-conformance %s\n# commit: %s\n# kernel: %s\n# KVM modules: %s\n",
		    run->version, run->commit, run->kernel, facts_kvm_modules(f));
	text_printf(text, "# CPU: %s, family %s, model %s, stepping %s, microcode %s\n",
		    fact_get(f, "cpu.name"), fact_get(f, "cpu.family"), fact_get(f, "cpu.model"),
		    fact_get(f, "cpu.stepping"), fact_get(f, "cpu.microcode"));
	add_watched(text, f, "readable.kernel_log", "kernel log");
	add_watched(text, f, "readable.taint", "taint flags");
	text_printf(text, "# machine: %s\n", run->machine);
	if (run->note)
		text_printf(text, "# %s\n", run->note);
	text_printf(text, "# results: %s\n", printable(NULL, run->out, '?'));
	text_printf(text, "# time limit: %u s a binary: %s\n", run->limit, run->limit_why);
	text_printf(text, "# timeout scale for the tests: %u: %s\n", run->scale, run->scale_why);
	if (run->options->duration)
		text_printf(text, "# repeated: for %u s\n", run->options->duration);
	else if (run->options->repeat > 1)
		text_printf(text, "# repeated: %u runs of each binary\n", run->options->repeat);
	if (run->wrong_cpu)
		text_printf(text, "# %s\n", run->wrong_cpu);
	if (require_words())
		text_printf(text, "# required: %s%s\n", require_words(), required_note);
	text_printf(text, "1..%zu\n", run->plan.nr);
}
