/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMCONF_REPORT_LAVA_H
#define KVMCONF_REPORT_LAVA_H

#include "plan.h"

/*
 * Reports a binary to lava-test-set and lava-test-case, if they are to be had, and to the file
 * result.txt in @out. False if it could not be reported.
 */
bool report_to_lava(const struct binary *binary, const char *out);

#endif
