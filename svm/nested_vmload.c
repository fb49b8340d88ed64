// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMLOAD of an L2 whose L1 does not intercept it: what it loads is in the memory that L1 has, and
 * not in the host's.
 */
#include "l2.h"
#include "msr.h"
#include "svm.h"
#include "test.h"

/* VMLOAD's operand, by 8 bytes. */
static uint64_t area[4096 / 8] __attribute__((aligned(4096)));
static uint32_t msr;
static uint64_t got;

static __guest void load_and_read(void)
{
	uint32_t low, high;

	__asm__ volatile("vmload %%rax" : : "a"(area) : "memory");
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	got = (uint64_t)high << 32 | low;
}

FIXTURE(l2) {
	struct l2 l2;
};

FIXTURE_VARIANT(l2) {
	uint32_t msr;
	unsigned int offset;		/* APM vol. 2, appendix B: in the VMCB */
	uint64_t value;
};

FIXTURE_VARIANT_ADD(l2, star) { 0xc0000081, 0x600, 0x0023001012345678 };
FIXTURE_VARIANT_ADD(l2, lstar) { 0xc0000082, 0x608, 0x123456789ab0 };
FIXTURE_VARIANT_ADD(l2, cstar) { 0xc0000083, 0x610, 0x123456789ac0 };
FIXTURE_VARIANT_ADD(l2, sfmask) { 0xc0000084, 0x618, 0x47700 };
FIXTURE_VARIANT_ADD(l2, kernel_gs_base) { 0xc0000102, 0x620, 0x123456789ad0 };

FIXTURE_SETUP(l2)
{
	REQUIRE_KVM();
	REQUIRE(svm_nested_offered(), "no-nested", "KVM offers no SVM to guests");
	self->l2.vm = vm_create();
	self->l2.vcpu = vcpu_create(self->l2.vm);
	l2_prepare(&self->l2, vcpu_create_long(self->l2.vm, load_and_read), L1_IO_BITMAP);
	msr = variant->msr;
	area[variant->offset / 8] = variant->value;
}

FIXTURE_TEARDOWN(l2)
{
	TEARDOWN_VM(self->l2.vm);
}

/*
 * VMLOAD of L2 that L1 does not intercept loads what is at that address in L1's memory.
 *
 * Source: APM vol. 2, 15.5.2 VMSAVE and VMLOAD; svm/nested.c nested_vmcb02_recalc_intercepts():
 * "we must intercept these instructions to correctly emulate them"
 * Needs: no-nested
 */
TEST_F(l2, vmload_loads_from_l1s_memory)
{
	vcpu_run(self->l2.vcpu);
	ASSERT_STREQ(exit_name(KVM_EXIT_IO), exit_name(self->l2.vcpu->run->exit_reason));
	ASSERT_EQ(GUEST_PORT_DONE, self->l2.vcpu->run->io.port);
	EXPECT_TRUE(l2_flag_is(&self->l2, true));
	EXPECT_HEX(variant->value, got);
	EXPECT_EQ(0, l1_exit.count);
}

KVMCONF_MAIN
