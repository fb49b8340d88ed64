/* SPDX-License-Identifier: GPL-2.0-only */
/* The event stream between agent and runner: docs/events.md. */
#ifndef KVMCONF_EVENTS_H
#define KVMCONF_EVENTS_H

#include <stdint.h>

#include "text.h"

#define EVENTS_VERSION	"kvm-conformance-events 2"

/* A longer text is cut: the stream is for people, too. */
#define EVENT_TEXT_MAX	2000

/* --- writing --- */

struct event_writer {
	int fd;
	double start;		/* of the binary that runs, 0 outside of one */
	uint32_t crc;		/* of the lines since "s" */
	bool lost;		/* nobody reads any more */
	struct text buffer;	/* not written yet */
};

/* Events wait for a flush, so that what comes at once goes at once. */
void events_flush(struct event_writer *writer);

void event(struct event_writer *writer, char kind, const char *text, size_t len);
void event_fmt(struct event_writer *writer, char kind, const char *fmt, ...) __printf_like(3, 4);

/* --- reading --- */

struct event {
	double seconds;
	char kind;
	const char *text;	/* valid until the next call */
	const char *line;	/* all of it, without the newline */
	size_t len;		/* of the line */
};

struct event_reader {
	struct text buffer;
	size_t taken;
	uint32_t crc;
};

/* Hands over what came from the stream. */
void events_feed(struct event_reader *reader, const char *data, size_t len);

/*
 * The next whole event; false if there is none yet. A line that is no event is skipped: a
 * serial line can damage one. For "c" the kind is 'C' if the sum does not match.
 */
bool events_next(struct event_reader *reader, struct event *event);

#endif
