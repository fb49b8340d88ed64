// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict table: every verdict of this suite comes from a row here, and results.json names
 * the row. selfcheck/runner/rules.bats has a test for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "known.h"
#include "reasons.h"

static bool starts(const char *text, const char *with)
{
	return text && !strncmp(text, with, strlen(with));
}

/* --- what a case did --- */

enum {
	DESELECTED = 1 << 0, TWICE = 1 << 1, EARLY = 1 << 2, CUT_SHORT = 1 << 3,
	HAS_ERROR = 1 << 4, HAS_FAILURE = 1 << 5, HAS_WORDS = 1 << 6, HAS_TIMEOUT = 1 << 7,
	HAS_SIGNAL = 1 << 8, UNLOGGED = 1 << 9,
	/* of a skip */
	UNKNOWN_REASON = 1 << 10, UNDECLARED = 1 << 11, KVM_GONE = 1 << 12, FORBIDDEN = 1 << 13,
	/* of the binary's end: RUNNING if the case ran then */
	BROKEN_OFF = 1 << 14, OUTPUT_LOST = 1 << 15, RUNNING = 1 << 16, EXITED = 1 << 17,
	SIGNALLED = 1 << 18, OVER_TIME = 1 << 19,
};

/*
 * The first row that applies decides: its result line (-1: any) and all of its flags are the
 * case's. In a cause {error}, {failure}, {words}, {signal}, {log} and {rest} are what the
 * case said, {skip} is the text of its skip and {detail} that without the reason, {end} is how
 * the binary ended, {dropped} what was dropped, {pattern} that of --skip, and {after} what the
 * case had said of an error or failure before it was cut off.
 */
static const struct {
	const char *name;
	int result;
	unsigned int flags;
	enum verdict verdict;
	const char *cause;
} case_rules[] = {
	{ "reported-twice", -1, TWICE, ERROR, "reported twice" },
	{ "out-of-turn", -1, EARLY, ERROR, "reported while it was not running" },
	{ "malformed-result", RESULT_MALFORMED, 0, ERROR, "not a result:{rest}" },

	{ "ok-after-error", RESULT_OK, HAS_ERROR, ERROR, "\"ok\" after: {error}" },
	{ "ok-after-failure", RESULT_OK, HAS_FAILURE, FAIL, "\"ok\" after: {failure}" },
	{ "report-missing", RESULT_OK, UNLOGGED, FAIL, "the kernel did not log: {log}" },
	{ "ok", RESULT_OK, 0, PASS, NULL },

	{ "error", RESULT_NOT_OK, HAS_ERROR, ERROR, "{error}" },
	{ "case-timeout", RESULT_NOT_OK, HAS_TIMEOUT, TIMEOUT,
	  "no end within the case's time limit{after}" },
	{ "case-signal", RESULT_NOT_OK, HAS_SIGNAL, SIGNAL, "terminated by {signal}{after}" },
	{ "failure", RESULT_NOT_OK, HAS_FAILURE, FAIL, "{failure}" },
	{ "last-words", RESULT_NOT_OK, HAS_WORDS, FAIL, "{words}" },
	{ "not-ok", RESULT_NOT_OK, 0, FAIL, "no reason given" },

	{ "skip-after-error", RESULT_SKIP, HAS_ERROR, ERROR, "skipped after: {error}" },
	{ "skip-after-failure", RESULT_SKIP, HAS_FAILURE, FAIL, "skipped after: {failure}" },
	{ "skip-unknown-reason", RESULT_SKIP, UNKNOWN_REASON, ERROR,
	  "skipped for an unknown reason: {skip}" },
	{ "kvm-gone", RESULT_SKIP, KVM_GONE, ERROR,
	  "KVM was there when the run began, and is gone: {skip}" },
	{ "skip-undeclared", RESULT_SKIP, UNDECLARED, ERROR,
	  "skipped for a reason that its claim does not declare: {skip}" },
	{ "skip-forbidden", RESULT_SKIP, FORBIDDEN, MISSING, "--require forbids this skip: {skip}" },
	{ "skip", RESULT_SKIP, 0, SKIP, "{detail}" },

	{ "deselected", NO_RESULT, DESELECTED, SKIP, "--skip {pattern}" },
	{ "no-result-line", NO_RESULT, CUT_SHORT, ERROR, "no result line{after}" },
	{ "broken-off", NO_RESULT, BROKEN_OFF, ERROR, "{end}{after}" },
	{ "result-dropped", NO_RESULT, OUTPUT_LOST | EXITED, ERROR,
	  "its result is not in what was kept: {dropped}{after}" },
	{ "no-result", NO_RESULT, RUNNING | EXITED, ERROR, "no result: {end}{after}" },
	{ "killed", NO_RESULT, RUNNING | SIGNALLED, SIGNAL, "{end}{after}" },
	{ "timed-out", NO_RESULT, RUNNING | OVER_TIME, TIMEOUT, "{end}{after}" },
	{ "no-end", NO_RESULT, RUNNING, ERROR, "{end}{after}" },
	{ "not-run", NO_RESULT, 0, ERROR, "not run: {end}{after}" },
};

