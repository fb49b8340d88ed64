// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "registers.h"
#include "report.h"
#include "symbols.h"
#include "vm.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vcpu *live[MAX_VCPUS];

/*
 * A failed ASSERT_*() ends in abort(), with some of the harness's versions
 * before the fixture's teardown had a chance to show the exits.
 */
static void print_at_abort(int signal)
{
	(void)signal;
	exits_print();
}

void exits_add_vcpu(struct vcpu *vcpu)
{
	struct sigaction action = { .sa_handler = print_at_abort };

	sigaction(SIGABRT, &action, NULL);
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < MAX_VCPUS; i++) {
		if (!live[i]) {
			live[i] = vcpu;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

void exits_remove_vcpu(struct vcpu *vcpu)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < MAX_VCPUS; i++)
		if (live[i] == vcpu)
			live[i] = NULL;
	pthread_mutex_unlock(&lock);
}

void exits_record(struct vcpu *vcpu, int err)
{
	struct exit_log *log = &vcpu->exits;
	struct exit_record *record = &log->last[log->count++ % EXITS_KEPT];
	struct kvm_run *run = vcpu->run;

	record->err = err;
	record->reason = run->exit_reason;
	record->flags = run->flags;
	record->has_guest_mode_flag = vcpu->has_guest_mode_flag;
	record->has_rip = vcpu->sync_regs;
	record->rip = vcpu->sync_regs ? run->s.regs.regs.rip : 0;
	memcpy(record->detail, &run->hw, sizeof(record->detail));
}

static void print_detail(const struct exit_record *record)
{
	union {
		uint64_t raw[3];
		__typeof__(((struct kvm_run *)0)->io) io;
	} detail;

	memcpy(detail.raw, record->detail, sizeof(detail.raw));

	switch (record->reason) {
	case KVM_EXIT_IO:
		fprintf(stderr, " %s port 0x%x size %u count %u",
			detail.io.direction == KVM_EXIT_IO_OUT ? "out" : "in",
			detail.io.port, detail.io.size, detail.io.count);
		break;
	case KVM_EXIT_MMIO:
		fprintf(stderr, " gpa 0x%llx data 0x%llx",
			(unsigned long long)detail.raw[0], (unsigned long long)detail.raw[1]);
		break;
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_INTERNAL_ERROR:
	case KVM_EXIT_DEBUG:
	case KVM_EXIT_SYSTEM_EVENT:
		fprintf(stderr, " detail 0x%llx 0x%llx 0x%llx",
			(unsigned long long)detail.raw[0], (unsigned long long)detail.raw[1],
			(unsigned long long)detail.raw[2]);
		break;
	}
}

static void print_record(unsigned int nr, const struct exit_record *record)
{
	fprintf(stderr, "#   %5u  %s", nr, exit_name(record->reason));
	/* When KVM_RUN fails, the exit reason is that of an earlier run. */
	if (record->err)
		fprintf(stderr, " (stale), KVM_RUN: %s", errno_name(record->err));
	else
		print_detail(record);
	fprintf(stderr, "  flags %s", run_flags_name(record->flags));
	if (record->has_guest_mode_flag)
		fprintf(stderr, "  L%c", record->flags & KVM_RUN_X86_GUEST_MODE ? '2' : '1');
	if (record->has_rip)
		fprintf(stderr, "  rip %s", address_name(record->rip));
	fprintf(stderr, "\n");
}

void exits_print(void)
{
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < MAX_VCPUS; i++) {
		const struct exit_log *log;

		if (!live[i])
			continue;
		log = &live[i]->exits;
		fprintf(stderr, "# vCPU %u: %u exits, the last of them:\n", live[i]->id,
			log->count);
		for (unsigned int n = log->count > EXITS_KEPT ? log->count - EXITS_KEPT : 0;
		     n < log->count; n++)
			print_record(n + 1, &log->last[n % EXITS_KEPT]);
		registers_print(live[i]);
	}
	pthread_mutex_unlock(&lock);
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
