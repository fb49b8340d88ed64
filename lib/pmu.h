/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU's own count of bus locks, for what guests do and the host does not. */
#ifndef KVMCONF_PMU_H
#define KVMCONF_PMU_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Counts the bus locks that the calling thread asserts as a guest, from now
 * on. Returns a perf event's fd, or -1 with errno: ENOENT where this CPU is not
 * known to have such an event, else perf_event_open()'s.
 */
int pmu_open_guest_bus_locks(void);

/* Reads the count so far; false if the counter was not counting all the time. */
bool pmu_read(int fd, uint64_t *count);

#endif
