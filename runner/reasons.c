// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "reasons.h"

static const struct skip_reason reasons[] = {
	{ "deselected", "left out by --skip; --require does not ask for it", true },
	{ "no-kvm", "there is no usable /dev/kvm", true },
	{ "permission", "this user may not do what the test needs", true },
	{ "cgroup-limit", "a cgroup of this process has a limit for TDs", false },
	{ "few-pairs", "TDs' pages lie so close together that their PAMT pages are too few to tell from others", false },
	{ "kernel-too-old", "the running kernel is older than what the test is about", false },
	{ "kvm-in-use", "a virtual machine runs, so modules cannot be reloaded", false },
	{ "module-param", "a parameter of the KVM module has another value than the test needs", false },
	{ "no-cap", "the kernel or the CPU does not have the capability", false },
	{ "no-cgroup", "there is no cgroup2 hierarchy", false },
	{ "no-fast-pio", "port I/O goes through the instruction emulator on this back-end", false },
	{ "no-fault-injection", "the kernel lets no allocation fail on request", false },
	{ "no-kmsg", "the kernel's log cannot be read", false },
	{ "no-memcg", "there is no memory controller in a cgroup2 hierarchy", false },
	{ "no-memory", "the machine has not enough free memory", false },
	{ "no-memory-types", "the CPU is an emulated one to which all memory is alike", false },
	{ "no-misc-cgroup", "there is no misc controller that counts TDs in a cgroup2 hierarchy", false },
	{ "no-module", "the KVM module is built in, or cannot be loaded and unloaded", false },
	{ "no-msr", "the CPU's registers cannot be read: there is no /dev/cpu/0/msr", false },
	{ "no-nested", "nested virtualisation is absent or switched off", false },
	{ "no-numa-stat", "the kernel does not count what is allocated from each NUMA node: vm.numa_stat", false },
	{ "no-pmu", "there is no performance counter to measure with", false },
	{ "no-sev", "SEV, SEV-ES or SEV-SNP is absent or switched off", false },
	{ "no-tdx", "TDX is absent or switched off", false },
	{ "no-tracepoints", "the kernel's trace events cannot be read", false },
	{ "no-userfaultfd", "the kernel is built without userfaultfd", false },
	{ "no-vm-type", "KVM does not offer the type of virtual machine", false },
	{ "no-vmallocinfo", "/proc/vmallocinfo is not readable, or does not name who allocates", false },
	{ "not-emulated", "the TDX module is a real one, and the test tells an emulated one what to do", false },
	{ "one-node", "the test needs more than one NUMA node", false },
	{ "opt-in", "the test changes the host, and was not asked for", false },
	{ "pamt-profile", "the kernel manages PAMT in another way, statically or dynamically", false },
	{ "split-lock-detect", "the kernel's split-lock detection gets in the way", false },
	{ "warned-before", "the kernel has warned of TDX since it was booted, which it does only once", false },
	{ "no-string-io", "KVM does no string I/O for the guest, which is encrypted", false },
	{ "no-pamt-meter", "nothing on this machine counts pairs of PAMT pages", false },
};

const struct skip_reason *skip_reason(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strlen(reasons[i].name) == len && !memcmp(reasons[i].name, name, len))
			return &reasons[i];
	return NULL;
}

bool skip_reasons_print(void)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		printf("%-20s %s\n", reasons[i].name, reasons[i].meaning);
	return !fflush(stdout);
}
