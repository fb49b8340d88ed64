// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU with a counter of bus locks, where the machine has everything but that: a layer
 * beneath the unmodified objects of x86/bus_lock_trace. The exits are the machine's own. A
 * guest's locks are counted by its RIP, before and after a KVM_RUN, in the straight line of
 * code that the test has; so they are known by another way than the memory that the test
 * looks at.
 *
 *	KVMCONF_PMU_SIM_BREAK	one of breaks[]
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "kvm_compat.h"

#define LS_LOCKS_BUS_LOCK	0x0125	/* AMD's event of a Zen 4 */
#define LENGTH			3	/* of a lock in the test's code */

int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __real_read(int fd, void *buffer, size_t size);
long __real_syscall(long number, ...);

bool __wrap_host_cpu_model(struct cpu_model *model);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
long __wrap_syscall(long number, ...);

static const char *const breaks[] = {
	"counts-nothing",
	"counts-exits",			/* and not the locks that are executed */
	"counts-attempts",		/* and what exits instead of executing is one, too */
	"counts-the-hosts",		/* although the host is excluded */
};

static int counter = -1;
static uint64_t count;

static bool broken(const char *name)
{
	const char *chosen = getenv("KVMCONF_PMU_SIM_BREAK");

	return chosen && !strcmp(chosen, name);
}

/* A misspelt break must not pass for none. */
static void __attribute__((constructor)) check_break(void)
{
	const char *chosen = getenv("KVMCONF_PMU_SIM_BREAK");

	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++)
		if (!chosen || !strcmp(chosen, breaks[i]))
			return;
	fprintf(stderr, "# error: KVMCONF_PMU_SIM_BREAK: there is no \"%s\"\n", chosen);
	exit(2);
}

bool __wrap_host_cpu_model(struct cpu_model *model)
{
	*model = (struct cpu_model){ .vendor = 'A', .family = 0x19, .model = 0x11 };
	return true;
}

static uint64_t rip_of(int vcpu)
{
	struct kvm_regs regs = { 0 };

	__real_ioctl(vcpu, KVM_GET_REGS, &regs);
	return regs.rip;
}

/* An exit like a fault's has RIP at a lock that was tried in vain. */
static unsigned int count_run(uint64_t before, uint64_t after)
{
	const unsigned int in_vain = *(const uint8_t *)after == 0xf0;
	unsigned int executed = 0;

	for (uint64_t rip = before; rip < after; rip += LENGTH)
		executed += *(const uint8_t *)rip == 0xf0;
	if (broken("counts-nothing"))
		return 0;
	if (broken("counts-exits"))
		return in_vain;
	if (broken("counts-attempts"))
		return executed + in_vain;
	return executed + broken("counts-the-hosts");
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	uint64_t before;
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request != KVM_RUN || counter < 0)
		return __real_ioctl(fd, request, arg);

	before = rip_of(fd);
	ret = __real_ioctl(fd, request, arg);
	if (!ret)
		count += count_run(before, rip_of(fd));
	return ret;
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	if (fd < 0 || fd != counter)
		return __real_read(fd, buffer, size);
	if (size != sizeof(count)) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(buffer, &count, size);
	return size;
}

/* Counts what the test is to ask for, and no other event. */
static int open_counter(const struct perf_event_attr *attr)
{
	if (attr->type != PERF_TYPE_RAW || attr->config != LS_LOCKS_BUS_LOCK ||
	    !attr->exclude_host || attr->exclude_guest || attr->disabled) {
		errno = EOPNOTSUPP;
		return -1;
	}
	count = 0;
	counter = memfd_create("counter", MFD_CLOEXEC);
	return counter;
}

long __wrap_syscall(long number, ...)
{
	long arg[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_perf_event_open &&
	    ((const struct perf_event_attr *)arg[0])->type == PERF_TYPE_RAW)
		return open_counter((const void *)arg[0]);
	return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
