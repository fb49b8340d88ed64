/* SPDX-License-Identifier: GPL-2.0-only */
/* Single steps and breakpoints, by userspace and by the guest itself. */
#ifndef KVMCONF_GUEST_DEBUG_H
#define KVMCONF_GUEST_DEBUG_H

#include "ioctls.h"
#include "vm.h"

#define DB_VECTOR	1

/* APM vol. 2, 13.1.1 and SDM vol. 3, 18.2. */
#define DR6_B0		(1ull << 0)
#define DR6_BS		(1ull << 14)
#define DR6_FIXED	0xffff0ff0ull	/* bit 11: no bus lock */
#define DR7_FIXED	(1ull << 10)
#define DR7_EXECUTE(n)	(2ull << (2 * (n)))
#define DR7_WRITE_1(n)	(DR7_EXECUTE(n) | 1ull << (16 + 4 * (n)))

static inline void vcpu_single_step(struct vcpu *vcpu)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};

	vcpu_set_guest_debug(vcpu, &debug);
}

/* The only breakpoints: number 0 at @address and 1 at @second, with @dr7. */
static inline void vcpu_set_breakpoints(struct vcpu *vcpu, unsigned long address,
					unsigned long second, uint64_t dr7)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
		.arch.debugreg = { [0] = address, [1] = second, [7] = DR7_FIXED | dr7 },
	};

	vcpu_set_guest_debug(vcpu, &debug);
}

static inline void vcpu_stop_debugging(struct vcpu *vcpu)
{
	struct kvm_guest_debug none = { .control = 0 };

	vcpu_set_guest_debug(vcpu, &none);
}

/* A debug exit at the linear address @at; with test.h. */
#define ASSERT_DEBUG_EXIT(vcpu, at) do {						\
	ASSERT_EXIT(KVM_EXIT_DEBUG, vcpu);						\
	EXPECT_EQ(DB_VECTOR, (vcpu)->run->debug.arch.exception);			\
	EXPECT_HEX(at, (vcpu)->run->debug.arch.pc);					\
} while (0)

#endif