/* A binary that was not run at all is skipped as a whole: "skip REASON: detail". */
static const char *skip_text(const struct judge *j, const struct case_state *c)
{
	if (c->result == RESULT_SKIP)
		return c->rest;
	return !c->result && starts(j->end, "skip ") ? j->end + 5 : NULL;
}

static size_t reason_len(const char *text)
{
	return strcspn(text, ":");
}

static const struct skip_reason *reason_of(const struct judge *j, const struct case_state *c)
{
	const char *text = skip_text(j, c);

	return text ? skip_reason(text, reason_len(text)) : NULL;
}

/* Whether a list with commas and blanks between has the word. */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (list += strspn(list, ", "); *list; list += strspn(list, ", ")) {
		size_t n = strcspn(list, ", ");

		if (n == len && !memcmp(list, word, len))
			return true;
		list += n;
	}
	return false;
}

static bool is_forbidden(const struct test_case *plan, const char *reason)
{
	for (size_t i = 0; i < plan->required.nr; i++)
		if (!strcmp(plan->required.line[i], "all") || !strcmp(plan->required.line[i], reason))
			return true;
	return false;
}

static unsigned int skip_flags(const struct judge *j, const struct case_state *c)
{
	const struct skip_reason *reason = reason_of(j, c);
	const char *text = skip_text(j, c);

	if (!text)
		return 0;
	if (!reason || !strcmp(reason->name, "deselected"))
		return UNKNOWN_REASON;
	/* Without KVM_GONE a machine that loses its KVM would end all green. */
	return (reason->any_test || list_has(c->plan->needs, reason->name) ? 0 : UNDECLARED) |
		(is_forbidden(c->plan, reason->name) ? FORBIDDEN : 0) |
		(j->options->kvm_usable && (starts(text, "no-kvm") ||
		 starts(text, "permission: /dev/kvm")) ? KVM_GONE : 0);
}

static unsigned int case_flags(const struct judge *j, const struct case_state *c)
{
	bool timeout = c->ended_by && !strcmp(c->ended_by, "timeout");

	return (c->plan->skipped_by ? DESELECTED : 0) | (c->twice ? TWICE : 0) |
		(c->out_of_turn ? EARLY : 0) | (c->no_result_line ? CUT_SHORT : 0) |
		(c->error ? HAS_ERROR : 0) | (c->failure ? HAS_FAILURE : 0) |
		(c->last_words ? HAS_WORDS : 0) | (timeout ? HAS_TIMEOUT : 0) |
		(c->ended_by && !timeout ? HAS_SIGNAL : 0) | (c->unlogged ? UNLOGGED : 0) |
		(starts(j->end, "interrupted") || starts(j->end, "lost") ? BROKEN_OFF : 0) |
		(j->dropped.data && strstr(j->dropped.data, "output beyond") ? OUTPUT_LOST : 0) |
		(c == &j->cases[j->current] ? RUNNING : 0) |
		(starts(j->end, "exit") ? EXITED : 0) | (starts(j->end, "signal") ? SIGNALLED : 0) |
		(starts(j->end, "timeout") ? OVER_TIME : 0) | skip_flags(j, c);
}

