// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what a result depends on besides the tests: the kernel, the CPU, KVM
 * and what can be watched, a line each:
 *
 *	key TAB value
 *
 * Keys are dotted paths, sorted so that what shares a path stands together.
 * Values are printable ASCII; a fact that the machine does not tell is left out.
 * kvm.unusable, if there, is "REASON: detail" with REASON from skip_reasons.
 */
#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kvm_facts.h"

static void kernel(void)
{
	struct utsname name;

	if (!uname(&name)) {
		fact("kernel.release", "%s", name.release);
		fact("kernel.version", "%s", name.version);
	}
	fact_from("kernel.command_line", "/proc/cmdline");
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

static bool has_symbol(const char *want)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %255s", name) == 1 && !strcmp(name, want);
	fclose(file);
	return found;
}

/*
 * What makes a kernel slow. KASAN shows only as a symbol, and to look through
 * all symbols takes an emulated CPU longer than the answer is worth.
 */
static void debug(void)
{
	if (!emulator())
		fact("debug.kasan", "%s", has_symbol("kasan_report") ? "yes" : "no");
	fact("debug.lockdep", "%s", access("/proc/lockdep_stats", F_OK) ? "no" : "yes");
}

static void machine(void)
{
	fact_from("machine.bios", "/sys/class/dmi/id/bios_vendor");
	if (emulator())
		fact("machine.emulator", "%s", emulator());
	fact_from("machine.product", "/sys/class/dmi/id/product_name");
	fact_from("machine.vendor", "/sys/class/dmi/id/sys_vendor");
}

/* The features that matter here, of the many that /proc/cpuinfo has. */
static char flags[256];

static void cpu_flags(char *all)
{
	static const char * const wanted[] = {
		"svm", "vmx", "npt", "ept", "hypervisor", "sev", "sev_es", "sev_snp",
		"split_lock_detect", "bus_lock_detect", "tdx_host_platform",
	};

	for (char *flag = strtok(all, " "); flag; flag = strtok(NULL, " "))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (!strcmp(flag, wanted[i])) {
				strcat(flags, flags[0] ? " " : "");
				strcat(flags, flag);
			}
	fact("cpu.flags", "%s", flags);
}

/* The first CPU stands for all. */
static void cpu(void)
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

	fact("cpu.count", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	fact("cpu.hypervisor", "%s", hypervisor());
	while (file && fgets(line, sizeof(line), file) && line[0] != '\n') {
		line[strcspn(line, "\n")] = '\0';
		value = strstr(line, ": ");
		if (!value)
			continue;
		value += 2;
		line[strcspn(line, "\t:")] = '\0';
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strcmp(line, fields[i].key))
				fact(fields[i].name, "%s", value);
		if (!strcmp(line, "flags"))
			cpu_flags(value);
	}
	if (file)
		fclose(file);
}

static void split_lock(void)
{
	const char *line = first_line("/proc/cmdline");
	const char *mode = line ? strstr(line, "split_lock_detect=") : NULL;

	fact_from("split_lock.mitigate", "/proc/sys/kernel/split_lock_mitigate");
	if (mode) {
		mode += strlen("split_lock_detect=");
		fact("split_lock.mode", "%.*s", (int)strcspn(mode, " "), mode);
	} else {
		fact("split_lock.mode", "default");
	}
}

static void module(const char *name)
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
			fact_from(key, path);
		}
		free(params[i]);
	}
	if (nr >= 0)
		free(params);

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	snprintf(key, sizeof(key), "modules.%s.state", name);
	state = first_line(path);
	fact(key, "%s", state ? state : "built-in");
}

/* Built in, a vendor's module is there on the other vendor's CPU, too. */
static int is_kvm_module(const struct dirent *entry)
{
	if (!strcmp(entry->d_name, "kvm_amd"))
		return strstr(flags, "svm") != NULL;
	if (!strcmp(entry->d_name, "kvm_intel"))
		return strstr(flags, "vmx") != NULL;
	return !strncmp(entry->d_name, "kvm", 3);
}

static void modules(void)
{
	struct dirent **names;
	int nr = scandir("/sys/module", &names, is_kvm_module, alphasort);

	for (int i = 0; i < nr; i++) {
		module(names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

static void readable(const char *key, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	fact(key, "%s", fd >= 0 ? "yes" : strerror(errno));
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	cpu();
	debug();
	kernel();
	kvm();
	machine();
	modules();
	fact_from("numa.nodes", "/sys/devices/system/node/online");
	readable("readable.kernel_log", "/dev/kmsg");
	readable("readable.taint", "/proc/sys/kernel/tainted");
	split_lock();
	fact_from("taint", "/proc/sys/kernel/tainted");
	return fflush(stdout) ? 1 : 0;
}
