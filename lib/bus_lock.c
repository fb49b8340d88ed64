// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "bus_lock.h"
#include "host.h"
#include "ioctls.h"
#include "names.h"

bool bus_lock_is_fault_like(void)
{
	return host_kvm_vendor() == VENDOR_SVM;
}

unsigned long rip_at_exit(unsigned long lock)
{
	return bus_lock_is_fault_like() ? lock : lock + LOCK_LENGTH;
}

void bl_put_code(void)
{
	guest_put_bytes(BL_INSN1, LOCK_INC, LOCK_INC, OUT_AL(PORT_AFTER), 0xf4);
	guest_put_bytes(BL_OTHER, LOCK_INC, OUT_AL(PORT_ELSEWHERE), 0xf4);
	guest_put_bytes(BL_INSN1_REBASED, LOCK_INC, OUT_AL(PORT_REBASED), 0xf4);
}

void bus_lock_enter(struct bus_lock_guest *g, struct vcpu *vcpu, enum guest_mode mode,
		    unsigned long cs_base, unsigned long operand)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	g->mode = mode;
	g->operand = operand;
	g->cs_base = cs_base;
	vcpu_set_mode(vcpu, mode, BL_INSN1, cs_base);

	vcpu_get_regs(vcpu, &regs);
	regs.rdi = operand;
	regs.rbx = operand - SEGMENT_BASE;
	vcpu_set_regs(vcpu, &regs);
	if (mode == MODE_REAL) {
		vcpu_get_sregs(vcpu, &sregs);
		sregs.ds.base = SEGMENT_BASE;
		sregs.ds.selector = SEGMENT_BASE >> 4;
		vcpu_set_sregs(vcpu, &sregs);
	}
}

void bus_lock_create_with(struct bus_lock_guest *g, uint64_t exits, enum guest_mode mode,
			  unsigned long operand)
{
	g->vm = vm_create();
	vm_add_low_memory(g->vm);
	bl_put_code();
	vm_enable_cap(g->vm, KVM_CAP_X86_BUS_LOCK_EXIT, exits);
	g->vcpu = vcpu_create(g->vm);
	bus_lock_enter(g, g->vcpu, mode, mode == MODE_LONG ? 0 : SEGMENT_BASE, operand);
}

void bus_lock_create(struct bus_lock_guest *g, enum guest_mode mode, unsigned long operand)
{
	bus_lock_create_with(g, KVM_BUS_LOCK_DETECTION_EXIT, mode, operand);
}

unsigned int locks_executed(const struct bus_lock_guest *g)
{
	uint16_t value;

	memcpy(&value, (void *)g->operand, sizeof(value));
	return value;
}

const char *place_name(unsigned long linear)
{
	switch (linear) {
	case BL_INSN1:			return "the first lock";
	case BL_INSN2:			return "the second lock";
	case BL_END:			return "after the locks";
	case BL_OTHER:			return "the lock elsewhere";
	case BL_OTHER + LOCK_LENGTH:	return "after the lock elsewhere";
	case BL_INSN1_REBASED:		return "the lock at the new base";
	case BL_INSN1_REBASED + LOCK_LENGTH: return "after the lock at the new base";
	}
	return hex(linear);
}

unsigned long linear_rip(const struct bus_lock_guest *g)
{
	struct kvm_sregs sregs;

	if (g->mode == MODE_LONG)
		return vcpu_rip(g->vcpu);
	vcpu_get_sregs(g->vcpu, &sregs);
	return (uint32_t)(sregs.cs.base + vcpu_rip(g->vcpu));
}

const char *stop_name(const struct bus_lock_guest *g)
{
	const struct kvm_run *run = g->vcpu->run;
	static char text[96];

	if (run->exit_reason == KVM_EXIT_X86_BUS_LOCK)
		snprintf(text, sizeof(text), "bus lock, rip at %s",
			 place_name(linear_rip(g)));
	else if (run->exit_reason == KVM_EXIT_IO && run->io.port == PORT_AFTER)
		snprintf(text, sizeof(text), "out after the locks");
	else if (run->exit_reason == KVM_EXIT_IO && run->io.port == PORT_ELSEWHERE)
		snprintf(text, sizeof(text), "out after the lock elsewhere");
	else if (run->exit_reason == KVM_EXIT_IO && run->io.port == PORT_REBASED)
		snprintf(text, sizeof(text), "out after the lock at the new base");
	else
		snprintf(text, sizeof(text), "%s", exit_name(run->exit_reason));
	return text;
}

void set_linear_rip(const struct bus_lock_guest *g, unsigned long linear)
{
	vcpu_set_rip(g->vcpu, linear - g->cs_base);
}
