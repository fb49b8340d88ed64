// SPDX-License-Identifier: GPL-2.0-only
/* VMs and vCPUs: the ioctls that are not TDX's own, as far as a TD needs them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim.h"

#define RUN_SIZE	(3 * PAGE)
#define RESET_VECTOR	0xfffffff0ull
#define EXIT_FLAG_PRIVATE (1ull << 3)

/* kvm_run's union, for headers that are too old for it. */
struct memory_fault {
	uint64_t flags, gpa, size;
};

unsigned int nr_vms;

struct vm_sim *vm_new(unsigned long type, pid_t owner)
{
	static unsigned int last_id;
	struct vm_sim *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	nr_vms++;
	vm->id = ++last_id;
	vm->refs = 1;
	vm->type = type;
	vm->owner = owner;
	if (type != KVM_X86_TDX_VM && broken("ordinary-vm-counts"))
		page_take(vm->id);
	return vm;
}

void vm_put(struct vm_sim *vm)
{
	if (--vm->refs)
		return;
	sim_teardown(vm);
	for (unsigned int i = 0; i < MAX_SLOTS; i++)
		gmem_put(vm->slots[i].gmem);
	if (vm->type != KVM_X86_TDX_VM || vm->was_commanded || !broken("idle-vm-counts"))
		nr_vms--;
	free(vm);
}

int64_t vm_bug(struct vm_sim *vm)
{
	kernel_warn("tdx_bug_on");
	vm->is_dead = !broken("lives-on");
	return -EIO;
}

static int64_t vm_capability(struct vm_sim *vm, uint64_t cap)
{
	bool is_td = vm && vm->type == KVM_X86_TDX_VM;

	switch (cap) {
	case KVM_CAP_VM_TYPES:
		return 1 << KVM_X86_DEFAULT_VM | 1 << KVM_X86_TDX_VM;
	case KVM_CAP_MAX_VCPUS:
		return is_td ? MAX_TD_VCPUS : 1024;
	case KVM_CAP_SYNC_REGS:
		return is_td && !broken("sync-regs") ? 0 : KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS |
							  KVM_SYNC_X86_EVENTS;
	case KVM_CAP_X86_BUS_LOCK_EXIT:
		return KVM_BUS_LOCK_DETECTION_OFF | KVM_BUS_LOCK_DETECTION_EXIT;
	case KVM_CAP_MEMORY_ATTRIBUTES:
		return is_td ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
	case KVM_CAP_SPLIT_IRQCHIP:
	case KVM_CAP_GUEST_MEMFD:
	case KVM_CAP_PRE_FAULT_MEMORY:
		return 1;
	}
	return 0;
}

static int64_t enable_cap(struct vm_sim *vm, const struct sim_request *r)
{
	const uint64_t modes = KVM_BUS_LOCK_DETECTION_OFF | KVM_BUS_LOCK_DETECTION_EXIT;
	struct kvm_enable_cap cap;

	if (user_read(r, r->arg, &cap, sizeof(cap)))
		return -EFAULT;
	if (cap.flags)
		return -EINVAL;
	switch (cap.cap) {
	case KVM_CAP_SPLIT_IRQCHIP:
		if (cap.args[0] > 1024)
			return -EINVAL;
		if (vm->split_irqchip || vm->nr_vcpus)
			return -EEXIST;
		vm->split_irqchip = true;
		return 0;
	case KVM_CAP_X86_BUS_LOCK_EXIT:
		return cap.args[0] & ~modes || (cap.args[0] & modes) == modes ? -EINVAL : 0;
	}
	return -EINVAL;
}

int64_t vcpu_new(struct vm_sim *vm, uint64_t id, struct vcpu_sim **created)
{
	bool is_td = vm->type == KVM_X86_TDX_VM;
	struct vcpu_sim *vcpu;

	if (id >= 4096 || vm->nr_vcpus >= MAX_TD_VCPUS)
		return -EINVAL;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		if (vm->vcpu_ids[i] == id)
			return -EEXIST;
	if (is_td && !vm->split_irqchip && broken("irqchip-before-td"))
		return -EINVAL;
	if (is_td && vm->state != TD_INITIALIZED && !broken("vcpu-before-td"))
		return -EIO;
	if (is_td && !vm->split_irqchip)
		return -EINVAL;
	vcpu = calloc(1, sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;
	vcpu->run_fd = memfd_create("kvm_run", MFD_CLOEXEC);
	if (vcpu->run_fd < 0 || ftruncate(vcpu->run_fd, RUN_SIZE))
		return -ENOMEM;
	vcpu->run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->run_fd, 0);
	vcpu->id = id;
	vcpu->index = vm->nr_vcpus;
	vcpu->vm = vm;
	vm->vcpu_ids[vm->nr_vcpus++] = id;
	vm->refs++;
	*created = vcpu;
	return 0;
}

