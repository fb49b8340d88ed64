// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm_compat.h"
#include "names.h"

const char *errno_name(int err)
{
	static __thread char unknown[24];
	const char *name = strerrorname_np(err);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "errno %d", err);
	return unknown;
}

const char *hex(uint64_t value)
{
	static __thread char texts[2][24];
	static __thread unsigned int turn;
	char *text = texts[turn++ % 2];

	snprintf(text, sizeof(texts[0]), "0x%llx", (unsigned long long)value);
	return text;
}

const char *errno_or_success(long ret)
{
	return ret == -1 ? errno_name(errno) : "success";
}

const char *exit_name(uint32_t reason)
{
	static const char * const names[] = {
		"UNKNOWN", "EXCEPTION", "IO", "HYPERCALL", "DEBUG", "HLT", "MMIO",
		"IRQ_WINDOW_OPEN", "SHUTDOWN", "FAIL_ENTRY", "INTR", "SET_TPR",
		"TPR_ACCESS",
		[KVM_EXIT_NMI] = "NMI",
		[KVM_EXIT_INTERNAL_ERROR] = "INTERNAL_ERROR",
		[KVM_EXIT_SYSTEM_EVENT] = "SYSTEM_EVENT",
		[KVM_EXIT_IOAPIC_EOI] = "IOAPIC_EOI",
		[KVM_EXIT_HYPERV] = "HYPERV",
		[KVM_EXIT_X86_RDMSR] = "X86_RDMSR",
		[KVM_EXIT_X86_WRMSR] = "X86_WRMSR",
		[KVM_EXIT_DIRTY_RING_FULL] = "DIRTY_RING_FULL",
		[KVM_EXIT_AP_RESET_HOLD] = "AP_RESET_HOLD",
		[KVM_EXIT_X86_BUS_LOCK] = "X86_BUS_LOCK",
		[KVM_EXIT_XEN] = "XEN",
		[KVM_EXIT_NOTIFY] = "NOTIFY",
		[KVM_EXIT_MEMORY_FAULT] = "MEMORY_FAULT",
		[40] = "TDX",		/* KVM_EXIT_TDX, 6.16 */
	};
	static __thread char other[24];

	if (reason < sizeof(names) / sizeof(names[0]) && names[reason])
		return names[reason];
	snprintf(other, sizeof(other), "exit reason %u", reason);
	return other;
}

const char *run_flags_name(uint16_t flags)
{
	static __thread char text[48];
	uint16_t other = flags & ~(KVM_RUN_X86_SMM | KVM_RUN_X86_BUS_LOCK |
				   KVM_RUN_X86_GUEST_MODE);

	snprintf(text, sizeof(text), "%s%s%s",
		 flags & KVM_RUN_X86_SMM ? "|SMM" : "",
		 flags & KVM_RUN_X86_BUS_LOCK ? "|BUS_LOCK" : "",
		 flags & KVM_RUN_X86_GUEST_MODE ? "|GUEST_MODE" : "");
	if (other)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "|0x%x", other);
	return text[0] ? text + 1 : "0";
}