/* --- what the binary did beside its cases --- */

static const struct {
	const char *name;
	enum verdict verdict;
} binary_rules[] = {
	[TWO_PLANS] = { "two-plans", ERROR },
	[WRONG_PLAN] = { "wrong-plan", ERROR },
	[NO_PLAN] = { "no-plan", ERROR },
	[WRONG_NUMBER] = { "wrong-number", ERROR },
	[NOT_IN_PLAN] = { "not-in-plan", ERROR },
	[NOT_TO_BE_RUN] = { "not-to-be-run", ERROR },
	[REPORTED_TWICE] = { "case-reported-twice", ERROR },
	[OUT_OF_TURN] = { "case-out-of-turn", ERROR },
	[BAIL_OUT] = { "bail-out", ERROR },
	[MALFORMED_MEASUREMENT] = { "malformed-measurement", ERROR },
	[KILLED] = { "binary-killed", SIGNAL },
	[TIMED_OUT] = { "binary-timed-out", TIMEOUT },
	[NOT_STARTED] = { "not-started", ERROR },
	[INTERRUPTED] = { "interrupted", ERROR },
	[LOST] = { "lost", ERROR },
	[NO_END] = { "supervisor-died", ERROR },
	[KERNEL_REPORT] = { "kernel-report", FAIL },
	[TAINT] = { "taint", FAIL },
	[EXIT_STATUS] = { "exit-status", ERROR },
	[LEFT_BEHIND] = { "left-behind", ERROR },
	[DROPPED] = { "dropped", ERROR },
};

/* --- what becomes of a verdict --- */

static const char SUM[] = "sum-of-cases", KNOWN[] = "known-issue", STALE[] = "stale-known-issue",
	STRICT[] = "strict";

