/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last exits of every vCPU, by name: the evidence that a failed test
 * prints. Recording costs no system call.
 */
#ifndef KVMCONF_EXITS_H
#define KVMCONF_EXITS_H

#include <stdint.h>

#include "kvm_compat.h"

#define EXITS_KEPT	16

struct exit_record {
	uint64_t rip;		/* as KVM_GET_REGS has it, without CS.base */
	uint64_t detail[3];	/* the first bytes of kvm_run's union */
	int err;		/* errno of KVM_RUN, 0 if it returned 0 */
	uint32_t reason;
	uint16_t flags;		/* kvm_run.flags */
	uint8_t has_rip;
	uint8_t has_guest_mode_flag;	/* flags tell L2 from L1 */
};

struct exit_log {
	unsigned int count;	/* of KVM_RUNs so far; the last is at (count - 1) % EXITS_KEPT */
	struct exit_record last[EXITS_KEPT];
};

struct vcpu;

/* Notes what KVM_RUN just did; @err is its errno or 0. */
void exits_record(struct vcpu *vcpu, int err);

/* Prints the log of every live vCPU to stderr as diagnostics. */
void exits_print(void);

/* exits_print() covers a vCPU from exits_add_vcpu() to exits_remove_vcpu(). */
void exits_add_vcpu(struct vcpu *vcpu);
void exits_remove_vcpu(struct vcpu *vcpu);

#endif
