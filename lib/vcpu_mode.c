// SPDX-License-Identifier: GPL-2.0-only
/* Puts a vCPU into a CPU mode by setting its special registers. */
#include "guest.h"
#include "ioctls.h"
#include "report.h"
#include "segments.h"
#include "vm.h"

#define CR0_PE		(1ull << 0)
#define CR0_MP		(1ull << 1)
#define CR0_ET		(1ull << 4)
#define CR0_NE		(1ull << 5)
#define CR0_WP		(1ull << 16)
#define CR0_PG		(1ull << 31)
#define CR4_PAE		(1ull << 5)
#define CR4_OSFXSR	(1ull << 9)
#define EFER_LME	(1ull << 8)
#define EFER_LMA	(1ull << 10)

#define RFLAGS_RESERVED	(1ull << 1)
#define RFLAGS_IOPL	(3ull << 12)

#define STACK_SIZE	16384
#define NR_VECTORS	256

_Static_assert((int)GUEST_PORT_DONE == GUEST_PORT_DONE_NR, "guest.S disagrees with guest.h");
_Static_assert((int)GUEST_PORT_EXCEPTION == GUEST_PORT_EXCEPTION_NR,
	       "guest.S disagrees with guest.h");

/* APM vol. 2, 4.8.4 / SDM vol. 3, 6.14.1: a 64-bit interrupt gate. */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t flags;			/* present, DPL, type; the IST index in the low byte */
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

#define GATE_PRESENT_INTERRUPT	0x8e00

/* SDM vol. 3, 8.7: what the CPU needs of it is the stack for CPL 0. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint32_t reserved2[3];
} __attribute__((packed));

static struct gate guest_idt[NR_VECTORS] __attribute__((aligned(16)));
static struct tss guest_tss[MAX_VCPUS] __attribute__((aligned(16)));
static char guest_stack[MAX_VCPUS][STACK_SIZE] __attribute__((aligned(16)));
/* Exceptions from user mode come in on a stack of their own. */
static char exception_stack[MAX_VCPUS][STACK_SIZE] __attribute__((aligned(16)));

static void fill_idt(void)
{
	for (unsigned int i = 0; i < NR_VECTORS; i++) {
		uint64_t entry = (uint64_t)guest_exception_entries + i * EXCEPTION_ENTRY_SIZE;

		guest_idt[i] = (struct gate){
			.offset_low = entry,
			.selector = GDT_CODE64,
			.flags = GATE_PRESENT_INTERRUPT,
			.offset_middle = entry >> 16,
			.offset_high = entry >> 32,
		};
	}
}

static struct kvm_segment segment(unsigned int selector, unsigned int type, uint64_t base)
{
	return (struct kvm_segment){
		.base = base,
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.s = 1,
		.g = 1,
		.db = 1,
	};
}

#define TYPE_CODE	0xb	/* execute, read, accessed */
#define TYPE_DATA	0x3	/* read, write, accessed */
#define TYPE_BUSY_TSS	0xb

static void set_data_segments(struct kvm_sregs *sregs, struct kvm_segment data)
{
	sregs->ds = data;
	sregs->es = data;
	sregs->fs = data;
	sregs->gs = data;
	sregs->ss = data;
}

static void set_long(struct kvm_sregs *sregs, unsigned int id)
{
	sregs->cs = segment(GDT_CODE64, TYPE_CODE, 0);
	sregs->cs.l = 1;
	sregs->cs.db = 0;
	set_data_segments(sregs, segment(GDT_DATA, TYPE_DATA, 0));

	sregs->tr = segment(GDT_TSS, TYPE_BUSY_TSS, (uint64_t)&guest_tss[id]);
	sregs->tr.s = 0;
	sregs->tr.g = 0;
	sregs->tr.db = 0;
	sregs->tr.limit = sizeof(guest_tss[id]) - 1;
	guest_tss[id].rsp[0] = (uint64_t)exception_stack[id + 1];

	fill_idt();
	sregs->gdt.base = (uint64_t)guest_gdt;
	sregs->gdt.limit = GDT_SIZE - 1;
	sregs->idt.base = (uint64_t)guest_idt;
	sregs->idt.limit = sizeof(guest_idt) - 1;

	sregs->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	sregs->cr3 = (uint64_t)guest_pml4;
	sregs->cr4 = CR4_PAE | CR4_OSFXSR;
	sregs->efer = EFER_LME | EFER_LMA;
}

