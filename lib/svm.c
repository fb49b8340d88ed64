// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "host.h"
#include "msr.h"
#include "svm.h"

#define EFER_SVME		(1ull << 12)
#define MSR_VM_HSAVE_PA		0xc0010117
#define PAT_RESET		0x0007040600070406ull

static char host_save_area[MAX_VCPUS][4096] __attribute__((aligned(4096)));

bool svm_nested_offered(void)
{
	return host_kvm_vendor() == VENDOR_SVM &&
	       host_module_param("kvm_amd", "nested") == PARAM_ON;
}

void svm_enable(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	vcpu_get_sregs(vcpu, &sregs);
	sregs.efer |= EFER_SVME;
	vcpu_set_sregs(vcpu, &sregs);
	vcpu_set_msr(vcpu, MSR_VM_HSAVE_PA, (uint64_t)host_save_area[vcpu->id]);
}

static struct vmcb_segment to_vmcb(const struct kvm_segment *segment)
{
	return (struct vmcb_segment){
		.selector = segment->selector,
		.attributes = segment->type | segment->s << 4 | segment->dpl << 5 |
			      segment->present << 7 | segment->avl << 8 | segment->l << 9 |
			      segment->db << 10 | segment->g << 11,
		.limit = segment->limit,
		.base = segment->base,
	};
}

void svm_fill_vmcb(struct vmcb *vmcb, struct vcpu *template)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	vcpu_get_sregs(template, &sregs);
	vcpu_get_regs(template, &regs);
	memset(vmcb, 0, sizeof(*vmcb));

	vmcb->intercept_misc1 = SVM_MISC1_NMI | SVM_MISC1_SHUTDOWN;
	vmcb->intercept_misc2 = SVM_MISC2_VMRUN | SVM_MISC2_VMMCALL;
	vmcb->asid = 1;

	vmcb->es = to_vmcb(&sregs.es);
	vmcb->cs = to_vmcb(&sregs.cs);
	vmcb->ss = to_vmcb(&sregs.ss);
	vmcb->ds = to_vmcb(&sregs.ds);
	vmcb->fs = to_vmcb(&sregs.fs);
	vmcb->gs = to_vmcb(&sregs.gs);
	vmcb->ldtr = to_vmcb(&sregs.ldt);
	vmcb->tr = to_vmcb(&sregs.tr);
	vmcb->gdtr.base = sregs.gdt.base;
	vmcb->gdtr.limit = sregs.gdt.limit;
	vmcb->idtr.base = sregs.idt.base;
	vmcb->idtr.limit = sregs.idt.limit;

	vmcb->cr0 = sregs.cr0;
	vmcb->cr3 = sregs.cr3;
	vmcb->cr4 = sregs.cr4;
	/* VMRUN wants SVME in the guest's EFER too. */
	vmcb->efer = sregs.efer | EFER_SVME;
	vmcb->dr6 = 0xffff0ff0;
	vmcb->dr7 = 0x400;
	vmcb->g_pat = PAT_RESET;
	vmcb->rflags = regs.rflags;
	vmcb->rip = regs.rip;
	vmcb->rsp = regs.rsp;
	vmcb->rax = regs.rax;
}
