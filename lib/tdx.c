// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tdx.h"

#define NR_IOAPIC_PINS	24
#define PHYS_BITS_LEAF	0x80000008
#define GPA_BITS	48

static const char msr_device[] = "/dev/cpu/0/msr";

static uint64_t read_msr(enum tdx_msr msr)
{
	int fd = open(msr_device, O_RDONLY);
	uint64_t value;

	if (fd < 0)
		return 0;
	if (pread(fd, &value, sizeof(value), msr) != sizeof(value))
		value = 0;
	close(fd);
	return value;
}

static bool hides_all(void)
{
	const char *what = getenv("KVMCONF_HIDE_MODULE");

	return what && strcmp(what, "books");
}

uint64_t tdx_module_read(enum tdx_msr msr)
{
	const bool is_injection = msr >= TDX_MSR_INJECT_LEAF && msr <= TDX_MSR_INJECT_STATUS;

	if (hides_all() || (getenv("KVMCONF_HIDE_MODULE") && !is_injection))
		return 0;
	return read_msr(msr);
}

bool tdx_machine_is_emulated(void)
{
	return read_msr(TDX_MSR_MAGIC) == TDX_MSR_MAGIC_VALUE;
}

bool tdx_module_is_emulated(void)
{
	return tdx_machine_is_emulated() && !hides_all();
}

bool tdx_module_has_books(void)
{
	return tdx_machine_is_emulated() && !getenv("KVMCONF_HIDE_MODULE");
}

void tdx_module_write(enum tdx_msr msr, uint64_t value)
{
	int fd = open(msr_device, O_WRONLY);

	if (fd < 0 || pwrite(fd, &value, sizeof(value), msr) != sizeof(value))
		report_error("%s: %s", msr_device, errno_or_success(-1));
	close(fd);
}

void tdx_module_inject(uint64_t leaf, uint64_t skip, uint64_t count, uint64_t status)
{
	tdx_module_write(TDX_MSR_INJECT_LEAF, leaf);
	tdx_module_write(TDX_MSR_INJECT_SKIP, skip);
	tdx_module_write(TDX_MSR_INJECT_COUNT, count);
	tdx_module_write(TDX_MSR_INJECT_STATUS, status);
}

uint64_t tdx_module_resources(void)
{
	uint64_t sum = 0;

	for (enum tdx_msr msr = TDX_MSR_TDS; msr <= TDX_MSR_PAMT_PAIRS; msr++)
		sum += tdx_module_read(msr);
	return sum;
}

struct vm *td_create(void)
{
	struct vm *vm = __vm_create_type(KVM_X86_TDX_VM);

	if (!vm)
		report_error("KVM_CREATE_VM of a TD: %s", errno_or_success(-1));
	vm_enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, NR_IOAPIC_PINS);
	return vm;
}

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *cpuid,
					   const struct kvm_cpuid_entry2 *template)
{
	for (unsigned int i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == template->function &&
		    cpuid->entries[i].index == template->index)
			return &cpuid->entries[i];
	return NULL;
}

void td_default_params(struct vm *vm, union tdx_init_vm *params)
{
	static union tdx_capabilities configurable;
	static union tdx_cpuid host;
	struct kvm_tdx_init_vm *init = &params->init;

	configurable.caps.cpuid.nent = host.cpuid.nent = TDX_MAX_CPUID;
	vm_tdx_capabilities(vm, &configurable.caps);
	must_succeed(ioctl(vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, &host.cpuid),
		     "KVM_GET_SUPPORTED_CPUID");

	memset(params, 0, sizeof(*params));
	init->xfam = configurable.caps.supported_xfam & 3;
	init->cpuid.nent = configurable.caps.cpuid.nent;
	for (unsigned int i = 0; i < init->cpuid.nent; i++) {
		const struct kvm_cpuid_entry2 *mask = &configurable.caps.cpuid.entries[i];
		const struct kvm_cpuid_entry2 *has = find(&host.cpuid, mask);
		struct kvm_cpuid_entry2 *to = &init->cpuid.entries[i];

		*to = *mask;
		to->eax &= has ? has->eax : 0;
		to->ebx &= has ? has->ebx : 0;
		to->ecx &= has ? has->ecx : 0;
		to->edx &= has ? has->edx : 0;
		if (to->function == PHYS_BITS_LEAF)
			to->eax = (to->eax & ~0xff0000u) | GPA_BITS << 16;
	}
}

