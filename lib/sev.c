// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "sev.h"

static __thread __u32 last_status;

unsigned long sev_vm_type(enum sev_kind kind)
{
	switch (kind) {
	case SEV_NEW:
		return KVM_X86_SEV_VM;
	case SEV_ES_NEW:
		return KVM_X86_SEV_ES_VM;
	default:
		return KVM_X86_DEFAULT_VM;
	}
}

enum sev_kind sev_newest_kind(bool es)
{
	enum sev_kind newest = es ? SEV_ES_NEW : SEV_NEW;

	if (host_offers_vm_type(sev_vm_type(newest)))
		return newest;
	return es ? SEV_ES_OLD : SEV_OLD;
}

bool sev_is_on(bool es)
{
	return host_kvm_vendor() == VENDOR_SVM &&
	       host_module_param("kvm_amd", sev_name(es)) == PARAM_ON;
}

int sev_device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	return fd;
}

struct sev_user_data_status sev_platform_status(void)
{
	struct sev_user_data_status status = { 0 };
	struct sev_issue_cmd cmd = { .cmd = SEV_PLATFORM_STATUS, .data = (__u64)&status };

	must_succeed(ioctl(sev_device(), SEV_ISSUE_CMD, &cmd), "SEV_PLATFORM_STATUS");
	return status;
}

unsigned int sev_guest_count(void)
{
	return sev_platform_status().guest_count;
}

long sev_command(struct vm *vm, struct kvm_sev_cmd *cmd)
{
	long ret;

	cmd->error = SEV_NO_STATUS;
	ret = __vm_mem_enc_op(vm, cmd);
	last_status = cmd->error;
	return ret;
}

long __vm_sev(struct vm *vm, __u32 id, void *data)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (__u64)data, .sev_fd = sev_device() };

	return sev_command(vm, &cmd);
}

void vm_sev(struct vm *vm, __u32 id, void *data, const char *name)
{
	long ret = __vm_sev(vm, id, data);

	if (ret)
		report_error("%s: %s", name, sev_outcome(ret));
}

__u32 sev_status(void)
{
	return last_status;
}

/* <linux/psp-sev.h>, sev_ret_code: as far as the suite meets them. */
static const char *const status_names[] = {
	[SEV_RET_SUCCESS] = "SUCCESS",
	[SEV_RET_INVALID_PLATFORM_STATE] = "INVALID_PLATFORM_STATE",
	[SEV_RET_INVALID_GUEST_STATE] = "INVALID_GUEST_STATE",
	[3] = "INVALID_CONFIG",
	[SEV_RET_INVALID_LEN] = "INVALID_LEN",
	[SEV_RET_ALREADY_OWNED] = "ALREADY_OWNED",
	[SEV_RET_INVALID_CERTIFICATE] = "INVALID_CERTIFICATE",
	[SEV_RET_POLICY_FAILURE] = "POLICY_FAILURE",
	[SEV_RET_INACTIVE] = "INACTIVE",
	[SEV_RET_INVALID_ADDRESS] = "INVALID_ADDRESS",
	[SEV_RET_BAD_SIGNATURE] = "BAD_SIGNATURE",
	[SEV_RET_BAD_MEASUREMENT] = "BAD_MEASUREMENT",
	[SEV_RET_ASID_OWNED] = "ASID_OWNED",
	[SEV_RET_INVALID_ASID] = "INVALID_ASID",
	[SEV_RET_WBINVD_REQUIRED] = "WBINVD_REQUIRED",
	[SEV_RET_DFFLUSH_REQUIRED] = "DFFLUSH_REQUIRED",
	[SEV_RET_INVALID_GUEST] = "INVALID_GUEST",
	[SEV_RET_INVALID_COMMAND] = "INVALID_COMMAND",
	[SEV_RET_ACTIVE] = "ACTIVE",
	[SEV_RET_HWSEV_RET_PLATFORM] = "HWERROR_PLATFORM",
	[SEV_RET_HWSEV_RET_UNSAFE] = "HWERROR_UNSAFE",
	[SEV_RET_UNSUPPORTED] = "UNSUPPORTED",
	[SEV_RET_INVALID_PARAM] = "INVALID_PARAM",
	[SEV_RET_RESOURCE_LIMIT] = "RESOURCE_LIMIT",
	[SEV_RET_SECURE_DATA_INVALID] = "SECURE_DATA_INVALID",
};

static const char *status_name(__u32 status)
{
	static __thread char number[16];

	if (status == SEV_NO_STATUS)
		return "no status";
	if (status < sizeof(status_names) / sizeof(status_names[0]) && status_names[status])
		return status_names[status];
	snprintf(number, sizeof(number), "0x%x", status);
	return number;
}

const char *sev_outcome(long ret)
{
	static __thread char text[64];
	const char *outcome = errno_or_success(ret);

	if (ret >= 0 || errno != EIO)
		return outcome;
	snprintf(text, sizeof(text), "%s, %s", outcome, status_name(last_status));
	return text;
}

long __vm_sev_start_up(struct vm *vm, enum sev_kind kind)
{
	struct kvm_sev_init defaults = { 0 };

	switch (kind) {
	case SEV_OLD:
		return __vm_sev_init(vm, NULL);
	case SEV_ES_OLD:
		return __vm_sev_es_init(vm, NULL);
	default:
		return __vm_sev_init2(vm, &defaults);
	}
}

struct vm *sev_vm_create(enum sev_kind kind)
{
	return vm_create_bare(sev_vm_type(kind));
}

struct vm *sev_vm_create_inited(enum sev_kind kind)
{
	struct vm *vm = sev_vm_create(kind);
	long ret = __vm_sev_start_up(vm, kind);

	if (ret)
		report_error("the VM does not become an SEV guest: %s", sev_outcome(ret));
	return vm;
}

__u32 sev_launch_start(struct vm *vm, __u32 policy)
{
	struct kvm_sev_launch_start start = { .policy = policy };

	vm_sev_launch_start(vm, &start);
	return start.handle;
}
