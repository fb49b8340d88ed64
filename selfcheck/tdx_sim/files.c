// SPDX-License-Identifier: GPL-2.0-only
/* What a test reads of the kernel besides KVM. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim.h"

static void meminfo(FILE *file)
{
	fprintf(file, "MemTotal:       %8u kB\n", SIM_MEMORY_GB << 20);
	if (profile == PROFILE_ROW)
		fprintf(file, "TDX:            %8lu kB\n", sim_row_kb());
}

static void kernel_log(FILE *file)
{
	unsigned int nr = 0;

	fprintf(file, "6,%u,1000,-;virt/tdx: BIOS enabled: private KeyID range [8, 16)\n", nr++);
	if (profile != PROFILE_STATIC)
		fprintf(file, "6,%u,1100,-;virt/tdx: Enable Dynamic PAMT\n", nr++);
	fprintf(file, "6,%u,1200,-;virt/tdx: %lu KB allocated for PAMT\n", nr++, sim_boot_kb());
	fprintf(file, "6,%u,1300,-;virt/tdx: TDX-Module initialized\n", nr++);
}

static void ram(FILE *file)
{
	fprintf(file, "00000000-%08llx : System RAM\n",
		((unsigned long long)SIM_MEMORY_GB << 30) - 1);
}

static void yes(FILE *file)
{
	fprintf(file, "Y\n");
}

static void none(FILE *file)
{
	fprintf(file, "0\n");
}

static const struct {
	const char *path;
	void (*write)(FILE *file);
} files[] = {
	{ "/proc/meminfo", meminfo },
	{ "/proc/iomem", ram },
	{ "/dev/kmsg", kernel_log },
	{ "/sys/module/kvm_intel/parameters/tdx", yes },
	{ "/sys/module/kvm_intel/refcnt", none },
	{ "/proc/sys/kernel/tainted", none },
};

/* Of cgroups only those that tests make, and all are the same one. */
#define CGROUP "/sys/fs/cgroup/kvm-conformance-"

static void memory_stat(FILE *file)
{
	fprintf(file, "kernel %lu\n", sim_charge());
}

static void (*writer(const char *path))(FILE *file)
{
	const char *name = strrchr(path, '/');

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(path, files[i].path))
			return files[i].write;
	if (!strncmp(path, CGROUP, strlen(CGROUP)) && !strcmp(name, "/memory.stat"))
		return memory_stat;
	return NULL;
}

bool file_is_sink(const char *path)
{
	const char *name = strrchr(path, '/');

	return !strncmp(path, "/sys/fs/cgroup/", 15) && name && !strcmp(name, "/cgroup.procs");
}

int file_content(const char *path)
{
	void (*write)(FILE *file) = writer(path);
	FILE *file;
	int fd;

	if (!write && !node_meminfo(path, NULL))
		return -1;
	fd = memfd_create("simulated", MFD_CLOEXEC);
	file = fdopen(dup(fd), "w");
	if (write)
		write(file);
	else
		node_meminfo(path, file);
	fclose(file);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* For access(): the host's own KVM modules are not there. */
enum sim_file file_kind(const char *path)
{
	if (!strcmp(path, "/dev/kvm") || !strncmp(path, "/sys/module/kvm_intel", 21))
		return SIM_CONTENT;
	if (!strncmp(path, CGROUP, strlen(CGROUP)))
		return SIM_CONTENT;
	return strncmp(path, "/sys/module/kvm", 15) ? SIM_REAL : SIM_ABSENT;
}
