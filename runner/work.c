// SPDX-License-Identifier: GPL-2.0-only
/* A binary on its way from events to results, with its log. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results_dir.h"
#include "run.h"
#include "sync.h"

static void log_fails(struct work *work, const char *why)
{
	warn("%s/%s: %s", work->run->out, work->log_name, why);
	work->run->lost = true;
	if (work->log >= 0)
		close(work->log);
	work->log = -1;
}

void work_open_log(struct work *work)
{
	work->log_name = arena_printf(NULL, "%s.log", work->binary->id);
	if (!work->outcome.runs)
		results_remove_logs(work->run->out, work->binary->id);
	work->log = results_open(work->run->out, work->log_name);
	if (work->log < 0)
		log_fails(work, strerror(errno));
}

void work_flush_log(struct work *work)
{
	if (work->log >= 0 && !write_all(work->log, work->log_buffer.data, work->log_buffer.len))
		log_fails(work, strerror(errno));
	work->log_buffer.len = 0;
}

static void log_close(struct work *work)
{
	struct stat st;

	work_flush_log(work);
	if (work->log < 0)
		return;
	/* A test may have deleted its own log. */
	if (fstat(work->log, &st) || !st.st_nlink)
		log_fails(work, "deleted while in use");
	else if (!sync_close(work->log))
		log_fails(work, strerror(errno));
	work->log = -1;
}

/* Of several runs, each one in which something was not ok keeps its log. */
static void log_keep(struct work *work)
{
	const char *from = arena_printf(NULL, "%s/%s", work->run->out, work->log_name);
	const char *to = arena_printf(NULL, "%s/%s.%u.log", work->run->out, work->binary->id,
				      work->outcome.runs);
	bool bad = false;
	char *data;
	size_t len;

	for (size_t i = 0; i <= work->binary->nr_cases; i++)
		bad |= is_bad(work->judge.results[i].verdict);
	if (!bad || !work->run->plan.repeated)
		return;
	data = read_file(from, &len);
	if (!data || !write_file(to, data, len))
		log_fails(work, strerror(errno));
	free(data);
}

void work_begin(struct work *work)
{
	judge_begin(&work->judge, work->binary, &work->run->judging);
	work->judging = true;
	work->begun = true;
	work->log = -1;
}

bool time_is_over(const struct run *run)
{
	return run->options->duration && monotonic() >= run->begun + run->options->duration;
}

void work_end(struct work *work)
{
	outcome_finish(&work->outcome, work->binary, work->run->plan.repeated);
	work->done = true;
}

void work_finish(struct work *work, const char *end)
{
	if (!work->judging)
		work_begin(work);
	judge_finish(&work->judge, end);
	outcome_add(&work->outcome, work->binary, &work->judge);
	if (work->log_name) {
		log_close(work);
		log_keep(work);
	}
	if (!work->run->options->duration)
		work->runs_left--;
	/* Nothing more would come of it. */
	if (!work->runs_left || time_is_over(work->run) ||
	    (!judge_ended(&work->judge) && strncmp(work->judge.end ?: "", "cannot run", 10)))
		work_end(work);
	judge_free(&work->judge);
	work->judging = false;
}

void work_skip(struct work *work, const char *end)
{
	while (!work->done) {
		work_finish(work, end);
		if (work->run->options->duration && !work->done)
			work_end(work);
	}
}

void work_distrust(struct work *work)
{
	judge_free(&work->judge);
	judge_begin(&work->judge, work->binary, &work->run->judging);
	work->run->lost = true;
	work_finish(work, "lost: its log arrived damaged");
}

/* A case's start or result, a report of the kernel, the start or end of the binary. */
static bool must_survive(const struct event *e)
{
	static const char * const lines[] = { "#  RUN  ", "ok ", "not ok " };

	for (size_t i = 0; e->kind == 'o' && i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strncmp(e->text, lines[i], strlen(lines[i])))
			return true;
	return e->kind != 'o' && e->kind != 'h';
}

void work_event(struct work *work, const struct event *e)
{
	if (work->log >= 0 && must_survive(e))
		sync_soon(work->log);
	text_add(&work->log_buffer, e->line, e->len);
	text_puts(&work->log_buffer, "\n");
	judge_event(&work->judge, e);
}
