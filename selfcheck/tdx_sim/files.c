// SPDX-License-Identifier: GPL-2.0-only
/* What a test reads of the kernel besides KVM. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim.h"

#define OTHER_RECORDS	20000

static void meminfo(FILE *file)
{
	fprintf(file, "MemTotal:       %8u kB\n", SIM_MEMORY_GB << 20);
	if (profile == PROFILE_ROW)
		fprintf(file, "TDX:            %8lu kB\n", sim_row_kb());
}

static const char *warnings[4];

void kernel_warn(const char *function)
{
	const char **at = warnings;

	while (*at && strcmp(*at, function))
		at++;
	if (!broken("warns-of-nothing") && !broken("warned-of-another"))
		*at = function;
}

static void kernel_log(FILE *file)
{
	unsigned int nr = 0;

	if (broken("warned-of-another"))
		warnings[0] = "tdx_pamt_get";
	fprintf(file, "6,%u,1000,-;virt/tdx: BIOS enabled: private KeyID range [4, 16)\n", nr++);
	if (profile != PROFILE_STATIC)
		fprintf(file, "6,%u,1100,-;virt/tdx: Enable Dynamic PAMT\n", nr++);
	fprintf(file, "6,%u,1200,-;virt/tdx: %lu KB allocated for PAMT\n", nr++, sim_boot_kb());
	fprintf(file, "6,%u,1300,-;virt/tdx: TDX-Module initialized\n", nr++);
	/* A log can be long: more than 1 MiB is between boot and what is looked for. */
	for (int i = 0; i < OTHER_RECORDS; i++)
		fprintf(file, "6,%u,2000,-;somebody: a message that is of no concern to TDX\n", nr++);
	for (unsigned int i = 0; warnings[i]; i++)
		fprintf(file, "4,%u,9000,-;WARNING: arch/x86/virt/vmx/tdx/tdx.c:1 at %s+0x1/0x2, "
			"CPU#0: test/1\n", nr++, warnings[i]);
}

static void ram(FILE *file)
{
	fprintf(file, "00000000-%08llx : System RAM\nfee00000000-fee00000fff : PCI Bus 0000:00\n",
		((unsigned long long)SIM_MEMORY_GB << 30) - 1);
}

/* Of the kernel's areas, each with a page behind it, that with a count for each region. */
static void vmalloc_areas(FILE *file)
{
	unsigned long bytes = (SIM_MEMORY_GB << 9) * 4ul - (broken("refcounts-short") ? PAGE : 0);

	fprintf(file, "0x0000000000000000-0x0000000000000000    8192 other+0x1/0x2 pages=1 vmalloc\n");
	if (profile != PROFILE_STATIC)
		fprintf(file, "0x0000000000000000-0x0000000000000000 %7llu init_pamt_refcounts+0x1/0x2 "
			"pages=%llu vmalloc N0=%llu\n", bytes + PAGE, bytes / PAGE, bytes / PAGE);
}

static void yes(FILE *file)
{
	fprintf(file, "Y\n");
}

static void none(FILE *file)
{
	fprintf(file, "0\n");
}

static void module_users(FILE *file)
{
	fprintf(file, "%u\n", nr_vms);
}

static const struct {
	const char *path;
	void (*write)(FILE *file);
} files[] = {
	{ "/proc/meminfo", meminfo },
	{ "/proc/iomem", ram },
	{ "/proc/vmallocinfo", vmalloc_areas },
	{ "/dev/kmsg", kernel_log },
	{ "/sys/module/kvm_intel/parameters/tdx", yes },
	{ "/sys/module/kvm_intel/refcnt", module_users },
	{ "/proc/sys/kernel/tainted", none },
};

static void (*writer(const char *path))(FILE *file)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(path, files[i].path))
			return files[i].write;
	return cgroup_file(path);
}

int file_content(const char *path)
{
	void (*write)(FILE *file) = writer(path);
	FILE *file;
	int fd;

	if (!write && !node_file(path, NULL))
		return -1;
	fd = memfd_create("simulated", MFD_CLOEXEC);
	file = fdopen(dup(fd), "w");
	if (write)
		write(file);
	else
		node_file(path, file);
	fclose(file);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* For access(): the host's own KVM modules are not there. */
enum sim_file file_kind(const char *path)
{
	if (!strcmp(path, "/dev/kvm") || !strncmp(path, "/sys/module/kvm_intel", 21))
		return SIM_CONTENT;
	if (is_cgroup(path))
		return SIM_CONTENT;
	return strncmp(path, "/sys/module/kvm", 15) ? SIM_REAL : SIM_ABSENT;
}
