// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ioctls.h"
#include "report.h"
#include "sev.h"
#include "vm.h"

extern char __executable_start[], _end[];

int kvm_open(void)
{
	return open("/dev/kvm", O_RDWR | O_CLOEXEC);
}

bool kvm_is_busy(void)
{
	int kvm = kvm_open(), vm;
	bool busy = false;

	if (kvm < 0)
		return false;
	vm = ioctl(kvm, KVM_CREATE_VM, KVM_X86_DEFAULT_VM);
	if (vm < 0)
		busy = errno == EBUSY || errno == EIO;
	else
		close(vm);
	close(kvm);
	return busy;
}

long kvm_cap(long cap)
{
	int fd = kvm_open();
	long ret = -1;

	if (fd >= 0) {
		ret = ioctl(fd, KVM_CHECK_EXTENSION, cap);
		close(fd);
	}
	return ret < 0 ? 0 : ret;
}

void vm_add_slot(struct vm *vm, unsigned long base, size_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = vm->nr_slots++,
		.guest_phys_addr = base,
		.memory_size = size,
		.userspace_addr = base,
	};

	vm_set_memory_region(vm, &region);
}

void vm_add_image(struct vm *vm)
{
	unsigned long start = (unsigned long)__executable_start & ~(PAGE_SIZE - 1);
	unsigned long end = ((unsigned long)_end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

	vm_add_slot(vm, start, end - start);
}

#define NR_IOAPIC_PINS	24

struct vm *vm_create_bare(unsigned long type)
{
	struct vm *vm = __vm_create_type(type);

	if (!vm)
		report_error("KVM_CREATE_VM, type %lu: %s", type, errno_or_success(-1));
	/*
	 * A vCPU without a local APIC in the kernel makes KVM patch its own code,
	 * on every CPU, whenever one comes or goes: the costliest way to have none.
	 */
	vm_enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, NR_IOAPIC_PINS);
	return vm;
}

struct vm *__vm_create_type(unsigned long type)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int saved_errno;

	if (!vm)
		report_error("out of memory");
	vm->kvm_fd = kvm_open();
	if (vm->kvm_fd < 0)
		report_error("/dev/kvm: %s", errno_or_success(-1));

	vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, type);
	if (vm->fd < 0) {
		saved_errno = errno;
		close(vm->kvm_fd);
		free(vm);
		errno = saved_errno;
		return NULL;
	}
	return vm;
}

bool vm_create_makes_sev(void)
{
	const char *type = getenv("KVMCONF_VM_TYPE");

	if (!type || !*type || !strcmp(type, "default"))
		return false;
	if (strcmp(type, "sev"))
		report_error("KVMCONF_VM_TYPE: there are default and sev, not \"%s\"", type);
	return true;
}

struct vm *vm_create(void)
{
	struct vm *vm;

	if (vm_create_makes_sev()) {
		vm = sev_vm_create_inited(sev_newest_kind(false));
		sev_launch_start(vm, 0);
	} else {
		vm = vm_create_bare(KVM_X86_DEFAULT_VM);
	}
	vm_add_image(vm);
	return vm;
}

struct vm *vm_create_with_irqchip(void)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	struct vm *vm = __vm_create_type(KVM_X86_DEFAULT_VM);

	if (!vm)
		report_error("KVM_CREATE_VM: %s", errno_or_success(-1));
	must_succeed(ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	must_succeed(ioctl(vm->fd, KVM_CREATE_PIT2, &pit), "KVM_CREATE_PIT2");
	vm_add_image(vm);
	return vm;
}

void *vm_add_memory(struct vm *vm, unsigned long base, size_t size)
{
	void *want = (void *)base;
	void *got = mmap(want, size, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (got != want)
		report_error("no memory at 0x%lx: %s", base,
			     got == MAP_FAILED ? errno_or_success(-1) : "address not honoured");
	vm_add_slot(vm, base, size);
	return got;
}

void *vm_add_low_memory(struct vm *vm)
{
	static void *memory;

	if (memory)
		vm_add_slot(vm, LOW_MEMORY_BASE, LOW_MEMORY_SIZE);
	else
		memory = vm_add_memory(vm, LOW_MEMORY_BASE, LOW_MEMORY_SIZE);
	return memory;
}

static void vcpu_free(struct vcpu *vcpu)
{
	exits_remove_vcpu(vcpu);
	munmap(vcpu->run, vcpu->run_size);
	close(vcpu->fd);
	free(vcpu);
}

void vm_free(struct vm *vm)
{
	if (!vm)
		return;
	for (unsigned int i = 0; i < MAX_VCPUS && vm->vcpus[i]; i++)
		vcpu_free(vm->vcpus[i]);
	close(vm->fd);
	close(vm->kvm_fd);
	free(vm);
}