void vcpu_close(struct vcpu_sim *vcpu)
{
	munmap(vcpu->run, RUN_SIZE);
	close(vcpu->run_fd);
	vm_put(vcpu->vm);
	free(vcpu);
}

/* The TD's first fetch, at the reset vector; what follows it is not simulated. */
static int64_t run(struct vcpu_sim *vcpu, const struct sim_request *r)
{
	struct vm_sim *vm = vcpu->vm;
	struct memory_fault fault = {
		.flags = EXIT_FLAG_PRIVATE, .gpa = RESET_VECTOR & ~(PAGE - 1), .size = PAGE,
	};
	struct slot *slot = slot_of(vm, fault.gpa);

	if (r->arg)
		return -EINVAL;
	if ((vcpu->run->kvm_valid_regs || vcpu->run->kvm_dirty_regs) && !broken("sync-regs"))
		return -EINVAL;
	if (!vcpu->initialized ||
	    (vm->state != TD_RUNNABLE && !broken("run-before-finalize")))
		return -EINVAL;
	if (vcpu->run->immediate_exit || user_signal_pending(r)) {
		vcpu->run->exit_reason = KVM_EXIT_INTR;
		return -EINTR;
	}
	if (!is_private(vm, fault.gpa) || !slot || !slot->gmem || slot->gmem->closed) {
		vcpu->run->exit_reason = KVM_EXIT_MEMORY_FAULT;
		memcpy(&vcpu->run->hw, &fault, sizeof(fault));
		return -EFAULT;
	}
	return add_private_page(vm, fault.gpa) ?: SIM_SLEEPS;
}

int64_t vcpu_ioctl(struct vcpu_sim *vcpu, const struct sim_request *r)
{
	bool is_td = vcpu->vm->type == KVM_X86_TDX_VM;

	if (r->pid != vcpu->vm->owner || vcpu->vm->is_dead)
		return -EIO;
	switch (r->cmd) {
	case KVM_MEMORY_ENCRYPT_OP:
		return is_td ? td_vcpu_command(vcpu, r) : -EINVAL;
	case KVM_RUN:
		return is_td ? run(vcpu, r) : -ENOSYS;
	case KVM_PRE_FAULT_MEMORY:
		return is_td ? pre_fault(vcpu, r) : -EOPNOTSUPP;
	case KVM_SET_CPUID2:
		vcpu->has_cpuid = true;
		return 0;
	case KVM_SET_MP_STATE:
		return 0;
	case KVM_GET_REGS:
	case KVM_SET_REGS:
	case KVM_GET_SREGS:
	case KVM_SET_SREGS:
		return is_td ? -EINVAL : 0;
	}
	return -EINVAL;
}

int64_t vm_ioctl(struct vm_sim *vm, const struct sim_request *r)
{
	if (r->pid != vm->owner || vm->is_dead)
		return -EIO;
	switch (r->cmd) {
	case KVM_CHECK_EXTENSION:
		return vm_capability(vm, r->arg);
	case KVM_ENABLE_CAP:
		return enable_cap(vm, r);
	case KVM_MEMORY_ENCRYPT_OP:
		return vm->type == KVM_X86_TDX_VM ? td_vm_command(vm, r) : -ENOTTY;
	case KVM_SET_USER_MEMORY_REGION:
	case KVM_SET_USER_MEMORY_REGION2:
		return set_slot(vm, r);
	case KVM_SET_MEMORY_ATTRIBUTES:
		return set_attributes(vm, r);
	}
	return -ENOTTY;
}

int64_t system_ioctl(const struct sim_request *r)
{
	switch (r->cmd) {
	case KVM_GET_API_VERSION:
		return KVM_API_VERSION;
	case KVM_GET_VCPU_MMAP_SIZE:
		return RUN_SIZE;
	case KVM_CHECK_EXTENSION:
		return vm_capability(NULL, r->arg);
	case KVM_GET_SUPPORTED_CPUID:
		return supported_cpuid(r);
	}
	return -EINVAL;
}
