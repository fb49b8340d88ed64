// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module_reload.h"
#include "report.h"

bool read_line(char *line, int size, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	FILE *file;
	bool ok;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(line, size, file);
	fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

bool find_modprobe(char *path, int size)
{
	return read_line(path, size, "/proc/sys/kernel/modprobe") && !access(path, X_OK);
}

static void module_params_read(const char *module, struct module_params *params)
{
	char dir_name[64], value[200];
	struct dirent *entry;
	DIR *dir;

	params->nr = 0;
	snprintf(dir_name, sizeof(dir_name), "/sys/module/%s/parameters", module);
	dir = opendir(dir_name);
	while (dir && (entry = readdir(dir))) {
		if (!read_line(value, sizeof(value), "%s/%s", dir_name, entry->d_name))
			continue;
		if (params->nr == MAX_PARAMS)
			report_error("%s: more than %u parameters", module, MAX_PARAMS);
		snprintf(params->text[params->nr++], sizeof(params->text[0]), "%s=%s",
			 entry->d_name, value);
	}
	if (dir)
		closedir(dir);
}

static bool module_params_have(const struct module_params *params, const char *text)
{
	for (unsigned int i = 0; i < params->nr; i++)
		if (!strcmp(params->text[i], text))
			return true;
	return false;
}

/* Those of @want that @module does not have now. */
static void module_params_missing(const char *module, const struct module_params *want,
				  struct module_params *missing)
{
	struct module_params now;

	module_params_read(module, &now);
	missing->nr = 0;
	for (unsigned int i = 0; i < want->nr; i++)
		if (!module_params_have(&now, want->text[i]))
			strcpy(missing->text[missing->nr++], want->text[i]);
}

int module_unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK);
}

bool module_load(const char *module, struct module_params *params)
{
	char path[PATH_MAX], *argv[MAX_PARAMS + 3] = { path, (char *)module };
	int status;
	pid_t pid;

	if (!find_modprobe(path, sizeof(path)))
		return false;
	for (unsigned int i = 0; i < params->nr; i++)
		argv[2 + i] = params->text[i];
	pid = fork();
	if (!pid) {
		execv(path, argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/*
 * First as it is found, then loaded without parameters, and last with those
 * that still differ: not all that can be read back can be given (the module may
 * have clamped it, or taint the kernel for being told).
 */
static bool module_restore(const char *module, const struct module_params *want)
{
	struct module_params missing = { 0 }, none = { 0 };

	for (int attempt = 0; attempt < 3; attempt++) {
		if (attempt && module_unload(module))
			return false;
		if (!module_load(module, attempt < 2 ? &none : &missing))
			return false;
		module_params_missing(module, want, &missing);
		if (!missing.nr)
			return true;
	}
	return false;
}

/* Waits until the test, or what is left of it, lets go of the pipe. */
static void __attribute__((noreturn)) guard(const char *module, int released,
					    const struct module_params *params)
{
	char byte;

	/* Out of reach of what ends the test; the runner waits for one of this name. */
	prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_NAME, "restores_host");
	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while (read(released, &byte, 1) > 0)
		;
	_exit(!module_restore(module, params));
}

void module_lock(struct module_guard *g)
{
	g->lock = open("/sys/module", O_RDONLY | O_CLOEXEC);
	if (g->lock < 0 || flock(g->lock, LOCK_EX))
		report_error("/sys/module: %s", errno_or_success(-1));
}

void module_guard_begin(struct module_guard *g, const char *module)
{
	struct module_params params;
	int fds[2];

	module_params_read(module, &params);
	/* Not CLOEXEC: the test can die while its modprobe is still in the kernel. */
	if (pipe(fds))
		report_error("pipe: %s", errno_or_success(-1));
	g->pid = fork();
	if (!g->pid) {
		close(fds[1]);
		guard(module, fds[0], &params);
	}
	if (g->pid < 0)
		report_error("fork: %s", errno_or_success(-1));
	close(fds[0]);
	g->release = fds[1];
}

bool module_guard_end(struct module_guard *g)
{
	int status;

	close(g->release);
	return waitpid(g->pid, &status, 0) == g->pid && !status;
}
