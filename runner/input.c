// SPDX-License-Identifier: GPL-2.0-only
#include "input.h"

bool pattern_matches(const char *pattern, const struct binary *binary, const struct test_case *c)
{
	return id_matches(pattern, binary->name, c ? c->name : NULL);
}

bool matches_any(const struct plan *plan, const char *pattern)
{
	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++) {
		if (pattern_matches(pattern, b, NULL))
			return true;
		for (size_t i = 0; i < b->nr_cases; i++)
			if (pattern_matches(pattern, b, &b->cases[i]))
				return true;
	}
	return false;
}
