// SPDX-License-Identifier: GPL-2.0-only
/* What is shown of a run while it goes on. */
#include "output.h"
#include "report_lava.h"
#include "run.h"

static size_t nr_printed;

/* The first binary whose results have not been printed starts, or has: its title. */
static void print_title(struct run *run, struct work *works)
{
	struct text text = { 0 };

	if (nr_printed == run->plan.nr || works[nr_printed].announced ||
	    !(works[nr_printed].begun || works[nr_printed].done))
		return;
	tap_binary_start(&text, works[nr_printed].binary, run->options->dialect);
	works[nr_printed].announced = true;
	if (run->options->summary)
		output_copy(&text);
	else
		output_print(&text);
}

void print_results(struct run *run, struct work *works)
{
	for (print_title(run, works); nr_printed < run->plan.nr && works[nr_printed].done;
	     print_title(run, works)) {
		struct text text = { 0 };
		const struct binary *binary = works[nr_printed].binary;

		tap_binary(&text, binary, run->options);
		if (run->options->summary) {
			output_copy(&text);
			summary_binary(&text, binary);
			output_show(&text);
		} else {
			output_print(&text);
		}
		if (run->options->lava && !report_to_lava(binary, run->out))
			run->lost = true;
		nr_printed++;
	}
}

void show_status(const struct run *run, const struct link *links, size_t nr_links)
{
	struct text line = { 0 };

	if (!output_shows_status())
		return;
	text_printf(&line, "[%zu/%zu] %.0f s", nr_printed, run->plan.nr, monotonic() - run->start);
	for (size_t i = 0; i < nr_links; i++)
		if (links[i].work)
			text_printf(&line, " %s", links[i].work->binary->id);
	output_status(line.data);
	text_free(&line);
}
