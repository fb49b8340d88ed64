/* SPDX-License-Identifier: GPL-2.0-only */
/* A test by any name that it goes by, as somebody has pasted it. */
#ifndef KVMCONF_PASTE_H
#define KVMCONF_PASTE_H

#include "plan.h"

/*
 * What @text names, without what stands around it: of a line of TAP or of what closes a run, of
 * a source file with or without a line number, of an entry of kselftest-list.txt.
 */
const char *pasted_test(const char *text);

/*
 * Whether @word, a shell pattern, is another name of the case than binary:case: its bare name,
 * its id or its binary's for LAVA, or what labs make of kselftest's TAP.
 */
bool is_other_name(const char *word, const struct binary *binary, const char *case_name);

#endif