/* 64-bit mode but for its code segment: paging stays, and CS.base counts again. */
static void set_compat(struct kvm_sregs *sregs, unsigned int id, unsigned long cs_base)
{
	set_long(sregs, id);
	sregs->cs = segment(GDT_CODE32, TYPE_CODE, cs_base);
}

static void set_protected(struct kvm_sregs *sregs, unsigned long cs_base)
{
	sregs->cs = segment(GDT_CODE32, TYPE_CODE, cs_base);
	set_data_segments(sregs, segment(GDT_DATA, TYPE_DATA, 0));
	sregs->cr0 = CR0_PE | CR0_ET | CR0_NE;
	sregs->cr4 = 0;
	sregs->efer = 0;
}

static struct kvm_segment real_segment(unsigned int type, uint64_t base)
{
	struct kvm_segment real = segment(base >> 4, type, base);

	real.limit = 0xffff;
	real.g = 0;
	real.db = 0;
	return real;
}

static void set_real(struct kvm_sregs *sregs, unsigned long cs_base)
{
	/* VMX runs real mode as virtual-8086 where it must: base = selector * 16. */
	sregs->cs = real_segment(TYPE_CODE, cs_base);
	set_data_segments(sregs, real_segment(TYPE_DATA, 0));
	sregs->cr0 = CR0_ET;
	sregs->cr4 = 0;
	sregs->efer = 0;
}

void vcpu_set_mode(struct vcpu *vcpu, enum guest_mode mode, unsigned long entry,
		   unsigned long cs_base)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {
		.rip = entry - cs_base,
		.rflags = RFLAGS_RESERVED,
	};

	vcpu_get_sregs(vcpu, &sregs);
	switch (mode) {
	case MODE_LONG:
		set_long(&sregs, vcpu->id);
		break;
	case MODE_COMPAT:
		set_compat(&sregs, vcpu->id, cs_base);
		break;
	case MODE_PROTECTED:
		set_protected(&sregs, cs_base);
		break;
	case MODE_REAL:
		set_real(&sregs, cs_base);
		break;
	default:
		report_error("no such mode: %d", mode);
	}
	vcpu_set_sregs(vcpu, &sregs);

	if (mode == MODE_REAL)
		regs.rsp = 0xfff0;
	else
		regs.rsp = (uint64_t)guest_stack[vcpu->id] + STACK_SIZE;
	vcpu_set_regs(vcpu, &regs);
}

void vcpu_enter_user_mode(struct vcpu *vcpu)
{
	struct kvm_segment data = segment(GDT_USER_DATA, TYPE_DATA, 0);
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	/* A CPU without unrestricted guest wants no RPL above the DPL: SDM vol. 3, 27.3.1.2. */
	data.dpl = 3;
	vcpu_get_sregs(vcpu, &sregs);
	sregs.cs.selector = GDT_USER_CODE64;
	sregs.cs.dpl = 3;
	set_data_segments(&sregs, data);
	vcpu_set_sregs(vcpu, &sregs);

	vcpu_get_regs(vcpu, &regs);
	regs.rflags |= RFLAGS_IOPL;
	vcpu_set_regs(vcpu, &regs);
}

void vcpu_call(struct vcpu *vcpu, void (*guest_code)(void))
{
	struct kvm_regs regs;

	vcpu_set_mode(vcpu, MODE_LONG, (unsigned long)guest_start, 0);
	vcpu_get_regs(vcpu, &regs);
	regs.rdi = (uint64_t)guest_code;
	vcpu_set_regs(vcpu, &regs);
}

struct vcpu *vcpu_create_long(struct vm *vm, void (*guest_code)(void))
{
	struct vcpu *vcpu = vcpu_create(vm);

	vcpu_call(vcpu, guest_code);
	return vcpu;
}
