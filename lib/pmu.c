// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "pmu.h"

/*
 * The event by CPU, as event select and unit mask: "LsLocks.BusLock" in AMD's
 * processor programming references, SQ_MISC.BUS_LOCK in Intel's perfmon
 * events. CPUs with two kinds of cores are left out: an event of theirs counts
 * on one kind alone.
 */
static const struct bus_lock_event {
	char vendor;			/* as in struct cpu_model */
	unsigned int family;
	unsigned int first_model, last_model;
	uint64_t config;
} events[] = {
	{ 'A', 0x17, 0x00, 0xff, 0x0125 },	/* Zen to Zen 2 */
	{ 'A', 0x19, 0x00, 0xff, 0x0125 },	/* Zen 3 and 4 */
	{ 'A', 0x1a, 0x00, 0xff, 0x0125 },	/* Zen 5 and later */
	{ 'I', 6, 0x8f, 0x8f, 0x102c },		/* Sapphire Rapids */
	{ 'I', 6, 0xcf, 0xcf, 0x102c },		/* Emerald Rapids */
	{ 'I', 6, 0xad, 0xae, 0x102c },		/* Granite Rapids */
	{ 'I', 6, 0x6a, 0x6a, 0x10f4 },		/* Ice Lake, servers */
	{ 'I', 6, 0x6c, 0x6c, 0x10f4 },
	{ 'I', 6, 0x7d, 0x7e, 0x10f4 },		/* Ice Lake, clients */
	{ 'I', 6, 0x8c, 0x8d, 0x10f4 },		/* Tiger Lake */
};

static const struct bus_lock_event *find_event(void)
{
	struct cpu_model cpu;

	if (!host_cpu_model(&cpu))
		return NULL;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].vendor == cpu.vendor && events[i].family == cpu.family &&
		    cpu.model >= events[i].first_model && cpu.model <= events[i].last_model)
			return &events[i];
	return NULL;
}

int pmu_open_guest_bus_locks(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_RAW,
		.exclude_host = 1,
		/* Has a counter of its own, so that nothing is estimated. */
		.pinned = 1,
	};
	const struct bus_lock_event *event = find_event();

	if (!event) {
		errno = ENOENT;
		return -1;
	}
	attr.config = event->config;
	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

bool pmu_read(int fd, uint64_t *count)
{
	return read(fd, count, sizeof(*count)) == sizeof(*count);
}
