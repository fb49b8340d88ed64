/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files with an entry a line: known_issues, whose own comment defines its format, and the
 * profiles of --require. The runner and a binary that stands alone both read them.
 */
#ifndef KVMCONF_ENTRIES_H
#define KVMCONF_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_FIELDS	8

/* @text without blanks at both ends, in place. */
char *trim(char *text);

/* The next line that is neither empty nor a comment, printable; NULL at the end. */
char *next_entry(char **text, unsigned int *number);

/* Fields between bars, trimmed. Returns how many there are. */
size_t split_fields(char *line, char *field[MAX_FIELDS]);

/* directory/binary, or with :case behind it. */
bool is_id_pattern(const char *text);

/*
 * Whether the shell pattern matches the case of the binary, or the binary for NULL. A pattern
 * with a colon is about cases, one without about binaries.
 */
bool id_matches(const char *pattern, const char *binary, const char *case_name);

/* Whether the kernel @release is in a range such as "6.16-7.3" (see known_issues). */
bool is_kernel_range(const char *range);
bool kernel_in_range(const char *release, const char *range);

struct known_issue {
	const char *pattern, *kernels, *machine, *reference, *reason;
};

/* The entry of @line, which it keeps. False if it is malformed; @why then says how. */
bool known_issue_parse(struct known_issue *issue, char *line, char *why, size_t size);

/* Whether it holds for @kernel on a machine that goes by @names, words with blanks between. */
bool known_issue_holds(const struct known_issue *issue, const char *kernel, const char *names);

#endif
