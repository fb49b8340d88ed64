/* SPDX-License-Identifier: GPL-2.0-only */
/* A TDX module that fails when it must not. */
#ifndef KVMCONF_TDX_FATAL_H
#define KVMCONF_TDX_FATAL_H

#include <fcntl.h>

#include "kmsg.h"
#include "making.h"

/* A status that KVM has no name for. */
#define SW_ERROR	0xc000040000000000ull

/*
 * A SEAMCALL that fails, by number, after so many that succeed; who warns of it; its name; and that
 * of another which the module refuses for it, if there is one.
 */
struct failure {
	unsigned int leaf, skip;
	const char *function, *seamcall, *next;
	const char *place;	/* if KVM warns of the same SEAMCALL elsewhere, too */
};

/* A line of ours in the kernel's log, by which a later test knows that KVM has warned already. */
static inline void leave_mark(const char *mark)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, mark, strlen(mark)) < 0)
		report_error("/dev/kmsg: %s", errno_or_success(-1));
	close(fd);
}

/* A TD that is final and has a private page. */
static inline void make_with_page(void)
{
	make(TD_FINALIZED);
	must_succeed(fault(), "KVM_PRE_FAULT_MEMORY");
}

static inline void fail_at(const struct failure *failure)
{
	char message[64];

	snprintf(message, sizeof(message), "SEAMCALL %s failed", failure->seamcall);
	kmsg_expect_once(failure->function, failure->place ?: message);
	/* A WARN is for the first time since boot, this line for each. */
	kmsg_allow(message);
	if (failure->place)
		leave_mark(failure->place);
	snprintf(message, sizeof(message), "SEAMCALL %s failed", failure->next ?: "");
	if (failure->next) {
		kmsg_expect_once("tdx_", message);
		kmsg_allow(message);
	}
	tdx_module_inject(failure->leaf, failure->skip, 1, SW_ERROR);
}

/*
 * For a fixture's end. The module forgets what it has lost of the TD, and what the host has done
 * with it since there were @violations.
 */
static inline void end_failure(uint64_t violations)
{
	tdx_module_inject(0, 0, 0, 0);
	td_free(&made.td);
	tdx_module_write(TDX_MSR_FORGET, violations);
}

#endif
