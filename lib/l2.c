// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "guest.h"
#include "host.h"
#include "ioctls.h"
#include "l2.h"
#include "report.h"
#include "svm.h"
#include "vmx.h"

/* APM vol. 2, appendix B and C; SDM vol. 3, appendix B and C. */
#define SVM_MISC1_IOIO		(1u << 27)
#define SVM_EXIT_EXCEPTION	0x40
#define SVM_EXIT_INTR		0x60
#define SVM_EXIT_SMI		0x62
#define SVM_EXIT_INIT		0x63
#define SVM_EXIT_IOIO		0x7b
#define VMCS_IO_BITMAP_A	0x2000
#define VMCS_IO_BITMAP_B	0x2002
#define VMCS_EXIT_EVENT		0x4404
#define VMCS_EXIT_LENGTH	0x440c
#define VMCS_EXIT_QUALIFICATION	0x6400
#define VMCS_GUEST_RFLAGS	0x6820
#define PROC_UNCONDITIONAL_IO	(1u << 24)
#define PROC_USE_IO_BITMAPS	(1u << 25)
#define VMX_EXIT_TRIPLE_FAULT	2
#define VMX_EXIT_INIT		3
#define VMX_EXIT_IO		30
#define EVENT_TYPE		(7u << 8)	/* SDM vol. 3, "Interruption Information" */
#define EVENT_NMI		(2u << 8)

struct l2_registers l2_registers;
struct l1_exit l1_exit;

/* All that L1 tells the CPU by its physical address. */
struct l1_structures {
	union {
		struct vmcb vmcb;
		struct vmcs vmcs;
	};
	struct vmx_region vmxon;
	uint8_t io_bitmap[L1_IO_BITMAP_SIZE] __attribute__((aligned(4096)));
};

_Static_assert(sizeof(struct l1_structures) <= L1_STRUCTURES_SIZE, "l2.h disagrees");

static struct l1_structures in_the_image;
static struct l1_structures *l1 = &in_the_image;

void l1_place_structures(void *memory)
{
	l1 = memory;
}

uint8_t *l1_io_bitmap(void)
{
	return l1->io_bitmap;
}

_Static_assert(offsetof(struct l2_registers, rdi) == 48 && offsetof(struct l2_registers, r8) == 56,
	       "l2_entry.S disagrees");

void l2_enter_svm(struct vmcb *vmcb);
int l2_enter_vmx(int launched);

static __guest void l1_on_svm(void)
{
	for (;;) {
		guest_clgi();
		l1->vmcb.rax = l2_registers.rax;
		l2_enter_svm(&l1->vmcb);
		__asm__ volatile("stgi" : : : "memory");
		l2_registers.rax = l1->vmcb.rax;
		l1_exit.count++;
		l1_exit.reason = l1->vmcb.exit_code;
		l1_exit.info1 = l1->vmcb.exit_info1;
		l1_exit.info2 = l1->vmcb.exit_info2;
		l1_exit.rip = l1->vmcb.rip;
		l1_exit.rflags = l1->vmcb.rflags;
		GUEST_SYNC(0);
	}
}

__guest_inline bool is_nmi(void)
{
	return l1_exit.reason == VMX_EXIT_EXCEPTION_NMI &&
	       (l1_exit.event & EVENT_TYPE) == EVENT_NMI;
}

static __guest void l1_on_vmx(void)
{
	int launched = 0;

	guest_vmx_begin(&l1->vmxon, &l1->vmcs);
	for (;;) {
		for (unsigned int i = 0; i < l1->vmcs.nr_writes; i++)
			guest_vmwrite(l1->vmcs.writes[i].field, l1->vmcs.writes[i].value);
		l1->vmcs.nr_writes = 0;

		if (l2_enter_vmx(launched)) {
			l1_exit.reason = L1_NO_ENTRY | guest_vmread(VMCS_INSTRUCTION_ERROR);
		} else {
			launched = 1;
			l1_exit.reason = guest_vmread(VMCS_EXIT_REASON);
			l1_exit.info1 = guest_vmread(VMCS_EXIT_QUALIFICATION);
			l1_exit.info2 = guest_vmread(VMCS_EXIT_LENGTH);
			l1_exit.rip = guest_vmread(VMCS_GUEST_RIP);
			l1_exit.rflags = guest_vmread(VMCS_GUEST_RFLAGS);
			l1_exit.event = guest_vmread(VMCS_EXIT_EVENT);
			/* The exit has blocked NMIs; the IRET of a handler lets them in again. */
			if (is_nmi())
				__asm__ volatile("int $2" : : : "memory");
		}
		l1_exit.count++;
		GUEST_SYNC(0);
	}
}

/* L1 takes the NMI that made L2 exit, and has no use for it. */
static __guest void ignore_exception(struct guest_exception *frame)
{
	(void)frame;
}

