// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "report.h"

/* The kernel returns no part of a record, and no record is longer than this. */
#define MAX_RECORD	16384

/* All of it; each read() is a record. */
static char *read_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t size = 0, used = 0;
	char *log = NULL;
	ssize_t got;
	int error;

	if (fd < 0)
		return NULL;
	do {
		if (size - used <= MAX_RECORD) {
			size = 2 * size + 2 * MAX_RECORD;
			log = realloc(log, size);
			if (!log)
				report_error("the kernel's log: no memory");
		}
		got = read(fd, log + used, size - 1 - used);
		used += got > 0 ? got : 0;
	} while (got > 0 || (got < 0 && errno == EPIPE));
	error = got < 0 && errno != EAGAIN ? errno : 0;
	close(fd);
	if (error) {
		free(log);
		errno = error;
		return NULL;
	}
	log[used] = '\0';
	return log;
}

/*
 * The prefix of a record's first line is "level,number,time,flags". Not for sscanf(), which looks
 * for the end of the whole log each time.
 */
static bool begins_record(const char *line, unsigned long *number)
{
	char *end;

	strtoul(line, &end, 10);
	if (end == line || *end != ',')
		return false;
	*number = strtoul(end + 1, NULL, 10);
	return true;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

char *kmsg_since(unsigned long since)
{
	char *log = read_log();
	const char *from = log;
	unsigned long number;

	while (from && *from && !(begins_record(from, &number) && number >= since))
		from = next_line(from);
	if (from != log)
		memmove(log, from, strlen(from) + 1);
	return log;
}

bool kmsg_take(char **log, struct kmsg_record *record)
{
	char *line = *log, *text = NULL;

	while (*line && !text) {
		size_t length = strcspn(line, "\n");

		if (begins_record(line, &record->number))
			text = memchr(line, ';', length);
		*log = line + length + (line[length] == '\n');
		line[length] = '\0';
		line = *log;
	}
	record->text = text ? text + 1 : NULL;
	return text;
}

unsigned long kmsg_next(void)
{
	char *log = read_log();
	unsigned long number, next = 0;

	for (const char *line = log; line && *line; line = next_line(line))
		if (begins_record(line, &number))
			next = number + 1;
	free(log);
	return next;
}

const char *kmsg_find(const char *log, const char *words)
{
	const char *at = log ? strstr(log, words) : NULL;

	return at ? at + strlen(words) : NULL;
}

bool kmsg_has(unsigned long since, const char *words)
{
	char *log = kmsg_since(since);
	bool has = kmsg_find(log, words);

	free(log);
	return has;
}

void kmsg_expect_once(const char *words, const char *seen)
{
	if (kmsg_has(0, seen))
		return;
	printf("# expect-kernel-log: %s\n", words);
	fflush(stdout);
}

void kmsg_allow(const char *words)
{
	printf("# allow-kernel-log: %s\n", words);
	fflush(stdout);
}
