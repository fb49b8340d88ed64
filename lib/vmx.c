// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"
#include "ioctls.h"
#include "msr.h"
#include "report.h"
#include "vmx.h"

#define CR4_VMXE		(1ull << 13)
#define MSR_FEATURE_CONTROL	0x3a
#define FEATURE_CONTROL_LOCKED	(1u << 0)
#define FEATURE_CONTROL_VMX	(1u << 2)	/* outside of SMX */
#define MSR_VMX_BASIC		0x480
#define REVISION_MASK		0x7fffffff

/* SDM vol. 3, appendix A.2 to A.5: must-be-one bits below, may-be-one bits above. */
#define MSR_TRUE_PIN_CONTROLS	0x48d
#define MSR_TRUE_PROC_CONTROLS	0x48e
#define MSR_TRUE_EXIT_CONTROLS	0x48f
#define MSR_TRUE_ENTRY_CONTROLS	0x490

#define PIN_NMI_EXITING		(1u << 3)
#define PROC_SECONDARY		(1u << 31)	/* there are secondary controls */
#define EXIT_TO_64_BIT		(1u << 9)
#define ENTRY_TO_64_BIT		(1u << 9)

/* SDM vol. 3, appendix B. */
#define VMCS_GUEST_SELECTOR(n)	(0x800 + 2 * (n))
#define VMCS_HOST_SELECTOR(n)	(0xc00 + 2 * (n))
#define VMCS_LINK_POINTER	0x2800
#define VMCS_GUEST_DEBUGCTL	0x2802
#define VMCS_PIN_CONTROLS	0x4000
#define VMCS_PF_MASK		0x4006
#define VMCS_PF_MATCH		0x4008
#define VMCS_CR3_TARGETS	0x400a
#define VMCS_EXIT_CONTROLS	0x400c
#define VMCS_EXIT_MSR_STORES	0x400e
#define VMCS_EXIT_MSR_LOADS	0x4010
#define VMCS_ENTRY_CONTROLS	0x4012
#define VMCS_ENTRY_MSR_LOADS	0x4014
#define VMCS_ENTRY_INTERRUPTION	0x4016
#define VMCS_GUEST_LIMIT(n)	(0x4800 + 2 * (n))
#define VMCS_GUEST_GDTR_LIMIT	0x4810
#define VMCS_GUEST_IDTR_LIMIT	0x4812
#define VMCS_GUEST_ACCESS(n)	(0x4814 + 2 * (n))
#define VMCS_INTERRUPTIBILITY	0x4824
#define VMCS_ACTIVITY		0x4826
#define VMCS_GUEST_SYSENTER_CS	0x482a
#define VMCS_HOST_SYSENTER_CS	0x4c00
#define VMCS_CR0_MASK		0x6000
#define VMCS_CR4_MASK		0x6002
#define VMCS_CR0_SHADOW		0x6004
#define VMCS_CR4_SHADOW		0x6006
#define VMCS_GUEST_CR0		0x6800
#define VMCS_GUEST_CR4		0x6804
#define VMCS_GUEST_BASE(n)	(0x6806 + 2 * (n))
#define VMCS_GUEST_GDTR_BASE	0x6816
#define VMCS_GUEST_IDTR_BASE	0x6818
#define VMCS_GUEST_DR7		0x681a
#define VMCS_GUEST_RSP		0x681c
#define VMCS_GUEST_RFLAGS	0x6820
#define VMCS_PENDING_DEBUG	0x6822
#define VMCS_GUEST_SYSENTER_ESP	0x6824
#define VMCS_GUEST_SYSENTER_EIP	0x6826
#define VMCS_HOST_CR0		0x6c00
#define VMCS_HOST_CR3		0x6c02
#define VMCS_HOST_CR4		0x6c04
#define VMCS_HOST_FS_BASE	0x6c06
#define VMCS_HOST_GS_BASE	0x6c08
#define VMCS_HOST_TR_BASE	0x6c0a
#define VMCS_HOST_GDTR_BASE	0x6c0c
#define VMCS_HOST_IDTR_BASE	0x6c0e
#define VMCS_HOST_SYSENTER_ESP	0x6c10
#define VMCS_HOST_SYSENTER_EIP	0x6c12