static bool on_svm(void)
{
	return host_kvm_vendor() == VENDOR_SVM;
}

bool l2_offered(void)
{
	return svm_nested_offered() || vmx_nested_offered();
}

void l1_intercept_port(unsigned int port, bool wanted)
{
	if (wanted)
		l1->io_bitmap[port / 8] |= 1u << port % 8;
	else
		l1->io_bitmap[port / 8] &= ~(1u << port % 8);
}

static void prepare_svm(struct vcpu *vcpu, struct vcpu *template, enum l1_io io)
{
	svm_fill_vmcb(&l1->vmcb, template);
	if (io != L1_IO_NONE)
		l1->vmcb.intercept_misc1 |= SVM_MISC1_IOIO;
	if (io == L1_IO_ALL)
		memset(l1->io_bitmap, 0xff, sizeof(l1->io_bitmap));
	l1->vmcb.iopm_base = (uint64_t)l1->io_bitmap;
	vcpu_call(vcpu, l1_on_svm);
	svm_enable(vcpu);
}

static void prepare_vmx(struct vcpu *vcpu, struct vcpu *template, enum l1_io io)
{
	static const uint32_t controls[] = {
		[L1_IO_BITMAP] = PROC_USE_IO_BITMAPS,
		[L1_IO_ALL] = PROC_UNCONDITIONAL_IO,
	};

	vcpu_call(vcpu, l1_on_vmx);
	vmx_enable(vcpu);
	vmx_fill_vmcs(&l1->vmcs, vcpu, template);
	vmx_add_proc_controls(&l1->vmcs, io == L1_IO_NONE ? 0 : controls[io]);
	vmx_write_later(&l1->vmcs, VMCS_IO_BITMAP_A, (uint64_t)l1->io_bitmap);
	vmx_write_later(&l1->vmcs, VMCS_IO_BITMAP_B, (uint64_t)l1->io_bitmap + 4096);
}

void l2_prepare(struct l2 *l2, struct vcpu *template, enum l1_io io)
{
	struct kvm_regs regs;

	vcpu_get_regs(template, &regs);
	l2_registers = (struct l2_registers){
		.rax = regs.rax, .rcx = regs.rcx, .rdx = regs.rdx, .rbx = regs.rbx,
		.rbp = regs.rbp, .rsi = regs.rsi, .rdi = regs.rdi,
		.r8 = regs.r8, .r9 = regs.r9, .r10 = regs.r10, .r11 = regs.r11,
		.r12 = regs.r12, .r13 = regs.r13, .r14 = regs.r14, .r15 = regs.r15,
	};
	guest_exception_handler = ignore_exception;
	if (on_svm())
		prepare_svm(l2->vcpu, template, io);
	else
		prepare_vmx(l2->vcpu, template, io);
}

bool l1_has_control(const struct l2 *l2)
{
	const struct kvm_run *run = l2->vcpu->run;

	return run->exit_reason == KVM_EXIT_IO && run->io.port == GUEST_PORT_SYNC;
}

static const char *svm_name(uint64_t code)
{
	switch (code) {
	case SVM_EXIT_INTR:	return "interrupt";
	case SVM_EXIT_NMI:	return "NMI";
	case SVM_EXIT_SMI:	return "SMI";
	case SVM_EXIT_INIT:	return "INIT";
	case SVM_EXIT_IOIO:	return "port I/O";
	case SVM_EXIT_SHUTDOWN:	return "shutdown";
	case SVM_EXIT_VMMCALL:	return "call";
	}
	return code >= SVM_EXIT_EXCEPTION && code < SVM_EXIT_INTR ? "exception" : hex(code);
}

static const char *vmx_name(uint64_t reason)
{
	switch (reason) {
	case VMX_EXIT_EXCEPTION_NMI:	return is_nmi() ? "NMI" : "exception";
	case VMX_EXIT_TRIPLE_FAULT:	return "shutdown";
	case VMX_EXIT_INIT:		return "INIT";
	case VMX_EXIT_VMCALL:		return "call";
	case VMX_EXIT_IO:		return "port I/O";
	}
	return hex(reason);
}

const char *l1_exit_name(void)
{
	return on_svm() ? svm_name(l1_exit.reason) : vmx_name(l1_exit.reason);
}

bool l2_flag_is(const struct l2 *l2, bool in_l2)
{
	return !l2->vcpu->has_guest_mode_flag ||
	       !!(l2->vcpu->run->flags & KVM_RUN_X86_GUEST_MODE) == in_l2;
}

void l2_put_call(unsigned long address)
{
	static const uint8_t vmmcall[L2_CALL_LENGTH] = { 0x0f, 0x01, 0xd9 };
	static const uint8_t vmcall[L2_CALL_LENGTH] = { 0x0f, 0x01, 0xc1 };

	memcpy((void *)address, on_svm() ? vmmcall : vmcall, L2_CALL_LENGTH);
}