bool rules_print(void)
{
	static const char * const others[] = { SUM, KNOWN, STALE, STRICT };

	for (size_t i = 0; i < sizeof(case_rules) / sizeof(case_rules[0]); i++)
		printf("%s\n", case_rules[i].name);
	for (size_t i = 0; i < sizeof(binary_rules) / sizeof(binary_rules[0]); i++)
		printf("%s\n", binary_rules[i].name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		printf("%s\n", others[i]);
	return !fflush(stdout) && !ferror(stdout);
}

/* How the run ended, in words. */
static const char *end_in_words(struct judge *j)
{
	if (!j->end)
		return "its supervisor died";
	if (starts(j->end, "exit "))
		return arena_printf(&j->arena, "the binary ended with exit status %s", j->end + 5);
	if (starts(j->end, "signal "))
		return arena_printf(&j->arena, "the binary was killed by %s", j->end + 7);
	if (starts(j->end, "timeout "))
		return arena_printf(&j->arena, "no end within the binary's time limit of %s s",
				    j->end + 8);
	return starts(j->end, "interrupted") ? "interrupted" : j->end;
}

static void add_token(struct judge *j, struct text *out, const char *token, size_t len,
		      const struct case_state *c)
{
	const char *skip = skip_text(j, c), *said = c->error ? c->error : c->failure;
	const struct {
		const char *name, *value;
	} tokens[] = {
		{ "error", c->error }, { "failure", c->failure }, { "words", c->last_words },
		{ "signal", c->ended_by }, { "log", c->unlogged }, { "rest", c->rest },
		{ "skip", skip }, { "end", end_in_words(j) }, { "dropped", j->dropped.data },
		{ "pattern", c->plan->skipped_by },
		{ "after", said ? arena_printf(&j->arena, ", after: %s", said) : "" },
		{ "detail", skip && skip[reason_len(skip)] ? skip + reason_len(skip) + 2 : "" },
	};

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		if (strlen(tokens[i].name) == len && !memcmp(tokens[i].name, token, len))
			text_puts(out, tokens[i].value ? tokens[i].value : "");
}

static const char *cause_of(struct judge *j, const char *format, const struct case_state *c)
{
	struct text out = { 0 };
	const char *cause;

	while (format && *format) {
		size_t plain = strcspn(format, "{"), token;

		text_add(&out, format, plain);
		format += plain;
		if (!*format)
			break;
		token = strcspn(++format, "}");
		add_token(j, &out, format, token, c);
		format += token + 1;
	}
	cause = out.len ? arena_strdup(&j->arena, out.data) : NULL;
	text_free(&out);
	return cause;
}

static void judge_case(struct judge *j, struct result *result, const struct case_state *c)
{
	bool skipped = skip_text(j, c) && !c->plan->skipped_by;
	unsigned int flags = case_flags(j, c), line = skipped ? RESULT_SKIP : c->result;
	size_t i = 0;

	while ((case_rules[i].result >= 0 && case_rules[i].result != (int)line) ||
	       (case_rules[i].flags & ~flags))
		i++;
	result->rule = case_rules[i].name;
	result->verdict = case_rules[i].verdict;
	result->cause = cause_of(j, case_rules[i].cause, c);
	if (case_rules[i].flags & DESELECTED)
		result->reason = "deselected";
	else if (result->verdict == SKIP || case_rules[i].flags & FORBIDDEN)
		result->reason = reason_of(j, c)->name;
}

static const char *parallel_note(const struct judge *j)
{
	return j->options->at_once < 2 ? "" : arena_printf((struct arena *)&j->arena,
		" (up to %u binaries ran at once: it may belong to another)", j->options->at_once);
}

static const char *taint_letters(struct arena *arena, unsigned long long bits)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	char out[65];
	size_t nr = 0;

	for (size_t i = 0; i < 64; i++)
		if (bits >> i & 1)
			out[nr++] = i < sizeof(letters) - 1 ? letters[i] : '?';
	return nr ? arena_strndup(arena, out, nr) : "none";
}

#define TAINT_WARN	(1ull << 9)

static void judge_taint(struct judge *j)
{
	unsigned long long changed = j->taint_before ^ j->taint_after;

	if (j->provoked && !j->kernel_report)
		changed &= ~TAINT_WARN;
	if (changed)
		problem(j, TAINT, "kernel taint flags went from %s to %s%s",
			taint_letters(&j->arena, j->taint_before),
			taint_letters(&j->arena, j->taint_after), parallel_note(j));
}

static void judge_exit_status(struct judge *j)
{
	unsigned int status = strtoul(j->end + 5, NULL, 10), due = j->nr_not_ok > 0;
	bool all_skipped = j->nr_skipped && j->nr_skipped == j->nr_results;

	if (j->planned < 0)
		problem(j, NO_PLAN, "no plan line");
	/* The harness forgets a failure that an "ok" follows; the library does not. */
	if (j->nr_contradictions && status <= 1)
		return;
	if (status != due && !(status == STATUS_SKIP && all_skipped && !due))
		problem(j, EXIT_STATUS, "exit status %u where %u is due", status, due);
}

static void judge_end(struct judge *j)
{
	const char *words = end_in_words(j);

	if (!j->end)
		problem(j, NO_END, "%s", words);
	else if (starts(j->end, "signal "))
		problem(j, KILLED, "%s", words);
	else if (starts(j->end, "timeout "))
		problem(j, TIMED_OUT, "%s", words);
	else if (starts(j->end, "cannot run"))
		problem(j, NOT_STARTED, "%s", words);
	else if (starts(j->end, "interrupted"))
		problem(j, INTERRUPTED, "%s", words);
	else if (starts(j->end, "lost"))
		problem(j, LOST, "%s", words);
	if (j->kernel_report)
		problem(j, KERNEL_REPORT, "kernel log: %s%s", j->kernel_report, parallel_note(j));
	judge_taint(j);
	if (starts(j->end, "exit "))
		judge_exit_status(j);
	if (j->left.len)
		problem(j, LEFT_BEHIND, "left processes behind: %s", j->left.data);
	if (j->dropped.len)
		problem(j, DROPPED, "dropped: %s", j->dropped.data);
}