/* The order in which the fields of the segments are numbered. */
enum { ES, CS, SS, DS, FS, GS, LDTR, TR };

#define DR7_RESET		0x400
#define NO_LINK			~0ull

bool vmx_nested_offered(void)
{
	return host_kvm_vendor() == VENDOR_VMX &&
	       host_module_param("kvm_intel", "nested") == PARAM_ON;
}

void vmx_enable(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr4 |= CR4_VMXE;
	vcpu_set_sregs(vcpu, &sregs);
	vcpu_set_msr(vcpu, MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX);
}

void vmx_write_later(struct vmcs *vmcs, uint64_t field, uint64_t value)
{
	if (vmcs->nr_writes == sizeof(vmcs->writes) / sizeof(vmcs->writes[0]))
		report_error("too many VMCS fields");
	vmcs->writes[vmcs->nr_writes++] = (struct vmcs_write){ field, value };
}

void vmx_add_proc_controls(struct vmcs *vmcs, uint32_t controls)
{
	for (unsigned int i = 0; i < vmcs->nr_writes; i++)
		if (vmcs->writes[i].field == VMCS_PROC_CONTROLS)
			vmcs->writes[i].value |= controls;
}

/* @wanted, and what the CPU insists on. */
static uint64_t controls(struct vcpu *l1, uint32_t msr, uint32_t wanted)
{
	uint64_t allowed = vcpu_get_msr(l1, msr);
	uint32_t always = allowed, maybe = allowed >> 32;

	if ((always | wanted) & ~maybe)
		report_error("VMX controls %s are not offered", hex((always | wanted) & ~maybe));
	return always | wanted;
}

