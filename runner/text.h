/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory, text and messages.
 *
 * The run_tests.sh that users type is this program: messages bear its name.
 */
#ifndef KVMCONF_TEXT_H
#define KVMCONF_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of a run; 128 + N after signal N. */
enum {
	STATUS_PASS = 0,
	STATUS_FAIL = 1,	/* something is not ok */
	STATUS_USAGE = 2,
	STATUS_LOST = 3,	/* results could not be kept */
	STATUS_SKIP = 4,	/* everything was skipped */
};

/*
 * The exit status of the program in place of @status: after bisect_statuses() 0 is good, 1 bad,
 * 125 not to be judged, and 255, for a mistake in the command line, ends "git bisect run". From
 * final_status_lost() on such a mistake is one of the machine, not to be judged.
 */
int final_status(int status);
void bisect_statuses(void);
void final_status_lost(void);

#define __printf_like(f, a) __attribute__((format(printf, f, a)))

void warn(const char *fmt, ...) __printf_like(1, 2);
void die(int status, const char *fmt, ...) __attribute__((noreturn)) __printf_like(2, 3);

/*
 * Memory that is freed as a whole. A NULL arena is the program's own: what is taken from it
 * stays. There is no error: without memory the program ends with STATUS_LOST.
 */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *fmt, ...) __printf_like(2, 3);
void arena_free(struct arena *arena);

/* An array that grows: the place for one more element, zeroed. */
void *array_grow(struct arena *arena, void *array, size_t nr, size_t element);

#define array_add(arena, array, nr) \
	((array) = array_grow(arena, array, nr, sizeof(*(array))), &(array)[(nr)++])

/* Lines of text. */
struct lines {
	const char **line;
	size_t nr;
};

void lines_add(struct arena *arena, struct lines *lines, const char *line);

/* Text under construction. */
struct text {
	char *data;		/* ends in a zero byte, not counted */
	size_t len, size;
};

void text_add(struct text *text, const char *data, size_t len);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *fmt, ...) __printf_like(2, 3);
void text_free(struct text *text);

/* A string of JSON or YAML in double quotes; what is not printable ASCII becomes "?". */
void text_quoted(struct text *text, const char *string);

/* The string in @text with each character that is not printable ASCII replaced by @by. */
char *printable(struct arena *arena, const char *text, char by);

/* A whole file or what a descriptor gives until its end; NULL and errno if it cannot be read. */
char *read_file(const char *path, size_t *len);
char *read_fd(int fd, size_t *len);

/* False and errno if not all of it could be written. */
bool write_all(int fd, const char *data, size_t len);

/*
 * The file @path has the text as a whole, or what it had before: a new file takes its name.
 * A symbolic link stays one; a pipe or a device is written to as it is.
 */
bool write_file(const char *path, const char *data, size_t len);

/* Seconds of CLOCK_MONOTONIC. */
double monotonic(void);

/* A count: 1 to 99999999 in decimal, without a sign or leading zeros; 0 if @text is none. */
unsigned int parse_count(const char *text);

#endif
