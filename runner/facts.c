// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "facts.h"

void fact_add(struct facts *facts, const char *key, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	*array_add(NULL, facts->fact, facts->nr) = (struct fact){
		.key = arena_strdup(NULL, key),
		.value = printable(NULL, value, ' '),
	};
}

const char *fact_get(const struct facts *facts, const char *key)
{
	for (size_t i = 0; i < facts->nr; i++)
		if (!strcmp(facts->fact[i].key, key))
			return facts->fact[i].value;
	return "";
}

char *first_line(const char *path)
{
	static char line[4096];
	FILE *file = fopen(path, "re");

	if (!file)
		return NULL;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

void fact_from_file(struct facts *facts, const char *key, const char *path)
{
	const char *line = first_line(path);

	if (line)
		fact_add(facts, key, "%s", line);
}

static const char *hypervisor(void)
{
	static char name[13];
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
		return "none";
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(name, &ebx, 4);
	memcpy(name + 4, &ecx, 4);
	memcpy(name + 8, &edx, 4);
	return name[0] ? name : "unknown";
}

/* "QEMU" or "Bochs" if the CPU is software, else NULL. */
static const char *emulator(void)
{
	static const char * const names[] = {
		"/sys/class/dmi/id/bios_vendor", "/sys/class/dmi/id/sys_vendor",
		"/sys/class/dmi/id/product_name",
	};

	if (!strcmp(hypervisor(), "TCGTCGTCGTCG"))
		return "QEMU";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *line = first_line(names[i]);

		if (line && strstr(line, "Bochs"))
			return "Bochs";
	}
	return NULL;
}

/* The features that matter here, of the many that /proc/cpuinfo has. */
static char cpu_flags[256];

static void collect_cpu_flags(char *all)
{
	static const char * const wanted[] = {
		"svm", "vmx", "npt", "ept", "hypervisor", "sev", "sev_es", "sev_snp",
		"split_lock_detect", "bus_lock_detect", "tdx_host_platform",
	};

	cpu_flags[0] = '\0';
	for (char *flag = strtok(all, " "); flag; flag = strtok(NULL, " "))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (!strcmp(flag, wanted[i])) {
				strcat(cpu_flags, cpu_flags[0] ? " " : "");
				strcat(cpu_flags, flag);
			}
}

/*
 * What the CPU says of itself, as it says it: features, virtualisation, SEV, TDX and how it is
 * identified. LEAF.SUBLEAF: EAX EBX ECX EDX.
 */
static void collect_cpuid(struct facts *facts)
{
	static const struct {
		unsigned int leaf, subleaf;
	} leaves[] = {
		{ 0x1, 0 }, { 0x7, 0 }, { 0x7, 1 }, { 0xd, 0 }, { 0xd, 1 }, { 0x21, 0 },
		{ 0x80000001, 0 }, { 0x80000008, 0 }, { 0x8000000a, 0 }, { 0x8000001f, 0 },
		{ 0x80000021, 0 },
	};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		unsigned int leaf = leaves[i].leaf, eax, ebx, ecx, edx;
		char key[40];

		if (!__get_cpuid_count(leaf, leaves[i].subleaf, &eax, &ebx, &ecx, &edx))
			continue;
		/* The initial APIC ID is of the CPU that this ran on, and another one's next time. */
		if (leaf == 0x1)
			ebx &= 0x00ffffff;
		snprintf(key, sizeof(key), "cpu.cpuid.%08x:%u", leaf, leaves[i].subleaf);
		fact_add(facts, key, "%08x %08x %08x %08x", eax, ebx, ecx, edx);
	}
}

/* The first CPU stands for all. */
static void collect_cpu(struct facts *facts)
{
	static const struct {
		const char *key, *name;
	} fields[] = {
		{ "vendor_id", "cpu.vendor" }, { "model name", "cpu.name" },
		{ "cpu family", "cpu.family" }, { "model", "cpu.model" },
		{ "stepping", "cpu.stepping" }, { "microcode", "cpu.microcode" },
	};
	char line[8192], *value;
	FILE *file = fopen("/proc/cpuinfo", "re");

	fact_add(facts, "cpu.count", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	fact_add(facts, "cpu.hypervisor", "%s", hypervisor());
	while (file && fgets(line, sizeof(line), file) && line[0] != '\n') {
		line[strcspn(line, "\n")] = '\0';
		value = strstr(line, ": ");
		if (!value)
			continue;
		value += 2;
		line[strcspn(line, "\t:")] = '\0';
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strcmp(line, fields[i].key))
				fact_add(facts, fields[i].name, "%s", value);
		if (!strcmp(line, "flags")) {
			collect_cpu_flags(value);
			fact_add(facts, "cpu.flags", "%s", cpu_flags);
		}
	}
	if (file)
		fclose(file);
	collect_cpuid(facts);
}

static bool has_symbol(const char *want)
{
	size_t len;
	char *symbols = read_file("/proc/kallsyms", &len);
	bool found = symbols && memmem(symbols, len, want, strlen(want));

	free(symbols);
	return found;
}

/*
 * KASAN shows only as a symbol. To list all symbols takes a kernel longer than the whole rest
 * of this program, so look first at what KASAN doubles: the size of a kernel stack, 16 kB.
 */
static bool has_kasan(void)
{
	unsigned long kb = 0, tasks = 0;
	const char *load = first_line("/proc/loadavg");
	char line[256];
	FILE *file;

	if (!load || sscanf(load, "%*s %*s %*s %*u/%lu", &tasks) != 1)
		return has_symbol(" kasan_report\n");
	file = fopen("/proc/meminfo", "re");
	while (file && fgets(line, sizeof(line), file) && !sscanf(line, "KernelStack: %lu", &kb))
		;
	if (file)
		fclose(file);
	return (!kb || kb > 24 * tasks) && has_symbol(" kasan_report\n");
}

