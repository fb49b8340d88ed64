// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

/* What the agent writes to the kernel's log itself begins so. */
#define MARK		"kvm-conformance: "

/* How the harness says that a case starts. */
#define CASE_STARTS	"#  RUN           "

#define OUTPUT_MAX	(1 << 20)
#define KMSG_MAX	(1 << 18)

/* What an event takes besides its text: a flood of empty lines is a flood, too. */
#define LINE_COST	16

/* Reads at a stretch: a source that never dries up must not stop the clock. */
#define READS_AT_ONCE	64

/* The kernel takes ten lines in five seconds from one who has its log open, and drops others. */
#define MARKS_AT_ONCE	10

/* Should the machine die, the last lines of its log say in which case. */
static void mark_case(struct capture *c)
{
	const size_t intro = sizeof(CASE_STARTS) - 1;
	static int fd = -1, marks;
	char line[512];
	int len;

	if (!c->binary || c->half_len <= intro || c->half_len >= sizeof(c->half) ||
	    memcmp(c->half, CASE_STARTS, intro))
		return;
	len = snprintf(line, sizeof(line), "<6>" MARK "%s: %.*s\n", c->binary,
		       (int)(c->half_len - intro), c->half + intro);
	if (fd >= 0 && marks == MARKS_AT_ONCE) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
		marks = 0;
	}
	if (fd < 0 || len >= (int)sizeof(line) || write(fd, line, len) != len)
		c->binary = NULL;
	marks++;
	/* It is there for us to read, too. */
	capture_kmsg(c);
}

/* Puts lines together from what the pipe gives. */
static void take_output(struct capture *c, const char *data, size_t len)
{
	for (size_t i = 0; i < len && c->output_bytes <= OUTPUT_MAX; i++) {
		if (data[i] == '\n') {
			mark_case(c);
			event(c->writer, 'o', c->half, c->half_len);
			c->output_bytes += LINE_COST;
			c->half_len = 0;
			continue;
		}
		if (c->half_len < sizeof(c->half))
			c->half[c->half_len] = data[i];
		c->half_len++;
		c->output_bytes++;
	}
	if (c->output_bytes > OUTPUT_MAX && c->output_bytes != SIZE_MAX) {
		event_fmt(c->writer, 'd', "output beyond %d bytes", OUTPUT_MAX);
		c->output_bytes = SIZE_MAX;
	}
}

bool capture_output(struct capture *c)
{
	char buf[16384];

	for (int i = 0; c->output >= 0 && i < READS_AT_ONCE; i++) {
		ssize_t n = read(c->output, buf, sizeof(buf));

		if (n > 0) {
			take_output(c, buf, n);
			/* poll() says if there is more. */
			if (n < (ssize_t)sizeof(buf))
				return false;
		} else if (n == 0) {
			close(c->output);
			c->output = -1;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return c->output >= 0;
}

int open_kmsg(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* A record: "priority,sequence,time,flags;text\n key=value\n..." */
static void take_record(struct capture *c, char *record, size_t len)
{
	char *text = strchr(record, ';');

	if (!text || c->kmsg_bytes > KMSG_MAX || !strncmp(text + 1, MARK, sizeof(MARK) - 1))
		return;
	c->kmsg_bytes += len;
	if (c->kmsg_bytes > KMSG_MAX) {
		event_fmt(c->writer, 'd', "kernel log beyond %d bytes", KMSG_MAX);
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	event_fmt(c->writer, 'k', "<%d> %s", atoi(record) & 7, text + 1);
}

bool capture_kmsg(struct capture *c)
{
	char record[8192];

	for (int i = 0; c->kmsg >= 0 && i < READS_AT_ONCE; i++) {
		ssize_t n = read(c->kmsg, record, sizeof(record) - 1);

		if (n > 0) {
			record[n] = '\0';
			take_record(c, record, n);
		} else if (n < 0 && errno == EPIPE) {
			event_fmt(c->writer, 'd',
				  "kernel log: records were overwritten before they were read");
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	return c->kmsg >= 0;
}

/*
 * Not "until the end": the pipe may have been handed to a stranger, and anybody can write to
 * the kernel's log.
 */
void capture_rest(struct capture *c)
{
	for (int i = 0; i < 8 && capture_kmsg(c); i++)
		;
	for (int i = 0; i < 8 * READS_AT_ONCE && c->output >= 0; i++) {
		errno = 0;
		if (!capture_output(c) && errno == EAGAIN)
			break;
	}
	if (c->half_len && c->output_bytes != SIZE_MAX)
		event(c->writer, 'h', c->half, c->half_len);
	capture_kmsg(c);
	if (c->output >= 0)
		close(c->output);
}

unsigned long long read_taint(void)
{
	unsigned long long flags = 0;
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &flags) != 1)
		flags = 0;
	fclose(file);
	return flags;
}
