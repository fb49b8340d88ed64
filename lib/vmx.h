/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nested VMX: an L1 that runs an L2, in the one address space that they share
 * with the host. What a VMCS is made of in memory is KVM's own business, so the
 * host prepares a list of fields, and L1 has them written by VMWRITE.
 */
#ifndef KVMCONF_VMX_H
#define KVMCONF_VMX_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "vm.h"

/* SDM vol. 3, appendix B: the fields that more than vmx.c has a use for. */
#define VMCS_PROC_CONTROLS		0x4002
#define VMCS_EXCEPTION_BITMAP		0x4004
#define VMCS_SECONDARY_CONTROLS		0x401e
#define VMCS_INSTRUCTION_ERROR		0x4400
#define VMCS_EXIT_REASON		0x4402
#define VMCS_GUEST_CR3			0x6802
#define VMCS_GUEST_RIP			0x681e
#define VMCS_HOST_RSP			0x6c14
#define VMCS_HOST_RIP			0x6c16

/* SDM vol. 3, appendix A.3.3: which secondary controls may be 1, in its high half. */
#define MSR_VMX_PROCBASED_CTLS2		0x48b
#define VMX_SECONDARY_BUS_LOCK		(1u << 30)

/* SDM vol. 3, appendix C and "Basic VM-Exit Information". */
#define VMX_EXIT_EXCEPTION_NMI		0
#define VMX_EXIT_VMCALL			18
#define VMX_EXIT_MONITOR_TRAP		37
#define VMX_EXIT_BUS_LOCK		74
#define VMX_EXIT_REASON_MASK		0xffff
#define VMX_EXIT_BUS_LOCK_BIT		(1u << 26)

/* What VMXON, VMCLEAR and VMPTRLD point to. */
struct vmx_region {
	uint32_t revision;
	uint8_t reserved[4092];
} __attribute__((aligned(4096)));

struct vmcs_write {
	uint64_t field, value;
};

struct vmcs {
	struct vmx_region region;
	unsigned int nr_writes;		/* that L1 has still to do */
	struct vmcs_write writes[128];
};

/* Does KVM let a guest run guests by VMX? */
bool vmx_nested_offered(void);

/* Lets @vcpu, a 64-bit L1 that has not run yet, use VMXON. */
void vmx_enable(struct vcpu *vcpu);

/*
 * Makes @vmcs describe an L2 in the state that @like has: a vCPU of the same VM
 * that never runs, in 64-bit mode. Its exits to L1 lead back to the state that
 * @l1 has now; L1 intercepts NMIs and what it must, the rest is L0's.
 */
void vmx_fill_vmcs(struct vmcs *vmcs, struct vcpu *l1, struct vcpu *template);

/* One more field for L1 to write before it runs L2 again. */
void vmx_write_later(struct vmcs *vmcs, uint64_t field, uint64_t value);

/* @controls, processor-based ones, in addition to those that vmx_fill_vmcs() has chosen. */
void vmx_add_proc_controls(struct vmcs *vmcs, uint32_t controls);

/* What follows is L1's code. All of it asserts success, but for guest_vmenter(). */

__guest_inline uint64_t guest_rdmsr(uint32_t index)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
	return (uint64_t)high << 32 | low;
}

#define __GUEST_VMX(instruction, ...) do {					\
	bool __failed;								\
										\
	__asm__ volatile(instruction : "=@ccbe"(__failed) : __VA_ARGS__ : "memory"); \
	GUEST_ASSERT(!__failed);						\
} while (0)

__guest_inline void guest_vmwrite(uint64_t field, uint64_t value)
{
	__GUEST_VMX("vmwrite %1, %2", "r"(value), "r"(field));
}

__guest_inline uint64_t guest_vmread(uint64_t field)
{
	uint64_t value;
	bool failed;

	__asm__ volatile("vmread %2, %1" : "=@ccbe"(failed), "=r"(value) : "r"(field));
	GUEST_ASSERT(!failed);
	return value;
}

/* Enters VMX operation and makes @vmcs the current VMCS, ready for its first entry. */
__guest_inline void guest_vmx_begin(struct vmx_region *vmxon, struct vmcs *vmcs)
{
	uint64_t pointer = (uint64_t)&vmcs->region;

	vmxon->revision = vmcs->region.revision;
	__GUEST_VMX("vmxon %1", "m"(vmxon));
	__GUEST_VMX("vmclear %1", "m"(pointer));
	__GUEST_VMX("vmptrld %1", "m"(pointer));
}

/*
 * Writes what is to be written and runs L2 until it exits to L1; false if it
 * never got there. @rdi: L2's, at each entry.
 */
__guest_inline bool guest_vmenter(struct vmcs *vmcs, bool launched, uint64_t rdi)
{
	uint64_t host_rsp = VMCS_HOST_RSP, host_rip = VMCS_HOST_RIP;
	uint32_t in_l1 = launched;

	for (unsigned int i = 0; i < vmcs->nr_writes; i++)
		guest_vmwrite(vmcs->writes[i].field, vmcs->writes[i].value);
	vmcs->nr_writes = 0;

	/* All that is not in the VMCS is L2's at the exit, and L1's stack is as it was. */
	__asm__ volatile(
		"push	%%rbp\n"
		"vmwrite %%rsp, %%rdx\n"
		"lea	1f(%%rip), %%rdx\n"
		"vmwrite %%rdx, %%rcx\n"
		"test	%%eax, %%eax\n"
		"jnz	2f\n"
		"vmlaunch\n"
		"jmp	3f\n"
		"2: vmresume\n"
		"3: mov	$1, %%eax\n"
		"jmp	4f\n"
		"1: xor	%%eax, %%eax\n"
		"4: pop	%%rbp\n"
		: "+a"(in_l1), "+c"(host_rip), "+d"(host_rsp), "+D"(rdi)
		: : "rbx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		    "memory", "cc");
	return !in_l1;
}

#endif
