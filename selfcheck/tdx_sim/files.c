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

int file_content(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd;
		FILE *file;

		if (strcmp(path, files[i].path))
			continue;
		fd = memfd_create(path, MFD_CLOEXEC);
		file = fdopen(dup(fd), "w");
		files[i].write(file);
		fclose(file);
		lseek(fd, 0, SEEK_SET);
		return fd;
	}
	return -1;
}

/* For access(): the host's own KVM modules are not there. */
enum sim_file file_kind(const char *path)
{
	if (!strcmp(path, "/dev/kvm") || !strncmp(path, "/sys/module/kvm_intel", 21))
		return SIM_CONTENT;
	return strncmp(path, "/sys/module/kvm", 15) ? SIM_REAL : SIM_ABSENT;
}
