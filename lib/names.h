/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as the text that a failure message shows. */
#ifndef KVMCONF_NAMES_H
#define KVMCONF_NAMES_H

#include <stdint.h>

/* "EINVAL" for 22; valid until the thread's next call. */
const char *errno_name(int err);

/* "0x2a" for 42; valid until the thread's next call but one. */
const char *hex(uint64_t value);

/*
 * What a system call that returned @ret did: "success" or the name of errno.
 * With it ASSERT_STREQ() shows names where ASSERT_EQ() would show numbers.
 */
const char *errno_or_success(long ret);

/* "X86_BUS_LOCK" for KVM_EXIT_X86_BUS_LOCK; valid until the thread's next call. */
const char *exit_name(uint32_t reason);

/* "BUS_LOCK|GUEST_MODE" for kvm_run.flags; valid until the thread's next call. */
const char *run_flags_name(uint16_t flags);

#endif
