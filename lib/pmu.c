// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pmu.h"

/*
 * The event by CPU, as event select and unit mask: "LsLocks.BusLock" in AMD's
 * processor programming references, SQ_MISC.BUS_LOCK in Intel's perfmon
 * events. CPUs with two kinds of cores are left out: an event of theirs counts
 * on one kind alone.
 */
static const struct bus_lock_event {
	char vendor;			/* 'A' or 'I' */
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

/* The vendor by the first letters of its name in EBX: "Auth" or "Genu". */
static char cpu_vendor(unsigned int ebx)
{
	return ebx == signature_AMD_ebx ? 'A' : ebx == signature_INTEL_ebx ? 'I' : '?';
}

static const struct bus_lock_event *find_event(void)
{
	unsigned int eax, ebx, ecx, edx, family, model;
	char vendor;

	if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx))
		return NULL;
	vendor = cpu_vendor(ebx);
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return NULL;
	family = (eax >> 8) & 0xf;
	model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
	if (family == 0xf)
		family += (eax >> 20) & 0xff;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].vendor == vendor && events[i].family == family &&
		    model >= events[i].first_model && model <= events[i].last_model)
			return &events[i];
	return NULL;
}

int pmu_open_guest_bus_locks(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_RAW,
		.exclude_host = 1,
		/* Shares its counter with nobody, so that nothing is estimated. */
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
