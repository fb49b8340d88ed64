// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus locks of an SMI's handler: they exit as any do, tell that they are in SMM, and leave
 * nothing to the code that the SMI interrupted, L2's perhaps.
 */
#include "bus_lock.h"
#include "l2.h"
#include "smm.h"
#include "test.h"

/* lock incw (LINE_SPLIT), with an address of 32 bits in 16-bit code. */
#define SMM_LOCK	0x67, 0xf0, 0xff, 0x05, LINE_SPLIT & 0xff, LINE_SPLIT >> 8 & 0xff, \
			LINE_SPLIT >> 16 & 0xff, LINE_SPLIT >> 24
#define SMM_LOCK_LENGTH	8
#define PORT_HANDLER	0x14

FIXTURE(handler) {
	struct l2 l2;
};

FIXTURE_VARIANT(handler) {
	bool nested;
};

FIXTURE_VARIANT_ADD(handler, of_l1) { false };
FIXTURE_VARIANT_ADD(handler, of_l2) { true };

/* Two locks of the handler, an OUT and RSM; the interrupted code is the locks at BL_INSN1. */
static const uint8_t handler_code[] = {
	SMM_LOCK, SMM_LOCK, OUT_AL(PORT_HANDLER), OPCODE_RSM
};

/* Needs: no-cap, no-nested, split-lock-detect */
FIXTURE_SETUP(handler)
{
	struct bus_lock_guest locks;

	REQUIRE_BUS_LOCK_EXIT();
	REQUIRE(kvm_cap(KVM_CAP_X86_SMM), "no-cap", "KVM_CAP_X86_SMM");
	if (variant->nested)
		REQUIRE_L2();
	bus_lock_create(&locks, MODE_LONG, LINE_SPLIT);
	self->l2.vm = locks.vm;
	self->l2.vcpu = locks.vcpu;
	smm_install(locks.vm, handler_code, sizeof(handler_code));
	if (variant->nested) {
		self->l2.vcpu = vcpu_create(locks.vm);
		l2_prepare(&self->l2, locks.vcpu, L1_IO_BITMAP);
	}
	guest_put_bytes(BL_INSN1, OUT_AL(PORT_AFTER), LOCK_INC, OUT_AL(PORT_ELSEWHERE));
	vcpu_run(self->l2.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->l2.vcpu);
	vcpu_smi(self->l2.vcpu);
}

FIXTURE_TEARDOWN(handler)
{
	TEARDOWN_VM(self->l2.vm);
}

#define FLAGS(what)	(KVM_RUN_X86_##what)

static uint16_t l2_flag(const struct vcpu *vcpu, bool nested)
{
	return nested && vcpu->has_guest_mode_flag ? KVM_RUN_X86_GUEST_MODE : 0;
}

/* A bus-lock exit of the handler's @n-th lock. */
#define RUN_TO_HANDLERS_LOCK(self, n) do {						\
	uint64_t __at = SMI_ENTRY - SMI_BASE + (n) * SMM_LOCK_LENGTH;			\
											\
	vcpu_run((self)->l2.vcpu);							\
	ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, (self)->l2.vcpu);				\
	EXPECT_STREQ("SMM|BUS_LOCK", run_flags_name((self)->l2.vcpu->run->flags));	\
	EXPECT_HEX(bus_lock_is_fault_like() ? __at : __at + SMM_LOCK_LENGTH,		\
		   vcpu_rip((self)->l2.vcpu));						\
	EXPECT_EQ((n) + !bus_lock_is_fault_like(), *(uint16_t *)LINE_SPLIT);		\
} while (0)

#define RUN_TO_OUT(self, at_port, want) do {						\
	vcpu_run((self)->l2.vcpu);							\
	ASSERT_EXIT(KVM_EXIT_IO, (self)->l2.vcpu);					\
	EXPECT_EQ(at_port, (self)->l2.vcpu->run->io.port);				\
	EXPECT_HEX(want, (self)->l2.vcpu->run->flags);					\
} while (0)

/* The interrupted code's own bus lock, behind RSM: once, as any. */
#define RUN_TO_INTERRUPTED_LOCK(self, variant) do {					\
	unsigned int __before = *(uint16_t *)LINE_SPLIT;				\
											\
	vcpu_run((self)->l2.vcpu);							\
	ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, (self)->l2.vcpu);				\
	EXPECT_HEX(FLAGS(BUS_LOCK) | l2_flag((self)->l2.vcpu, (variant)->nested),	\
		   (self)->l2.vcpu->run->flags);					\
	RUN_TO_OUT(self, PORT_ELSEWHERE, l2_flag((self)->l2.vcpu, (variant)->nested));	\
	EXPECT_EQ(__before + 1, *(uint16_t *)LINE_SPLIT);				\
} while (0)

/*
 * Each bus lock of an SMI handler exits once and executes once, with KVM_RUN_X86_SMM beside
 * KVM_RUN_X86_BUS_LOCK and without KVM_RUN_X86_GUEST_MODE. After RSM the interrupted code goes
 * on as before.
 *
 * Source: KVM api.rst 7.22 and 5 "run->flags"; APM vol. 2, 15.14.5 (count), 15.14.5 (zero) and SDM vol. 3, 26.2
 */
TEST_F(handler, each_lock_exits_once_and_executes_once)
{
	RUN_TO_HANDLERS_LOCK(self, 0);
	RUN_TO_HANDLERS_LOCK(self, 1);
	RUN_TO_OUT(self, PORT_HANDLER, FLAGS(SMM));
	EXPECT_EQ(2, *(uint16_t *)LINE_SPLIT);
	RUN_TO_INTERRUPTED_LOCK(self, variant);
}

/*
 * If userspace moves RIP from a lock of an SMI handler that has not executed to the RSM, the
 * handler's pending completion gives no credit to the code that RSM returns to.
 *
 * Source: svm.c complete_userspace_buslock(): "If userspace has NOT changed RIP"; KVM api.rst 7.22
 */
TEST_F(handler, rip_moved_to_rsm_leaves_nothing)
{
	RUN_TO_HANDLERS_LOCK(self, 0);
	vcpu_set_rip(self->l2.vcpu,
		     SMI_ENTRY - SMI_BASE + sizeof(handler_code) - 2);
	RUN_TO_INTERRUPTED_LOCK(self, variant);
}

/*
 * A bus lock of an SMI handler, carried to a fresh vCPU at its exit, executes there once: on
 * AMD, where it had not executed, behind a second exit.
 *
 * Source: KVM api.rst, KVM_GET_VCPU_EVENTS: smi.smm; 7.22: the exit is before or behind it
 */
TEST_F(handler, fresh_vcpu_executes_it_once)
{
	struct vcpu *fresh;

	RUN_TO_HANDLERS_LOCK(self, 0);
	fresh = vcpu_create(self->l2.vm);
	vcpu_copy_state(self->l2.vcpu, fresh);
	self->l2.vcpu = fresh;
	if (bus_lock_is_fault_like())
		RUN_TO_HANDLERS_LOCK(self, 0);
	RUN_TO_HANDLERS_LOCK(self, 1);
	RUN_TO_OUT(self, PORT_HANDLER, FLAGS(SMM));
	EXPECT_EQ(2, *(uint16_t *)LINE_SPLIT);
	RUN_TO_INTERRUPTED_LOCK(self, variant);
}

KVMCONF_MAIN
