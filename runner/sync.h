/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was written to results goes to the disk, should the machine die. Not at each line: what
 * comes at once, such as cases that skip, goes together, as soon as nothing more comes.
 */
#ifndef KVMCONF_SYNC_H
#define KVMCONF_SYNC_H

#include <stdbool.h>

void sync_soon(int fd);

/* close(), once it is on the disk; false and errno if it could not be. */
bool sync_close(int fd);

/*
 * Nothing more has come: @idle. Else all goes to the disk only after the longest time. Returns
 * how long to wait for more, in milliseconds.
 */
int sync_files(bool idle);

#endif
