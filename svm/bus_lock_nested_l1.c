// SPDX-License-Identifier: GPL-2.0-only
/*
 * What L1 has of the Bus Lock Threshold, whatever L0's userspace has: it is not
 * offered it, and gets the exits of its L2 all the same if it asks for them.
 */
#include "test.h"
#include "bus_lock_nested_svm.h"

FIXTURE(l1) {
	struct bus_lock_guest g;
};

FIXTURE_VARIANT(l1) {
	uint64_t exits;			/* to L0's userspace */
};

FIXTURE_VARIANT_ADD(l1, exits_on) { KVM_BUS_LOCK_DETECTION_EXIT };
FIXTURE_VARIANT_ADD(l1, exits_off) { KVM_BUS_LOCK_DETECTION_OFF };

/* Needs: no-cap, no-nested, split-lock-detect */
FIXTURE_SETUP(l1)
{
	REQUIRE_NESTED_SVM();
	nested_create_with(&self->g, variant->exits, MODE_LONG, 0);
}

FIXTURE_TEARDOWN(l1)
{
	TEARDOWN_VM(self->g.vm);
}

/* APM vol. 3, appendix E: CPUID Fn8000_000A, EBX and EDX. */
#define CPUID_SVM		0x8000000a
#define BUS_LOCK_THRESHOLD	(1u << 29)

static uint32_t nr_asids, svm_features;

static __guest void read_svm_features(void)
{
	uint32_t eax = CPUID_SVM, ecx = 0;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(nr_asids), "+c"(ecx), "=d"(svm_features));
}

/*
 * KVM_GET_SUPPORTED_CPUID does not offer the Bus Lock Threshold, so L1 does not have it.
 *
 * Source: APM vol. 2, 15.14.5 (CPUID): CPUID Fn8000_000A_EDX[29]; "Add support for the Bus Lock Threshold" cover letter
 */
TEST_F(l1, is_not_offered_the_threshold)
{
	vcpu_call(self->g.vcpu, read_svm_features);
	vcpu_run(self->g.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->g.vcpu);
	ASSERT_NE(0, nr_asids);
	EXPECT_HEX(0, svm_features & BUS_LOCK_THRESHOLD);
}

/*
 * An L1 that intercepts bus locks gets each bus lock of L2, and userspace gets none of them.
 *
 * Source: APM vol. 2, 15.14.5 (intercept); nested.c nested_svm_exit_handled(), nested_vmcb02_recalc_intercepts()
 */
TEST_F(l1, gets_the_locks_that_it_intercepts)
{
	vmcb12.intercept_misc3 |= SVM_MISC3_BUS_LOCK;
	EXPECT_RUNS_TO_L1(&self->g, "BUS_LOCK");
	EXPECT_HEX(BL_INSN1, vmcb12.rip);
	EXPECT_RUNS_TO_L1(&self->g, "BUS_LOCK");
	EXPECT_HEX(BL_INSN1, vmcb12.rip);
	EXPECT_EQ(0, locks_executed(&self->g));
}

KVMCONF_MAIN
