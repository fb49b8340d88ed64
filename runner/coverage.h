/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file "coverage": the documents behind the claims; its own comment defines the format. A
 * claim with one of these documents as source is of class ABI, any other of class
 * implementation.
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
