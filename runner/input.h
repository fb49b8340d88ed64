/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of known_issues and profiles, held against a plan. */
#ifndef KVMCONF_INPUT_H
#define KVMCONF_INPUT_H

#include "entries.h"
#include "plan.h"

/* An entry with a colon is about cases, one without about binaries. */
bool pattern_matches(const char *pattern, const struct binary *binary, const struct test_case *c);

/* Whether @pattern matches anything in @plan. */
bool matches_any(const struct plan *plan, const char *pattern);

#endif
