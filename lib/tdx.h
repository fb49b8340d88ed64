/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDs on raw ioctls: TDX's commands of KVM_MEMORY_ENCRYPT_OP in pairs, as in ioctls.h, and
 * the steps from KVM_CREATE_VM to a TD that could run. A TD's memory is its own: nothing of
 * the one address space of vm.h is in it, and its guest runs no code of the test.
 *
 * Source of all rules: the kernel's Documentation/virt/kvm/x86/intel-tdx.rst.
 */
#ifndef KVMCONF_TDX_H
#define KVMCONF_TDX_H

#include <errno.h>

#include "host.h"
#include "ioctls.h"
#include "tdx_emulated.h"

#define TDX_MAX_CPUID	256		/* KVM_MAX_CPUID_ENTRIES */

/*
 * First line of every FIXTURE_SETUP() that creates a TD. Where an emulated TDX module is there
 * to be used, TDX that is off is no reason to skip: the kernel has failed to use it.
 */
#define REQUIRE_TDX() do {						\
	bool __offered;							\
									\
	REQUIRE_KVM();							\
	__offered = host_offers_vm_type(KVM_X86_TDX_VM);		\
	if (!__offered && tdx_machine_is_emulated())			\
		report_fail("the machine has a TDX module, and KVM has no TDs");	\
	REQUIRE(__offered, "no-tdx", "KVM_CAP_VM_TYPES lacks type %d", KVM_X86_TDX_VM); \
} while (0)

/* For what only the emulated TDX module lets a test do. */
#define REQUIRE_EMULATED_TDX() \
	REQUIRE(tdx_module_is_emulated(), "not-emulated", "the TDX module is a real one")

/* For what only its books tell. */
#define REQUIRE_TDX_BOOKS() \
	REQUIRE(tdx_module_has_books(), "not-emulated", "the TDX module has no books to look into")

/*
 * Whether the TDX module is an emulated one. The machine is, too, then: nothing on it is worth
 * sparing. With KVMCONF_HIDE_MODULE in the environment only the latter is to be seen: what a
 * test does then is what it would do on a real module. With KVMCONF_HIDE_MODULE=books it sees
 * nothing of what the module counts, but can make it fail.
 */
bool tdx_module_is_emulated(void);
bool tdx_module_has_books(void);
bool tdx_machine_is_emulated(void);

/* The emulated TDX module's MSRs; 0 of a module that has none, or where they are hidden. */
uint64_t tdx_module_read(enum tdx_msr msr);
void tdx_module_write(enum tdx_msr msr, uint64_t value);

/*
 * SEAMCALLs of @leaf, after @skip of them, do nothing but return @status, @count times; 0 times
 * ends it.
 */
void tdx_module_inject(uint64_t leaf, uint64_t skip, uint64_t count, uint64_t status);

#define TDX_INJECT_FOR_EVER	(~0u)

/* Sum of all that the module owns of TDs. */
uint64_t tdx_module_resources(void);

/* Unions, because both end in kvm_cpuid2, which ends in an array without a size. */
union tdx_capabilities {
	struct kvm_tdx_capabilities caps;
	char space[sizeof(struct kvm_tdx_capabilities) +
		   TDX_MAX_CPUID * sizeof(struct kvm_cpuid_entry2)];
};

union tdx_init_vm {
	struct kvm_tdx_init_vm init;
	char space[sizeof(struct kvm_tdx_init_vm) +
		   TDX_MAX_CPUID * sizeof(struct kvm_cpuid_entry2)];
};

union tdx_cpuid {
	struct kvm_cpuid2 cpuid;
	char space[sizeof(struct kvm_cpuid2) +
		   TDX_MAX_CPUID * sizeof(struct kvm_cpuid_entry2)];
};

/*
 * For what a test needs of a TD before it can begin. EIO says that a SEAMCALL has failed which must
 * not, or that KVM has given the VM up: that is KVM's failure or the module's, and not an error
 * of the suite or of the host.
 */
static inline long tdx_must_succeed(long ret, const char *what)
{
	if (ret < 0 && errno == EIO)
		report_fail("%s: EIO", what);
	return must_succeed(ret, what);
}

