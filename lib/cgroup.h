/* SPDX-License-Identifier: GPL-2.0-only */
/* A cgroup of the test's own. */
#ifndef KVMCONF_CGROUP_H
#define KVMCONF_CGROUP_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"

#define CGROUP_ROOT	"/sys/fs/cgroup"

struct cgroup {
	char dir[64];
};

static inline void cgroup_write(const char *dir, const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = must_succeed(open(path, O_WRONLY | O_CLOEXEC), path);
	must_succeed(pwrite(fd, text, strlen(text), 0), path);
	close(fd);
}

/* The number behind @key in the cgroup's file @name, or -1 if it is not there. */
static inline long cgroup_read(const struct cgroup *cgroup, const char *name, const char *key)
{
	char path[128], line[128], word[64];
	long value, found = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", cgroup->dir, name);
	file = fopen(path, "r");
	while (file && found < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", word, &value) == 2 && !strcmp(word, key))
			found = value;
	if (file)
		fclose(file);
	return found;
}

#define CGROUP_NAME	"kvm-conformance-%d"	/* of its process */

/* Those of processes that were killed. */
static inline void cgroup_remove_stale(void)
{
	DIR *root = opendir(CGROUP_ROOT);
	const struct dirent *entry;
	char path[sizeof(CGROUP_ROOT) + sizeof(entry->d_name)];
	pid_t owner;

	while (root && (entry = readdir(root))) {
		if (sscanf(entry->d_name, CGROUP_NAME, &owner) != 1 || !kill(owner, 0))
			continue;
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", entry->d_name);
		rmdir(path);
	}
	if (root)
		closedir(root);
}

/* Makes it for the calling process, or skips the test. */
#define REQUIRE_CGROUP(cgroup) do {								\
	int __ret;										\
												\
	cgroup_remove_stale();									\
	snprintf((cgroup)->dir, sizeof((cgroup)->dir), CGROUP_ROOT "/" CGROUP_NAME, getpid());	\
	__ret = mkdir((cgroup)->dir, 0755);							\
	REQUIRE(!__ret || (errno != EACCES && errno != EROFS && errno != EPERM), "permission",	\
		"%s: %s", (cgroup)->dir, errno_name(errno));					\
	REQUIRE(!__ret, "no-cgroup", "no cgroup2 hierarchy in " CGROUP_ROOT);			\
} while (0)

/* What the misc controller counts of @resource for the cgroup: -1 if that is not counted. */
static inline long cgroup_misc_count(const struct cgroup *cgroup, const char *resource)
{
	return cgroup_read(cgroup, "misc.current", resource);
}

/* The same with the count of @resource ("sev", "sev_es", "tdx"). */
#define REQUIRE_MISC_CGROUP(cgroup, resource) do {						\
	bool __counted;										\
												\
	REQUIRE_CGROUP(cgroup);									\
	__counted = cgroup_misc_count(cgroup, resource) >= 0;					\
	if (!__counted)										\
		rmdir((cgroup)->dir);								\
	REQUIRE(__counted, "no-misc-cgroup", "the misc controller in " CGROUP_ROOT		\
		" does not count %s", resource);						\
} while (0)

/* A second one beside the first. */
static inline struct cgroup cgroup_create_sibling(const struct cgroup *cgroup)
{
	struct cgroup sibling;

	snprintf(sibling.dir, sizeof(sibling.dir), "%.60s-2", cgroup->dir);
	must_succeed(mkdir(sibling.dir, 0755), sibling.dir);
	return sibling;
}

static inline void cgroup_enter(const struct cgroup *cgroup)
{
	cgroup_write(cgroup->dir, "cgroup.procs", "0");
}

/* Leaves it; no other process is in it. */
static inline void cgroup_remove(const struct cgroup *cgroup)
{
	cgroup_write(CGROUP_ROOT, "cgroup.procs", "0");
	must_succeed(rmdir(cgroup->dir), "rmdir");
}

#endif
