/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bus locks of an encrypted guest. The code is that of ../x86/bus_lock.h, in private memory;
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
#define RFLAGS_IF		(1ull << 9)

#define REQUIRE_SEV_BUS_LOCKS(kind) do {				\
	REQUIRE_SEV_KIND(kind);						\
	REQUIRE_RELOAD();						\
} while (0)

/* The locks, then a stop with PORT_AFTER. */
static inline void put_sev_locks(enum sev_kind kind)
{
	unsigned long at = FIRST;

	put_locks();
	if (sev_is_es(kind)) {
		SEV_EMIT(at, LOCK_INC, LOCK_INC, SEV_ES_STOP(PORT_AFTER));
		SEV_EMIT_END(at);
	}
}

/* The handler of VECTOR: counts, makes a bus lock of its own if it should, and returns. */
static inline void put_handler(bool locks)
{
	unsigned long at = HANDLER;

	SEV_EMIT(at, 0xff, 0x04, 0x25, CODE32(SEV_DATA + 0x600));
	if (locks)
		SEV_EMIT(at, 0xf0, 0xff, 0x04, 0x25, CODE32(SEV_HANDLER_OPERAND));
	SEV_EMIT(at, 0x48, 0xcf);	/* iretq */
	sev_set_handler(VECTOR, HANDLER);
}

/*
 * A vCPU of @vm with an enabled local APIC; @with_state: about to execute the lock at FIRST, with
 * interrupts on.
 */
static inline void sev_locks_vcpu(struct bus_lock *locks, struct vm *vm, bool with_state)
{
	struct kvm_lapic_state lapic;
	struct kvm_regs regs;

	locks->vm = vm;
	locks->vcpu = vcpu_create(vm);
	locks->mode = MODE_LONG;
	locks->operand = SEV_OPERAND(locks->vcpu->id);
	vcpu_get_lapic(locks->vcpu, &lapic);
	lapic.regs[0xf1] = 1;		/* SVR: enabled, vector 0xff */
	lapic.regs[0xf0] = (char)0xff;
	vcpu_set_lapic(locks->vcpu, &lapic);
	if (!with_state)
		return;
	sev_vcpu_set_up(locks->vcpu, FIRST);
	vcpu_get_regs(locks->vcpu, &regs);
	regs.rdi = locks->operand;
	regs.rflags |= RFLAGS_IF;
	vcpu_set_regs(locks->vcpu, &regs);
}

static inline void enable_exits(struct vm *vm)
{
	vm_enable_cap(vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
}

/* An unlaunched guest with a vCPU about to execute the lock at FIRST. */
static inline void sev_locks_create(struct bus_lock *locks, struct sev_guest *g,
				    enum sev_kind kind)
{
	sev_guest_create(g, kind);
	enable_exits(g->vm);
	put_sev_locks(kind);
	sev_locks_vcpu(locks, g->vm, true);
	g->vcpu = locks->vcpu;
}

static inline void raise_interrupt(struct vm *vm)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = VECTOR };

	vm_signal_msi(vm, &msi);
}

/* What stopped an SEV-ES guest, whose RIP nobody knows. */
static inline const char *es_stop_name(const struct vcpu *vcpu)
{
	if (vcpu->run->exit_reason == KVM_EXIT_X86_BUS_LOCK)
		return "bus lock";
	if (sev_stop_code(vcpu) == PORT_AFTER)
		return "after the locks";
	return exit_name(vcpu->run->exit_reason);
}

#define EXPECT_ES_RUNS_TO_BUS_LOCK(locks, executed) do {			\
	EXPECT_SUCCESS(__vcpu_run((locks)->vcpu));				\
	EXPECT_STREQ("bus lock", es_stop_name((locks)->vcpu));			\
	EXPECT_STREQ("BUS_LOCK", run_flags_name((locks)->vcpu->run->flags));	\
	EXPECT_EQ(executed, locks_executed(locks));				\
} while (0)

#define EXPECT_ES_RUNS_TO_END(locks) do {					\
	EXPECT_SUCCESS(__vcpu_run((locks)->vcpu));				\
	EXPECT_STREQ("after the locks", es_stop_name((locks)->vcpu));		\
	EXPECT_STREQ("0", run_flags_name((locks)->vcpu->run->flags));		\
	EXPECT_EQ(2, locks_executed(locks));					\
} while (0)

/* The same in one for both: at the lock of which @executed came before. */
#define EXPECT_SEV_RUNS_TO_LOCK(kind, locks, n) do {				\
	if (sev_is_es(kind)) {							\
		EXPECT_ES_RUNS_TO_BUS_LOCK(locks, n);				\
	} else {								\
		EXPECT_RUNS_TO_BUS_LOCK(locks, (n) ? SECOND : FIRST);		\
		EXPECT_EQ(n, locks_executed(locks));				\
	}									\
} while (0)

#define EXPECT_SEV_RUNS_TO_END(kind, locks) do {				\
	if (sev_is_es(kind)) {							\
		EXPECT_ES_RUNS_TO_END(locks);					\
	} else {								\
		EXPECT_RUNS_TO_OUT(locks, "after the locks");			\
		EXPECT_EQ(2, locks_executed(locks));				\
	}									\
} while (0)

#endif
