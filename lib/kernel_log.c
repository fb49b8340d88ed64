// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_log.h"
#include "kmsg.h"
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
 * trace, and any line may name its module and say that it is being loaded
 * or unloaded. A process named kvm is none of KVM's.
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
	char *text = kmsg_since(log->next), *at = text;
	struct kmsg_record record;

	if (!text) {
		log->error = errno;
		return;
	}
	for (; kmsg_take(&at, &record); log->next = record.number + 1) {
		if (record.number != log->next)
			log->error = EPIPE;
		judge_message(log, record.text);
	}
	free(text);
}

void kernel_log_forget(struct kernel_log *log)
{
	*log = (struct kernel_log){ .next = kmsg_next() };
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
