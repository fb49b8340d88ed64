/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module unloaded, loaded with other parameters, and in the end as it was:
 * a process of its own sees to that, whatever becomes of the test.
 */
#ifndef KVMCONF_MODULE_RELOAD_H
#define KVMCONF_MODULE_RELOAD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define MAX_PARAMS	64

/* "name=value" for each file in /sys/module/MODULE/parameters. */
struct module_params {
	unsigned int nr;
	char text[MAX_PARAMS][512];
};

/* What keeps a module as it is now. */
struct module_guard {
	int lock;			/* against reloads by other processes */
	int release;			/* a pipe; at its last close the module is restored */
	pid_t pid;
};

/* The first line of a file; false if there is none to read. */
bool read_line(char *line, int size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Where the kernel itself looks for it, if it can load modules. */
bool find_modprobe(char *path, int size);

/* The user allows it, and the kernel can do it. */
#define REQUIRE_MODULE_RELOADS() do {							\
	const char *__reload = getenv("KVMCONF_RELOAD_MODULES");			\
	bool __allowed = __reload && !strcmp(__reload, "1");				\
	char __modprobe[PATH_MAX];							\
											\
	REQUIRE(__allowed, "opt-in",							\
		"KVMCONF_RELOAD_MODULES=1, run_tests.sh --reload-modules");		\
	REQUIRE(find_modprobe(__modprobe, sizeof(__modprobe)), "no-module",		\
		"the kernel loads no modules, or has no modprobe");			\
	REQUIRE(!geteuid(), "permission", "only root can load modules");		\
} while (0)

/* Behind module_lock(). */
#define REQUIRE_MODULE_UNUSED(module) do {						\
	char __users[32];								\
											\
	REQUIRE(read_line(__users, sizeof(__users), "/sys/module/%s/refcnt", module),	\
		"no-module", "%s is built in", module);					\
	REQUIRE(!atoi(__users), "kvm-in-use", "%s is in use", module);			\
} while (0)

/* Returns 0, or -1 with errno: EAGAIN if it is in use. */
int module_unload(const char *module);

/* modprobe, because a module's file may be packed. A loaded module is left alone. */
bool module_load(const char *module, struct module_params *params);

/* The guard inherits the lock: an earlier test's module is restored when we have it. */
void module_lock(struct module_guard *g);

/* From here on to module_guard_end() @module may be reloaded at will. */
void module_guard_begin(struct module_guard *g, const char *module);

/* Returns whether the module is as it was. */
bool module_guard_end(struct module_guard *g);

#endif
