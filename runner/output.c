// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "sync.h"

static int copy_fd = -1;
static bool terminal, shown, lost, stdout_lost;

void output_open(int copy, bool status)
{
	copy_fd = copy;
	terminal = status && isatty(STDOUT_FILENO);
}

bool output_lost(void)
{
	return lost;
}

bool output_shows_status(void)
{
	return terminal;
}

void output_status(const char *line)
{
	char text[512];
	struct winsize size;
	size_t width = 79;

	if (!terminal || (!line && !shown))
		return;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col - 1;
	if (width > sizeof(text) - 8)
		width = sizeof(text) - 8;
	snprintf(text, sizeof(text), "\r%.*s\033[K", (int)width, line ? line : "");
	write_all(STDOUT_FILENO, text, strlen(text));
	shown = line;
}

static void show(const struct text *text)
{
	output_status(NULL);
	if (!stdout_lost && !write_all(STDOUT_FILENO, text->data, text->len)) {
		warn("the output could not be written: %s", strerror(errno));
		lost = stdout_lost = true;
	}
}

static void copy(const struct text *text)
{
	if (copy_fd >= 0 && !write_all(copy_fd, text->data, text->len)) {
		warn("output.tap could not be written: %s", strerror(errno));
		sync_close(copy_fd);
		copy_fd = -1;
		lost = true;
	}
	if (copy_fd >= 0)
		sync_soon(copy_fd);
}

void output_print(struct text *text)
{
	show(text);
	copy(text);
	text_free(text);
}

void output_copy(struct text *text)
{
	copy(text);
	text_free(text);
}

void output_show(struct text *text)
{
	show(text);
	text_free(text);
}
