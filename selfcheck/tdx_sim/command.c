// SPDX-License-Identifier: GPL-2.0-only
/* KVM_MEMORY_ENCRYPT_OP: TDX's commands, their errors and the order of their checks. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "sim.h"

/* As many as on the machine tdx, so that tests that use them up make as many calls. */
#define GUEST_KEYIDS	11
#define FIRST_KEYID	5
#define SUPPORTED_ATTRS	(1ull << 28)		/* SEPT_VE_DISABLE */
#define SUPPORTED_XFAM	0xe7ull			/* x87, SSE, AVX, AVX-512 */

/* Operands of TDH.MNG.INIT, which the module's status is about. */
enum { ATTRIBUTES = 64, XFAM = 65, CPUID_CONFIG = 69 };

static bool keyid_used[GUEST_KEYIDS];

static int64_t capabilities(const struct sim_request *r, const struct kvm_tdx_cmd *cmd)
{
	const size_t cpuid = offsetof(struct kvm_tdx_capabilities, cpuid);
	struct kvm_tdx_capabilities caps = {
		.supported_attrs = SUPPORTED_ATTRS, .supported_xfam = SUPPORTED_XFAM,
		.user_tdvmcallinfo_1_r11 = 1 << 1,	/* SetupEventNotifyInterrupt */
	};
	int64_t ret;

	if (refuses("capabilities-flags", cmd->flags))
		return -EINVAL;
	ret = write_cpuid(r, cmd->data + cpuid, true);
	if (!ret)
		ret = user_write(r, cmd->data, &caps, cpuid);
	return ret;
}

static int64_t keyid_alloc(void)
{
	for (int i = 0; i < GUEST_KEYIDS; i++)
		if (!keyid_used[i]) {
			keyid_used[i] = true;
			return FIRST_KEYID + i;
		}
	return broken("no-keyid-is-ebusy") ? -EBUSY : -ENOSPC;
}

static bool keyid_is_free(void)
{
	for (int i = 0; i < GUEST_KEYIDS; i++)
		if (!keyid_used[i])
			return true;
	return false;
}

/* No page, or no pair for it: that is one to KVM. */
static int64_t take_control(struct vm_sim *vm, uint32_t *where)
{
	int64_t ret = take(vm, where);

	return ret && !broken("refusal-is-eio") ? -ENOMEM : ret;
}

static bool leaks_keyid(const struct vm_sim *vm)
{
	static bool done;
	bool leaks = broken("keyid-leaked") && vm->state == TD_RUNNABLE && !done;

	done |= leaks;
	return leaks;
}

/* The id of a TD that can be used no more, if any. */
static unsigned int spoiled;

static int64_t td_create(struct vm_sim *vm)
{
	int64_t ret = keyid_alloc();
	uint64_t status;

	if (ret < 0)
		return ret;
	vm->keyid = ret;
	ledger.keys++;
	ledger.tds++;
	ret = cgroup_charge(vm);
	if (ret)
		return ret;
	/* The first page is the TDR, the others are the TDCS. */
	for (unsigned int i = 0; i < TD_PAGES; i++) {
		status = seamcall(i ? MNG_ADDCX : MNG_CREATE);
		if (status)
			return status == RND_NO_ENTROPY ? -EAGAIN : vm_bug(vm);
		ret = take_control(vm, &vm->control[i]);
		if (ret)
			return ret;
		if (!i && seamcall(MNG_KEY_CONFIG))
			return vm_bug(vm);
	}
	return 0;
}

