/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMCONF_ALARM_H
#define KVMCONF_ALARM_H

/*
 * SIGALRM every @ms milliseconds, with a handler that does nothing: it ends a system call that
 * would go on for ever. Again and again, for one may come before the call. 0: no more of them.
 */
void interrupt_every(unsigned int ms);

#endif
