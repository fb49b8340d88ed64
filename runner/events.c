// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

/* CRC-32 as in zlib. */
static uint32_t crc32(uint32_t crc, const char *data, size_t len)
{
	static uint32_t table[256];

	if (!table[1])
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;

			for (int bit = 0; bit < 8; bit++)
				c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
			table[i] = c;
		}
	crc = ~crc;
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *data++) & 0xff];
	return ~crc;
}

void event(struct event_writer *writer, char kind, const char *text, size_t len)
{
	char line[64 + 4 * EVENT_TEXT_MAX];
	size_t cut = len > EVENT_TEXT_MAX ? len - EVENT_TEXT_MAX : 0;
	unsigned long us = writer->start ? (monotonic() - writer->start) * 1e6 : 0;
	int n = snprintf(line, sizeof(line), "%lu.%06lu\t%c\t", us / 1000000, us % 1000000, kind);

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
	if (kind == 's')
		writer->crc = 0;
	writer->crc = crc32(writer->crc, line, n);
	text_add(&writer->buffer, line, n);
	if (writer->buffer.len > 65536)
		events_flush(writer);
}

void events_flush(struct event_writer *writer)
{
	if (writer->buffer.len && !writer->lost &&
	    !write_all(writer->fd, writer->buffer.data, writer->buffer.len))
		writer->lost = true;
	writer->buffer.len = 0;
}

void event_fmt(struct event_writer *writer, char kind, const char *fmt, ...)
{
	char text[EVENT_TEXT_MAX + 1];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	event(writer, kind, text, len < (int)sizeof(text) ? len : (int)sizeof(text) - 1);
}

void events_feed(struct event_reader *reader, const char *data, size_t len)
{
	if (reader->taken) {
		reader->buffer.len -= reader->taken;
		memmove(reader->buffer.data, reader->buffer.data + reader->taken, reader->buffer.len);
		reader->taken = 0;
	}
	text_add(&reader->buffer, data, len);
}

/* SECONDS TAB KIND TAB TEXT, printable. */
static bool parse(char *line, size_t len, struct event *event)
{
	char *end;

	event->line = line;
	event->len = len;
	event->seconds = strtod(line, &end);
	if (end == line || end[0] != '\t' || !end[1] || end[2] != '\t')
		return false;
	event->kind = end[1];
	event->text = end + 3;
	for (const char *c = event->text; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return strlen(line) == len;
}

bool events_next(struct event_reader *reader, struct event *event)
{
	while (reader->taken < reader->buffer.len) {
		char *line = reader->buffer.data + reader->taken;
		char *newline = memchr(line, '\n', reader->buffer.len - reader->taken);
		size_t len;

		if (!newline)
			return false;
		len = newline - line;
		reader->taken += len + 1;
		*newline = '\0';
		if (!parse(line, len, event)) {
			/* The sum will not match either. */
			reader->crc = crc32(reader->crc, "?", 1);
			continue;
		}
		if (event->kind == 'c') {
			if (strtoul(event->text, NULL, 16) != reader->crc)
				event->kind = 'C';
			return true;
		}
		if (event->kind == 's')
			reader->crc = 0;
		*newline = '\n';
		reader->crc = crc32(reader->crc, line, len + 1);
		*newline = '\0';
		return true;
	}
	return false;
}
