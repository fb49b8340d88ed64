// SPDX-License-Identifier: GPL-2.0-only
/* Faults of the kernel log and of loading modules. */
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

const char *const log_faults[] = { "log-warn-at-reload", "module-params-ignored", NULL };

static int kmsg = -1;

/*
 * A file in place of the kernel's log, or -1: this fault is not about @path. The log is closed
 * before it is opened again, so that one offset does.
 */
int open_fault(const char *fault, const char *path)
{
	if (strcmp(fault, "log-warn-at-reload") || strcmp(path, "/dev/kmsg"))
		return -1;
	if (kmsg < 0) {
		kmsg = memfd_create("kvmconf", 0);
		if (kmsg < 0 || write(kmsg, START, strlen(START)) < 0)
			return -1;
	}
	lseek(kmsg, 0, SEEK_SET);
	return dup(kmsg);
}

/* Unloading a module appends a WARN to the log. */
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

/* modprobe's arguments: the module, then its parameters. */
int __wrap_execv(const char *path, char *const argv[])
{
	char *const without[] = { argv[0], argv[1], NULL };

	return __real_execv(path, fault_active("module-params-ignored") ? without : argv);
}
