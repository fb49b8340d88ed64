// SPDX-License-Identifier: GPL-2.0-only
/*
 * results.yaml, for a test of tmt's with "result: custom": a result for the run as a whole, whose
 * name is "/", and one for each binary, with its cases as subresults.
 */
#include <string.h>

#include "known.h"
#include "render.h"

/* A scalar of YAML in double quotes. */
static void add_string(struct text *text, const char *string)
{
	text_quoted(text, string);
	text_puts(text, "\n");
}

/*
 * What tmt knows. A known issue is "info": neither a pass, which would say that the claim
 * holds, nor a failure. The same of one that passes, so that it is seen.
 */
static const char *outcome(enum verdict verdict)
{
	switch (verdict) {
	case PASS: return "pass";
	case SKIP: return "skip";
	case XFAIL:
	case XPASS: return "info";
	case ERROR: return "error";
	default: return "fail";
	}
}

static void add_note(struct text *text, const char *in, const struct result *r,
		     const struct known_issue *known)
{
	const char *cause = r->cause ? r->cause : "";

	if (known && (r->verdict == XFAIL || r->verdict == XPASS))
		cause = arena_printf(NULL, "%s: %s: %s", verdict_name(r->verdict), known->reference,
				     known->reason);
	else if (r->verdict == SKIP && r->reason)
		cause = arena_printf(NULL, "%s%s%s", r->reason, *cause ? ": " : "", cause);
	if (!*cause)
		return;
	text_printf(text, "%snote:\n%s  - ", in, in);
	add_string(text, cause);
}

static void add_duration(struct text *text, const char *in, double seconds)
{
	unsigned long s = seconds;

	text_printf(text, "%sduration: \"%02lu:%02lu:%02lu\"\n", in, s / 3600, s / 60 % 60, s % 60);
}

/* Where results.yaml is looked for, with a slash behind it, or NULL if the results are elsewhere. */
static const char *below(const struct run *run)
{
	size_t len = strlen(run->options->tmt);

	if (strncmp(run->out, run->options->tmt, len) || (run->out[len] && run->out[len] != '/'))
		return NULL;
	return run->out[len] ? arena_printf(NULL, "%s/", run->out + len + 1) : "";
}

static void add_log(struct text *text, const char *dir, const char *name)
{
	if (!dir)
		return;
	text_puts(text, "  log:\n    - ");
	add_string(text, arena_printf(NULL, "%s%s", dir, name));
}

static void add_case(struct text *text, const struct binary *b, const struct test_case *c)
{
	text_puts(text, "    - name: ");
	add_string(text, case_id(NULL, b, c));
	text_printf(text, "      result: %s\n", outcome(c->result.verdict));
	if (c->result.verdict == XFAIL)
		text_puts(text, "      original-result: fail\n");
	add_note(text, "      ", &c->result, c->known);
	add_duration(text, "      ", c->result.seconds);
}

static void add_binary(struct text *text, const struct run *run, const struct binary *b)
{
	text_puts(text, "- name: ");
	add_string(text, arena_printf(NULL, "/%s", b->id));
	text_printf(text, "  result: %s\n", outcome(b->result.verdict));
	add_note(text, "  ", &b->result, b->known);
	add_duration(text, "  ", b->result.seconds);
	add_log(text, below(run), arena_printf(NULL, "%s.log", b->id));
	text_puts(text, "  subresult:\n");
	for (const struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++)
		if (c->selected)
			add_case(text, b, c);
}

void tmt_results(struct text *text, const struct run *run)
{
	text_printf(text, "- name: /\n  result: %s\n", run->status == STATUS_PASS ? "pass" :
		    run->status == STATUS_SKIP ? "skip" : run->status == STATUS_FAIL ? "fail" : "error");
	if (run->nr_problems)
		text_puts(text, "  note:\n");
	for (size_t i = 0; i < run->nr_problems; i++) {
		text_puts(text, "    - ");
		add_string(text, run->problems[i].cause);
	}
	add_log(text, below(run), "output.tap");
	for (size_t i = 0; i < run->plan.nr; i++)
		add_binary(text, run, &run->plan.binaries[i]);
}
