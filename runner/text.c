// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define BLOCK_SIZE	16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(16) char data[];
};

static struct arena forever;

static void vwarn(const char *fmt, va_list ap)
{
	char message[4096];
	int len = snprintf(message, sizeof(message), "run_tests.sh: ");

	len += vsnprintf(message + len, sizeof(message) - len, fmt, ap);
	if (len > (int)sizeof(message) - 2)
		len = sizeof(message) - 2;
	message[len++] = '\n';
	/* In one piece: others write there, too. A stderr that is gone has no place to say so. */
	if (!write_all(STDERR_FILENO, message, len))
		return;
}

static bool bisecting, machine_lost;

void bisect_statuses(void)
{
	bisecting = true;
}

void final_status_lost(void)
{
	machine_lost = true;
}

int final_status(int status)
{
	if (!bisecting || status > 127)
		return status;
	switch (status) {
	case STATUS_PASS: return 0;
	case STATUS_FAIL: return 1;
	case STATUS_USAGE: return machine_lost ? 125 : 255;
	default: return 125;
	}
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vwarn(fmt, ap);
	va_end(ap);
}

void die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vwarn(fmt, ap);
	va_end(ap);
	exit(final_status(status));
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block;
	void *data;

	if (!arena)
		arena = &forever;
	size = (size + 15) & ~(size_t)15;
	block = arena->blocks;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			die(STATUS_LOST, "out of memory");
		*block = (struct arena_block){ .next = arena->blocks, .size = room };
		arena->blocks = block;
	}
	data = block->data + block->used;
	block->used += size;
	return memset(data, 0, size);
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	return memcpy(arena_alloc(arena, len + 1), text, len);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = arena_alloc(arena, len + 1);
	va_start(ap, fmt);
	vsnprintf(text, len + 1, fmt, ap);
	va_end(ap);
	return text;
}

/* Doubles at each power of two, so that no size has to be kept. */
void *array_grow(struct arena *arena, void *array, size_t nr, size_t element)
{
	void *grown;

	if (nr && (nr & (nr - 1)))
		return array;
	grown = arena_alloc(arena, (nr ? 2 * nr : 1) * element);
	return nr ? memcpy(grown, array, nr * element) : grown;
}

void lines_add(struct arena *arena, struct lines *lines, const char *line)
{
	*array_add(arena, lines->line, lines->nr) = line;
}

void text_add(struct text *text, const char *data, size_t len)
{
	if (text->size - text->len < len + 1) {
		text->size = 2 * text->size + len + 256;
		text->data = realloc(text->data, text->size);
		if (!text->data)
			die(STATUS_LOST, "out of memory");
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_quoted(struct text *text, const char *string)
{
	text_puts(text, "\"");
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			text_puts(text, "\\");
		text_add(text, *string < ' ' || *string > '~' ? "?" : string, 1);
	}
	text_puts(text, "\"");
}

void text_printf(struct text *text, const char *fmt, ...)
{
	char small[512], *data = small;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(small)) {
		data = malloc(len + 1);
		if (!data)
			die(STATUS_LOST, "out of memory");
		va_start(ap, fmt);
		vsnprintf(data, len + 1, fmt, ap);
		va_end(ap);
	}
	text_add(text, data, len);
	if (data != small)
		free(data);
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

char *printable(struct arena *arena, const char *text, char by)
{
	char *copy = arena_strdup(arena, text);

	for (char *c = copy; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = by;
	return copy;
}

char *read_fd(int fd, size_t *len)
{
	struct text text = { 0 };
	char buf[16384];
	ssize_t n;

	text_add(&text, "", 0);
	while ((n = read(fd, buf, sizeof(buf)))) {
		if (n < 0 && errno != EINTR) {
			text_free(&text);
			return NULL;
		}
		if (n > 0)
			text_add(&text, buf, n);
	}
	if (len)
		*len = text.len;
	return text.data;
}

char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char *data;

	if (fd < 0)
		return NULL;
	data = read_fd(fd, len);
	err = errno;
	close(fd);
	errno = err;
	return data;
}

bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

static bool write_to(const char *path, int flags, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0666);
	bool ok;

	if (fd < 0)
		return false;
	ok = write_all(fd, data, len);
	/* Not every kind of file can be told to stay. */
	fdatasync(fd);
	return !close(fd) && ok;
}

bool write_file(const char *path, const char *data, size_t len)
{
	char target[PATH_MAX], temporary[PATH_MAX + 16];
	struct stat st;
	int err;

	if (!realpath(path, target)) {
		if (errno != ENOENT)
			return false;
		snprintf(target, sizeof(target), "%s", path);
	} else if (!stat(target, &st) && !S_ISREG(st.st_mode)) {
		return write_to(path, 0, data, len);
	}
	snprintf(temporary, sizeof(temporary), "%s.%d.tmp", target, getpid());
	if (write_to(temporary, O_CREAT | O_EXCL, data, len) && !rename(temporary, target))
		return true;
	err = errno;
	unlink(temporary);
	errno = err;
	return false;
}

double monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

unsigned int parse_count(const char *text)
{
	size_t len = strlen(text);

	if (!len || len > 8 || text[0] == '0' || strspn(text, "0123456789") != len)
		return 0;
	return strtoul(text, NULL, 10);
}
