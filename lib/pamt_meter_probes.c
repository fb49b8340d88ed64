// SPDX-License-Identifier: GPL-2.0-only
/*
 * PAMT.ADD and PAMT.REMOVE, counted where the kernel returns from the SEAMCALL: return probes
 * on the functions that all SEAMCALLs of the host go through, with a filter for the leaf and
 * for success. They count on all CPUs, because any task may free a pair.
 *
 * Source of the names: Linux 6.16 and later, arch/x86/virt/vmx/tdx/seamcall.S. A third one,
 * __seamcall_saved_ret(), is for TDH.VP.ENTER and cannot be probed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pamt.h"
#include "pamt_meters.h"
#include "report.h"
#include "tdx.h"
#include "tracepoint.h"

#define PAMT_ADD	58
#define PAMT_REMOVE	59
#define MAX_CPUS	4096

static const char * const functions[] = { "__seamcall", "__seamcall_ret" };

enum { NR_FUNCTIONS = 2 };

static int fds[2][NR_FUNCTIONS * MAX_CPUS];	/* of ADD, of REMOVE */
static int nr_fds[2];
static long base;
static int tracefs = -1;
static pid_t owner;

static int write_event(const char *text)
{
	int fd = openat(tracefs, "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

/* An event's name has its owner's process id. */
#define EVENT_FORMAT	"kvmconf_%d/%s"

static void remove_event(pid_t pid, const char *function)
{
	char text[128];

	snprintf(text, sizeof(text), "-:" EVENT_FORMAT "\n", pid, function);
	write_event(text);
}

/* Those of processes that were killed. */
static void remove_stale_events(void)
{
	int fd = openat(tracefs, "kprobe_events", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256], stale[64][64];
	int nr = 0, pid;

	while (file && nr < 64 && fgets(line, sizeof(line), file))
		if (sscanf(line, "r%*[^:]:kvmconf_%d/%63s", &pid, stale[nr]) == 2 &&
		    kill(pid, 0) && errno == ESRCH)
			remove_event(pid, stale[nr++]);
	if (file)
		fclose(file);
}

static void close_probes(void)
{
	if (getpid() != owner)
		return;
	for (int kind = 0; kind < 2; kind++)
		while (nr_fds[kind])
			close(fds[kind][--nr_fds[kind]]);
	for (int i = 0; i < NR_FUNCTIONS; i++)
		remove_event(owner, functions[i]);
}

static bool create_event(const char *function)
{
	char text[256];

	snprintf(text, sizeof(text), "r:" EVENT_FORMAT " %s leaf=$arg1:u64 status=$retval:u64\n",
		 owner, function, function);
	return !write_event(text);
}

static long event_id(const char *function)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "events/" EVENT_FORMAT "/id", owner, function);
	fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return atol(text);
}

/* Returns an errno. */
static int count_event(int kind, const char *function, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = PERF_TYPE_TRACEPOINT, .config = event_id(function),
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	char filter[64];

	if (fd < 0)
		return errno;
	snprintf(filter, sizeof(filter), "leaf == %d && status == 0",
		 kind ? PAMT_REMOVE : PAMT_ADD);
	fds[kind][nr_fds[kind]++] = fd;
	return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) ? errno : 0;
}

static int count_on_all_cpus(const char *function)
{
	long nr = sysconf(_SC_NPROCESSORS_CONF);
	int err = 0;

	for (int cpu = 0; cpu < nr && cpu < MAX_CPUS && !err; cpu++) {
		err = count_event(0, function, cpu);
		if (!err)
			err = count_event(1, function, cpu);
		/* A CPU that is offline does nothing. */
		if (err == ENODEV || err == ENXIO)
			err = 0;
	}
	return err;
}

static long sum(int kind)
{
	long total = 0;

	for (int i = 0; i < nr_fds[kind]; i++) {
		uint64_t count;

		if (read(fds[kind][i], &count, sizeof(count)) != sizeof(count))
			report_error("perf event of a probe: %s", errno_name(errno));
		total += count;
	}
	return total;
}

/* A process may have few files, and a machine many CPUs. */
static void allow_files(void)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/*
 * Whether the kernel adds and removes pairs where the probes are: tried with a TD. A refused pair
 * is a test's business. The books, if there are any, decide.
 */
static bool sees_both(void)
{
	int status;
	pid_t child;

	if (pamt_profile() == PAMT_STATIC || tdx_module_has_books())
		return true;
	child = fork();
	if (!child) {
		struct td td = td_build(1);

		td_free(&td);
		_exit(0);
	}
	return child < 0 || waitpid(child, &status, 0) != child || status || (sum(0) && sum(1));
}

static const char *open_probes(void)
{
	const char *why = NULL;
	int err = 0;

	tracefs = tracefs_open();
	if (tracefs < 0)
		return "no tracefs";
	owner = getpid();
	remove_stale_events();
	allow_files();
	atexit(close_probes);
	for (int i = 0; i < NR_FUNCTIONS && !why; i++) {
		if (!create_event(functions[i]))
			why = "the kernel has no kprobe events, or no function of that name";
		else
			err = count_on_all_cpus(functions[i]);
		if (err)
			why = errno_name(err);
	}
	base = tdx_module_read(TDX_MSR_PAMT_PAIRS) - sum(0) + sum(1);
	if (!why && !sees_both())
		why = "the probes do not see how the kernel adds or removes pairs";
	if (why)
		close_probes();
	return why;
}

static long count_pairs(void)
{
	return base + sum(0) - sum(1);
}

const struct pamt_meter pamt_probes = { "probes (implementation)", open_probes, count_pairs };
