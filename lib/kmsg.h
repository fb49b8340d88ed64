/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's log: /dev/kmsg. */
#ifndef KVMCONF_KMSG_H
#define KVMCONF_KMSG_H

#include <stdbool.h>

/*
 * All that is left of it from record number @since on, or NULL with errno set if it is not
 * readable; to be freed. Each record is "prefix;text", a newline, and lines that begin with a blank.
 */
char *kmsg_since(unsigned long since);

/* A record's first line; what follows it says more about the record's source. */
struct kmsg_record {
	unsigned long number;
	const char *text;
};

/* Takes the next record of what kmsg_since() has returned, which it cuts up; false: no more. */
bool kmsg_take(char **log, struct kmsg_record *record);

/* The number that the next record will have; 0: the log is not readable. */
unsigned long kmsg_next(void);

/* The text behind @words in the log, or NULL. */
const char *kmsg_find(const char *log, const char *words);

/* Whether @words came in record number @since or later; false if the log is not readable. */
bool kmsg_has(unsigned long since, const char *words);

/*
 * Says that the test is about to make the kernel report something with @words in it: so the
 * report is no failure, and its absence is one. Not if the log since boot has @seen already, the
 * trace of an earlier one: the kernel makes such a report but once.
 */
void kmsg_expect_once(const char *words, const char *seen);

/* Says that one-line reports with @words in them may come, none or many: no WARN is such a one. */
void kmsg_allow(const char *words);

#endif