static void write_controls(struct vmcs *vmcs, struct vcpu *l1)
{
	static const uint16_t zero[] = {
		VMCS_SECONDARY_CONTROLS, VMCS_EXCEPTION_BITMAP, VMCS_PF_MASK, VMCS_PF_MATCH,
		VMCS_CR3_TARGETS, VMCS_EXIT_MSR_STORES, VMCS_EXIT_MSR_LOADS,
		VMCS_ENTRY_MSR_LOADS, VMCS_ENTRY_INTERRUPTION, VMCS_CR0_MASK, VMCS_CR4_MASK,
		VMCS_CR0_SHADOW, VMCS_CR4_SHADOW,
	};

	vmx_write_later(vmcs, VMCS_PIN_CONTROLS,
			controls(l1, MSR_TRUE_PIN_CONTROLS, PIN_NMI_EXITING));
	vmx_write_later(vmcs, VMCS_PROC_CONTROLS,
			controls(l1, MSR_TRUE_PROC_CONTROLS, PROC_SECONDARY));
	vmx_write_later(vmcs, VMCS_EXIT_CONTROLS,
			controls(l1, MSR_TRUE_EXIT_CONTROLS, EXIT_TO_64_BIT));
	vmx_write_later(vmcs, VMCS_ENTRY_CONTROLS,
			controls(l1, MSR_TRUE_ENTRY_CONTROLS, ENTRY_TO_64_BIT));
	for (unsigned int i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		vmx_write_later(vmcs, zero[i], 0);
}

static void write_host_state(struct vmcs *vmcs, const struct kvm_sregs *l1)
{
	const struct { unsigned int nr; uint16_t selector; } selectors[] = {
		{ ES, l1->es.selector }, { CS, l1->cs.selector }, { SS, l1->ss.selector },
		{ DS, l1->ds.selector }, { FS, l1->fs.selector }, { GS, l1->gs.selector },
		/* There is no LDTR among them. */
		{ TR - 1, l1->tr.selector },
	};

	for (unsigned int i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++)
		vmx_write_later(vmcs, VMCS_HOST_SELECTOR(selectors[i].nr), selectors[i].selector);
	vmx_write_later(vmcs, VMCS_HOST_CR0, l1->cr0);
	vmx_write_later(vmcs, VMCS_HOST_CR3, l1->cr3);
	vmx_write_later(vmcs, VMCS_HOST_CR4, l1->cr4);
	vmx_write_later(vmcs, VMCS_HOST_FS_BASE, l1->fs.base);
	vmx_write_later(vmcs, VMCS_HOST_GS_BASE, l1->gs.base);
	vmx_write_later(vmcs, VMCS_HOST_TR_BASE, l1->tr.base);
	vmx_write_later(vmcs, VMCS_HOST_GDTR_BASE, l1->gdt.base);
	vmx_write_later(vmcs, VMCS_HOST_IDTR_BASE, l1->idt.base);
	vmx_write_later(vmcs, VMCS_HOST_SYSENTER_CS, 0);
	vmx_write_later(vmcs, VMCS_HOST_SYSENTER_ESP, 0);
	vmx_write_later(vmcs, VMCS_HOST_SYSENTER_EIP, 0);
}

static uint32_t access_rights(const struct kvm_segment *segment)
{
	return segment->type | segment->s << 4 | segment->dpl << 5 | segment->present << 7 |
	       segment->avl << 12 | segment->l << 13 | segment->db << 14 | segment->g << 15 |
	       segment->unusable << 16;
}

static void write_guest_state(struct vmcs *vmcs, const struct kvm_sregs *sregs,
			      const struct kvm_regs *regs)
{
	static const uint16_t zero[] = {
		VMCS_GUEST_DEBUGCTL, VMCS_INTERRUPTIBILITY, VMCS_ACTIVITY, VMCS_PENDING_DEBUG,
		VMCS_GUEST_SYSENTER_CS, VMCS_GUEST_SYSENTER_ESP, VMCS_GUEST_SYSENTER_EIP,
	};
	const struct kvm_segment *segments[] = {
		&sregs->es, &sregs->cs, &sregs->ss, &sregs->ds, &sregs->fs, &sregs->gs,
		&sregs->ldt, &sregs->tr,
	};

	for (unsigned int i = ES; i <= TR; i++) {
		vmx_write_later(vmcs, VMCS_GUEST_SELECTOR(i), segments[i]->selector);
		vmx_write_later(vmcs, VMCS_GUEST_BASE(i), segments[i]->base);
		vmx_write_later(vmcs, VMCS_GUEST_LIMIT(i), segments[i]->limit);
		vmx_write_later(vmcs, VMCS_GUEST_ACCESS(i), access_rights(segments[i]));
	}
	vmx_write_later(vmcs, VMCS_GUEST_GDTR_BASE, sregs->gdt.base);
	vmx_write_later(vmcs, VMCS_GUEST_GDTR_LIMIT, sregs->gdt.limit);
	vmx_write_later(vmcs, VMCS_GUEST_IDTR_BASE, sregs->idt.base);
	vmx_write_later(vmcs, VMCS_GUEST_IDTR_LIMIT, sregs->idt.limit);
	vmx_write_later(vmcs, VMCS_GUEST_CR0, sregs->cr0);
	vmx_write_later(vmcs, VMCS_GUEST_CR3, sregs->cr3);
	/* VM entry wants VMXE in the guest's CR4 too. */
	vmx_write_later(vmcs, VMCS_GUEST_CR4, sregs->cr4 | CR4_VMXE);
	vmx_write_later(vmcs, VMCS_GUEST_DR7, DR7_RESET);
	vmx_write_later(vmcs, VMCS_GUEST_RSP, regs->rsp);
	vmx_write_later(vmcs, VMCS_GUEST_RIP, regs->rip);
	vmx_write_later(vmcs, VMCS_GUEST_RFLAGS, regs->rflags);
	vmx_write_later(vmcs, VMCS_LINK_POINTER, NO_LINK);
	for (unsigned int i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		vmx_write_later(vmcs, zero[i], 0);
}

void vmx_fill_vmcs(struct vmcs *vmcs, struct vcpu *l1, struct vcpu *template)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vmcs->region.revision = vcpu_get_msr(l1, MSR_VMX_BASIC) & REVISION_MASK;
	vmcs->nr_writes = 0;
	write_controls(vmcs, l1);

	vcpu_get_sregs(l1, &sregs);
	write_host_state(vmcs, &sregs);

	vcpu_get_sregs(template, &sregs);
	vcpu_get_regs(template, &regs);
	write_guest_state(vmcs, &sregs, &regs);
}