void sim_teardown(struct vm_sim *vm)
{
	if (vm->was_killed && vm->nr_vcpus && broken("leak-when-killed"))
		return;
	remove_private_pages(vm, 0, GPA_PAGES * PAGE);
	if (vm->keyid) {
		seamcall_until_done(PHYMEM_CACHE_WB);
		keyid_used[vm->keyid - FIRST_KEYID] = leaks_keyid(vm);
		ledger.keys -= !keyid_used[vm->keyid - FIRST_KEYID];
		ledger.tds--;
		if (ledger.tds && broken("spoils-another"))
			spoiled = vm->id > spoiled ? vm->id - 1 : spoiled;
	}
	vm->keyid = 0;
	cgroup_uncharge(vm);
	for (unsigned int i = 0; i < MAX_TD_VCPUS; i++) {
		ledger.vcpus -= vm->vcpu_pages[i][VCPU_PAGES - 1] != 0;
		for (unsigned int j = 0; j < VCPU_PAGES; j++)
			give(&vm->vcpu_pages[i][j]);
	}
	free_tables(vm);
	for (unsigned int i = 0; i < TD_PAGES; i++)
		if (vm->state != TD_UNINITIALIZED || !broken("lost-on-error"))
			give(&vm->control[i]);
}

/* A negative errno, or which operand the module will not have: 0 for none. */
static int64_t check_params(const struct vm_sim *vm, const struct kvm_tdx_init_vm *init,
			    const struct kvm_cpuid_entry2 *entries, unsigned int nent)
{
	int64_t odd;

	for (unsigned int i = 0; i < sizeof(init->reserved) / sizeof(init->reserved[0]); i++)
		if (refuses("init-vm-reserved", init->reserved[i]))
			return -EINVAL;
	if (refuses("init-vm-padding", init->cpuid.padding))
		return -EINVAL;
	if (vm->nr_vcpus)
		return -EBUSY;
	if (init->attributes & ~SUPPORTED_ATTRS && broken("module-is-asked"))
		return ATTRIBUTES;
	if (init->xfam & ~SUPPORTED_XFAM && broken("module-is-asked"))
		return XFAM;
	if (refuses("init-vm-attributes", init->attributes & ~SUPPORTED_ATTRS) ||
	    refuses("init-vm-xfam", init->xfam & ~SUPPORTED_XFAM))
		return -EINVAL;
	odd = check_cpuid(entries, nent);
	return odd > 0 ? CPUID_CONFIG : odd;
}

static int64_t init_vm(struct vm_sim *vm, const struct sim_request *r, struct kvm_tdx_cmd *cmd)
{
	static struct kvm_cpuid_entry2 entries[MAX_CPUID];
	struct kvm_tdx_init_vm init = { 0 };
	int64_t odd, ret;
	uint64_t status;
	uint32_t nent = 0;

	if (refuses("init-vm-once", vm->state != TD_UNINITIALIZED) ||
	    refuses("init-vm-flags", cmd->flags))
		return -EINVAL;
	if (refuses("init-vm-data",
		    user_read(r, cmd->data + offsetof(struct kvm_tdx_init_vm, cpuid.nent), &nent,
			      sizeof(nent))))
		return -EFAULT;
	if (refuses("init-vm-size", nent > MAX_CPUID))
		return -E2BIG;
	if (nent > MAX_CPUID)
		nent = MAX_CPUID;
	if (refuses("init-vm-data", user_read(r, cmd->data, &init, sizeof(init)) ||
		    user_read(r, cmd->data + sizeof(init), entries, nent * sizeof(entries[0]))))
		return -EFAULT;
	if (broken("keyid-before-params") && !keyid_is_free())
		return -ENOSPC;
	odd = check_params(vm, &init, entries, nent);
	if (odd < 0)
		return odd;
	ret = td_create(vm);
	status = !ret ? seamcall(MNG_INIT) : 0;
	if (!ret && !status && odd)
		status = OPERAND_INVALID | odd;
	if (status) {
		bool is_operand = (status & STATUS_MASK) == OPERAND_INVALID;

		cmd->hw_error = is_operand ? status : 0;
		ret = is_operand ? -EINVAL : vm_bug(vm);
	}
	if (ret)
		sim_teardown(vm);
	else
		vm->state = TD_INITIALIZED;
	return ret;
}

