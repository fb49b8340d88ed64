// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <unistd.h>

#include "sync.h"
#include "text.h"

/* So long nothing more comes, in milliseconds; while more does, as often, in seconds. */
#define IDLE		10
#define LONGEST		0.25

#define MAX_FILES	16

static struct {
	int fd;
	bool close;
} files[MAX_FILES];
static unsigned int nr_files;
static double since;

static void sync_all(void)
{
	for (unsigned int i = 0; i < nr_files; i++) {
		fdatasync(files[i].fd);
		if (files[i].close)
			close(files[i].fd);
	}
	nr_files = 0;
}

static void add(int fd, bool close)
{
	for (unsigned int i = 0; i < nr_files; i++)
		if (files[i].fd == fd) {
			files[i].close |= close;
			return;
		}
	if (nr_files == MAX_FILES)
		sync_all();
	if (!nr_files)
		since = monotonic();
	files[nr_files].fd = fd;
	files[nr_files++].close = close;
}

void sync_soon(int fd)
{
	add(fd, false);
}

bool sync_close(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy >= 0)
		add(copy, true);
	for (unsigned int i = 0; i < nr_files; i++)
		if (files[i].fd == fd)
			files[i] = files[--nr_files];
	return !close(fd);
}

int sync_files(bool idle)
{
	if (nr_files && (idle || monotonic() > since + LONGEST))
		sync_all();
	return nr_files ? IDLE : 1000;
}
