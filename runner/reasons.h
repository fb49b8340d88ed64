/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a test may be skipped. Any other reason is an error. */
#ifndef KVMCONF_REASONS_H
#define KVMCONF_REASONS_H

#include <stdbool.h>
#include <stddef.h>

struct skip_reason {
	const char *name;
	const char *meaning;
	const char *hint;		/* what makes the tests run */
	/* A test need not declare it as "Needs:". */
	bool any_test;
};

/* The reason of that name, or NULL. */
const struct skip_reason *skip_reason(const char *name, size_t len);

/* Prints all of them; false if that cannot be written. */
bool skip_reasons_print(void);

#endif
