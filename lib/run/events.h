/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream in which supervise tells what happened, a line an event:
 *
 *	SECONDS TAB SOURCE TAB TEXT
 *
 * on standard output and, the same bytes, in the log. Text is printable ASCII,
 * any other byte is written \xNN, so that neither a terminal nor a table nor
 * JSON can be upset by what a test prints.
 */
#ifndef KVMCONF_EVENTS_H
#define KVMCONF_EVENTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "family.h"
#include "io.h"

/* A longer line is cut; the log is for people. */
#define EVENT_TEXT_MAX	2000

static struct {
	double start;
	int log;
	const char *log_name;
	bool log_lost;		/* disk full, deleted: the log is not whole */
	bool stdout_lost;	/* nobody listens any more */
} events = { .log = -1 };

static void event_fmt(char source, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void log_fails(const char *why)
{
	close(events.log);
	events.log = -1;
	events.log_lost = true;
	event_fmt('d', "log %s: %s", events.log_name, why);
}

static void event(char source, const char *text, size_t len)
{
	char line[64 + 4 * EVENT_TEXT_MAX];
	size_t cut = len > EVENT_TEXT_MAX ? len - EVENT_TEXT_MAX : 0;
	int n;

	n = snprintf(line, sizeof(line), "%.6f\t%c\t", monotonic() - events.start, source);
	for (size_t i = 0; i < len - cut; i++) {
		unsigned char c = text[i];

		if (c >= ' ' && c <= '~')
			line[n++] = c;
		else
			n += sprintf(line + n, "\\x%02x", c);
	}
	if (cut)
		n += sprintf(line + n, " [%zu more bytes]", cut);
	line[n++] = '\n';

	if (!events.stdout_lost && !write_all(STDOUT_FILENO, line, n))
		events.stdout_lost = true;
	if (events.log >= 0 && !write_all(events.log, line, n))
		log_fails(strerror(errno));
}

static void event_fmt(char source, const char *fmt, ...)
{
	char text[EVENT_TEXT_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	event(source, text, len < (int)sizeof(text) ? len : (int)sizeof(text) - 1);
}

static void events_open(const char *log)
{
	events.start = monotonic();
	events.log_name = log;
	if (!log)
		return;
	events.log = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (events.log < 0)
		log_fails(strerror(errno));
}

/* To be called before the last event: a test may have deleted its own log. */
static void events_check_log(void)
{
	struct stat st;

	if (events.log >= 0 && (fstat(events.log, &st) || st.st_nlink == 0))
		log_fails("deleted while in use");
}

#endif
