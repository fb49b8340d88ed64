// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what the kernel has logged, and about how modules are loaded. */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faulty_kvm.h"

int __real_execv(const char *path, char *const argv[]);
long __real_syscall(long number, ...);

#define START	"6,0,1,-;Linux version 0.0.0\n"
#define WARN	"4,1,2,-;WARNING: CPU: 0 PID: 1 at "
#define TRACE	"4,2,3,-;Modules linked in: kvm_amd(+) kvm\n" \
		"4,3,4,-; kvm_x86_vendor_init+0x1/0x2 [kvm]\n" \
		"4,4,5,-; do_one_initcall+0x1/0x2\n" \
		"4,5,6,-;---[ end trace 0000000000000000 ]---\n"

/* What each finds in which file in the place of the truth. */
static const struct {
	const char *fault, *path, *text;
} answers[] = {
	{ "log-missing-hook", "/dev/kmsg",
	  START WARN "arch/x86/include/asm/kvm-x86-ops.h:130 kvm_x86_vendor_init\n" },
	{ "log-warn-at-load", "/dev/kmsg", START WARN "x86.c:1 kvm_x86_vendor_init\n" TRACE },
	/* What comes when a module goes: see below. */
	{ "log-warn-at-reload", "/dev/kmsg", START },
	/* A WARN, and the log's beginning is gone: was it KVM's? */
	{ "log-tainted", "/dev/kmsg", "6,9,9,-;a line\n" },
	{ "log-tainted", "/proc/sys/kernel/tainted", "512\n" },
};

const char *const log_faults[] = {
	"log-missing-hook", "log-warn-at-load", "log-warn-at-reload", "log-tainted",
	"module-params-ignored", NULL
};

static int kmsg = -1;

/* A file with the lie's text, or -1: no lie about this path. */
int open_fault(const char *fault, const char *path)
{
	for (unsigned int i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int fd;

		if (strcmp(answers[i].fault, fault) || strcmp(answers[i].path, path))
			continue;
		fd = memfd_create("kvmconf", 0);
		if (fd < 0 || write(fd, answers[i].text, strlen(answers[i].text)) < 0)
			return -1;
		lseek(fd, 0, SEEK_SET);
		kmsg = fd;
		return fd;
	}
	return -1;
}

/* A module that is unloaded makes the log longer, for whoever has it open. */
long __wrap_syscall(long number, ...)
{
	static const char warning[] = WARN "x86.c:1 kvm_x86_vendor_exit\n" TRACE;
	struct stat log;
	long arg[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_delete_module && fault_active("log-warn-at-reload") && !fstat(kmsg, &log) &&
	    pwrite(kmsg, warning, strlen(warning), log.st_size) < 0)
		return -1;
	return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

/* modprobe's own: the module, and then its parameters. */
int __wrap_execv(const char *path, char *const argv[])
{
	char *const without[] = { argv[0], argv[1], NULL };

	return __real_execv(path, fault_active("module-params-ignored") ? without : argv);
}
