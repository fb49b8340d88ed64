// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"
#include "tracepoint.h"

#define RING_PAGES	16		/* a power of 2 */

int tracefs_open(void)
{
	int root = open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int context;

	if (root >= 0 && (!faccessat(root, "events", F_OK, 0) || errno != ENOENT))
		return root;
	if (root >= 0)
		close(root);

	context = fsopen("tracefs", FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	root = fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!root)
		root = fsmount(context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return root;
}

/* Keeps the fields, which come first; how to print them is long, and of no use here. */
static void keep_fields(struct tracepoint *tp, int file)
{
	size_t size = 0;
	ssize_t more;
	char *end;

	do {
		more = read(file, tp->format + size, sizeof(tp->format) - 1 - size);
		size += more > 0 ? more : 0;
		tp->format[size] = '\0';
		end = strstr(tp->format, "\nprint fmt:");
	} while (!end && more > 0);
	if (!end)
		report_error("tracepoint: a format without end, of %zu bytes", size);
	*end = '\0';
}

static int read_format(struct tracepoint *tp, const char *system, const char *event)
{
	int root = tracefs_open(), err = 0, file;
	char path[128];

	if (root < 0)
		return errno;
	snprintf(path, sizeof(path), "events/%s/%s/format", system, event);
	file = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		err = errno;
	close(root);
	if (err)
		return err;
	keep_fields(tp, file);
	close(file);
	return 0;
}

static size_t ring_size(void)
{
	return RING_PAGES * (size_t)sysconf(_SC_PAGESIZE);
}

int tracepoint_open(struct tracepoint *tp, const char *system, const char *event)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};
	int err = read_format(tp, system, event);
	const char *id;
	void *ring;

	if (err)
		return err;
	id = strstr(tp->format, "\nID: ");
	if (!id || sscanf(id, "\nID: %llu", &attr.config) != 1)
		report_error("%s:%s: no id in its format", system, event);

	tp->fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (tp->fd < 0)
		return errno;
	ring = mmap(NULL, sysconf(_SC_PAGESIZE) + ring_size(), PROT_READ | PROT_WRITE,
		    MAP_SHARED, tp->fd, 0);
	if (ring == MAP_FAILED) {
		err = errno;
		close(tp->fd);
		return err;
	}
	tp->ring = ring;
	return 0;
}

void tracepoint_close(struct tracepoint *tp)
{
	if (!tp->ring)
		return;
	munmap(tp->ring, sysconf(_SC_PAGESIZE) + ring_size());
	close(tp->fd);
	tp->ring = NULL;
}

/* A record may end at the ring's start. */
static void copy_from_ring(const struct tracepoint *tp, uint64_t at, void *to, size_t size)
{
	const unsigned char *data = (const unsigned char *)tp->ring + sysconf(_SC_PAGESIZE);
	unsigned char *bytes = to;

	for (size_t i = 0; i < size; i++)
		bytes[i] = data[(at + i) % ring_size()];
}

bool tracepoint_next(struct tracepoint *tp)
{
	uint64_t tail = tp->ring->data_tail;
	struct {
		struct perf_event_header header;
		uint32_t raw_size;
	} sample;

	if (tail == __atomic_load_n(&tp->ring->data_head, __ATOMIC_ACQUIRE))
		return false;
	copy_from_ring(tp, tail, &sample, sizeof(sample));
	if (sample.header.type != PERF_RECORD_SAMPLE || sample.raw_size > sizeof(tp->record))
		report_error("tracepoint: record of type %u, size %u", sample.header.type,
			     sample.header.size);
	tp->record_size = sample.raw_size;
	copy_from_ring(tp, tail + sizeof(sample), tp->record, sample.raw_size);
	__atomic_store_n(&tp->ring->data_tail, tail + sample.header.size, __ATOMIC_RELEASE);
	return true;
}

uint64_t tracepoint_field(const struct tracepoint *tp, const char *name)
{
	unsigned int offset, size;
	uint64_t value = 0;
	const char *field;
	char key[64];

	snprintf(key, sizeof(key), " %s;\toffset:", name);
	field = strstr(tp->format, key);
	if (!field || sscanf(field + strlen(key), "%u;\tsize:%u;", &offset, &size) != 2 ||
	    size > sizeof(value) || offset + size > tp->record_size)
		report_error("tracepoint: no usable field \"%s\"", name);
	memcpy(&value, tp->record + offset, size);
	return value;
}