#define TDX_PAIR(object, name, command, type)					\
static inline long __##object##_tdx_##name(struct object *o, type data)		\
{										\
	struct kvm_tdx_cmd cmd = { .id = command, .data = (__u64)data };	\
										\
	return __##object##_mem_enc_op(o, &cmd);				\
}										\
static inline long object##_tdx_##name(struct object *o, type data)		\
{										\
	return tdx_must_succeed(__##object##_tdx_##name(o, data), #command);	\
}

TDX_PAIR(vm, capabilities, KVM_TDX_CAPABILITIES, struct kvm_tdx_capabilities *)
TDX_PAIR(vm, init, KVM_TDX_INIT_VM, struct kvm_tdx_init_vm *)
TDX_PAIR(vm, finalize, KVM_TDX_FINALIZE_VM, __u64)
TDX_PAIR(vcpu, init, KVM_TDX_INIT_VCPU, __u64)
TDX_PAIR(vcpu, init_mem_region, KVM_TDX_INIT_MEM_REGION, struct kvm_tdx_init_mem_region *)
TDX_PAIR(vcpu, get_cpuid, KVM_TDX_GET_CPUID, struct kvm_cpuid2 *)

/* A VM of TDX's type with the interrupt controller that a TD needs: not yet a TD. */
struct vm *td_create(void);

/*
 * What KVM_TDX_INIT_VM is to be given for a TD like this host: no attributes, x87 and SSE
 * alone, the host's CPUID as far as it is configurable, 48 bits of GPA.
 */
void td_default_params(struct vm *vm, union tdx_init_vm *params);

/* KVM_TDX_INIT_VM with these. */
void td_init(struct vm *vm);

/* vcpu_create() and KVM_TDX_INIT_VCPU. */
struct vcpu *td_create_vcpu(struct vm *vm);

/* Where tests have a TD's memory; below 2 GiB, so that every page of 2 MiB has its own. */
#define TD_MEMORY	0x40000000ul

/*
 * @size bytes of private memory at @gpa, which nothing is in yet: guest_memfd, memslot and
 * attributes. Returns the guest_memfd.
 */
int td_add_memory(struct vm *vm, unsigned long gpa, size_t size);

/* Empty pages for KVM_TDX_INIT_MEM_REGION to copy, as many as asked for at once. */
#define TD_MAX_FILL	4096
struct kvm_tdx_init_mem_region td_region(unsigned long gpa, unsigned long nr_pages);

/* Adds @nr_pages pages at @gpa to a TD that is not finalized. */
void td_fill(struct vcpu *vcpu, unsigned long gpa, unsigned long nr_pages);

/* Removes what is at @offset of a guest_memfd. */
void td_punch_hole(int memfd, unsigned long offset, size_t size);

IOCTL_PAIR(vm, set_attributes, KVM_SET_MEMORY_ATTRIBUTES, struct kvm_memory_attributes *)

static inline long __vcpu_pre_fault(struct vcpu *vcpu, struct kvm_pre_fault_memory *range)
{
	return trace_ioctl(ioctl(vcpu->fd, KVM_PRE_FAULT_MEMORY, range), KVM_PRE_FAULT_MEMORY,
			   "KVM_PRE_FAULT_MEMORY", (uint64_t)range);
}

/* KVM_PRE_FAULT_MEMORY also succeeds with a part of @range, and then @range is the rest. */
static inline long __vcpu_pre_fault_all(struct vcpu *vcpu, struct kvm_pre_fault_memory *range)
{
	long ret;

	do
		ret = __vcpu_pre_fault(vcpu, range);
	while (!ret && range->size);
	return ret;
}

static inline long vcpu_pre_fault(struct vcpu *vcpu, struct kvm_pre_fault_memory *range)
{
	return tdx_must_succeed(__vcpu_pre_fault(vcpu, range), "KVM_PRE_FAULT_MEMORY");
}

/* Makes @size bytes at @gpa private or shared. */
void td_convert(struct vm *vm, unsigned long gpa, size_t size, bool is_private);

/* What a TD with one vCPU consists of; memfd is -1 before there is one. */
struct td {
	struct vm *vm;
	struct vcpu *vcpu;
	int memfd;
};

/* How far a TD has come, in the order of intel-tdx.rst. */
enum td_stage {
	TD_CREATED,		/* td_create() */
	TD_INITIALIZED,		/* KVM_TDX_INIT_VM */
	TD_HAS_VCPU,		/* that, and private memory in a slot, at TD_MEMORY */
	TD_VCPU_READY,		/* KVM_TDX_INIT_VCPU */
	TD_FILLED,		/* KVM_TDX_INIT_MEM_REGION for all of the slot */
	TD_FINALIZED,		/* KVM_TDX_FINALIZE_VM */
};

/* The steps from @from to @to, with a slot of @nr_pages. */
void td_advance(struct td *td, enum td_stage from, enum td_stage to, unsigned long nr_pages);

/* A TD that has come to @stage. */
struct td td_build_until(enum td_stage stage, unsigned long nr_pages);

/* The same, TD_FILLED. */
static inline struct td td_build(unsigned long nr_pages)
{
	return td_build_until(TD_FILLED, nr_pages);
}

/* Closes all of it. */
void td_free(struct td *td);

#endif
