// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmsg.h"
#include "pamt.h"
#include "report.h"
#include "scatter.h"

#define BLOCK_SHIFT	30
#define GUARD_SIZE	4096	/* behind each area of vmalloc(), and part of its size */

/* What only the books tell, if the log does not: nothing of a real module. */
static enum pamt_profile profile_by_books(void)
{
	const uint64_t state = tdx_module_read(TDX_MSR_PAMT_STATE);

	if (!(state & TDX_MODULE_READY))
		return PAMT_UNKNOWN;
	return state & TDX_PAMT_DYNAMIC ? PAMT_DYNAMIC : PAMT_STATIC;
}

/* It is for the whole boot. */
enum pamt_profile pamt_profile(void)
{
	static enum pamt_profile profile = PAMT_UNKNOWN;
	char *log;

	if (profile != PAMT_UNKNOWN)
		return profile;
	log = kmsg_since(0);
	if (kmsg_find(log, ";virt/tdx: Enable Dynamic PAMT"))
		profile = PAMT_DYNAMIC;
	else if (kmsg_find(log, " KB allocated for PAMT"))
		profile = PAMT_STATIC;
	else
		profile = profile_by_books();
	free(log);
	return profile;
}

bool pamt_kernel_knows_dynamic(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	bool found = host_kernel_at_least(7, 4);
	char line[512], name[128];

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*c %127s", name) == 1 &&
			!strncmp(name, "tdx_pamt_", strlen("tdx_pamt_"));
	if (file)
		fclose(file);
	return found;
}

long pamt_boot_kb(void)
{
	char *log = kmsg_since(0);
	const char *at = log;
	long last, kb = -1;

	while ((at = kmsg_find(at, ";virt/tdx: ")))
		if (sscanf(at, "%ld KB allocated for PAMT", &last) == 1)
			kb = last;
	free(log);
	return kb;
}

const char *pamt_warning(const char *words, unsigned long since)
{
	static char headline[256];
	char *log = kmsg_since(since);
	const char *at = log;

	if (!log)
		return NULL;
	headline[0] = '\0';
	while (!headline[0] && (at = kmsg_find(at, ";WARNING: "))) {
		/* Behind "CPU#" stands what the process is called. */
		snprintf(headline, sizeof(headline), "%.*s", (int)strcspn(at, "\n#"), at);
		if (!strstr(headline, words))
			headline[0] = '\0';
	}
	free(log);
	return headline;
}

/* The next range of RAM in /proc/iomem: false if there is none. */
static bool next_ram(FILE *iomem, unsigned long *start, unsigned long *end)
{
	char line[256], name[64];

	while (iomem && fgets(line, sizeof(line), iomem))
		if (line[0] != ' ' && sscanf(line, "%lx-%lx : %63[^\n]", start, end, name) == 3 &&
		    !strcmp(name, "System RAM") && *end)
			return true;
	if (iomem)
		fclose(iomem);
	return false;
}

unsigned long pamt_ram_blocks(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long start, end, next = 0, nr = 0;

	while (next_ram(iomem, &start, &end)) {
		start >>= BLOCK_SHIFT;
		end >>= BLOCK_SHIFT;
		if (start < next)
			start = next;
		if (end >= start)
			nr += end - start + 1;
		next = end + 1;
	}
	return nr;
}

unsigned long pamt_end_of_ram(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long start, end, last = 0;

	while (next_ram(iomem, &start, &end))
		last = end + 1;
	return last;
}

long pamt_refcounts_size(void)
{
	/* It depends on the compiler which of them is there. */
	static const char * const callers[] = {
		"init_dpamt_refcounts+", "init_pamt_refcounts+", "init_pamt_metadata+",
		"init_tdx_module+", "tdx_enable+", "__tdx_enable+", "tdx_init+",
	};
	FILE *file = fopen("/proc/vmallocinfo", "r");
	char line[256], caller[128];
	long size, found = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %ld %127s", &size, caller) != 2)
			continue;
		for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++)
			if (!strncmp(caller, callers[i], strlen(callers[i])))
				found = size - GUARD_SIZE;
	}
	if (file)
		fclose(file);
	return found;
}

long pamt_kvm_users(void)
{
	FILE *file = fopen("/sys/module/kvm_intel/refcnt", "r");
	long users = -1;

	if (file && fscanf(file, "%ld", &users) != 1)
		users = -1;
	if (file)
		fclose(file);
	return users < 0 ? users : users - scatter_kvm_users();
}
