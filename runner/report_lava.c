// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render.h"
#include "report_lava.h"

/* LAVA's own commands print the signals that its dispatcher reads. */
static bool call(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		sigset_t none;
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(null, STDIN_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* "ID RESULT [VALUE UNIT]" */
static bool report_case(char *line)
{
	char *id = strsep(&line, " "), *result = strsep(&line, " ");
	char *value = strsep(&line, " "), *unit = line;
	char *argv[] = { "lava-test-case", id, "--result", result,
			 value ? "--measurement" : NULL, value, "--units", unit, NULL };

	return call(argv);
}

static bool have_lava(void)
{
	char *path = arena_strdup(NULL, getenv("PATH") ?: ""), *dir;

	while ((dir = strsep(&path, ":")))
		if (!access(arena_printf(NULL, "%s/lava-test-case", *dir ? dir : "."), X_OK))
			return true;
	return false;
}

bool report_to_lava(const struct binary *binary, const char *out)
{
	static int have = -1;
	struct text text = { 0 };
	char *next, *line;
	int fd = open(arena_printf(NULL, "%s/result.txt", out),
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	bool ok;

	if (have < 0) {
		have = have_lava();
		if (!have)
			warn("no lava-test-case: see %s/result.txt", out);
	}
	lava_binary(&text, binary);
	ok = fd >= 0 && write_all(fd, text.data, text.len);
	if (fd >= 0)
		close(fd);
	/* No test sets: an id names its binary already, and readers put the set's name before it. */
	for (next = have ? text.data : NULL; (line = strsep(&next, "\n")) && *line;)
		ok &= report_case(line);
	text_free(&text);
	return ok;
}
