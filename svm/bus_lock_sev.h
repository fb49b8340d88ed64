/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bus locks of an encrypted guest. The code is that of bus_lock.h, in private memory;
 * what it works on is shared. Instead of the OUT at the end an SEV-ES guest stops with that code.
 */
#ifndef KVMCONF_SVM_BUS_LOCK_SEV_H
#define KVMCONF_SVM_BUS_LOCK_SEV_H

#include "bus_lock_reload.h"
#include "sev_guest.h"

/* What the n-th vCPU's locks work on, across a line. */
#define SEV_OPERAND(n)		(SEV_DATA + 63 + 128 * (n))

/* What the handler of VECTOR counts in, and what its own lock works on. */
#define VECTOR			0x40
#define HANDLER			(SEV_PRIVATE + 0xa000)
#define SEV_HANDLED		(*(volatile uint32_t *)(SEV_DATA + 0x600))
#define SEV_HANDLER_OPERAND	(SEV_DATA + 0x640 + 63)

#define REQUIRE_SEV_BUS_LOCKS(kind) do {				\
	REQUIRE_SEV_KIND(kind);						\
	REQUIRE_BUS_LOCK_THRESHOLD();						\
} while (0)

/* The locks, then a stop with PORT_AFTER. */
static inline void put_sev_locks(enum sev_kind kind)
{
	unsigned long at = BL_INSN1;

	bl_put_code();
	if (sev_is_es(kind)) {
		SEV_EMIT(at, LOCK_INC, LOCK_INC, SEV_ES_STOP(PORT_AFTER));
		SEV_EMIT_END(at);
	}
}

/* The handler of VECTOR: counts, makes a bus lock of its own if it should, and returns. */
static inline void put_handler(bool with_lock)
{
	unsigned long at = HANDLER;

	SEV_EMIT(at, 0xff, 0x04, 0x25, CODE32(SEV_DATA + 0x600));
	if (with_lock)
		SEV_EMIT(at, 0xf0, 0xff, 0x04, 0x25, CODE32(SEV_HANDLER_OPERAND));
	SEV_EMIT(at, 0x48, 0xcf);	/* iretq */
	sev_set_handler(VECTOR, HANDLER);
}

/*
 * A vCPU of @vm with an enabled local APIC; @with_state: about to execute the lock at BL_INSN1, with
 * interrupts on.
 */
static inline void sev_locks_vcpu(struct bus_lock_guest *g, struct vm *vm, bool with_state)
{
	struct kvm_lapic_state lapic;
	struct kvm_regs regs;

	g->vm = vm;
	g->vcpu = vcpu_create(vm);
	g->mode = MODE_LONG;
	g->operand = SEV_OPERAND(g->vcpu->id);
	vcpu_get_lapic(g->vcpu, &lapic);
	lapic.regs[0xf1] = 1;		/* SVR: enabled, vector 0xff */
	lapic.regs[0xf0] = (char)0xff;
	vcpu_set_lapic(g->vcpu, &lapic);
	if (!with_state)
		return;
	sev_vcpu_set_up(g->vcpu, BL_INSN1);
	vcpu_get_regs(g->vcpu, &regs);
	regs.rdi = g->operand;
	regs.rflags |= RFLAGS_IF;
	vcpu_set_regs(g->vcpu, &regs);
}

static inline void enable_exits(struct vm *vm)
{
	vm_enable_cap(vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
}

/* An unlaunched guest with a vCPU about to execute the lock at BL_INSN1. */
static inline void sev_locks_create(struct bus_lock_guest *g, struct sev_guest *sev,
				    enum sev_kind kind)
{
	sev_guest_create(sev, kind);
	enable_exits(sev->vm);
	put_sev_locks(kind);
	sev_locks_vcpu(g, sev->vm, true);
	sev->vcpu = g->vcpu;
}

static inline void raise_interrupt(struct vm *vm)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = VECTOR };

	vm_signal_msi(vm, &msi);
}

/* What stopped an SEV-ES guest. Its RIP is not readable. */
static inline const char *es_stop_name(const struct vcpu *vcpu)
{
	if (vcpu->run->exit_reason == KVM_EXIT_X86_BUS_LOCK)
		return "bus lock";
	if (sev_stop_code(vcpu) == PORT_AFTER)
		return "after the locks";
	return exit_name(vcpu->run->exit_reason);
}

#define EXPECT_ES_RUNS_TO_BUS_LOCK(g, executed) do {			\
	EXPECT_SUCCESS(__vcpu_run((g)->vcpu));				\
	EXPECT_STREQ("bus lock", es_stop_name((g)->vcpu));			\
	EXPECT_STREQ("BUS_LOCK", run_flags_name((g)->vcpu->run->flags));	\
	EXPECT_EQ(executed, locks_executed(g));				\
} while (0)

#define EXPECT_ES_RUNS_TO_END(g) do {					\
	EXPECT_SUCCESS(__vcpu_run((g)->vcpu));				\
	EXPECT_STREQ("after the locks", es_stop_name((g)->vcpu));		\
	EXPECT_STREQ("0", run_flags_name((g)->vcpu->run->flags));		\
	EXPECT_EQ(2, locks_executed(g));					\
} while (0)

/* The same in one for both: at the lock of which @executed came before. */
#define EXPECT_SEV_RUNS_TO_LOCK(kind, g, n) do {				\
	if (sev_is_es(kind)) {							\
		EXPECT_ES_RUNS_TO_BUS_LOCK(g, n);				\
	} else {								\
		EXPECT_RUNS_TO_BUS_LOCK(g, (n) ? BL_INSN2 : BL_INSN1);		\
		EXPECT_EQ(n, locks_executed(g));				\
	}									\
} while (0)

#define EXPECT_SEV_RUNS_TO_END(kind, g) do {				\
	if (sev_is_es(kind)) {							\
		EXPECT_ES_RUNS_TO_END(g);					\
	} else {								\
		EXPECT_RUNS_TO_OUT(g, "after the locks");			\
		EXPECT_EQ(2, locks_executed(g));				\
	}									\
} while (0)

#endif
