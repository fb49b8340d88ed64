// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "names.h"
#include "registers.h"
#include "symbols.h"
#include "vm.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vcpu *live;		/* all vCPUs, the newest first */

static void print_all(void);

/*
 * A failed ASSERT_*() ends in abort(), with some of the harness's versions
 * before the fixture's teardown prints the exits. The signal may have come
 * while another thread changes the list: this one must not wait for it.
 */
static void print_at_abort(int signal)
{
	(void)signal;
	if (pthread_mutex_trylock(&lock)) {
		fprintf(stderr, "# The exits are not known: a vCPU was being made or freed.\n");
		return;
	}
	print_all();
	pthread_mutex_unlock(&lock);
}

void exits_add_vcpu(struct vcpu *vcpu)
{
	struct sigaction action = { .sa_handler = print_at_abort };

	sigaction(SIGABRT, &action, NULL);
	pthread_mutex_lock(&lock);
	vcpu->next_live = live;
	live = vcpu;
	pthread_mutex_unlock(&lock);
}

void exits_remove_vcpu(struct vcpu *vcpu)
{
	pthread_mutex_lock(&lock);
	for (struct vcpu **at = &live; *at; at = &(*at)->next_live) {
		if (*at == vcpu) {
			*at = vcpu->next_live;
			break;
		}
	}
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

static void print_log(const struct vcpu *vcpu)
{
	const struct exit_log *log = &vcpu->exits;

	fprintf(stderr, "# vCPU %u: %u exits, the last of them:\n", vcpu->id, log->count);
	for (unsigned int n = log->count > EXITS_KEPT ? log->count - EXITS_KEPT : 0;
	     n < log->count; n++)
		print_record(n + 1, &log->last[n % EXITS_KEPT]);
	registers_print(vcpu);
}

/* In the order in which the vCPUs were created. */
static void print_all(void)
{
	const struct vcpu *printed = NULL, *oldest;

	for (; printed != live; printed = oldest) {
		for (oldest = live; oldest->next_live != printed; oldest = oldest->next_live)
			;
		print_log(oldest);
	}
}

void exits_print(void)
{
	pthread_mutex_lock(&lock);
	print_all();
	pthread_mutex_unlock(&lock);
}
