/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A binary that the suite's own runner has not started: by hand, by kselftest's runner, by a
 * lab's script. It does then what else the runner does: known_issues are applied.
 */
#ifndef KVMCONF_STANDALONE_H
#define KVMCONF_STANDALONE_H

#include <stdbool.h>

#include "entries.h"

/* false if the suite's own runner reads the results. */
bool stands_alone(void);

/*
 * The first known issue that holds here for the case of the test @source, "x86/pio_rip.c", or
 * NULL. The file is the suite's, one directory above the binary, or beside it where a kernel
 * tree's install has put it; without it nothing is known.
 */
const struct known_issue *standalone_known_issue(const char *source, const char *case_name);

#endif
