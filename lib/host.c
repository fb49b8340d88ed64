// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"
#include "report.h"

enum kvm_vendor host_kvm_vendor(void)
{
	if (!access("/sys/module/kvm_amd", F_OK))
		return VENDOR_SVM;
	if (!access("/sys/module/kvm_intel", F_OK))
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

bool host_kernel_at_least(unsigned int major, unsigned int minor)
{
	struct utsname name;
	unsigned int have_major, have_minor;

	if (uname(&name) || sscanf(name.release, "%u.%u", &have_major, &have_minor) != 2)
		report_error("uname: the kernel's version is unreadable");
	return have_major > major || (have_major == major && have_minor >= minor);
}
