// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what the kernel has logged. */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define START	"6,0,1,-;Linux version 0.0.0\n"
#define WARN	"4,1,2,-;WARNING: CPU: 0 PID: 1 at "
#define TRACE	"4,2,3,-;Modules linked in: kvm_amd(+) kvm\n" \
		"4,3,4,-; kvm_x86_vendor_init+0x1/0x2 [kvm]\n" \
		"4,4,5,-; do_one_initcall+0x1/0x2\n" \
		"4,5,6,-;---[ end trace 0000000000000000 ]---\n"

/* What each finds in which file in the place of the truth. */
static const struct {
	const char *lie, *path, *text;
} answers[] = {
	{ "log-missing-hook", "/dev/kmsg",
	  START WARN "arch/x86/include/asm/kvm-x86-ops.h:130 kvm_x86_vendor_init\n" },
	{ "log-warn-at-load", "/dev/kmsg", START WARN "x86.c:1 kvm_x86_vendor_init\n" TRACE },
	/* A WARN, and the log's beginning is gone: was it KVM's? */
	{ "log-tainted", "/dev/kmsg", "6,9,9,-;a line\n" },
	{ "log-tainted", "/proc/sys/kernel/tainted", "512\n" },
};

const char *const log_lies[] = { "log-missing-hook", "log-warn-at-load", "log-tainted", NULL };

/* A file with the lie's text, or -1: no lie about this path. */
int open_lie(const char *lie, const char *path)
{
	for (unsigned int i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int fd;

		if (strcmp(answers[i].lie, lie) || strcmp(answers[i].path, path))
			continue;
		fd = memfd_create("kvmconf", 0);
		if (fd < 0 || write(fd, answers[i].text, strlen(answers[i].text)) < 0)
			return -1;
		lseek(fd, 0, SEEK_SET);
		return fd;
	}
	return -1;
}
