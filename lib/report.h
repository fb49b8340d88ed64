/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a test says what happened. Two verdicts are kept apart from the first
 * line on: "fail" (KVM or the silicon broke a rule) and "error" (the suite or
 * the host did, so nothing is known about the rule).
 */
#ifndef KVMCONF_REPORT_H
#define KVMCONF_REPORT_H

#include "names.h"

#define __noreturn_fmt(f, a) __attribute__((noreturn, format(printf, f, a)))

/*
 * Ends the running test as failed, with the reason and the last exits of
 * every vCPU as evidence. For use where the harness's ASSERT_* is out of
 * reach: in the library and in vCPU threads.
 */
void report_fail(const char *fmt, ...) __noreturn_fmt(1, 2);

/*
 * Ends the running test as broken by the suite or the host: out of memory, a
 * set-up ioctl that must not fail, a file that cannot be read.
 */
void report_error(const char *fmt, ...) __noreturn_fmt(1, 2);

/*
 * The factor (1 or more) by which this machine's time limits are stretched:
 * KVMCONF_TIMEOUT_SCALE in the environment, else 1.
 */
unsigned int timeout_scale(void);

#endif