static int64_t finalize(struct vm_sim *vm, struct kvm_tdx_cmd *cmd)
{
	if (refuses("finalize-td", !vm->keyid) || vm->id == spoiled ||
	    refuses("finalize-once", vm->state == TD_RUNNABLE))
		return -EINVAL;
	cmd->hw_error = seamcall(MR_FINALIZE);
	if (cmd->hw_error)
		return (cmd->hw_error & STATUS_MASK) == OPERAND_BUSY ? -EBUSY : vm_bug(vm);
	vm->state = TD_RUNNABLE;
	ledger.pairs += broken("finalize-counts");
	return 0;
}

/* 0, -EFAULT or -EINVAL */
static int64_t get_command(const struct sim_request *r, struct kvm_tdx_cmd *cmd)
{
	*cmd = (struct kvm_tdx_cmd){ .id = KVM_TDX_CMD_NR_MAX };
	if (refuses("command", user_read(r, r->arg, cmd, sizeof(*cmd))))
		return -EFAULT;
	return refuses("hw-error", cmd->hw_error) && !broken("order-of-checks") ? -EINVAL : 0;
}

int64_t td_vm_command(struct vm_sim *vm, const struct sim_request *r)
{
	struct kvm_tdx_cmd cmd;
	int64_t ret = get_command(r, &cmd);

	vm->was_commanded = true;
	if (ret)
		return ret;
	switch (cmd.id) {
	case KVM_TDX_CAPABILITIES:
		return capabilities(r, &cmd);
	case KVM_TDX_INIT_VM:
		ret = init_vm(vm, r, &cmd);
		break;
	case KVM_TDX_FINALIZE_VM:
		ret = finalize(vm, &cmd);
		break;
	default:
		return refuses("vm-command", true) ? -EINVAL : 0;
	}
	if (broken("hw-error-lost"))
		cmd.hw_error = 0;
	return user_write(r, r->arg, &cmd, sizeof(cmd)) ?: ret;
}

static int64_t init_vcpu(struct vcpu_sim *vcpu, const struct kvm_tdx_cmd *cmd)
{
	uint32_t *pages = vcpu->vm->vcpu_pages[vcpu->index];
	int64_t ret = 0;

	/* Without CPUID a vCPU has no x2APIC, which a TD's must. */
	if (refuses("init-vcpu-flags", cmd->flags) ||
	    refuses("init-vcpu-once", vcpu->initialized) || !vcpu->has_cpuid) {
		ledger.pairs += broken("refused-vcpu-counts");
		return -EINVAL;
	}
	for (unsigned int i = 0; i < VCPU_PAGES && !ret; i++)
		ret = take_control(vcpu->vm, &pages[i]);
	/* The first page is TDVPR, the others are TDCX. */
	if (!ret && (seamcall(VP_CREATE) || seamcall(VP_ADDCX) || seamcall(VP_INIT)))
		ret = vm_bug(vcpu->vm);
	for (unsigned int i = 0; ret && i < VCPU_PAGES && !broken("vcpu-lost-on-error"); i++)
		give(&pages[i]);
	vcpu->initialized = !ret;
	ledger.vcpus += !ret;
	return ret;
}

int64_t td_vcpu_command(struct vcpu_sim *vcpu, const struct sim_request *r)
{
	struct kvm_tdx_cmd cmd;
	int64_t ret = get_command(r, &cmd);

	if (ret)
		return ret;
	if (!vcpu->vm->keyid || refuses("vcpu-final", vcpu->vm->state == TD_RUNNABLE))
		return -EINVAL;
	switch (cmd.id) {
	case KVM_TDX_INIT_VCPU:
		return init_vcpu(vcpu, &cmd);
	case KVM_TDX_INIT_MEM_REGION:
		if (refuses("region-vcpu", !vcpu->initialized) ||
		    refuses("region-flags", cmd.flags & ~KVM_TDX_MEASURE_MEMORY_REGION))
			return -EINVAL;
		return init_mem_region(vcpu->vm, r, cmd.data,
				       cmd.flags & KVM_TDX_MEASURE_MEMORY_REGION);
	case KVM_TDX_GET_CPUID:
		return td_cpuid(r, cmd.data);
	}
	return refuses("vcpu-command", true) ? -EINVAL : 0;
}
