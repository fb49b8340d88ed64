// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

void problem(struct judge *j, enum problem_kind kind, const char *fmt, ...)
{
	char piece[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(piece, sizeof(piece), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < j->nr_problems; i++)
		if (j->problems[i].kind == kind && !strcmp(j->problems[i].text, piece))
			return;
	*array_add(&j->arena, j->problems, j->nr_problems) = (struct problem){
		.kind = kind, .text = arena_strdup(&j->arena, piece) };
}

void judge_begin(struct judge *j, const struct binary *binary, const struct judge_options *options)
{
	*j = (struct judge){ .options = options, .binary = binary, .planned = -1 };
	j->cases = arena_alloc(&j->arena, (binary->nr_cases + 1) * sizeof(*j->cases));
	for (size_t i = 0; i < binary->nr_cases; i++)
		j->cases[i + 1].plan = &binary->cases[i];
}

void judge_free(struct judge *j)
{
	text_free(&j->left);
	text_free(&j->dropped);
	arena_free(&j->arena);
}

bool judge_ended(const struct judge *j)
{
	return j->end && strncmp(j->end, "interrupted", 11) && strncmp(j->end, "lost", 4) &&
		strncmp(j->end, "cannot run", 10);
}

/* The number of the selected case of that name, or 0. */
static size_t find_case(const struct judge *j, const char *name, size_t len)
{
	size_t nr = j->binary->nr_cases;

	/* As a rule the one that runs, or the next one. */
	for (size_t i = 0; i < nr; i++) {
		size_t n = (j->current + i + nr - 1) % nr + 1;
		const struct test_case *c = j->cases[n].plan;

		if (c->selected && !strncmp(c->name, name, len) && !c->name[len])
			return n;
	}
	return 0;
}

static void keep_output(struct judge *j, const char *fmt, const char *text)
{
	struct case_state *c = &j->cases[j->current];
	size_t n = c->nr_output++;

	if (n >= EVIDENCE_HALF)
		n = EVIDENCE_HALF + (n - EVIDENCE_HALF) % EVIDENCE_HALF;
	c->output[n] = arena_printf(&j->arena, fmt, text);
}

/* "ok N case", "not ok N case", "ok N case # SKIP reason". @text begins behind "(not )ok ". */
static void result_line(struct judge *j, const char *text, bool ok)
{
	char *rest;
	unsigned long number = strtoul(text, &rest, 10);
	size_t len, i;
	struct case_state *c;

	if (*rest == ' ')
		rest++;
	len = strcspn(rest, " ");
	if (number != ++j->nr_results)
		problem(j, WRONG_NUMBER, "result number %lu where %zu was due", number, j->nr_results);
	i = find_case(j, rest, len);
	if (!i) {
		problem(j, NOT_IN_PLAN, "a result for \"%.*s\", which is not in the plan", (int)len, rest);
		j->current = 0;
		return;
	}
	c = &j->cases[i];
	if (c->plan->skipped_by) {
		problem(j, NOT_TO_BE_RUN, "a result for %s, which was not to be run", c->plan->name);
	} else if (c->result || c->out_of_turn) {
		c->twice = true;
		problem(j, REPORTED_TWICE, "%s was reported twice", c->plan->name);
	} else if (i != j->current) {
		c->out_of_turn = true;
		problem(j, OUT_OF_TURN, "%s was reported while it was not running", c->plan->name);
	} else {
		c->seconds = j->now - c->began_at;
		c->rest = arena_strdup(&j->arena, rest + len);
		c->result = !ok ? RESULT_NOT_OK : !rest[len] ? RESULT_OK : RESULT_MALFORMED;
		if (ok && !strncmp(c->rest, " # SKIP ", 8)) {
			c->result = RESULT_SKIP;
			c->rest += 8;
			j->nr_skipped++;
		}
		for (size_t n = 0; n < c->nr_expected; n++)
			if (c->expected[n] && !c->unlogged)
				c->unlogged = c->expected[n];
		/* What the harness forgets: its exit status will say otherwise. */
		j->nr_contradictions += ok && (c->error || c->failure);
	}
	j->nr_not_ok += !ok;
	if (i == j->current)
		j->current = 0;
}

/* "#  RUN           case ..." */
static bool run_line(struct judge *j, const char *text)
{
	static const char intro[] = "#  RUN           ";
	size_t len = strlen(text), i;
	struct case_state *c = &j->cases[j->current];

	if (strncmp(text, intro, sizeof(intro) - 1) || len < sizeof(intro) + 4 ||
	    strcmp(text + len - 4, " ...") || strcspn(text + sizeof(intro) - 1, " ") != len - sizeof(intro) - 3)
		return false;
	if (j->current && !c->result)
		c->no_result_line = true;
	i = find_case(j, text + sizeof(intro) - 1, len - sizeof(intro) - 3);
	j->current = i;
	if (i && !j->cases[i].began) {
		j->cases[i].began = true;
		j->cases[i].began_at = j->now;
	}
	return true;
}

/* A number as JSON has it. */
static bool is_number(const char *text)
{
	size_t digits;

	text += *text == '-';
	digits = strspn(text, "0123456789");
	if (!digits || (*text == '0' && digits > 1))
		return false;
	text += digits;
	if (*text == '.') {
		digits = strspn(++text, "0123456789");
		if (!digits)
			return false;
		text += digits;
	}
	if (*text == 'e' || *text == 'E') {
		text += 1 + (text[1] == '-' || text[1] == '+');
		digits = strspn(text, "0123456789");
		if (!digits)
			return false;
		text += digits;
	}
	return !*text;
}

/* "NAME VALUE UNIT" */
static void measurement(struct judge *j, const char *line)
{
	struct case_state *c = &j->cases[j->current];
	char *text = arena_strdup(&j->arena, line + 11), *next = text;
	struct measurement m = { .name = strsep(&next, " "), .value = strsep(&next, " "), .unit = next };
	static const char name_characters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	if (!*m.name || strspn(m.name, name_characters) != strlen(m.name) || !m.value ||
	    !is_number(m.value) || !m.unit || !*m.unit || strchr(m.unit, ' '))
		problem(j, MALFORMED_MEASUREMENT, "malformed measurement: %s", line);
	else
		*array_add(&j->arena, c->measurements, c->nr_measurements) = m;
}

/* "# file:line:name:Expected ...", the name of which the id has already. */
static const char *expectation(struct judge *j, const char *text)
{
	const char *line = strchr(text + 2, ':'), *name, *what;

	if (!line || line == text + 2 || !isdigit((unsigned char)line[1]))
		return NULL;
	name = line + 1 + strspn(line + 1, "0123456789");
	if (*name != ':')
		return NULL;
	what = strchr(name + 1, ':');
	if (!what || what == name + 1 || strncmp(what + 1, "Expected ", 9))
		return NULL;
	for (const char *p = name + 1; p < what; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return NULL;
	return arena_printf(&j->arena, "%.*s: %s", (int)(name - text - 2), text + 2, what + 1);
}

/* "# name: Test ...": how the harness says that a case did not end by itself. */
static void last_words(struct judge *j, struct case_state *c, const char *text)
{
	const char *what = strchr(text, ':'), *sig;

	if (!what || strncmp(what, ": Test ", 7))
		return;
	sig = strrchr(what, ' ');
	if (!strcmp(what, ": Test terminated by timeout")) {
		c->ended_by = "timeout";
	} else if (!strncmp(what, ": Test terminated unexpectedly by signal ", 41) && sig) {
		const char *name = sigabbrev_np(atoi(sig));

		c->ended_by = name ? arena_printf(&j->arena, "SIG%s", name) :
			arena_printf(&j->arena, "signal %d", atoi(sig));
	} else {
		c->last_words = arena_strdup(&j->arena, text + 2);
	}
}

/* What the harness says on its own behalf. */
static bool is_harness_line(const char *text)
{
	unsigned int a, b;
	int end = 0;

	if (!strcmp(text, "TAP version 13") || !strncmp(text, "# Totals: ", 10))
		return true;
	if (!strncmp(text, "# ", 2) && (text[2] == ' ')) {
		const char *word = text + 2 + strspn(text + 2, " ");

		if (!strncmp(word, "OK  ", 4) || !strncmp(word, "FAIL  ", 6))
			return !strchr(strchr(word, ' ') + 2, ' ');
	}
	if (sscanf(text, "# Starting %u tests from %u test cases.%n", &a, &b, &end) == 2 && end)
		return !text[end];
	if (sscanf(text, "# PASSED: %u / %u tests passed.%n", &a, &b, &end) == 2 && end)
		return !text[end];
	return sscanf(text, "# FAILED: %u / %u tests passed.%n", &a, &b, &end) == 2 && end &&
		!text[end];
}

static void plan_line(struct judge *j, const char *text)
{
	if (j->planned >= 0)
		problem(j, TWO_PLANS, "printed two plans");
	j->planned = atol(text + 3);
	if (j->planned != (long)j->binary->nr_run)
		problem(j, WRONG_PLAN, "planned %s cases where %zu are due", text + 3,
			j->binary->nr_run);
}

static bool is_plan_line(const char *text)
{
	size_t digits = strncmp(text, "1..", 3) ? 0 : strspn(text + 3, "0123456789");

	return digits && !text[3 + digits];
}

static bool is_result_line(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && (!text[digits] || text[digits] == ' ');
}

/* A comment on the case that runs, which may be what decides it. */
static void comment(struct judge *j, const char *text)
{
	struct case_state *c = &j->cases[j->current];

	if (!strncmp(text, "# error: ", 9) || !strncmp(text, "# ERROR SPAWNING TEST", 21)) {
		if (!c->error)
			c->error = arena_strdup(&j->arena, text + (text[2] == 'e' ? 9 : 2));
	} else if (!strncmp(text, "# fail: ", 8)) {
		if (!c->failure)
			c->failure = arena_strdup(&j->arena, text + 8);
	} else if (!strncmp(text, "# expect-kernel-log: ", 21)) {
		*array_add(&j->arena, c->expected, c->nr_expected) =
			arena_strdup(&j->arena, text + 21);
	} else if (!strncmp(text, "# allow-kernel-log: ", 20)) {
		lines_add(&j->arena, &c->allowed, arena_strdup(&j->arena, text + 20));
	} else if (!strncmp(text, "# ", 2)) {
		const char *failure = expectation(j, text);

		if (failure && !c->failure)
			c->failure = failure;
		else if (!failure)
			last_words(j, c, text);
	}
}

static void output_line(struct judge *j, const char *text)
{
	if (is_plan_line(text)) {
		plan_line(j, text);
	} else if (run_line(j, text)) {
		;
	} else if (!strncmp(text, "ok ", 3) && is_result_line(text + 3)) {
		result_line(j, text + 3, true);
	} else if (!strncmp(text, "not ok ", 7) && is_result_line(text + 7)) {
		result_line(j, text + 7, false);
	} else if (!strncmp(text, "# measure: ", 11)) {
		measurement(j, text);
	} else if (!is_harness_line(text)) {
		if (!strncmp(text, "Bail out!", 9))
			problem(j, BAIL_OUT, "%s", text);
		keep_output(j, "%s", text);
		comment(j, text);
	}
}

/* Whether the case has announced a report with this line in it: that one is no failure. */
static bool is_expected(struct judge *j, const char *text)
{
	struct case_state *c = &j->cases[j->current];

	for (size_t i = 0; i < c->nr_expected; i++)
		if (c->expected[i] && strstr(text, c->expected[i])) {
			c->expected[i] = NULL;
			return j->provoked = true;
		}
	return false;
}

/* Whether the case has said that lines with this in them may come, in any number. */
static bool is_allowed(const struct judge *j, const char *text)
{
	const struct lines *allowed = &j->cases[j->current].allowed;

	for (size_t i = 0; i < allowed->nr; i++)
		if (strstr(text, allowed->line[i]))
			return true;
	return false;
}

/* A report of several lines is over, or one line is all of it. */
static void end_report(struct judge *j)
{
	if (j->report && !j->report_expected && !j->kernel_report)
		j->kernel_report = j->report;
	j->report = NULL;
	j->report_expected = j->in_report = false;
}

static void kernel_line(struct judge *j, const char *text)
{
	const char *message = text;

	lines_add(&j->arena, &j->cases[j->current].kernel_log, text);
	if (text[0] == '<' && text[1] && text[2] == '>' && text[3] == ' ')
		message += 4;
	if (strstr(message, "[ cut here ]")) {
		end_report(j);
		j->in_report = true;
	}
	if (!j->report && kernel_report_row(message) && (j->in_report || !is_allowed(j, message)))
		j->report = text;
	if (!j->report_expected)
		j->report_expected = is_expected(j, message);
	if (!j->in_report || strstr(message, "[ end trace "))
		end_report(j);
}

static void text_list(struct text *list, const char *separator, const char *text)
{
	text_printf(list, "%s%s", list->len ? separator : "", text);
}

void judge_event(struct judge *j, const struct event *e)
{
	char *text = arena_strdup(&j->arena, e->text);

	j->now = e->seconds;
	/* On a console that LAVA reads, this would be a result. */
	for (char *at = text; (at = strstr(at, "<LAVA_")); at += 6)
		at[5] = '-';
	switch (e->kind) {
	case 'o':
		output_line(j, text);
		break;
	case 'h':
		keep_output(j, "%s [no newline]", text);
		break;
	case 'k':
		kernel_line(j, text);
		break;
	case 't':
		sscanf(text, "%llu %llu", &j->taint_before, &j->taint_after);
		break;
	case 'l':
		text_list(&j->left, ", ", text);
		break;
	case 'd':
		text_list(&j->dropped, "; ", text);
		keep_output(j, "[dropped: %s]", text);
		break;
	case 'x':
		j->end = text;
		break;
	}
}

void take_evidence(struct judge *j, struct result *result, const struct case_state *c)
{
	size_t half = EVIDENCE_HALF, kept = c->nr_output < 2 * half ? c->nr_output : 2 * half;

	result->measurements = c->measurements;
	result->nr_measurements = c->nr_measurements;
	result->kernel_log = c->kernel_log;
	if (!is_bad(result->verdict))
		return;
	for (size_t i = 0; i < kept; i++) {
		size_t n = i;

		if (i == half && c->nr_output > 2 * half)
			lines_add(&j->arena, &result->output,
				  arena_printf(&j->arena, "[%zu lines, see the log]",
					       c->nr_output - 2 * half));
		if (i >= half && c->nr_output > 2 * half)
			n = half + (c->nr_output - half + i - half) % half;
		lines_add(&j->arena, &result->output, c->output[n]);
	}
}

void judge_finish(struct judge *j, const char *end)
{
	if (end)
		j->end = arena_strdup(&j->arena, end);
	end_report(j);
	apply_rules(j);
}
