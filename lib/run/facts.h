/* SPDX-License-Identifier: GPL-2.0-only */
/* A fact is a line "key TAB value", in printable ASCII. */
#ifndef KVMCONF_FACTS_H
#define KVMCONF_FACTS_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fact(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void fact(const char *key, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	for (char *c = value; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = ' ';
	printf("%s\t%s\n", key, value);
}

/* The first line of a file, or NULL. */
static char *first_line(const char *path)
{
	static char line[4096];
	FILE *file = fopen(path, "re");

	if (!file)
		return NULL;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void fact_from(const char *key, const char *path)
{
	const char *line = first_line(path);

	if (line)
		fact(key, "%s", line);
}

#endif
