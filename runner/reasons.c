// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "reasons.h"

static const struct skip_reason reasons[] = {
	{ "deselected", "left out by --skip; --require does not ask for it",
	  "leave out --skip", true },
	{ "no-kvm", "there is no usable /dev/kvm",
	  "switch on SVM or VMX in the BIOS; modprobe kvm_amd or kvm_intel; another hypervisor may have the CPU", true },
	{ "permission", "this user may not do what the test needs",
	  "run as root, or join the group that owns the file: usermod -aG kvm USER for /dev/kvm", true },
	{ "cgroup-limit", "a cgroup of this process has a limit for TDs",
	  "write max to misc.max of the cgroup", false },
	{ "few-pairs", "TDs' pages lie so close together that their PAMT pages are too few to tell from others",
	  "boot with more memory, or run after a fresh boot", false },
	{ "kernel-too-old", "the running kernel is older than what the test is about",
	  "boot a kernel of the version that the test names", false },
	{ "kvm-in-use", "a virtual machine runs, so modules cannot be reloaded",
	  "end the virtual machines on this host", false },
	{ "module-param", "a parameter of the KVM module has another value than the test needs",
	  "load the KVM module with the parameter that the test names", false },
	{ "no-cap", "the kernel or the CPU does not have the capability",
	  "another CPU or a newer kernel; --machine amd and --machine intel emulate the CPU", false },
	{ "no-cgroup", "there is no cgroup2 hierarchy",
	  "mount cgroup2 on /sys/fs/cgroup", false },
	{ "no-fast-pio", "port I/O goes through the instruction emulator on this back-end",
	  "kvm_amd or kvm_intel, in place of this back-end", false },
	{ "no-fault-injection", "the kernel lets no allocation fail on request",
	  "CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC, CONFIG_FAULT_INJECTION_DEBUG_FS; mount debugfs", false },
	{ "no-kmsg", "the kernel's log cannot be read",
	  "run as root; boot with a larger log_buf_len", false },
	{ "no-memcg", "there is no memory controller in a cgroup2 hierarchy",
	  "CONFIG_MEMCG; enable the memory controller in cgroup.subtree_control", false },
	{ "no-memory", "the machine has not enough free memory",
	  "free memory, or take a larger machine (--memory)", false },
	{ "no-memory-types", "the CPU is an emulated one to which all memory is alike",
	  "a real CPU, or --machine intel", false },
	{ "no-misc-cgroup", "there is no misc controller that counts TDs in a cgroup2 hierarchy",
	  "CONFIG_CGROUP_MISC; enable the misc controller in cgroup.subtree_control", false },
	{ "no-module", "the KVM module is built in, or cannot be loaded and unloaded",
	  "CONFIG_KVM=m and CONFIG_MODULE_UNLOAD=y", false },
	{ "no-msr", "the CPU's registers cannot be read: there is no /dev/cpu/0/msr",
	  "modprobe msr; run as root", false },
	{ "no-nested", "nested virtualisation is absent or switched off",
	  "load kvm_amd or kvm_intel with nested=1", false },
	{ "no-numa-stat", "the kernel does not count what is allocated from each NUMA node: vm.numa_stat",
	  "sysctl vm.numa_stat=1", false },
	{ "no-pmu", "there is no performance counter to measure with",
	  "switch on the PMU in the BIOS, or for this virtual machine in its host", false },
	{ "no-sev", "SEV, SEV-ES or SEV-SNP is absent or switched off",
	  "switch on SEV and SEV-ES in the BIOS; load ccp, and kvm_amd with sev=1 sev_es=1; --machine amd --kernel 7.3 emulates them", false },
	{ "no-tdx", "TDX is absent or switched off",
	  "switch on TDX in the BIOS; kernel 6.16 with CONFIG_INTEL_TDX_HOST, kvm_intel with tdx=1; --machine tdx emulates it", false },
	{ "no-tracepoints", "the kernel's trace events cannot be read",
	  "mount tracefs on /sys/kernel/tracing; run as root", false },
	{ "no-userfaultfd", "the kernel is built without userfaultfd",
	  "CONFIG_USERFAULTFD", false },
	{ "no-vm-type", "KVM does not offer the type of virtual machine",
	  "a newer kernel, with SEV or TDX switched on", false },
	{ "no-vmallocinfo", "/proc/vmallocinfo is not readable, or does not name who allocates",
	  "run as root", false },
	{ "not-emulated", "the TDX module is a real one, and the test tells an emulated one what to do",
	  "--machine tdx", false },
	{ "one-node", "the test needs more than one NUMA node",
	  "a machine with several NUMA nodes; --machine amd --nodes 2", false },
	{ "opt-in", "the test changes the host, and was not asked for",
	  "the option or variable that the test names", false },
	{ "pamt-profile", "the kernel manages PAMT in another way, statically or dynamically",
	  "--machine tdx has static PAMT, --machine tdx-dynamic has Dynamic PAMT", false },
	{ "split-lock-detect", "the kernel's split-lock detection gets in the way",
	  "boot with split_lock_detect=off", false },
	{ "warned-before", "the kernel has warned of TDX since it was booted, which it does only once",
	  "boot again", false },
	{ "no-split-lock-detect", "the kernel does not detect split locks, or does something else about them",
	  "a CPU with split-lock detection; boot with split_lock_detect=warn, or =fatal", false },
	{ "no-string-io", "KVM does no string I/O for the guest, which is encrypted",
	  "leave out --vm-type sev", false },
	{ "no-pamt-meter", "nothing on this machine counts pairs of PAMT pages",
	  "run as root with kprobe events; --machine tdx-dynamic", false },
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
	return !fflush(stdout) && !ferror(stdout);
}
