// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "outcome.h"

struct series {
	const char *name, *unit;
	const char **values;
	size_t nr;
};

struct history {
	struct result *result;		/* in the binary or the case */
	unsigned int counts[NR_VERDICTS];
	unsigned int first;		/* the run that gave the verdict */
	double seconds;
	struct series *series;
	size_t nr_series;
};

static struct lines copy_lines(const struct lines *from)
{
	struct lines to = { 0 };

	for (size_t i = 0; i < from->nr; i++)
		lines_add(NULL, &to, arena_strdup(NULL, from->line[i]));
	return to;
}

/* The judge's memory does not last. */
static void copy_result(struct result *to, const struct result *from)
{
	*to = *from;
	to->cause = arena_strdup(NULL, from->cause);
	to->kernel_log = copy_lines(&from->kernel_log);
	to->output = copy_lines(&from->output);
}

static void add_measurement(struct history *h, const struct measurement *m)
{
	struct series *series = h->series;

	while (series < h->series + h->nr_series && strcmp(series->name, m->name))
		series++;
	if (series == h->series + h->nr_series) {
		series = array_add(NULL, h->series, h->nr_series);
		series->name = arena_strdup(NULL, m->name);
	}
	series->unit = arena_strdup(NULL, m->unit);
	*array_add(NULL, series->values, series->nr) = arena_strdup(NULL, m->value);
}

static void add_result(struct history *h, const struct result *from, unsigned int run)
{
	h->counts[from->verdict]++;
	h->seconds += from->seconds;
	for (size_t i = 0; i < from->nr_measurements; i++)
		add_measurement(h, &from->measurements[i]);
	if (from->verdict > h->result->verdict) {
		copy_result(h->result, from);
		h->first = run;
	}
}

void outcome_add(struct outcome *o, struct binary *b, const struct judge *j)
{
	if (!o->histories) {
		o->histories = arena_alloc(NULL, (b->nr_cases + 1) * sizeof(*o->histories));
		o->histories[0].result = &b->result;
		for (size_t i = 0; i < b->nr_cases; i++)
			o->histories[i + 1].result = &b->cases[i].result;
	}
	o->runs++;
	for (size_t i = 0; i <= b->nr_cases; i++)
		if (!i || b->cases[i - 1].selected)
			add_result(&o->histories[i], &j->results[i], o->runs);
}

static int compare_values(const void *a, const void *b)
{
	double one = strtod(*(const char * const *)a, NULL);
	double other = strtod(*(const char * const *)b, NULL);

	return (one > other) - (one < other);
}

static void finish(struct history *h, unsigned int runs, bool repeated)
{
	struct result *r = h->result;

	r->seconds = h->seconds;
	r->measurements = NULL;
	r->nr_measurements = 0;
	for (struct series *s = h->series; s < h->series + h->nr_series; s++) {
		qsort(s->values, s->nr, sizeof(*s->values), compare_values);
		*array_add(NULL, r->measurements, r->nr_measurements) = (struct measurement){
			s->name, s->values[(s->nr - 1) / 2], s->unit };
	}
	if (!repeated)
		return;
	memcpy(r->runs, h->counts, sizeof(r->runs));
	if (h->counts[r->verdict] < runs)
		r->cause = arena_printf(NULL, "%s%s(%u of %u runs, the first was run %u)",
					r->cause ? r->cause : "", r->cause ? " " : "",
					h->counts[r->verdict], runs, h->first);
}

void outcome_finish(struct outcome *o, struct binary *b, bool repeated)
{
	for (size_t i = 0; i <= b->nr_cases; i++)
		if (!i || b->cases[i - 1].selected)
			finish(&o->histories[i], o->runs, repeated);
}
