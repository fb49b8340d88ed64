// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_log.h"
#include "report.h"

#define TAINT_WARN	(1ul << 9)

static bool has_any(const char *text, const char *const words[])
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

/*
 * One message of the log. A WARN goes from its headline to the end of its
 * trace, and any line may say whose it is and that a module is on its way in
 * or out. A process named kvm is none of KVM's.
 */
static void judge_message(struct kernel_log *log, const char *text)
{
	static const char *const kvm[] = {
		"/kvm/", "[kvm]", "[kvm ", "[kvm_", "kvm_x86_vendor_init", NULL
	};
	static const char *const load[] = { "do_one_initcall", "delete_module", NULL };
	/* It needs no trace to show where it comes from. */
	static const char *const missing_hook[] = { "kvm-x86-ops.h", NULL };

	if (!strncmp(text, "WARNING: ", strlen("WARNING: "))) {
		log->in_warning = true;
		log->of_kvm = log->at_load = has_any(text, missing_hook);
		snprintf(log->headline, sizeof(log->headline), "%s", text);
	}
	if (!log->in_warning)
		return;
	log->of_kvm |= has_any(text, kvm);
	log->at_load |= has_any(text, load);
	if (log->of_kvm && log->at_load && !log->warning[0])
		strcpy(log->warning, log->headline);
	if (!strncmp(text, "---[ end trace", strlen("---[ end trace")))
		log->in_warning = false;
}

void kernel_log_read(struct kernel_log *log)
{
	char line[RECORD_MAX];

	while (log->kmsg) {
		char *text;

		errno = 0;
		if (!fgets(line, sizeof(line), log->kmsg)) {
			bool lost = errno == EPIPE;

			if (errno && errno != EAGAIN)
				log->error = errno;
			clearerr(log->kmsg);
			if (!lost)
				return;
			continue;
		}
		/* "priority,number,time,flags;text"; other lines are a record's tags. */
		text = line[0] == ' ' ? NULL : strchr(line, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		judge_message(log, text + 1);
	}
}

void kernel_log_open(struct kernel_log *log)
{
	unsigned long number;
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	memset(log, 0, sizeof(*log));
	log->kmsg = fd < 0 ? NULL : fdopen(fd, "r");
	if (!log->kmsg) {
		log->error = errno;
		return;
	}
	setvbuf(log->kmsg, log->buffer, _IOFBF, sizeof(log->buffer));
	if (fscanf(log->kmsg, "%*u,%lu", &number) != 1 || number)
		log->error = EPIPE;
	kernel_log_read(log);
}

void kernel_log_forget(struct kernel_log *log)
{
	log->error = log->kmsg ? 0 : log->error;
	log->in_warning = false;
	log->warning[0] = '\0';
}

bool kernel_is_tainted_by_warn(void)
{
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		report_error("taint flags: %s", errno_name(errno));
	close(fd);
	return strtoul(text, NULL, 10) & TAINT_WARN;
}
