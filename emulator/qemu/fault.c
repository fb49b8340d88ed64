/* SPDX-License-Identifier: GPL-2.0-only */
#include "qemu/osdep.h"
#include "fault.h"

uint64_t silicon_faults;

static const char *const names[] = {
#define FAULT(symbol, name) name,
	FAULTS(FAULT)
#undef FAULT
};

/* A misspelt fault would leave sound silicon, and a test of the tests without meaning. */
static void set_fault(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == length && !strncmp(names[i], name, length)) {
			silicon_faults |= 1ull << i;
			return;
		}
	}

	fprintf(stderr, "KVMCONF_FAULT: no fault is named \"%.*s\"; there are:\n",
		(int)length, name);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		fprintf(stderr, "  %s\n", names[i]);
	exit(2);
}

static void __attribute__((constructor)) read_faults(void)
{
	const char *list = getenv("KVMCONF_FAULT");

	while (list && *list) {
		size_t length = strcspn(list, ",");

		set_fault(list, length);
		list += length + (list[length] == ',');
	}
}
