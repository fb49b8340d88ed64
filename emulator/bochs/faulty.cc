/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty.h"

static const struct {
	const char *name;
	const char *machines;
} known[] = {
#define FAULT(id, name, machines) { name, machines },
	KVMCONF_FAULTS(FAULT)
#undef FAULT
};

#define NR_FAULTS (sizeof(known) / sizeof(known[0]))

static bool faults[NR_FAULTS];

/* A misspelt fault must not pass for sound silicon. */
static void set_fault(const char *name, size_t len)
{
	for (size_t n = 0; n < NR_FAULTS; n++) {
		if (strlen(known[n].name) == len && !strncmp(known[n].name, name, len)) {
			faults[n] = true;
			return;
		}
	}

	fprintf(stderr, "KVMCONF_FAULT: no fault \"%.*s\"; there are:\n", (int)len, name);
	for (size_t n = 0; n < NR_FAULTS; n++)
		fprintf(stderr, "%s: %s\n", known[n].name, known[n].machines);
	exit(2);
}

static struct parser {
	parser()
	{
		const char *list = getenv("KVMCONF_FAULT");

		while (list && *list) {
			size_t len = strcspn(list, ",");

			set_fault(list, len);
			list += len + (list[len] == ',');
		}
	}
} at_start;

bool kvmconf_faulty(enum kvmconf_fault fault)
{
	return faults[fault];
}
