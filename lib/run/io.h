/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole reads and writes, and files in memory. */
#ifndef KVMCONF_IO_H
#define KVMCONF_IO_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static inline bool write_all(int fd, const char *data, size_t len)
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

/* NULL if it cannot be read, or there is no memory. */
static inline char *read_all(int fd, size_t *len)
{
	size_t size = 65536;
	char *data = malloc(size), *grown;
	ssize_t n = 1;

	*len = 0;
	while (data && n) {
		n = read(fd, data + *len, size - *len);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			*len += n;
		if (*len == size) {
			grown = realloc(data, size *= 2);
			if (!grown)
				break;
			data = grown;
		}
	}
	if (!n)
		return data;
	free(data);
	return NULL;
}

/*
 * Unlike a pipe a file in memory needs no reader and outlives its writer, and
 * unlike any other file it does not depend on a disk; Linux before 3.17 (RHEL 7)
 * has to do with one in /tmp. Returns -1 on failure.
 */
static inline int memory_file(const char *data, size_t len)
{
	char name[] = "/tmp/runner.XXXXXX";
	int fd = memfd_create("runner", MFD_CLOEXEC);

	if (fd < 0 && errno == ENOSYS) {
		fd = mkostemp(name, O_CLOEXEC);
		unlink(name);
	}
	if (fd >= 0 && write_all(fd, data, len) && !lseek(fd, 0, SEEK_SET))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

#endif
