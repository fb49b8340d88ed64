// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

#include "host.h"
#include "report.h"
#include "standalone.h"

static struct known_issue *issues;
static size_t nr_issues;

bool stands_alone(void)
{
	return !getenv("KVMCONF_RUNNER");
}

/* "x86/pio_rip" of "x86/pio_rip.c", whatever stands before. */
static void id_of(char *id, size_t size, const char *source)
{
	const char *base = strrchr(source, '/');

	while (base && base > source && base[-1] != '/')
		base--;
	base = base ? base : source;
	snprintf(id, size, "%.*s", (int)strcspn(base, "."), base);
}

static void read_entries(FILE *file)
{
	char *line = NULL, why[512];
	unsigned int number = 0;
	size_t size = 0;

	while (getline(&line, &size, file) > 0) {
		char *rest = line, *entry;
		struct known_issue issue;
		unsigned int ignored = 0;

		number++;
		line[strcspn(line, "\n")] = '\0';
		entry = next_entry(&rest, &ignored);
		if (!entry)
			continue;
		if (!known_issue_parse(&issue, entry, why, sizeof(why))) {
			fprintf(stderr, "# known_issues:%u: %s\n", number, why);
			continue;
		}
		issues = realloc(issues, (nr_issues + 1) * sizeof(*issues));
		if (!issues)
			report_error("no memory for known_issues");
		issues[nr_issues++] = issue;
		/* Which the entry points into. */
		line = NULL;
		size = 0;
	}
	free(line);
}

/* By the name that the program was started by: /proc is not there for everybody. */
static void read_known_issues(const char *id)
{
	char program[PATH_MAX], path[PATH_MAX + 32], *base, *dir;
	size_t len = strcspn(id, "/");
	FILE *file;

	if (!realpath((const char *)getauxval(AT_EXECFN), program))
		return;
	base = strrchr(program, '/');
	*base = '\0';
	dir = strrchr(program, '/');
	if (dir && strlen(dir + 1) == len && !strncmp(dir + 1, id, len))
		*dir = '\0';
	snprintf(path, sizeof(path), "%s/known_issues", program);
	file = fopen(path, "r");
	if (file) {
		read_entries(file);
		fclose(file);
	} else if (errno != ENOENT) {
		fprintf(stderr, "# %s: %s\n", path, errno_name(errno));
	}
}

/* A built-in module is there on the other vendor's CPU, too. */
static bool is_in_use(const char *module)
{
	if (!strcmp(module, "kvm_amd"))
		return host_kvm_vendor() == VENDOR_SVM;
	if (!strcmp(module, "kvm_intel"))
		return host_kvm_vendor() == VENDOR_VMX;
	return !strncmp(module, "kvm", 3);
}

/* The machine's own name and those of KVM's modules. */
static const char *names(void)
{
	static char words[512];
	const char *machine = getenv("KVMCONF_MACHINE");
	struct dirent *entry;
	DIR *modules;

	if (words[0])
		return words;
	snprintf(words, sizeof(words), "%s", machine && *machine ? machine : "host");
	modules = opendir("/sys/module");
	while (modules && (entry = readdir(modules)))
		if (is_in_use(entry->d_name))
			snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s",
				 entry->d_name);
	if (modules)
		closedir(modules);
	return words;
}

const struct known_issue *standalone_known_issue(const char *source, const char *case_name)
{
	static bool read;
	struct utsname host;
	char id[256];

	id_of(id, sizeof(id), source);
	if (!read)
		read_known_issues(id);
	read = true;
	uname(&host);
	for (struct known_issue *issue = issues; issue < issues + nr_issues; issue++)
		if (id_matches(issue->pattern, id, case_name) &&
		    known_issue_holds(issue, host.release, names()))
			return issue;
	return NULL;
}
