/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data that changes what a verdict means: known_issues, whose own comment defines its format,
 * and the profiles of --require.
 */
#ifndef KVMCONF_KNOWN_H
#define KVMCONF_KNOWN_H

#include "entries.h"
#include "plan.h"

/*
 * Reads known_issues and gives each binary and case the first entry that holds for @kernel on
 * a machine that goes by @names, words with blanks between. Complains about entries that are
 * malformed or match no test of the whole plan.
 */
void known_issues_read(const char *path, const struct plan *all);
void known_issues_apply(struct plan *plan, const char *kernel, const char *names);

/*
 * One value of --require: reasons, "all" and names of profiles with commas between, or @FILE.
 * Ends the program with STATUS_USAGE if there is something else in it.
 */
void require_add(const char *value, const char *profiles_dir);

/* All that was asked for, in the words that were used, or NULL. */
const char *require_words(void);

/* The first profile that is of another CPU than this one, or NULL. */
const char *require_wrong_cpu(const char *vendor, const char *family, const char *model);

/* Complains about rules that match no test. */
void require_check(const struct plan *all);

/* Sets the reasons that each case must not be skipped for. Returns the number of such cases. */
size_t require_apply(struct plan *plan, const char *kernel);

/* Names of the profiles, with blanks between. */
const char *profile_names(const char *profiles_dir);

#endif
