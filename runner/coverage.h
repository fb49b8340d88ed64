/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which document says what the suite tests: the file "coverage", whose own comment defines its
 * format. A claim whose source names one of these documents is of class ABI: somebody promises
 * it. Where only a function or a comment of the kernel says so, it is of class implementation.
 */
#ifndef KVMCONF_COVERAGE_H
#define KVMCONF_COVERAGE_H

#include "plan.h"

void coverage_read(const char *path);

/* Sets the class of each case. */
void coverage_classify(struct plan *plan);

const char *class_name(const struct test_case *c);

/* The claims of @plan by document and section, and what is not covered; false if it cannot be
 * written. */
bool coverage_list(const struct plan *plan);

#endif
