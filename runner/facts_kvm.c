// SPDX-License-Identifier: GPL-2.0-only
/* What KVM says of itself, and whether it is of any use. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "facts.h"

/*
 * The capabilities that decide what the suite can test, with their numbers:
 * the system's headers may be older than the running kernel.
 */
static const struct {
	int number;
	const char *name;
} capabilities[] = {
	{ 9, "NR_VCPUS" },
	{ 23, "SET_GUEST_DEBUG" },
	{ 41, "VCPU_EVENTS" },
	{ 66, "MAX_VCPUS" },
	{ 74, "SYNC_REGS" },
	{ 81, "READONLY_MEM" },
	{ 116, "DISABLE_QUIRKS" },
	{ 117, "X86_SMM" },
	{ 121, "SPLIT_IRQCHIP" },
	{ 136, "IMMEDIATE_EXIT" },
	{ 157, "NESTED_STATE" },
	{ 188, "X86_USER_SPACE_MSR" },
	{ 193, "X86_BUS_LOCK_EXIT" },
	{ 197, "VM_COPY_ENC_CONTEXT_FROM" },
	{ 201, "EXIT_HYPERCALL" },
	{ 206, "VM_MOVE_ENC_CONTEXT_FROM" },
	{ 213, "DISABLE_QUIRKS2" },
	{ 218, "X86_TRIPLE_FAULT_EVENT" },
	{ 219, "X86_NOTIFY_VMEXIT" },
	{ 233, "MEMORY_ATTRIBUTES" },
	{ 234, "GUEST_MEMFD" },
	{ 235, "VM_TYPES" },
	{ 236, "PRE_FAULT_MEMORY" },
};

static const char * const vm_types[] = {
	"DEFAULT", "SW_PROTECTED", "SEV", "SEV_ES", "SNP", "TDX",
};

/* Returns why KVM is of no use, or NULL. */
static const char *ask_kvm(struct facts *facts, int kvm)
{
	static char why[128];
	int version = ioctl(kvm, KVM_GET_API_VERSION, 0), vm, types;
	char names[128] = "";

	if (version < 0) {
		snprintf(why, sizeof(why), "no-kvm: /dev/kvm is not KVM: %s", strerror(errno));
		return why;
	}
	fact_add(facts, "kvm.api_version", "%d", version);
	if (version != KVM_API_VERSION) {
		snprintf(why, sizeof(why), "no-kvm: /dev/kvm has API version %d", version);
		return why;
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0) {
		/*
		 * EBUSY, from Linux 6.12 on EIO: the CPU's virtualisation cannot be switched
		 * on, as a rule because another hypervisor has it.
		 */
		snprintf(why, sizeof(why), "no-kvm: /dev/kvm %s: no virtual machine: %s",
			 errno == EBUSY || errno == EIO ? "is busy" : "is of no use",
			 strerror(errno));
		return why;
	}
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		char key[64];

		snprintf(key, sizeof(key), "kvm.capabilities.%s(%d)", capabilities[i].name,
			 capabilities[i].number);
		fact_add(facts, key, "%d", ioctl(vm, KVM_CHECK_EXTENSION, capabilities[i].number));
	}
	types = ioctl(vm, KVM_CHECK_EXTENSION, 235);
	for (int i = 0; i < (int)(sizeof(vm_types) / sizeof(vm_types[0])); i++)
		/* A kernel without the capability has the default type only. */
		if ((types > 0 ? types : 1) & 1 << i)
			sprintf(names + strlen(names), "%s%s", names[0] ? " " : "", vm_types[i]);
	fact_add(facts, "kvm.vm_types", "%s", names);
	close(vm);
	return NULL;
}

/* Who may open /dev/kvm: the name of its group, from the file, as a static program reads it. */
static const char *group_of_kvm(void)
{
	struct stat st;
	char *groups = read_file("/etc/group", NULL), *line;

	if (stat("/dev/kvm", &st) || !(st.st_mode & S_IWGRP))
		return NULL;
	while ((line = strsep(&groups, "\n"))) {
		char *name = strsep(&line, ":");

		strsep(&line, ":");
		if (line && strtoul(line, NULL, 10) == st.st_gid)
			return name;
	}
	return NULL;
}

static void refused(char *text, size_t size, int err)
{
	const char *group = group_of_kvm();

	snprintf(text, size, "permission: /dev/kvm: %s", strerror(err));
	if (group)
		snprintf(text + strlen(text), size - strlen(text),
			 "; it is for root and the group %s: usermod -aG %s USER, then log in again",
			 group, group);
}

void facts_collect_kvm(struct facts *facts)
{
	static char text[256];
	const char *why = text;
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		why = ask_kvm(facts, fd);
		close(fd);
	} else if (errno == ENOENT) {
		why = "no-kvm: /dev/kvm is absent";
	} else if (errno == EACCES || errno == EPERM) {
		refused(text, sizeof(text), errno);
	} else if (errno == EBUSY) {
		why = "no-kvm: /dev/kvm is busy";
	} else {
		snprintf(text, sizeof(text), "no-kvm: /dev/kvm: %s", strerror(errno));
	}
	if (why)
		fact_add(facts, "kvm.unusable", "%s", why);
}

