/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of a run's results. One run owns it: a second one with the same -o ends with
 * STATUS_USAGE. What an earlier run left there is removed.
 */
#ifndef KVMCONF_RESULTS_DIR_H
#define KVMCONF_RESULTS_DIR_H

#include "text.h"

/* @wanted: of -o, or NULL for a new directory below @root/results. Returns its full path. */
const char *results_dir_open(const char *wanted, const char *root, unsigned int keep);

/* A new file in it, of that name; directories on the way are made. -1 and errno if not. */
int results_open(const char *dir, const char *name);

/* Removes the logs of binary @id. */
void results_remove_logs(const char *dir, const char *id);

#endif
