// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command under a seccomp filter, as a static binary for machines with nothing else.
 *
 * usage: confine container COMMAND..	what containers are commonly denied gives EPERM
 *        confine old COMMAND..		what came after Linux 3.10 gives ENOSYS
 *        confine busy COMMAND..	as if another hypervisor had the CPU: KVM_CREATE_VM
 *					gives EBUSY
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define FAIL(err)	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (err))
#define ALLOW		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define UNLESS(op, value, skip)	BPF_JUMP(BPF_JMP | (op) | BPF_K, value, 0, skip)

#define LAST_OF_3_10	313	/* finit_module() */

static const int denied[] = {
	SYS_syslog, SYS_ptrace, SYS_mount, SYS_fsopen, SYS_fsmount, SYS_umount2, SYS_swapon,
	SYS_reboot, SYS_init_module, SYS_delete_module, SYS_add_key, SYS_request_key,
	SYS_keyctl, SYS_mbind, SYS_set_mempolicy, SYS_get_mempolicy, SYS_migrate_pages,
	SYS_unshare, SYS_move_pages, SYS_perf_event_open, SYS_fanotify_init,
	SYS_open_by_handle_at, SYS_setns, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
	SYS_finit_module, SYS_bpf, SYS_userfaultfd, SYS_iopl, SYS_ioperm, SYS_personality,
};

static struct sock_filter container[2 * ARRAY_SIZE(denied) + 2];

static const struct sock_filter old[] = {
	LOAD(nr), UNLESS(BPF_JGT, LAST_OF_3_10, 1), FAIL(ENOSYS), ALLOW,
};

static const struct sock_filter busy[] = {
	LOAD(nr), UNLESS(BPF_JEQ, SYS_ioctl, 3),
	LOAD(args[1]), UNLESS(BPF_JEQ, KVM_CREATE_VM, 1), FAIL(EBUSY),
	ALLOW,
};

static const struct {
	const char *name;
	const struct sock_filter *code;
	unsigned short len;
} filters[] = {
	{ "container", container, ARRAY_SIZE(container) },
	{ "old", old, ARRAY_SIZE(old) },
	{ "busy", busy, ARRAY_SIZE(busy) },
};

static void make_container(void)
{
	struct sock_filter *next = container;

	*next++ = (struct sock_filter)LOAD(nr);
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++) {
		*next++ = (struct sock_filter)UNLESS(BPF_JEQ, denied[i], 1);
		*next++ = (struct sock_filter)FAIL(EPERM);
	}
	*next = (struct sock_filter)ALLOW;
}

int main(int argc, char **argv)
{
	make_container();
	for (size_t i = 0; argc > 2 && i < ARRAY_SIZE(filters); i++) {
		const struct sock_fprog program = {
			filters[i].len, (struct sock_filter *)filters[i].code
		};

		if (strcmp(filters[i].name, argv[1]))
			continue;
		if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		    !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
			execvp(argv[2], argv + 2);
		fprintf(stderr, "confine: %s: %s\n", argv[2], strerror(errno));
		return 127;
	}
	fprintf(stderr, "usage: confine container|old|busy COMMAND..\n");
	return 2;
}
