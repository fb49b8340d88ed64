/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU stopped at a port I/O instruction, in any CPU mode, with code around
 * it that tells where the guest goes on.
 *
 * A back-end may do port I/O in KVM's emulator. Then RIP stands behind an OUT
 * at the exit already, and the claims of the RIP-unchanged rule hold in the
 * form "the guest goes on where userspace left RIP"; an IN is not covered by
 * the rule and its cases are skipped. This applies never to kvm-amd, and to kvm-intel
 * only in real mode without unrestricted guest.
 */
#ifndef KVMCONF_X86_PIO_H
#define KVMCONF_X86_PIO_H

#include "test.h"

/*
 * The same bytes in every mode, below 1 MiB for real mode's sake. Whatever
 * runs after the I/O instruction says so by an OUT to a port of its own.
 */
#define PIO_INSN		0x18000ul
#define PIO_NEXT		(PIO_INSN + 2)
#define PIO_OTHER	(PIO_INSN + 0x100)

/* Outside 64-bit mode: the code segment, and what it and RIP trade. */
#define PIO_CS_BASE		0x10000ul
#define PIO_REBASE		0x1000ul

enum port {
	PORT_IO = 0x10,
	PORT_AFTER,
	PORT_ELSEWHERE,
	PORT_CODE_REBASED,
	PORT_AFTER_REBASED,
	PORT_PATCHED,
	PORT_7E = 0x7e,
};

#define OPCODE_OUT	0xe6	/* out %al, $imm8 */
#define OPCODE_IN	0xe4	/* in $imm8, %al */

/* Real mode and 32-bit mode have the low half only. */
#define RAX_BEFORE	0x1122334455667788ull
#define IN_DATA		0xaa

static inline void pio_put_insn(unsigned long address, uint8_t opcode, enum port port)
{
	uint8_t *code = (uint8_t *)address;

	code[0] = opcode;
	code[1] = port;
}

static inline const char *port_name(struct vcpu *vcpu)
{
	static char text[48];

	if (vcpu->run->exit_reason != KVM_EXIT_IO)
		return exit_name(vcpu->run->exit_reason);
	switch (vcpu->run->io.port) {
	case PORT_IO:			return "the I/O instruction";
	case PORT_AFTER:		return "the instruction after it";
	case PORT_ELSEWHERE:		return "elsewhere";
	case PORT_CODE_REBASED:		return "same RIP, new base: I/O instruction";
	case PORT_AFTER_REBASED:	return "same RIP, new base: after it";
	case PORT_PATCHED:		return "the patched bytes";
	case PORT_7E:			return "OUT 0x7e";
	}
	snprintf(text, sizeof(text), "port 0x%x", vcpu->run->io.port);
	return text;
}

struct pio {
	struct vm *vm;
	struct vcpu *vcpu;
	unsigned long cs_base;
	bool in;
	bool emulated;			/* see the top of the file */
	struct kvm_regs at_exit;
};

/* Whether KVM may emulate what a guest does in this mode, so that it has to be asked for. */
static inline bool may_emulate_pio(enum guest_mode mode)
{
	switch (host_kvm_vendor()) {
	case VENDOR_SVM:
		return false;
	case VENDOR_VMX:
		return mode == MODE_REAL &&
		       host_module_param("kvm_intel", "unrestricted_guest") == PARAM_OFF;
	default:
		return true;
	}
}

/* Is an OUT's RIP past it at the exit? Then it did not take the fast path. */
static inline bool emulates_pio(struct vcpu *vcpu)
{
	struct kvm_regs regs;
	unsigned long start = vcpu_rip(vcpu);
	bool past;

	vcpu_run(vcpu);
	past = vcpu_rip(vcpu) != start;

	/* Completes the OUT; the next instruction is not reached. */
	vcpu->run->immediate_exit = 1;
	__vcpu_run(vcpu);
	vcpu->run->immediate_exit = 0;

	vcpu_get_regs(vcpu, &regs);
	regs.rip = start;
	vcpu_set_regs(vcpu, &regs);
	vcpu->exits.count = 0;		/* none of the test's exits */
	return past;
}

static inline void pio_create(struct pio *pio, enum guest_mode mode)
{
	pio->vm = vm_create();
	vm_add_low_memory(pio->vm);
	pio_put_insn(PIO_INSN, OPCODE_OUT, PORT_IO);
	pio_put_insn(PIO_NEXT, OPCODE_OUT, PORT_AFTER);
	pio_put_insn(PIO_OTHER, OPCODE_OUT, PORT_ELSEWHERE);
	pio_put_insn(PIO_INSN + PIO_REBASE, OPCODE_OUT, PORT_CODE_REBASED);
	pio_put_insn(PIO_NEXT + PIO_REBASE, OPCODE_OUT, PORT_AFTER_REBASED);

	pio->cs_base = mode == MODE_LONG ? 0 : PIO_CS_BASE;
	pio->vcpu = vcpu_create(pio->vm);
	vcpu_set_mode(pio->vcpu, mode, PIO_INSN, pio->cs_base);
	if (may_emulate_pio(mode))
		pio->emulated = emulates_pio(pio->vcpu);
}

/* Runs up to the I/O instruction at PIO_INSN. */
static inline void pio_run_to_exit(struct pio *pio)
{
	vcpu_run(pio->vcpu);
	if (pio->vcpu->run->exit_reason != KVM_EXIT_IO)
		report_fail("port I/O made no KVM_EXIT_IO but %s", port_name(pio->vcpu));
	vcpu_get_regs(pio->vcpu, &pio->at_exit);
	if (pio->in)
		memset((uint8_t *)pio->vcpu->run + pio->vcpu->run->io.data_offset, IN_DATA,
		       pio->vcpu->run->io.size);
}

/* RAX behind the completed instruction: whether an IN to AL was completed shows there. */
static inline uint64_t pio_rax_after(const struct pio *pio)
{
	return pio->in ? (pio->at_exit.rax & ~0xffull) | IN_DATA : pio->at_exit.rax;
}

/* A vCPU that has left for the host at "out %al, $PORT_IO" or "in $PORT_IO, %al". */
static inline void pio_start(struct pio *pio, enum guest_mode mode, bool in)
{
	struct kvm_regs regs;

	pio->in = in;
	pio_create(pio, mode);
	if (in)
		pio_put_insn(PIO_INSN, OPCODE_IN, PORT_IO);

	vcpu_get_regs(pio->vcpu, &regs);
	regs.rax = mode == MODE_LONG ? RAX_BEFORE : (uint32_t)RAX_BEFORE;
	vcpu_set_regs(pio->vcpu, &regs);
	pio_run_to_exit(pio);
}

#endif
