// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

unsigned int timeout_scale(void)
{
	const char *text = getenv("KVMCONF_TIMEOUT_SCALE");
	long scale = text ? strtol(text, NULL, 10) : 1;

	return scale >= 1 && scale <= 1000 ? scale : 1;
}
