// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test's side: libc's functions, as far as they touch what is simulated. All else goes
 * to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "protocol.h"
#include "sim.h"

#define REAL(type, name, ...) type __real_##name(__VA_ARGS__); type __wrap_##name(__VA_ARGS__)

REAL(int, access, const char *path, int mode);
REAL(int, fallocate, int fd, int mode, off_t offset, off_t size);
REAL(FILE *, fopen, const char *path, const char *mode);
REAL(int, ioctl, int fd, unsigned long cmd, ...);
REAL(void *, mmap, void *at, size_t size, int prot, int flags, int fd, off_t offset);
REAL(int, munmap, void *at, size_t size);
REAL(int, open, const char *path, int flags, ...);
REAL(int, mkdir, const char *path, mode_t mode);
REAL(ssize_t, pread, int fd, void *to, size_t size, off_t at);
REAL(ssize_t, pwrite, int fd, const void *from, size_t size, off_t at);
REAL(int, rmdir, const char *path);
REAL(int, uname, struct utsname *name);

static long outcome(int64_t ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static bool is_simulated(int fd)
{
	struct stat st;

	return !sim_is_server && fd >= 0 && !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

/* Returns a descriptor, or -1 with errno, or -2: not simulated. */
static int open_simulated(const char *path, int flags)
{
	struct sim_request request = { .op = SIM_OPEN, .arg = flags };
	int fd, content;

	if (sim_is_server || strlen(path) >= sizeof(request.path))
		return -2;
	strcpy(request.path, path);
	fd = sim_connect();
	switch (sim_ask(fd, &request, &content)) {
	case SIM_CONNECTION:
		return fd;
	case SIM_CONTENT:
		close(fd);
		return content;
	case SIM_ABSENT:
		close(fd);
		errno = ENOENT;
		return -1;
	default:
		close(fd);
		return -2;
	}
}

int __wrap_open(const char *path, int flags, ...)
{
	int fd = open_simulated(path, flags);
	mode_t mode;
	va_list ap;

	if (fd != -2)
		return fd;
	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return __real_open(path, flags, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	int fd = mode[0] == 'r' ? open_simulated(path, O_RDONLY) : -2;

	if (fd == -2)
		return __real_fopen(path, mode);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

static enum sim_file kind_of(const char *path)
{
	struct sim_request request = { .op = SIM_ACCESS };
	enum sim_file kind;
	int fd;

	if (sim_is_server || strlen(path) >= sizeof(request.path))
		return SIM_REAL;
	strcpy(request.path, path);
	fd = sim_connect();
	kind = sim_ask(fd, &request, NULL);
	close(fd);
	return kind;
}

void sim_bind(unsigned int node)
{
	struct sim_request request = { .op = SIM_BIND, .arg = node };
	int fd = sim_connect();

	sim_ask(fd, &request, NULL);
	close(fd);
}

int __wrap_access(const char *path, int mode)
{
	enum sim_file kind = kind_of(path);

	if (kind == SIM_REAL)
		return __real_access(path, mode);
	return outcome(kind == SIM_ABSENT ? -ENOENT : 0);
}

/* Directories that are simulated are there when they are needed. */
int __wrap_mkdir(const char *path, mode_t mode)
{
	return kind_of(path) == SIM_REAL ? __real_mkdir(path, mode) : 0;
}

int __wrap_rmdir(const char *path)
{
	return kind_of(path) == SIM_REAL ? __real_rmdir(path) : 0;
}

int __wrap_ioctl(int fd, unsigned long cmd, ...)
{
	struct sim_request request = { .op = SIM_IOCTL, .cmd = cmd };
	int64_t ret;
	va_list ap;
	int got;

	va_start(ap, cmd);
	request.arg = va_arg(ap, unsigned long);
	va_end(ap);
	if (!is_simulated(fd))
		return __real_ioctl(fd, cmd, request.arg);
	ret = sim_ask(fd, &request, &got);
	return got >= 0 ? got : outcome(ret);
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
	struct sim_request request = {
		.op = SIM_FALLOCATE, .cmd = mode, .arg = offset, .arg2 = size,
	};

	if (!is_simulated(fd))
		return __real_fallocate(fd, mode, offset, size);
	return outcome(sim_ask(fd, &request, NULL));
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
	struct sim_request request = {
		.op = SIM_PREAD, .cmd = size, .arg = (uint64_t)to, .arg2 = at,
	};

	if (!is_simulated(fd))
		return __real_pread(fd, to, size, at);
	return outcome(sim_ask(fd, &request, NULL));
}

ssize_t __wrap_pwrite(int fd, const void *from, size_t size, off_t at)
{
	struct sim_request request = {
		.op = SIM_PWRITE, .cmd = size, .arg = (uint64_t)from, .arg2 = at,
	};

	if (!is_simulated(fd))
		return __real_pwrite(fd, from, size, at);
	return outcome(sim_ask(fd, &request, NULL));
}

/* A mapping holds the file that it is of: a copy of the descriptor stands for that. */
static struct mapping {
	void *at;
	int fd;
} mappings[64];

#define NR_MAPPINGS	(sizeof(mappings) / sizeof(mappings[0]))

static struct mapping *mapping_at(void *at)
{
	for (size_t i = 0; i < NR_MAPPINGS; i++)
		if (mappings[i].at == at)
			return &mappings[i];
	return NULL;
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	struct sim_request request = { .op = SIM_MMAP };
	struct mapping *mapping;
	int64_t ret;
	void *map;
	int content;

	if (!is_simulated(fd))
		return __real_mmap(at, size, prot, flags, fd, offset);
	mapping = mapping_at(NULL);
	ret = mapping ? sim_ask(fd, &request, &content) : -ENOMEM;
	if (ret < 0)
		return (void *)outcome(ret);
	map = __real_mmap(at, size, prot, flags, content, offset);
	close(content);
	if (map != MAP_FAILED)
		*mapping = (struct mapping){
			map, broken("run-holds-nothing") ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0),
		};
	return map;
}

int __wrap_munmap(void *at, size_t size)
{
	struct mapping *mapping = at ? mapping_at(at) : NULL;

	if (mapping) {
		close(mapping->fd);
		mapping->at = NULL;
	}
	return __real_munmap(at, size);
}

int __wrap_uname(struct utsname *host)
{
	int ret = __real_uname(host);

	strcpy(host->release, SIM_RELEASE);
	return ret;
}
