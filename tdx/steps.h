/* SPDX-License-Identifier: GPL-2.0-only */
/* What a TD on the emulated TDX module does, step by step, for tests of it: tdx_emulated.h. */
#ifndef KVMCONF_TDX_STEPS_H
#define KVMCONF_TDX_STEPS_H

#include "test.h"
#include "tdx.h"
#include "tdx_emulated.h"

#define SHARED		(1ull << 47)
#define SEPT_VE_DISABLE	(1ull << 28)
#define VALUE		0x1122334455667788ull
#define PORT		0x80
#define ACC		TDX_OP_ACC

/* TDG.VP.VMCALL: R10 is 0 for what R11 names; exits of VMX go by their reason. */
#define CALL_HLT	12
#define CALL_IO		30
#define CALL_WRMSR	32
#define CALL_MAP_GPA	0x10001
#define CALL_FATAL	0x10003

/* The page of the steps, and the first that the TD has not been given yet. */
#define STEPS		TD_MEMORY
#define FRESH		(TD_MEMORY + PAGE_SIZE)
#define NR_PAGES	4

#define READ(at)	{ .op = TDX_OP_READ, .gpa = (at) }
#define WRITE(at, v)	{ .op = TDX_OP_WRITE, .gpa = (at), .r10 = (v) }
#define ACCEPT(at)	{ .op = TDX_OP_ACCEPT, .gpa = (at) }
#define OUT		{ .op = TDX_OP_VMCALL | ACC, .r11 = CALL_IO, .r12 = 4, .r13 = 1, .r14 = PORT }
#define IN		{ .op = TDX_OP_VMCALL, .r11 = CALL_IO, .r12 = 4, .r14 = PORT }
#define SHUTDOWN	{ .op = TDX_OP_SHUTDOWN }
#define WRMSR(msr, v)	{ .op = TDX_OP_VMCALL, .r11 = CALL_WRMSR, .r12 = (msr), .r13 = (v) }
#define EVENT		{ .op = TDX_OP_EVENT }
/* The accumulator is what it returns in R10; @blocked: the TD has interrupts off. */
#define HLT(blocked)	{ .op = TDX_OP_VMCALL | TDX_OP_R10, .r11 = CALL_HLT, .r12 = (blocked) }

/* The APIC's register of spurious interrupts, which enables it, in x2APIC mode. */
#define ENABLE_APIC	WRMSR(0x80f, 0x1ff)

/* A shared GPA is a legal one only with a vCPU whose CPUID has as many bits. */
static inline void widen_gpa(struct vcpu *vcpu)
{
	static union tdx_cpuid host;

	host.cpuid.nent = TDX_MAX_CPUID;
	must_succeed(ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, &host.cpuid),
		     "KVM_GET_SUPPORTED_CPUID");
	for (unsigned int i = 0; i < host.cpuid.nent; i++)
		if (host.cpuid.entries[i].function == 0x80000008)
			host.cpuid.entries[i].eax = (host.cpuid.entries[i].eax & ~0xffu) | 48;
	vcpu_set_cpuid(vcpu, &host.cpuid);
}

/* A TD that is final and has these steps before it, and @attributes. */
static inline struct td build(const struct tdx_step *steps, size_t size, uint64_t attributes,
			      bool bus_lock_exits)
{
	static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	static union tdx_init_vm params;
	struct kvm_tdx_init_mem_region region = {
		.source_addr = (uint64_t)page, .gpa = STEPS, .nr_pages = 1,
	};
	struct td td = { .vm = td_create() };

	memcpy(page, steps, size);
	td_default_params(td.vm, &params);
	params.init.attributes = attributes;
	vm_tdx_init(td.vm, &params.init);
	if (bus_lock_exits)
		vm_enable_cap(td.vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
	td.vcpu = vcpu_create(td.vm);
	widen_gpa(td.vcpu);
	vcpu_tdx_init(td.vcpu, STEPS);
	td.memfd = td_add_memory(td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE);
	vcpu_tdx_init_mem_region(td.vcpu, &region);
	vm_tdx_finalize(td.vm, 0);
	return td;
}

#define BUILD(self, ...) do {							\
	static const struct tdx_step steps[] = { __VA_ARGS__ };			\
										\
	(self)->td = build(steps, sizeof(steps), 0, false);			\
} while (0)

/* Like TEARDOWN_VM(). */
#define TEARDOWN_TD(td) do {							\
	if (!__test_passed(_metadata))						\
		exits_print();							\
	td_free(td);								\
} while (0)

/* An MSI with @data to the vCPU whose APIC ID is 0. */
static inline void send_msi(struct vm *vm, uint32_t data)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = data };

	if (__vm_signal_msi(vm, &msi) != 1)
		report_fail("KVM_SIGNAL_MSI delivers to no vCPU");
}

/* What the TD put out at PORT at this exit. */
static inline uint32_t put_out(struct vcpu *vcpu)
{
	return *(uint32_t *)((char *)vcpu->run + vcpu->run->io.data_offset);
}

#define RUN_TO_OUT(self, value) do {						\
	vcpu_run((self)->td.vcpu);						\
	ASSERT_EXIT(KVM_EXIT_IO, (self)->td.vcpu);				\
	ASSERT_EQ(PORT, (self)->td.vcpu->run->io.port);				\
	ASSERT_EQ(KVM_EXIT_IO_OUT, (self)->td.vcpu->run->io.direction);		\
	EXPECT_HEX((uint32_t)(value), put_out((self)->td.vcpu));		\
} while (0)

#endif
