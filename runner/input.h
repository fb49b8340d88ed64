/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of entries: known_issues and profiles. */
#ifndef KVMCONF_INPUT_H
#define KVMCONF_INPUT_H

#include "plan.h"

#define MAX_FIELDS	8

/* The next line that is neither empty nor a comment, printable; NULL at the end. */
char *next_entry(char **text, unsigned int *number);

/* Fields between bars, trimmed. Returns how many there are. */
size_t split_fields(char *line, char *field[MAX_FIELDS]);

/* directory/binary, or with :case behind it. */
bool is_id_pattern(const char *text);

/* An entry with a colon is about cases, one without about binaries. */
bool pattern_matches(const char *pattern, const struct binary *binary, const struct test_case *c);

/* Whether @pattern matches anything in @plan. */
bool matches_any(const struct plan *plan, const char *pattern);

#endif
