/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What supervise watches: the test's output, the kernel's log and the kernel's
 * taint flags. Each has a limit, so that no test can fill a disk.
 */
#ifndef KVMCONF_INPUTS_H
#define KVMCONF_INPUTS_H

#include "events.h"

#define OUTPUT_MAX	(1 << 20)
#define KERNEL_LOG_MAX	(1 << 18)

/* What an event takes besides its text: a flood of empty lines is a flood too. */
#define LINE_COST	16

/* Reads at a stretch; a source that never dries up must not stop the clock. */
#define READS_AT_ONCE	64

/* Puts lines together from what the pipe gives. */
static void take_output(const char *data, size_t len)
{
	static char line[EVENT_TEXT_MAX];
	static size_t length, total;

	for (size_t i = 0; i < len && total <= OUTPUT_MAX; i++) {
		if (data[i] == '\n') {
			event('o', line, length);
			total += LINE_COST;
			length = 0;
			continue;
		}
		if (length < sizeof(line))
			line[length] = data[i];
		length++;
		total++;
	}
	if (total > OUTPUT_MAX && total != SIZE_MAX) {
		event_fmt('d', "output beyond %d bytes", OUTPUT_MAX);
		total = SIZE_MAX;
	}
	/* The end of the output: what is left over never became a line. */
	if (!len && length)
		event('h', line, length);
}

/* Returns false when there is nothing more for now. */
static bool read_output(int *fd)
{
	char buf[16384];

	for (int i = 0; *fd >= 0 && i < READS_AT_ONCE; i++) {
		ssize_t n = read(*fd, buf, sizeof(buf));

		if (n > 0) {
			take_output(buf, n);
		} else if (n == 0) {
			close(*fd);
			*fd = -1;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return *fd >= 0;
}

/* Where a simulation stands for the kernel, this one's troubles are not the test's. */
static bool kernel_is_watched(void)
{
	return !getenv("KVMCONF_SIMULATED");
}

static int open_kernel_log(void)
{
	int fd = kernel_is_watched() ? open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* A record: "priority,sequence,time,flags;text\n key=value\n..." */
static void take_kernel_record(char *record, size_t len)
{
	static size_t total;
	char *text = strchr(record, ';');

	if (!text || total > KERNEL_LOG_MAX)
		return;
	total += len;
	if (total > KERNEL_LOG_MAX) {
		event_fmt('d', "kernel log beyond %d bytes", KERNEL_LOG_MAX);
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	event_fmt('k', "<%d> %s", atoi(record) & 7, text + 1);
}

/* Returns false when there is nothing more for now. */
static bool read_kernel_log(int *fd)
{
	char record[8192];

	for (int i = 0; *fd >= 0 && i < READS_AT_ONCE; i++) {
		ssize_t n = read(*fd, record, sizeof(record) - 1);

		if (n > 0) {
			record[n] = '\0';
			take_kernel_record(record, n);
		} else if (n < 0 && errno == EPIPE) {
			event_fmt('d', "kernel log: records were overwritten before they were read");
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	return *fd >= 0;
}

/*
 * All that is left once the family is dead. Not "until the end": the pipe may
 * have been handed to a stranger, and anybody can write to the kernel's log.
 */
static void drain_inputs(int *kernel_log, int *output)
{
	for (int i = 0; i < 8 && read_kernel_log(kernel_log); i++)
		;
	for (int i = 0; i < 8 && read_output(output); i++)
		;
	take_output(NULL, 0);
	read_kernel_log(kernel_log);
}

/* 0 if it cannot be read. */
static unsigned long long taint(void)
{
	unsigned long long flags = 0;
	FILE *file = kernel_is_watched() ? fopen("/proc/sys/kernel/tainted", "re") : NULL;

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &flags) != 1)
		flags = 0;
	fclose(file);
	return flags;
}

#endif
