// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "charge.h"
#include "report.h"
#include "vm.h"

#define BATCH		64l	/* MEMCG_CHARGE_BATCH */
#define PIPE_PAGES	16	/* that a pipe has room for */
#define UNCLEAR		256	/* bytes */
#define MAX_FILLERS	16
#define MAX_READINGS	100

/* Signed, for differences. */
static const long page_size = PAGE_SIZE;

/* What "kernel" has beside single pages. */
static const char * const others[] = {
	"kernel_stack", "pagetables", "sec_pagetables", "percpu", "vmalloc", "slab",
};

static int open_file(const char *dir, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		report_error("%s: %s", path, errno_name(errno));
	return fd;
}

/* Each page is a change when it is mapped, and another one when it is unmapped. */
static void fill_batch(void)
{
	const size_t size = BATCH * page_size;
	const long nr = 1 + sysconf(_SC_NPROCESSORS_ONLN);
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == (char *)MAP_FAILED)
		report_error("mmap: %s", errno_name(errno));
	for (long i = 0; i < nr; i++)
		if (madvise(memory, size, MADV_POPULATE_WRITE) ||
		    madvise(memory, size, MADV_DONTNEED))
			report_error("madvise: %s", errno_name(errno));
	munmap(memory, size);
}

static void write_text(int fd, const char *name, const char *text)
{
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		report_error("%s: %s", name, errno_name(errno));
}

static void write_pages(int fd, const char *name, long pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", pages * page_size);
	write_text(fd, name, text);
}

static long read_pages(int fd)
{
	char text[32] = "";

	if (fd < 0 || pread(fd, text, sizeof(text) - 1, 0) <= 0)
		report_error("memory.current: %s", errno_name(errno));
	return atol(text) / page_size;
}

static void drain_stock(int now, int high)
{
	write_pages(high, "memory.high", read_pages(now) - 1);
	write_text(high, "memory.high", "max");
}

/* The value of a line of memory.stat; 0 if there is no such line. */
static long find_line(const char *stat, const char *key)
{
	char words[64];
	const char *at;

	snprintf(words, sizeof(words), "\n%s ", key);
	at = strstr(stat, words);
	return at ? atol(at + strlen(words)) : 0;
}

/* Objects of slab and per-CPU memory are charged by the byte, all else by the page. */
static bool is_by_byte(const char *key)
{
	return !strcmp(key, "slab") || !strcmp(key, "percpu");
}

/* What a reading has: all bytes of the kernel's, of these the ones of "others", and the objects. */
struct reading {
	long kernel, others, objects;
};

/* The batch is filled and the stock drained first. */
static struct reading read_stat(const char *dir)
{
	static char stat[16384];
	struct reading reading = { .kernel = -1 };
	int now = open_file(dir, "memory.current", O_RDONLY);
	int high = open_file(dir, "memory.high", O_WRONLY);
	int file = open_file(dir, "memory.stat", O_RDONLY);
	ssize_t got;

	fill_batch();
	drain_stock(now, high);
	got = read(file, stat + 1, sizeof(stat) - 2);
	if (got < 0)
		report_error("memory.stat: %s", errno_name(errno));
	stat[0] = '\n';
	stat[got + 1] = '\0';
	close(now);
	close(high);
	close(file);
	if (!strstr(stat, "\nkernel "))
		return reading;
	reading.kernel = find_line(stat, "kernel");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		long value = find_line(stat, others[i]);

		reading.others += value;
		reading.objects += is_by_byte(others[i]) ? value : 0;
	}
	return reading;
}

/*
 * The kernel frees objects later than they are given up, some by RCU and some when it reclaims
 * memory. What it frees between the drain and the reading is in stock again. So two readings that
 * follow one another must be the same.
 */
static struct reading read_settled(const char *dir)
{
	struct reading last = read_stat(dir);

	for (int i = 0; i < MAX_READINGS; i++) {
		struct reading reading = read_stat(dir);

		if (!memcmp(&reading, &last, sizeof(last)))
			return reading;
		last = reading;
	}
	report_error("memory.stat: the cgroup's kernel memory does not come to rest");
}