static void collect_debug(struct facts *facts)
{
	if (!emulator())
		fact_add(facts, "debug.kasan", "%s", has_kasan() ? "yes" : "no");
	fact_add(facts, "debug.lockdep", "%s", access("/proc/lockdep_stats", F_OK) ? "no" : "yes");
}

static void collect_kernel(struct facts *facts)
{
	struct utsname name;

	if (!uname(&name)) {
		fact_add(facts, "kernel.release", "%s", name.release);
		fact_add(facts, "kernel.version", "%s", name.version);
	}
	fact_from_file(facts, "kernel.command_line", "/proc/cmdline");
}

static void collect_machine(struct facts *facts)
{
	fact_from_file(facts, "machine.bios", "/sys/class/dmi/id/bios_vendor");
	fact_from_file(facts, "machine.bios_version", "/sys/class/dmi/id/bios_version");
	fact_from_file(facts, "machine.bios_date", "/sys/class/dmi/id/bios_date");
	fact_from_file(facts, "machine.board", "/sys/class/dmi/id/board_name");
	fact_from_file(facts, "machine.board_vendor", "/sys/class/dmi/id/board_vendor");
	if (emulator())
		fact_add(facts, "machine.emulator", "%s", emulator());
	fact_from_file(facts, "machine.product", "/sys/class/dmi/id/product_name");
	fact_from_file(facts, "machine.vendor", "/sys/class/dmi/id/sys_vendor");
}

static void collect_module(struct facts *facts, const char *name)
{
	char path[512], key[512];
	struct dirent **params;
	const char *state;
	int nr;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters", name);
	nr = scandir(path, &params, NULL, alphasort);
	for (int i = 0; i < nr; i++) {
		if (params[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", name,
				 params[i]->d_name);
			snprintf(key, sizeof(key), "modules.%s.parameters.%s", name,
				 params[i]->d_name);
			fact_from_file(facts, key, path);
		}
		free(params[i]);
	}
	if (nr >= 0)
		free(params);

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	snprintf(key, sizeof(key), "modules.%s.state", name);
	state = first_line(path);
	fact_add(facts, key, "%s", state ? state : "built-in");
}

/* A built-in module is there on the other vendor's CPU, too. */
static int is_kvm_module(const struct dirent *entry)
{
	if (!strcmp(entry->d_name, "kvm_amd"))
		return strstr(cpu_flags, "svm") != NULL;
	if (!strcmp(entry->d_name, "kvm_intel"))
		return strstr(cpu_flags, "vmx") != NULL;
	return !strncmp(entry->d_name, "kvm", 3);
}

static void collect_modules(struct facts *facts)
{
	struct dirent **names;
	int nr = scandir("/sys/module", &names, is_kvm_module, alphasort);

	for (int i = 0; i < nr; i++) {
		collect_module(facts, names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

static void collect_readable(struct facts *facts, const char *key, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	fact_add(facts, key, "%s", fd >= 0 ? "yes" : strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void collect_split_lock(struct facts *facts)
{
	const char *line = first_line("/proc/cmdline");
	const char *mode = line ? strstr(line, "split_lock_detect=") : NULL;
	char value[64] = "default";

	if (mode)
		sscanf(mode, "split_lock_detect=%63s", value);
	fact_from_file(facts, "split_lock.mitigate", "/proc/sys/kernel/split_lock_mitigate");
	fact_add(facts, "split_lock.mode", "%s", value);
}

void facts_collect(struct facts *facts)
{
	collect_cpu(facts);
	collect_debug(facts);
	collect_kernel(facts);
	facts_collect_kvm(facts);
	collect_machine(facts);
	collect_modules(facts);
	fact_from_file(facts, "numa.nodes", "/sys/devices/system/node/online");
	collect_readable(facts, "readable.kernel_log", "/dev/kmsg");
	collect_readable(facts, "readable.taint", "/proc/sys/kernel/tainted");
	collect_split_lock(facts);
	fact_from_file(facts, "taint", "/proc/sys/kernel/tainted");
}

unsigned int facts_timeout_scale(const struct facts *facts, const char **why)
{
	const struct {
		bool applies;
		unsigned int factor;
		const char *why;
	} rules[] = {
		{ !strcmp(fact_get(facts, "machine.emulator"), "QEMU"), 10, "CPU emulated by QEMU" },
		{ !strcmp(fact_get(facts, "machine.emulator"), "Bochs"), 50, "CPU emulated by Bochs" },
		{ !*fact_get(facts, "machine.emulator") &&
		  strcmp(fact_get(facts, "cpu.hypervisor"), "none"), 2, "in a virtual machine" },
		{ !strcmp(fact_get(facts, "debug.kasan"), "yes"), 3, "kernel with KASAN" },
		{ !strcmp(fact_get(facts, "debug.lockdep"), "yes"), 2, "kernel with lock debugging" },
	};
	struct text all = { 0 };
	unsigned int scale = 1;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies) {
			scale *= rules[i].factor;
			text_printf(&all, "%s%s", all.len ? ", " : "", rules[i].why);
		}
	*why = all.len ? all.data : "bare metal";
	return scale;
}

const char *facts_kvm_modules(const struct facts *facts)
{
	struct text names = { 0 };

	for (size_t i = 0; i < facts->nr; i++) {
		const char *key = facts->fact[i].key, *state = strstr(key, ".state");

		if (!strncmp(key, "modules.", 8) && state && !state[6])
			text_printf(&names, "%s%.*s", names.len ? " " : "",
				    (int)(state - key - 8), key + 8);
	}
	return names.len ? names.data : "none";
}
