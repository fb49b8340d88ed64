// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "report.h"
#include "thread_state.h"

char thread_state(pid_t tid)
{
	char path[64], line[256] = "", *name_ends;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file && errno != ENOENT)
		report_error("%s: %s", path, errno_name(errno));
	/* The thread may end before it is read. */
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	name_ends = strrchr(line, ')');
	return name_ends && name_ends[1] ? name_ends[2] : '?';
}
