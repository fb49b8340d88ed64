// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bus lock within an instruction that leaves the guest for another reason: a MOVS that
 * reads through an entry of the page tables not yet marked as accessed, then writes to a
 * device; or an OUT that is itself fetched through such an entry. The lock is the CPU's own,
 * for the mark, and is a bus lock because the page tables are not cached.
 */
#include "test.h"
#include "bus_lock.h"
#include "bus_lock_hardware.h"
#include "segments.h"

/* 512 GiB three times, all of which mean the same memory. */
static uint64_t pml4[512] __attribute__((aligned(4096)));

static __guest void guest_code(void)
{
	/* What KVM has to do for the memory and the device is over and done with. */
	__asm__ volatile("movsb" : : "S"(VIEW(0, BL_DATA)), "D"(MMIO_BASE) : "memory");

	__asm__ volatile("movb (%0), %%al" : : "r"(VIEW(1, BL_DATA)) : "al", "memory");
	__asm__ volatile("movsb" : : "S"(VIEW(2, BL_DATA)), "D"(MMIO_BASE) : "memory");
}

#define REQUIRE_TRAP_LIKE_EXIT() do {						\
	REQUIRE_BUS_LOCK_EXIT();						\
	REQUIRE(!bus_lock_is_fault_like(), "no-cap", "an exit like a fault's has no other beside it"); \
	REQUIRE_GUEST_PAT_CONTROL();						\
} while (0)

static struct vm *create_vm(void)
{
	struct vm *vm = vm_create();

	vm_add_low_memory(vm);
	vm_enable_cap(vm, KVM_CAP_DISABLE_QUIRKS2, KVM_X86_QUIRK_IGNORE_GUEST_PAT);
	vm_enable_cap(vm, KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT);
	return vm;
}

static void use_uncached_page_tables(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	pml4[0] = guest_pml4[0] | PAGING_ACCESSED;
	pml4[1] = pml4[2] = guest_pml4[0] & ~PAGING_ACCESSED;
	vcpu_get_sregs(vcpu, &sregs);
	sregs.cr3 = (uint64_t)pml4 | CR3_UNCACHED;
	vcpu_set_sregs(vcpu, &sregs);
}

FIXTURE(coincident) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(coincident)
{
	REQUIRE_TRAP_LIKE_EXIT();
	self->vm = create_vm();
	self->vcpu = vcpu_create_long(self->vm, guest_code);
	use_uncached_page_tables(self->vcpu);

	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_MMIO, self->vcpu);
	EXPECT_STREQ("0", run_flags_name(self->vcpu->run->flags));
	/* In an instruction that does not exit, it is a bus lock by itself. */
	REQUIRE_BUS_LOCK_OF_PAGING(self->vcpu);
}

FIXTURE_TEARDOWN(coincident)
{
	TEARDOWN_VM(self->vm);
}

/*
 * A bus lock that the CPU reports in a VM exit for another reason reaches userspace: the exit
 * reason is the other one's, and KVM_RUN_X86_BUS_LOCK is set.
 *
 * Source: KVM api.rst 7.22: "may be coincident with other exits to userspace";
 * vmx.c vmx_handle_exit()
 * Needs: no-cap, split-lock-detect, kernel-too-old, no-tracepoints, permission
 */
TEST_F(coincident, other_exit_has_the_flag)
{
	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_MMIO, self->vcpu);
	EXPECT_STREQ("BUS_LOCK", run_flags_name(self->vcpu->run->flags));
	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_STREQ("0", run_flags_name(self->vcpu->run->flags));
}

/* nop; two OUTs, the first of which begins here */
#define OUTS		(BL_CODE + 1)

FIXTURE(fetched) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(fetched)
{
	REQUIRE_TRAP_LIKE_EXIT();
	self->vm = create_vm();
	guest_put_bytes(BL_CODE, 0x90, OUT_AL(PORT_AFTER), OUT_AL(PORT_ELSEWHERE));
	self->vcpu = vcpu_create(self->vm);
	vcpu_set_mode(self->vcpu, MODE_LONG, BL_CODE, 0);
	use_uncached_page_tables(self->vcpu);

	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_STREQ("0", run_flags_name(self->vcpu->run->flags));
	/* Before an instruction that does not exit, it is a bus lock by itself. */
	vcpu_set_rip(self->vcpu, VIEW(1, BL_CODE));
	REQUIRE_BUS_LOCK_OF_PAGING(self->vcpu);
	vcpu_set_rip(self->vcpu, VIEW(2, OUTS));
}

FIXTURE_TEARDOWN(fetched)
{
	TEARDOWN_VM(self->vm);
}

/*
 * An exit for port I/O also has KVM_RUN_X86_BUS_LOCK if the VM exit reports a bus lock, and the
 * I/O is completed as ever.
 *
 * Source: KVM api.rst 7.22: "may be coincident with other exits to userspace";
 * vmx.c vmx_handle_exit()
 * Needs: no-cap, split-lock-detect, kernel-too-old, no-tracepoints, permission
 */
TEST_F(fetched, port_io_has_the_flag)
{
	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_EQ(PORT_AFTER, self->vcpu->run->io.port);
	EXPECT_STREQ("BUS_LOCK", run_flags_name(self->vcpu->run->flags));
	vcpu_run(self->vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->vcpu);
	EXPECT_EQ(PORT_ELSEWHERE, self->vcpu->run->io.port);
	EXPECT_STREQ("0", run_flags_name(self->vcpu->run->flags));
}

KVMCONF_MAIN
