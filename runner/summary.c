// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a run, for people: what is not ok with the command that shows it again, what was not
 * tried and why, and the totals. Every line is a comment to a reader of TAP.
 */
#include <stdlib.h>
#include <string.h>

#include "reasons.h"
#include "render.h"

/* A longer detail of a skip says too much for the line of totals. */
#define DETAIL_MAX	60

void count_verdicts(const struct run *run, unsigned int counts[NR_VERDICTS])
{
	memset(counts, 0, NR_VERDICTS * sizeof(*counts));
	for (size_t i = 0; i < run->plan.nr; i++)
		for (size_t n = 0; n < run->plan.binaries[i].nr_cases; n++)
			if (run->plan.binaries[i].cases[n].selected)
				counts[run->plan.binaries[i].cases[n].result.verdict]++;
}

/* --- the command that runs it again --- */

static void add_word(struct text *text, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_./:,=@%+-";

	text_puts(text, text->len ? " " : "");
	if (*word && strspn(word, plain) == strlen(word)) {
		text_puts(text, word);
		return;
	}
	text_puts(text, "'");
	for (; *word; word++)
		text_puts(text, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
	text_puts(text, "'");
}

static void add_option(struct text *text, const char *name, const char *value)
{
	if (value && *value) {
		add_word(text, name);
		add_word(text, value);
	}
}

static void add_machine(struct text *text, const struct run *run, const char *prefix)
{
	const struct lines *options = &run->options->machine;

	for (size_t i = 0; i < options->nr; i++) {
		const char *value = strchr(options->line[i], '=');
		const char *name = arena_strndup(NULL, options->line[i], value - options->line[i]);

		if (strcmp(name, "--module-params"))
			add_option(text, name, value + 1);
	}
	for (size_t i = 0; i < run->prefixes.nr && i < run->parameters.nr; i++)
		if (!strcmp(run->prefixes.line[i], prefix))
			add_option(text, "--module-params", run->parameters.line[i]);
}

const char *reproduce_command(const struct run *run, const struct binary *b,
			      const struct test_case *c)
{
	const struct options *o = run->options;
	struct text text = { 0 };

	add_word(&text, getenv("KVMCONF_COMMAND") ?: "./run_tests.sh");
	add_machine(&text, run, b->prefix);
	add_option(&text, "--remote", o->remote);
	add_option(&text, "--vm-type", o->vm_type);
	add_option(&text, "--binaries", o->binaries);
	add_option(&text, "--known-issues", o->known_issues);
	add_option(&text, "--facts", o->facts);
	add_option(&text, "--require", run->required);
	if (o->limit)
		add_option(&text, "--timeout", arena_printf(NULL, "%u", o->limit));
	if (run->plan.repeated && o->repeat > 1)
		add_option(&text, "--repeat", arena_printf(NULL, "%u", o->repeat));
	if (o->reload_modules)
		add_word(&text, "--reload-modules");
	if (o->strict)
		add_word(&text, "--strict");
	add_word(&text, c ? arena_printf(NULL, "%s:%s", b->name, c->name) : b->name);
	return text.data;
}

/* --- what is not ok --- */

/* Cases that one cause kept from a result, such as ^C or --require: one line for all of them. */
struct unfinished {
	enum verdict verdict;
	const char *cause, *first, *again;
	unsigned int cases, binaries;
};

struct notes {
	struct unfinished *unfinished;
	size_t nr;
	bool bad;
	bool broken;	/* KVM broke a claim: not an error, nor a skip that was not allowed */
};

static bool is_unfinished(const struct result *r)
{
	static const char * const rules[] = {
		"broken-off", "not-run", "interrupted", "lost", "not-started",
	};

	if (r->verdict == MISSING && r->cause)
		return true;
	for (size_t i = 0; r->cause && i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!strcmp(r->rule, rules[i]) && !strstr(r->cause, ", after: "))
			return true;
	return false;
}

static void add_unfinished(struct notes *notes, const struct run *run, const struct binary *b,
			   const struct test_case *c)
{
	const struct result *r = c ? &c->result : &b->result;
	size_t i = 0;

	while (i < notes->nr && strcmp(notes->unfinished[i].cause, r->cause))
		i++;
	if (i == notes->nr)
		*array_add(NULL, notes->unfinished, notes->nr) = (struct unfinished){
			.verdict = r->verdict, .cause = r->cause, .first = case_id(NULL, b, c),
			.again = r->verdict == MISSING ? reproduce_command(run, b, c) : NULL,
		};
	*(c ? &notes->unfinished[i].cases : &notes->unfinished[i].binaries) += 1;
}

static void add_note(struct text *text, struct notes *notes, const struct run *run,
		     const struct binary *b, const struct test_case *c)
{
	const struct result *r = c ? &c->result : &b->result;
	const char *id = case_id(NULL, b, c);

	if (r->verdict == XPASS)
		text_printf(text, "# xpass: %s: passes, though known_issues has it\n", id);
	if (!is_bad(r->verdict))
		return;
	notes->bad = true;
	notes->broken |= r->verdict != ERROR && r->verdict != MISSING;
	if (is_unfinished(r)) {
		add_unfinished(notes, run, b, c);
		return;
	}
	text_printf(text, "# %s: %s: %s\n#   again: %s\n", verdict_name(r->verdict), id,
		    r->cause ? r->cause : "", reproduce_command(run, b, c));
}

static void add_count(struct text *text, unsigned int n, const char *one, const char *many)
{
	text_printf(text, "%u %s", n, n == 1 ? one : many);
}

static void add_all_unfinished(struct text *text, const struct notes *notes)
{
	for (size_t i = 0; i < notes->nr; i++) {
		const struct unfinished *u = &notes->unfinished[i];

		text_printf(text, "# %s: ", verdict_name(u->verdict));
		if (u->cases + u->binaries == 1) {
			text_puts(text, u->first);
		} else {
			if (u->cases)
				add_count(text, u->cases, "case", "cases");
			if (u->binaries) {
				text_puts(text, u->cases ? ", " : "");
				add_count(text, u->binaries, "binary", "binaries");
			}
		}
		text_printf(text, ": %s\n", u->cause);
		if (u->again)
			text_printf(text, "#   again%s: %s\n",
				    u->cases + u->binaries > 1 ? ", the first" : "", u->again);
	}
}

/* --- flakes --- */

/* Whether runs of one case ended in different ways, apart from the one that was stopped. */
static bool is_flaky(const struct result *r)
{
	unsigned int ways = 0;

	for (int v = 0; v < NR_VERDICTS; v++)
		ways += r->runs[v] > 0;
	return ways > 1u + (r->verdict == ERROR && r->cause && !strncmp(r->cause, "interrupted", 11));
}

static void add_flake(struct text *text, const struct result *r, const char *id)
{
	const char *comma = "";

	text_printf(text, "# flaky: %s:", id);
	for (int v = NR_VERDICTS - 1; v > 0; v--)
		if (r->runs[v]) {
			text_printf(text, "%s %u %s", comma, r->runs[v], verdict_name(v));
			comma = ",";
		}
	text_puts(text, "\n");
}

/* --- what was not tried --- */

struct skips {
	const char *reason;
	unsigned int nr;
	/* Each detail with how often it was given. */
	struct detail {
		const char *text;
		unsigned int nr;
	} *details;
	size_t nr_details;
};

static void count_skip(struct skips *skips, const char *detail)
{
	size_t i = 0;

	skips->nr++;
	while (i < skips->nr_details && strcmp(skips->details[i].text, detail))
		i++;
	if (i == skips->nr_details)
		*array_add(NULL, skips->details, skips->nr_details) =
			(struct detail){ .text = detail };
	skips->details[i].nr++;
}

static int compare_skips(const void *a, const void *b)
{
	const struct skips *one = a, *other = b;

	return one->nr != other->nr ? (one->nr < other->nr ? 1 : -1) :
		strcmp(one->reason, other->reason);
}

/* By reason, the most frequent first. */
static struct skips *count_skips(const struct run *run, size_t *nr)
{
	struct skips *all = NULL;

	*nr = 0;
	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct binary *b = &run->plan.binaries[i];

		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			size_t n = 0;

			if (!c->selected || c->result.verdict != SKIP)
				continue;
			while (n < *nr && strcmp(all[n].reason, c->result.reason))
				n++;
			if (n == *nr)
				*array_add(NULL, all, *nr) = (struct skips){ .reason = c->result.reason };
			count_skip(&all[n], c->result.cause ? c->result.cause : "");
		}
	}
	if (*nr)
		qsort(all, *nr, sizeof(*all), compare_skips);
	return all;
}

