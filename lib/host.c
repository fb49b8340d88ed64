// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"
#include "report.h"
#include "vm.h"

bool file_has_word(const char *path, const char *word)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!file)
		report_error("%s: %s", path, errno_name(errno));
	while (!found && getline(&line, &size, file) > 0)
		for (char *at = strtok(line, " \t\n"); at && !found; at = strtok(NULL, " \t\n"))
			found = !strcmp(at, word);
	free(line);
	fclose(file);
	return found;
}

enum kvm_vendor host_kvm_vendor(void)
{
	bool amd = !access("/sys/module/kvm_amd", F_OK);
	bool intel = !access("/sys/module/kvm_intel", F_OK);

	/* Built in, a module is there on the other vendor's CPU, too. */
	if (amd && intel)
		return file_has_word("/proc/cpuinfo", "svm") ? VENDOR_SVM : VENDOR_VMX;
	if (amd)
		return VENDOR_SVM;
	if (intel)
		return VENDOR_VMX;
	if (!access("/dev/kvm", F_OK))
		return VENDOR_OTHER;
	return VENDOR_NONE;
}

enum module_param host_module_param(const char *module, const char *param)
{
	char path[256];
	FILE *file;
	int value;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, param);
	file = fopen(path, "r");
	if (!file) {
		if (errno != ENOENT)
			fprintf(stderr, "# %s: %s\n", path, errno_name(errno));
		return PARAM_ABSENT;
	}
	value = fgetc(file);
	fclose(file);
	return value == 'Y' || value == '1' ? PARAM_ON : PARAM_OFF;
}

bool host_offers_vm_type(unsigned long type)
{
	unsigned long types = kvm_cap(KVM_CAP_VM_TYPES);

	if (!types)
		types = 1ul << KVM_X86_DEFAULT_VM;
	return type < sizeof(types) * CHAR_BIT && ((types >> type) & 1);
}

enum split_lock_mode host_split_lock_mode(void)
{
	static const char option[] = "split_lock_detect=";
	enum split_lock_mode mode = SPLIT_LOCK_WARN;
	char word[128];
	FILE *file;

	if (!file_has_word("/proc/cpuinfo", "split_lock_detect"))
		return SPLIT_LOCK_IGNORED;
	file = fopen("/proc/cmdline", "re");
	if (!file)
		report_error("/proc/cmdline: %s", errno_name(errno));
	/* The last one counts. */
	while (fscanf(file, "%127s", word) == 1)
		if (!strncmp(word, option, sizeof(option) - 1))
			mode = !strcmp(word, "split_lock_detect=fatal") ? SPLIT_LOCK_FATAL :
			       !strcmp(word, "split_lock_detect=warn") ? SPLIT_LOCK_WARN :
			       SPLIT_LOCK_IGNORED;
	fclose(file);
	return mode;
}

bool host_forces_emulation(void)
{
	/* Of an SEV guest's #UD KVM sees nothing. */
	return host_module_param("kvm", "force_emulation_prefix") == PARAM_ON &&
	       !vm_create_makes_sev();
}

bool host_kernel_at_least(unsigned int major, unsigned int minor)
{
	struct utsname name;
	unsigned int have_major, have_minor;

	if (uname(&name) || sscanf(name.release, "%u.%u", &have_major, &have_minor) != 2)
		report_error("uname: the kernel's version is unreadable");
	return have_major > major || (have_major == major && have_minor >= minor);
}

int expected_mem_enc_errno(int vcpu_fd)
{
	bool has_tdx = host_kvm_vendor() == VENDOR_VMX &&
		       host_module_param("kvm_intel", "tdx") != PARAM_ABSENT;

	if (has_tdx)
		return EINVAL;
	if (host_kernel_at_least(6, 16))
		return ENOTTY;
	return ioctl(vcpu_fd, KVM_MEMORY_ENCRYPT_OP, NULL) < 0 && errno == ENOTTY ? ENOTTY : EINVAL;
}

bool host_cpu_model(struct cpu_model *cpu)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx))
		return false;
	/* The first letters of its name: "Auth" or "Genu". */
	cpu->vendor = ebx == signature_AMD_ebx ? 'A' : ebx == signature_INTEL_ebx ? 'I' : '?';
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return false;
	cpu->family = (eax >> 8) & 0xf;
	cpu->model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
	if (cpu->family == 0xf)
		cpu->family += (eax >> 20) & 0xff;
	return true;
}
