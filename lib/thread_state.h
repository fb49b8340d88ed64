/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMCONF_THREAD_STATE_H
#define KVMCONF_THREAD_STATE_H

#include <sys/types.h>

/*
 * The state of a thread of this process, as proc(5) has it: 'S' sleeps, 'D' waits for a lock of the
 * kernel's. '?': there is no such thread any more.
 */
char thread_state(pid_t tid);

#endif
