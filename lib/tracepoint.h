/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel tracepoint, recorded for the calling thread through perf: what KVM
 * did, told by the kernel rather than by the interface under test.
 */
#ifndef KVMCONF_TRACEPOINT_H
#define KVMCONF_TRACEPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perf_event_mmap_page;

/*
 * The root of tracefs, or -1 with errno. Where it is not mounted, a mount that is attached
 * nowhere will do: it goes with its file descriptor.
 */
int tracefs_open(void);

struct tracepoint {
	char format[4096];		/* the fields of a record, in the kernel's words */
	unsigned char record[512];	/* the one that tracepoint_next() found */
	size_t record_size;
	int fd;
	struct perf_event_mmap_page *ring;
};

/*
 * Records every @system:@event of this thread from now on. Returns 0 or an
 * errno: EACCES or EPERM where this user may not, else the kernel has no such
 * tracepoint or no way to record it. The host's mounts stay as they are.
 */
int tracepoint_open(struct tracepoint *tp, const char *system, const char *event);

/* Of an open one, or of one that is all zero. */
void tracepoint_close(struct tracepoint *tp);

/* Takes the oldest record; false if there is none. A lost record is an error. */
bool tracepoint_next(struct tracepoint *tp);

/* A field of that record by name, an integer of any size. */
uint64_t tracepoint_field(const struct tracepoint *tp, const char *name);

/* tracepoint_open() for the set-up of a test, which skips where it cannot be. */
#define REQUIRE_TRACEPOINT(tp, system, event) do {				\
	int __err = tracepoint_open(tp, system, event);				\
										\
	REQUIRE(__err != EACCES && __err != EPERM, "permission",		\
		"tracepoint " system ":" event ": %s", errno_name(__err));	\
	REQUIRE(!__err, "no-tracepoints", "tracepoint " system ":" event ": %s", \
		errno_name(__err));						\
} while (0)

#endif
