// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "report.h"

/* The runner reads the verdict from the line's first word. */
static void print_end(const char *verdict, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	fflush(stdout);
	fprintf(stderr, "# %s: %s\n", verdict, text);
	exits_print();
}

void report_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_end("fail", fmt, ap);
	va_end(ap);
	/* Not exit(): the harness's own atexit handlers belong to its parent. */
	_exit(1);
}

void report_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_end("error", fmt, ap);
	va_end(ap);
	_exit(1);
}

const char *errno_name(int err)
{
	static __thread char unknown[24];
	const char *name = strerrorname_np(err);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "errno %d", err);
	return unknown;
}

const char *hex(uint64_t value)
{
	static __thread char texts[2][24];
	static __thread unsigned int turn;
	char *text = texts[turn++ % 2];

	snprintf(text, sizeof(texts[0]), "0x%llx", (unsigned long long)value);
	return text;
}

const char *errno_or_success(long ret)
{
	return ret == -1 ? errno_name(errno) : "success";
}

unsigned int timeout_scale(void)
{
	const char *text = getenv("KVMCONF_TIMEOUT_SCALE");
	long scale = text ? strtol(text, NULL, 10) : 1;

	return scale >= 1 && scale <= 1000 ? scale : 1;
}