void td_init(struct vm *vm)
{
	static union tdx_init_vm params;

	td_default_params(vm, &params);
	vm_tdx_init(vm, &params.init);
}

struct vcpu *td_create_vcpu(struct vm *vm)
{
	struct vcpu *vcpu = vcpu_create(vm);

	vcpu_tdx_init(vcpu, 0);
	return vcpu;
}

void td_convert(struct vm *vm, unsigned long gpa, size_t size, bool is_private)
{
	struct kvm_memory_attributes attributes = {
		.address = gpa, .size = size,
		.attributes = is_private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	vm_set_attributes(vm, &attributes);
}

int td_add_memory(struct vm *vm, unsigned long gpa, size_t size)
{
	struct kvm_create_guest_memfd create = { .size = size };
	struct kvm_userspace_memory_region2 region = {
		.slot = vm->nr_slots++,
		.flags = KVM_MEM_GUEST_MEMFD,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.guest_memfd = vm_create_guest_memfd(vm, &create),
	};
	/* For what is shared: of that a slot must have something, too. */
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (shared == MAP_FAILED)
		report_error("mmap: %s", errno_or_success(-1));
	region.userspace_addr = (__u64)shared;
	vm_set_memory_region2(vm, &region);
	td_convert(vm, gpa, size, true);
	return region.guest_memfd;
}

struct kvm_tdx_init_mem_region td_region(unsigned long gpa, unsigned long nr_pages)
{
	static void *source;

	if (nr_pages > TD_MAX_FILL)
		report_error("td_region: %lu pages are too many", nr_pages);
	if (!source)
		source = mmap(NULL, TD_MAX_FILL * PAGE_SIZE, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (source == MAP_FAILED)
		report_error("mmap: %s", errno_or_success(-1));
	return (struct kvm_tdx_init_mem_region){
		.source_addr = (__u64)source, .gpa = gpa, .nr_pages = nr_pages,
	};
}

void td_fill(struct vcpu *vcpu, unsigned long gpa, unsigned long nr_pages)
{
	struct kvm_tdx_init_mem_region region = td_region(gpa, nr_pages);

	vcpu_tdx_init_mem_region(vcpu, &region);
}

void td_punch_hole(int memfd, unsigned long offset, size_t size)
{
	must_succeed(fallocate(memfd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, size),
		     "FALLOC_FL_PUNCH_HOLE");
}

void td_advance(struct td *td, enum td_stage from, enum td_stage to, unsigned long nr_pages)
{
	for (enum td_stage stage = from + 1; stage <= to; stage++) {
		switch (stage) {
		case TD_CREATED:
			break;
		case TD_INITIALIZED:
			td_init(td->vm);
			break;
		case TD_HAS_VCPU:
			td->vcpu = vcpu_create(td->vm);
			td->memfd = td_add_memory(td->vm, TD_MEMORY, nr_pages * PAGE_SIZE);
			break;
		case TD_VCPU_READY:
			vcpu_tdx_init(td->vcpu, 0);
			break;
		case TD_FILLED:
			td_fill(td->vcpu, TD_MEMORY, nr_pages);
			break;
		case TD_FINALIZED:
			vm_tdx_finalize(td->vm, 0);
			break;
		}
	}
}

struct td td_build_until(enum td_stage stage, unsigned long nr_pages)
{
	struct td td = { .vm = td_create(), .memfd = -1 };

	td_advance(&td, TD_CREATED, stage, nr_pages);
	return td;
}

void td_free(struct td *td)
{
	if (!td->vm)
		return;
	vm_free(td->vm);
	close(td->memfd);
}
