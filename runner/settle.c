// SPDX-License-Identifier: GPL-2.0-only
/* What a run takes from the facts of the machine under test. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "known.h"
#include "output.h"
#include "run.h"

static struct facts *facts_of(struct run *run, const char *set)
{
	for (size_t i = 0; i < run->prefixes.nr; i++)
		if (!strcmp(run->prefixes.line[i], set))
			return &run->facts[i];
	return &run->facts[0];
}

bool run_take_fact(struct run *run, const char *set, const char *text)
{
	struct facts *facts = facts_of(run, set);
	const char *blank = strchr(text, ' ');

	if (!strcmp(text, "complete yes"))
		return true;
	if (blank)
		fact_add(facts, arena_strndup(NULL, text, blank - text), "%s", blank + 1);
	return false;
}

void run_read_facts(struct run *run, const char *path)
{
	char *text = read_file(path, NULL), *line;

	if (!text)
		die(STATUS_USAGE, "--facts %s: %s", path, strerror(errno));
	while ((line = strsep(&text, "\n"))) {
		char *key = strsep(&line, "\t");

		if (line)
			fact_add(&run->facts[0], key, "%s", line);
	}
}

static void add_run_facts(const struct run *run, struct facts *facts)
{
	fact_add(facts, "run.machine", "%s", run->machine);
	fact_add(facts, "run.started", "%s", run->started);
	fact_add(facts, "run.timeout", "%u s a binary: %s", run->limit, run->limit_why);
	fact_add(facts, "run.timeout_scale", "%u: %s", run->scale, run->scale_why);
	fact_add(facts, "run.repeat", "%u", run->options->repeat);
	if (run->options->duration)
		fact_add(facts, "run.duration", "%u s", run->options->duration);
	if (run->options->vm_type)
		fact_add(facts, "run.vm_type", "%s", run->options->vm_type);
	if (run->note)
		fact_add(facts, "run.note", "%s", run->note);
	if (require_words())
		fact_add(facts, "run.require", "%s", require_words());
	if (run->wrong_cpu)
		fact_add(facts, "run.require_other_cpu", "%s", run->wrong_cpu);
}

/* With the facts the plan gets its known issues, and the run its limits. */
const char *run_settle(struct run *run)
{
	const struct facts *facts = &run->facts[0];
	const char *kernel = fact_get(facts, "kernel.release"), *note = "";
	const char *unusable = fact_get(facts, "kvm.unusable");
	const char *other;
	struct text header = { 0 };
	size_t required;

	run->begun = monotonic();
	if (*kernel)
		run->kernel = kernel;
	if (!run->scale)
		run->scale = facts_timeout_scale(facts, &run->scale_why);
	if (!run->limit) {
		run->limit = 60 * run->scale;
		run->limit_why = arena_printf(NULL, "60 s x %u: %s", run->scale, run->scale_why);
	}
	/* What a bisection looks for is bad, known or not. */
	if (!run->options->bisect)
		known_issues_apply(&run->plan, run->kernel,
				   arena_printf(NULL, "%s %s", run->machine, facts_kvm_modules(facts)));
	other = require_wrong_cpu(fact_get(facts, "cpu.vendor"), fact_get(facts, "cpu.family"),
				  fact_get(facts, "cpu.model"));
	if (other) {
		run->wrong_cpu = arena_printf(NULL, "this CPU is no %s: it is %s, family %s, model %s (%s)",
			other, fact_get(facts, "cpu.vendor"), fact_get(facts, "cpu.family"),
			fact_get(facts, "cpu.model"), fact_get(facts, "cpu.name"));
		warn("--require %s: %s", other, run->wrong_cpu);
	}
	required = require_apply(&run->plan, run->kernel);
	if (require_words() && !required) {
		note = arena_printf(NULL, ", of which nothing is for these tests on %s", run->kernel);
		warn("--require %s%s", require_words(), note);
	}
	for (size_t i = 0; i < run->prefixes.nr; i++)
		add_run_facts(run, &run->facts[i]);
	run->judging = (struct judge_options){ .kvm_usable = !*unusable,
		.strict = run->options->strict,
		.at_once = run->options->machine.nr ? 1 : run->options->at_once };
	tap_header(&header, run, note);
	output_print(&header);
	if (!*unusable)
		return NULL;
	warn("no test can run: %s", strchr(unusable, ':') + 2);
	return unusable;
}

const char *agent_settings(const struct run *r, unsigned int limit)
{
	static const char * const passed_on[] = {
		"KVMCONF_PROVOKE_WARN", "KVMCONF_TRACE_IOCTLS", "KVMCONF_HIDE_MODULE",
	};
	struct text text = { 0 };

	text_puts(&text, "env KVMCONF_RUNNER=1\n");
	text_printf(&text, "env KVMCONF_TIMEOUT_SCALE=%u\nenv KVMCONF_RELOAD_MODULES%s\n", r->scale,
		    r->options->reload_modules ? "=1" : "");
	text_printf(&text, "env KVMCONF_VM_TYPE%s%s\n", r->options->vm_type ? "=" : "",
		    r->options->vm_type ? r->options->vm_type : "");
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		if (getenv(passed_on[i]))
			text_printf(&text, "env %s=%s\n", passed_on[i], getenv(passed_on[i]));
	text_printf(&text, "%slimit %u", r->options->binaries ? "quiet\n" : "", limit);
	return text.data;
}

/* Every result is @result, or for NULL none again. */
static void fill_results(struct run *run, const struct result *result)
{
	static const struct result none;

	for (size_t i = 0; i < run->plan.nr; i++) {
		struct binary *b = &run->plan.binaries[i];

		b->result = result ? *result : none;
		for (size_t n = 0; n < b->nr_cases; n++)
			if (b->cases[n].selected)
				b->cases[n].result = b->result;
	}
}

bool keep_unfinished_results(struct run *run)
{
	const struct result unknown = { .verdict = ERROR, .observed = ERROR, .rule = "lost",
		.cause = "the run did not end: its machine or all of it died" };
	const char *path = arena_printf(NULL, "%s/results.json", run->out);
	struct text json = { 0 };
	bool kept;

	run->status = STATUS_LOST;
	fill_results(run, &unknown);
	run_problem(run, ERROR, "the run did not end: output.tap and the logs have what it got to");
	json_results(&json, run);
	kept = write_file(path, json.data, json.len);
	text_free(&json);
	run->nr_problems--;
	fill_results(run, NULL);
	if (!kept)
		warn("%s: %s", path, strerror(errno));
	return kept;
}