/* What most of the skips said, if that is short, or what the reason means. */
static const char *detail_of(const struct skips *skips)
{
	const struct detail *most = skips->details;

	for (size_t i = 1; i < skips->nr_details; i++)
		if (skips->details[i].nr > most->nr)
			most = &skips->details[i];
	return most->nr * 2 > skips->nr && *most->text && strlen(most->text) <= DETAIL_MAX ?
		most->text : skip_reason(skips->reason, strlen(skips->reason))->meaning;
}

static void add_part(struct text *text, unsigned int n, const char *one, const char *many)
{
	if (!n)
		return;
	text_puts(text, text->data[text->len - 2] == '#' ? "" : ", ");
	add_count(text, n, one, many);
}

/* "178 passed, 3 known failures, 700 not tried: 314 no-cap (bus-lock exits), ..." */
static void add_totals(struct text *text, const unsigned int counts[NR_VERDICTS],
		       const struct skips *skips, size_t nr)
{
	text_puts(text, "# ");
	if (!counts[PASS])
		text_puts(text, "0 passed");
	add_part(text, counts[PASS], "passed", "passed");
	add_part(text, counts[FAIL], "failed", "failed");
	add_part(text, counts[MISSING], "not tried though required", "not tried though required");
	add_part(text, counts[TIMEOUT], "timed out", "timed out");
	add_part(text, counts[SIGNAL], "killed", "killed");
	add_part(text, counts[ERROR], "without a result", "without a result");
	add_part(text, counts[XFAIL], "known failure", "known failures");
	add_part(text, counts[XPASS], "known issue passed", "known issues passed");
	add_part(text, counts[SKIP], "not tried", "not tried");
	for (size_t i = 0; i < nr; i++)
		text_printf(text, "%s %u %s (%s)", i ? "," : ":", skips[i].nr, skips[i].reason,
			    detail_of(&skips[i]));
	text_puts(text, "\n");
}