long charge_pages(const char *dir)
{
	int fillers[MAX_FILLERS], nr = 0;
	struct reading reading;
	long last;

	if (access(dir, F_OK))
		return -1;
	/*
	 * What the objects leave of their last page is between 0 and a page. Close to where it
	 * wraps it is not known on which side it is: then some bytes more are taken.
	 */
	for (;;) {
		reading = read_settled(dir);
		last = (page_size - reading.objects % page_size) % page_size;
		if (reading.kernel < 0 || nr == MAX_FILLERS ||
		    (last >= UNCLEAR && last <= page_size - UNCLEAR))
			break;
		fillers[nr++] = eventfd(0, EFD_CLOEXEC);
	}
	while (nr)
		close(fillers[--nr]);
	return reading.kernel < 0 ? -1 : (reading.kernel - reading.others - last) / page_size;
}

/* What @nr pages in a pipe change the charge by. */
static long charge_of_pipe(const char *dir, long nr)
{
	static const char page[PAGE_SIZE];
	long before, charged;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		report_error("pipe: %s", errno_name(errno));
	before = charge_pages(dir);
	for (long i = 0; i < nr; i++)
		if (write(ends[1], page, sizeof(page)) != sizeof(page))
			report_error("pipe: %s", errno_name(errno));
	charged = charge_pages(dir) - before;
	close(ends[0]);
	close(ends[1]);
	if (charge_pages(dir) != before)
		report_error("the charge of %ld pages of a pipe does not end with it", nr);
	return charged;
}

void charge_begin(const char *dir)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		report_error("sched_setaffinity: %s", errno_name(errno));
	for (long nr = 1; nr <= PIPE_PAGES; nr += PIPE_PAGES - 1) {
		long charged = charge_of_pipe(dir, nr);

		if (charged != nr)
			report_error("%ld pages of a pipe are charged as %ld", nr, charged);
	}
}

/* The cgroup's files, open while there is a limit: to open them then would take memory. */
static struct {
	int now, high, max, peak;
	long limit;
} files = { -1, -1, -1, -1, 0 };

static void spare_from_oom_killer(const char *adjustment)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	write_text(fd, "oom_score_adj", adjustment);
	close(fd);
}

/* What is read there is the peak since it was written, where it can be: Linux 6.12. */
static void open_peak(const char *dir)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/memory.peak", dir);
	files.peak = open(path, O_RDWR | O_CLOEXEC);
	if (files.peak >= 0)
		read_pages(files.peak);
}

/*
 * A CPU that may take a whole batch into its stock does so at the next charge. So at first there
 * is no room for any; then the stock is drained, which is less than a batch.
 */
void charge_limit(const char *dir, long pages)
{
	spare_from_oom_killer("-1000");
	if (mlockall(MCL_CURRENT))
		report_error("mlockall: %s", errno_name(errno));
	files.now = open_file(dir, "memory.current", O_RDONLY);
	files.high = open_file(dir, "memory.high", O_WRONLY);
	files.max = open_file(dir, "memory.max", O_WRONLY);
	open_peak(dir);
	for (int extra = 0; extra < 2; extra++) {
		files.limit = read_pages(files.now) + extra * pages;
		write_pages(files.max, "memory.max", files.limit);
		drain_stock(files.now, files.high);
	}
	if (files.peak >= 0)
		write_text(files.peak, "memory.peak", "reset");
}

long charge_beyond_limit(void)
{
	long peak = files.peak < 0 ? 0 : read_pages(files.peak);

	return peak > files.limit ? peak - files.limit : 0;
}

void charge_unlimit(void)
{
	if (files.max < 0)
		return;
	write_text(files.max, "memory.max", "max");
	close(files.now);
	close(files.high);
	close(files.max);
	if (files.peak >= 0)
		close(files.peak);
	files.max = files.peak = -1;
	munlockall();
	spare_from_oom_killer("0");
}
