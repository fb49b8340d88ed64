// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "pamt.h"
#include "pamt_meters.h"
#include "report.h"
#include "tdx.h"

/* The best first. */
static const struct pamt_meter *const meters[] = { &pamt_books, &pamt_probes };

#define NR_METERS (sizeof(meters) / sizeof(meters[0]))

static bool is_open[NR_METERS];
static const char *reason = "no meter was opened";
static char names[64];

void pamt_open_meters(void)
{
	if (!host_offers_vm_type(KVM_X86_TDX_VM))
		return;
	for (size_t i = 0; i < NR_METERS; i++) {
		const char *why = meters[i]->open();

		if (why)
			reason = why;
		is_open[i] = !why;
		if (is_open[i])
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				 *names ? ", " : "", meters[i]->name);
	}
}

long pamt_pairs(void)
{
	const struct pamt_meter *first = NULL;
	long pairs = 0;

	for (size_t i = 0; i < NR_METERS; i++) {
		long count = is_open[i] ? meters[i]->pairs() : 0;

		if (!is_open[i])
			continue;
		if (first && count != pairs)
			report_fail("two meters disagree: %s count %ld pairs, %s %ld", first->name,
				    pairs, meters[i]->name, count);
		if (!first)
			pairs = count;
		first = first ? first : meters[i];
	}
	if (!first)
		report_error("no meter for PAMT pairs: %s", reason);
	return pairs;
}

const char *pamt_meter_names(void)
{
	return names;
}

const char *pamt_no_meter_reason(void)
{
	return reason;
}