/* The totals for machines, the reasons with what to do about them, the totals for people. */
static void add_end(struct text *text, const struct run *run, const unsigned int counts[NR_VERDICTS])
{
	static const enum verdict order[] = {
		PASS, FAIL, XFAIL, XPASS, SKIP, ERROR, TIMEOUT, SIGNAL,
	};
	size_t nr;
	struct skips *skips = count_skips(run, &nr);

	text_puts(text, "# Totals:");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		text_printf(text, " %s:%u", verdict_name(order[i]), counts[order[i]]);
	/* Only --require makes them. */
	if (counts[MISSING])
		text_printf(text, " %s:%u", verdict_name(MISSING), counts[MISSING]);
	text_puts(text, "\n");
	for (size_t i = 0; i < nr; i++)
		text_printf(text, "# %s: to have them tried: %s\n", skips[i].reason,
			    skip_reason(skips[i].reason, strlen(skips[i].reason))->hint);
	add_totals(text, counts, skips, nr);
}

/* With --bisect only what KVM did counts: where that is not known, the commit is skipped. */
static int bisect_status(const struct notes *notes, const struct run *run, unsigned int passed)
{
	bool broken = notes->broken;

	for (size_t i = 0; i < run->nr_problems; i++)
		broken |= run->problems[i].verdict == FAIL;
	if (broken)
		return STATUS_FAIL;
	return notes->bad || run->nr_problems || !passed ? STATUS_SKIP : STATUS_PASS;
}

int tap_end(struct text *text, const struct run *run)
{
	unsigned int counts[NR_VERDICTS], flaky = 0, all = 0;
	struct notes notes = { 0 };

	for (size_t i = 0; i < run->plan.nr; i++) {
		const struct binary *b = &run->plan.binaries[i];

		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			if (!c->selected)
				continue;
			if (is_flaky(&c->result)) {
				flaky++;
				add_flake(text, &c->result, case_id(NULL, b, c));
			}
			add_note(text, &notes, run, b, c);
			all++;
		}
		/* A verdict of its own, not the sum of its cases. */
		if (strcmp(b->result.rule, "sum-of-cases"))
			add_note(text, &notes, run, b, NULL);
		notes.bad |= is_bad(b->result.verdict);
	}
	add_all_unfinished(text, &notes);
	for (size_t i = 0; i < run->nr_problems; i++)
		text_printf(text, "# %s: %s\n", verdict_name(run->problems[i].verdict),
			    run->problems[i].cause);
	count_verdicts(run, counts);
	if (run->plan.repeated)
		text_printf(text, "# Flaky: %u of %u cases\n", flaky, all);
	add_end(text, run, counts);
	if (run->options->bisect)
		return bisect_status(&notes, run, counts[PASS]);
	return notes.bad || run->nr_problems ? STATUS_FAIL :
		counts[SKIP] == all ? STATUS_SKIP : STATUS_PASS;
}

/* --- one line a binary: -s --- */

void summary_binary(struct text *text, const struct binary *b)
{
	unsigned int counts[NR_VERDICTS] = { 0 }, bad = 0;

	for (size_t i = 0; i < b->nr_cases; i++)
		if (b->cases[i].selected) {
			counts[b->cases[i].result.verdict]++;
			bad += is_bad(b->cases[i].result.verdict);
		}
	text_printf(text, "%s %u %s # ", is_bad(b->result.verdict) ? "not ok" : "ok", b->number, b->id);
	if (b->result.verdict == SKIP) {
		text_printf(text, "SKIP %s: %u not tried\n", b->result.reason, counts[SKIP]);
		return;
	}
	add_part(text, bad, "not ok", "not ok");
	add_part(text, counts[PASS], "passed", "passed");
	add_part(text, counts[XFAIL], "known failure", "known failures");
	add_part(text, counts[XPASS], "known issue passed", "known issues passed");
	add_part(text, counts[SKIP], "not tried", "not tried");
	text_puts(text, "\n");
}
