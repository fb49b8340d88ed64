// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "results_dir.h"

/* mkdir -p, of all but the last part of @path if that is no directory. */
static bool make_dirs(const char *path, bool last_too)
{
	char *copy = arena_strdup(NULL, path);

	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return !last_too || !mkdir(copy, 0777) || errno == EEXIST;
}

/*
 * A machine that dies must not take the name of a new directory with it. That of a new file
 * goes to the disk with the file, on all file systems with a journal.
 */
static void sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int results_open(const char *dir, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
	const char *path = arena_printf(NULL, "%s/%s", dir, name);
	int fd;

	/* What was there may be a pipe, or another's by a link. */
	unlink(path);
	fd = open(path, flags, 0666);
	if (fd < 0 && errno == ENOENT && make_dirs(path, false)) {
		fd = open(path, flags, 0666);
		sync_directory(dir);
	}
	return fd;
}

void results_remove_logs(const char *dir, const char *id)
{
	const char *base = strrchr(id, '/') + 1;
	const char *path = arena_printf(NULL, "%s/%.*s", dir, (int)(base - id), id);
	DIR *logs = opendir(path);
	struct dirent *entry;

	while (logs && (entry = readdir(logs))) {
		const char *dot = strchr(entry->d_name, '.'), *end = strrchr(entry->d_name, '.');

		if (dot && !strncmp(entry->d_name, base, dot - entry->d_name) &&
		    !base[dot - entry->d_name] && !strcmp(end, ".log"))
			unlinkat(dirfd(logs), entry->d_name, 0);
	}
	if (logs)
		closedir(logs);
}

/* Logs, and what emulated machines wrote down at their end. */
static int remove_log(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static const char * const ours[] = { "*.log", "tdx-ledger*", "sev-ledger*" };

	(void)st;
	for (size_t i = 0; type == FTW_F && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!fnmatch(ours[i], path + ftw->base, 0))
			unlink(path);
	return 0;
}

/* What an earlier run left in @dir; false if that cannot be removed. */
static bool remove_old(const char *dir)
{
	static const char * const ours[] = {
		"output.tap", "results.json", "result.txt",
	};

	if (!access(arena_printf(NULL, "%s/%s", dir, ours[0]), F_OK))
		nftw(dir, remove_log, 16, FTW_PHYS);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (unlink(arena_printf(NULL, "%s/%s", dir, ours[i])) && errno != ENOENT)
			return false;
	return true;
}

/* The lock is held until the program ends. */
static const char *take(const char *dir)
{
	const char *full = make_dirs(dir, true) ? realpath(dir, NULL) : NULL;
	const char *lock = full ? arena_printf(NULL, "%s/.lock", full) : NULL;
	int fd = lock ? open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;

	if (fd < 0)
		return NULL;
	/* There are file systems without locks. */
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		die(STATUS_USAGE, "-o %s: another run puts its results there", dir);
	/* That a file can be written here shows that the results can. */
	fd = remove_old(full) ? results_open(full, "output.tap") : -1;
	if (fd < 0 || !write_all(fd, "\n", 1) || close(fd))
		return NULL;
	sync_directory(full);
	sync_directory(arena_printf(NULL, "%s/..", full));
	return full;
}

/* An installed suite, which "make install" marks, keeps nothing below itself. */
static const char *results_root(const char *root)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (access(arena_printf(NULL, "%s/installed", root), F_OK))
		return arena_printf(NULL, "%s/results", root);
	if (state && *state == '/')
		return arena_printf(NULL, "%s/kvm-conformance", state);
	if (home && *home == '/')
		return arena_printf(NULL, "%s/.local/state/kvm-conformance", home);
	return "results";
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A directory that take_new() made: YYYYMMDD-HHMMSS, or with a number behind it. */
static int is_stamp(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return strspn(name, "0123456789") == 8 && name[8] == '-' &&
		strspn(name + 9, "0123456789") == 6 && (!name[15] || name[15] == '-');
}

/* --keep: the oldest results go, but not of a run that still writes them. */
static void prune(const char *results, unsigned int keep)
{
	struct dirent **entries;
	int nr = scandir(results, &entries, is_stamp, versionsort);

	for (int i = 0; i + (int)keep < nr; i++) {
		const char *old = arena_printf(NULL, "%s/%s", results, entries[i]->d_name);
		int fd = open(arena_printf(NULL, "%s/.lock", old), O_RDWR | O_CLOEXEC);

		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) &&
		    nftw(old, remove_entry, 16, FTW_DEPTH | FTW_PHYS))
			warn("--keep: %s: %s", old, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

/* A second run in the same second gets a number. */
static const char *take_new(const char *results, unsigned int keep)
{
	const char *name, *dir;
	time_t now = time(NULL);
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", localtime(&now));
	if (!make_dirs(results, true))
		return NULL;
	name = stamp;
	for (unsigned int n = 2; mkdir(arena_printf(NULL, "%s/%s", results, name), 0777); n++) {
		if (errno != EEXIST)
			return NULL;
		name = arena_printf(NULL, "%s-%u", stamp, n);
	}
	dir = take(arena_printf(NULL, "%s/%s", results, name));
	if (dir) {
		const char *latest = arena_printf(NULL, "%s/latest", results);
		const char *new = arena_printf(NULL, "%s.%d", latest, getpid());

		if (symlink(name, new) || rename(new, latest))
			unlink(new);
		if (keep)
			prune(results, keep);
	}
	return dir;
}

const char *results_dir_open(const char *wanted, const char *root, unsigned int keep)
{
	const char *dir, *results = results_root(root);
	char *temporary;

	if (wanted) {
		dir = take(wanted);
		if (!dir)
			die(STATUS_USAGE, "-o %s: cannot write there", wanted);
		return dir;
	}
	dir = take_new(results, keep);
	if (dir)
		return dir;
	temporary = arena_printf(NULL, "%s/kvm-conformance.XXXXXX", getenv("TMPDIR") ?: "/tmp");
	dir = mkdtemp(temporary) ? take(temporary) : NULL;
	if (!dir)
		die(STATUS_USAGE, "no place for results: use -o");
	warn("cannot write to %s: results go to %s", results, dir);
	return dir;
}
