// SPDX-License-Identifier: GPL-2.0-only
/*
 * With KVMCONF_TRACE_IOCTLS in the environment every answer of KVM's to the ioctls of ioctls.h is a
 * line of the log,
 *
 *	# ioctl: KVM_TDX_INIT_MEM_REGION EIO hw_error 0x0 left 5
 *
 * so that two kernels can be compared by more than verdicts.
 * Numbers that are this host's own, descriptors and addresses, are not in it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ioctls.h"

static const char * const tdx_commands[] = {
	[KVM_TDX_CAPABILITIES] = "KVM_TDX_CAPABILITIES",
	[KVM_TDX_INIT_VM] = "KVM_TDX_INIT_VM",
	[KVM_TDX_INIT_VCPU] = "KVM_TDX_INIT_VCPU",
	[KVM_TDX_INIT_MEM_REGION] = "KVM_TDX_INIT_MEM_REGION",
	[KVM_TDX_FINALIZE_VM] = "KVM_TDX_FINALIZE_VM",
	[KVM_TDX_GET_CPUID] = "KVM_TDX_GET_CPUID",
};

#define NR_COMMANDS (sizeof(tdx_commands) / sizeof(tdx_commands[0]))

/* What a test gives to a command need not be readable: a pipe takes it or says so. */
static bool peek(uint64_t address, void *to, size_t size)
{
	bool is_readable;
	int ends[2];

	if (pipe(ends))
		return false;
	is_readable = write(ends[1], (void *)address, size) == (ssize_t)size &&
		      read(ends[0], to, size) == (ssize_t)size;
	close(ends[0]);
	close(ends[1]);
	return is_readable;
}

static void print_tdx_command(const char *outcome, uint64_t address)
{
	struct kvm_tdx_init_mem_region region;
	struct kvm_tdx_cmd cmd;

	if (!peek(address, &cmd, sizeof(cmd)) || cmd.id >= NR_COMMANDS) {
		printf("# ioctl: KVM_MEMORY_ENCRYPT_OP %s\n", outcome);
		return;
	}
	printf("# ioctl: %s %s hw_error %s", tdx_commands[cmd.id], outcome, hex(cmd.hw_error));
	if (cmd.id == KVM_TDX_INIT_MEM_REGION && peek(cmd.data, &region, sizeof(region)))
		printf(" left %llu", (unsigned long long)region.nr_pages);
	printf("\n");
}

long trace_ioctl(long ret, unsigned long cmd, const char *name, uint64_t arg)
{
	static int wanted = -1;
	int err = errno;

	if (wanted < 0)
		wanted = !!getenv("KVMCONF_TRACE_IOCTLS");
	if (wanted && cmd == KVM_MEMORY_ENCRYPT_OP)
		print_tdx_command(errno_or_success(ret), arg);
	else if (wanted)
		printf("# ioctl: %s %s\n", name, errno_or_success(ret));
	if (wanted)
		fflush(stdout);
	errno = err;
	return ret;
}
