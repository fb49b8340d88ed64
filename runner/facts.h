/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a result depends on besides the tests: the kernel, the CPU, KVM and what can be
 * watched. A fact is a key and a value.
 *
 * Keys are dotted paths, in an order in which keys that share a path stand together. Values
 * are printable ASCII. A fact that the machine does not show is left out. The value of
 * "kvm.unusable", if there, is "REASON: detail" with a REASON of reasons.c.
 */
#ifndef KVMCONF_FACTS_H
#define KVMCONF_FACTS_H

#include "text.h"

struct fact {
	const char *key, *value;
};

struct facts {
	struct fact *fact;
	size_t nr;
};

void fact_add(struct facts *facts, const char *key, const char *fmt, ...) __printf_like(3, 4);

/* The value, or "" if there is no such fact. */
const char *fact_get(const struct facts *facts, const char *key);

/* The first line of the file, if it can be read. */
void fact_from_file(struct facts *facts, const char *key, const char *path);

/* The first line of a file, or NULL; valid until the next call. */
char *first_line(const char *path);

/* The facts of the machine that this runs on. */
void facts_collect(struct facts *facts);

/* The part of it about KVM: facts_kvm.c. */
void facts_collect_kvm(struct facts *facts);

/*
 * The factor by which time limits are stretched on a machine with these facts, and why. The
 * factors are generous: limits bound a hang, nothing is measured with them.
 */
unsigned int facts_timeout_scale(const struct facts *facts, const char **why);

/* Names of the KVM modules, with blanks between, or "none". */
const char *facts_kvm_modules(const struct facts *facts);

#endif