/* Nothing is known about what was never run. */
static void apply_known(const struct judge *j, struct result *result, const struct known_issue *known)
{
	result->observed = result->verdict;
	if (!known || !strcmp(result->rule, "skip-forbidden"))
		return;
	if (is_bad(result->verdict) && judge_ended(j)) {
		result->verdict = XFAIL;
		result->rule = KNOWN;
	} else if (result->verdict == PASS && j->options->strict) {
		result->verdict = FAIL;
		result->rule = STRICT;
		result->cause = "passes, though known_issues has it";
	} else if (result->verdict == PASS) {
		result->verdict = XPASS;
		result->rule = STALE;
	}
}

/* What the binary did itself outweighs what its cases make of it. */
static void judge_binary(struct judge *j)
{
	struct result *own = &j->results[0];
	struct text causes = { 0 };
	size_t nr_bad = 0, nr_skip = 0, nr = 0, first = 0, first_bad = 0;
	enum verdict sum = NO_VERDICT;

	for (size_t i = 1; i <= j->binary->nr_cases; i++) {
		enum verdict v = j->results[i].verdict;

		if (!j->cases[i].plan->selected)
			continue;
		first = first ? first : i;
		nr++;
		nr_skip += v == SKIP;
		if (!is_bad(v))
			continue;
		first_bad = first_bad ? first_bad : i;
		sum = !nr_bad++ || v == FAIL ? v : sum;
	}
	for (size_t i = 0; i < j->nr_problems; i++)
		text_printf(&causes, "%s%s", causes.len ? "; " : "", j->problems[i].text);
	if (j->nr_problems) {
		own->verdict = binary_rules[j->problems[0].kind].verdict;
		own->rule = binary_rules[j->problems[0].kind].name;
		own->cause = arena_strdup(&j->arena, causes.data);
		apply_known(j, own, j->binary->known);
	}
	if (nr_bad && !is_bad(own->verdict)) {
		own->verdict = own->observed = sum;
		own->rule = SUM;
		own->cause = arena_printf(&j->arena, "%zu of %zu cases not ok, the first: %s", nr_bad,
					  nr, j->cases[first_bad].plan->name);
	} else if (!own->verdict && nr_skip == nr) {
		own->verdict = own->observed = SKIP;
		own->rule = SUM;
		own->reason = j->results[first].reason;
		own->cause = j->results[first].cause;
	} else if (!own->verdict) {
		own->verdict = PASS;
		own->rule = SUM;
		apply_known(j, own, j->binary->known);
	}
	text_free(&causes);
}

void apply_rules(struct judge *j)
{
	size_t nr = j->binary->nr_cases;

	j->results = arena_alloc(&j->arena, (nr + 1) * sizeof(*j->results));
	for (size_t i = 1; i <= nr; i++) {
		struct result *result = &j->results[i];
		struct case_state *c = &j->cases[i];

		if (!c->plan->selected)
			continue;
		judge_case(j, result, c);
		result->seconds = c->seconds ? c->seconds :
			c->began && !c->result ? j->now - c->began_at : 0;
	}
	judge_end(j);
	for (size_t i = 1; i <= nr; i++)
		if (j->cases[i].plan->selected)
			apply_known(j, &j->results[i], j->cases[i].plan->known);
	judge_binary(j);
	j->results[0].seconds = j->now;
	for (size_t i = 0; i <= nr; i++)
		if (!i || j->cases[i].plan->selected)
			take_evidence(j, &j->results[i], &j->cases[i]);
}
