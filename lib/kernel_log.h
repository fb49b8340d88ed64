/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Did loading KVM's modules trip a WARN? The evidence is the kernel log and
 * the taint flag that every WARN leaves behind:
 *
 * - A WARN of KVM's in the log is proof.
 * - The taint flag alone is none: any part of the kernel may have set it. But it is never
 *   cleared: if it is not set there was no WARN, even if the log cannot be read or is
 *   incomplete.
 * - The flag is set and the log is incomplete: unknown.
 */
#ifndef KVMCONF_KERNEL_LOG_H
#define KVMCONF_KERNEL_LOG_H

#include <stdbool.h>

/* All zeros: nothing has been read since the kernel's start. */
struct kernel_log {
	unsigned long next;		/* number of the record to read */
	int error;			/* why it cannot be read, EPIPE: records are lost */
	bool in_warning;		/* what is read now belongs to a WARN, */
	bool of_kvm, at_load;		/* of which this is known so far */
	char headline[512];
	char warning[512];		/* the first WARN from loading KVM, or "" */
};

/* Reads what has come to the log since the last call. */
void kernel_log_read(struct kernel_log *log);

/* From here on only what is new counts. */
void kernel_log_forget(struct kernel_log *log);

bool kernel_is_tainted_by_warn(void);

#endif
