// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TD that runs: its faults on private and shared memory, its hypercalls, its end. Only the
 * emulated TDX module lets a test say what a TD does, see tdx_emulated.h.
 */
#include <linux/kvm_para.h>

#include "alarm.h"
#include "steps.h"

FIXTURE(td) {
	struct td td;
};

FIXTURE_SETUP(td)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
}

FIXTURE_TEARDOWN(td)
{
	TEARDOWN_TD(&self->td);
}

/*
 * A private page that the TD touches for the first time is added without an exit to userspace.
 * The TD accepts it, finds it empty, and keeps what it writes there. The access costs one page.
 *
 * Source: intel-tdx.rst; TDX Module Base Architecture, TDH.MEM.PAGE.AUG and TDG.MEM.PAGE.ACCEPT
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, gets_a_private_page_when_it_touches_one)
{
	uint64_t pages;

	BUILD(self, ACCEPT(FRESH), READ(FRESH), OUT, WRITE(FRESH + 8, VALUE), READ(FRESH + 8), OUT);
	pages = tdx_module_read(TDX_MSR_GUEST_PAGES);
	RUN_TO_OUT(self, 0);
	EXPECT_EQ(pages + 1, tdx_module_read(TDX_MSR_GUEST_PAGES));
	RUN_TO_OUT(self, VALUE);
}

/*
 * A page that is removed while the TD runs comes back empty when the TD touches it again.
 *
 * Source: KVM api.rst, KVM_CREATE_GUEST_MEMFD; TDX Module Base Architecture, TDH.MEM.PAGE.REMOVE
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, finds_a_removed_page_empty)
{
	BUILD(self, ACCEPT(FRESH), WRITE(FRESH, VALUE), READ(FRESH), OUT,
	      ACCEPT(FRESH), READ(FRESH), OUT);
	RUN_TO_OUT(self, VALUE);
	td_punch_hole(self->td.memfd, FRESH - TD_MEMORY, PAGE_SIZE);
	RUN_TO_OUT(self, 0);
}

/*
 * A page that KVM removes from the TD no longer belongs to the TD in the TDX module's books.
 *
 * Source: KVM api.rst, KVM_CREATE_GUEST_MEMFD; TDX Module Base Architecture, TDH.MEM.PAGE.REMOVE
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, gives_a_removed_page_back)
{
	uint64_t pages;

	BUILD(self, ACCEPT(FRESH), OUT);
	pages = tdx_module_read(TDX_MSR_GUEST_PAGES);
	RUN_TO_OUT(self, 0);
	td_punch_hole(self->td.memfd, FRESH - TD_MEMORY, PAGE_SIZE);
	EXPECT_EQ(pages, tdx_module_read(TDX_MSR_GUEST_PAGES));
}

/*
 * If a TD that disabled #VE for pending pages touches a page that it has not accepted, KVM_RUN
 * fails with EIO and the VM is dead.
 *
 * Source: vmx/tdx.c tdx_handle_ept_violation(); TDX Module Base Architecture, ATTRIBUTES.SEPT_VE_DISABLE
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, dies_of_a_page_that_it_has_not_accepted)
{
	static const struct tdx_step steps[] = { READ(FRESH), OUT };

	self->td = build(steps, sizeof(steps), SEPT_VE_DISABLE, false);
	ASSERT_ERRNO(EIO, __vcpu_run(self->td.vcpu));
	EXPECT_ERRNO(EIO, __vcpu_run(self->td.vcpu));
}

/*
 * A TD's IN returns what userspace put into kvm_run.
 *
 * Source: KVM api.rst, KVM_EXIT_IO; GHCI, TDG.VP.VMCALL<Instruction.IO>
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, reads_from_a_port_what_userspace_answers)
{
	struct kvm_run *run;

	BUILD(self, IN, OUT);
	run = self->td.vcpu->run;
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->td.vcpu);
	ASSERT_EQ(KVM_EXIT_IO_IN, run->io.direction);
	*(uint32_t *)((char *)run + run->io.data_offset) = 0x2a;
	RUN_TO_OUT(self, 0x2a);
}

/*
 * A TD that converts a page to shared exits to userspace, and sees the host's memory at that
 * page afterwards.
 *
 * Source: KVM api.rst, KVM_EXIT_HYPERCALL, KVM_CAP_EXIT_HYPERCALL; GHCI, TDG.VP.VMCALL<MapGPA>
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, shares_a_page_by_hypercall)
{
	struct kvm_run *run;

	BUILD(self, { .op = TDX_OP_VMCALL | TDX_OP_R10, .r11 = CALL_MAP_GPA, .r12 = FRESH | SHARED,
		.r13 = PAGE_SIZE }, OUT, READ(FRESH | SHARED), OUT);
	run = self->td.vcpu->run;
	vm_enable_cap(self->td.vm, KVM_CAP_EXIT_HYPERCALL, 1 << KVM_HC_MAP_GPA_RANGE);
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_HYPERCALL, self->td.vcpu);
	EXPECT_EQ(KVM_HC_MAP_GPA_RANGE, run->hypercall.nr);
	EXPECT_HEX(FRESH, run->hypercall.args[0]);
	EXPECT_EQ(1, run->hypercall.args[1]);
	EXPECT_EQ(KVM_MAP_GPA_RANGE_DECRYPTED, run->hypercall.args[2] & ~0xfull);
	td_convert(self->td.vm, FRESH, PAGE_SIZE, false);
	RUN_TO_OUT(self, 0);
	RUN_TO_OUT(self, 0);
}

/*
 * A TD's shared access to memory that the host has marked private exits with
 * KVM_EXIT_MEMORY_FAULT.
 *
 * Source: KVM api.rst, KVM_EXIT_MEMORY_FAULT
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, sharing_against_the_hosts_will_is_a_memory_fault)
{
	BUILD(self, READ(FRESH | SHARED), OUT);
	ASSERT_ERRNO(EFAULT, __vcpu_run(self->td.vcpu));
	ASSERT_EXIT(KVM_EXIT_MEMORY_FAULT, self->td.vcpu);
}

/*
 * A fatal error that the TD reports exits with KVM_EXIT_SYSTEM_EVENT and the TD's registers.
 *
 * Source: KVM api.rst, KVM_SYSTEM_EVENT_TDX_FATAL; GHCI, TDG.VP.VMCALL<ReportFatalError>
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, reports_a_fatal_error)
{
	struct kvm_run *run;

	BUILD(self, { .op = TDX_OP_VMCALL, .r11 = CALL_FATAL, .r12 = VALUE });
	run = self->td.vcpu->run;
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_SYSTEM_EVENT, self->td.vcpu);
	EXPECT_EQ(KVM_SYSTEM_EVENT_TDX_FATAL, run->system_event.type);
	EXPECT_HEX(VALUE, run->system_event.data[12]);
}

/*
 * A TD that shuts down exits with KVM_EXIT_SHUTDOWN.
 *
 * Source: KVM api.rst, KVM_EXIT_SHUTDOWN; vmx/tdx.c __tdx_handle_exit()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, shuts_down)
{
	BUILD(self, SHUTDOWN);
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_SHUTDOWN, self->td.vcpu);
}

/*
 * A bus lock of a TD exits with KVM_EXIT_X86_BUS_LOCK if userspace asked for it, and the TD goes
 * on behind it.
 *
 * Source: KVM api.rst 7.22; vmx/tdx.c tdx_handle_exit()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, exits_for_a_bus_lock)
{
	static const struct tdx_step steps[] = { { .op = TDX_OP_BUS_LOCK }, OUT };

	self->td = build(steps, sizeof(steps), 0, true);
	vcpu_run(self->td.vcpu);
	ASSERT_EXIT(KVM_EXIT_X86_BUS_LOCK, self->td.vcpu);
	EXPECT_EQ(KVM_RUN_X86_BUS_LOCK, self->td.vcpu->run->flags & KVM_RUN_X86_BUS_LOCK);
	RUN_TO_OUT(self, 0);
}

/* That it runs is seen by the page that it takes. */
#define BUILD_SPINNING() BUILD(self, ACCEPT(FRESH), { .op = TDX_OP_SPIN, .r10 = ~0ull })

/*
 * A signal interrupts KVM_RUN of a TD that waits in a loop.
 *
 * Source: KVM api.rst, KVM_RUN: EINTR
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, is_interrupted_by_a_signal)
{
	uint64_t pages;

	BUILD_SPINNING();
	pages = tdx_module_read(TDX_MSR_GUEST_PAGES);
	interrupt_every(10);
	do {
		ASSERT_ERRNO(EINTR, __vcpu_run(self->td.vcpu));
	} while (tdx_module_read(TDX_MSR_GUEST_PAGES) == pages);
	ASSERT_ERRNO(EINTR, __vcpu_run(self->td.vcpu));
	interrupt_every(0);
}

/*
 * A process that is killed while its TD runs takes the TD with it.
 *
 * Source: kvm_main.c kvm_destroy_vm(); vmx/tdx.c tdx_mmu_release_hkid()
 * Needs: no-tdx, not-emulated
 */
TEST_F(td, ends_with_its_process)
{
	uint64_t owned = tdx_module_resources(), pages = tdx_module_read(TDX_MSR_GUEST_PAGES);
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		BUILD_SPINNING();
		__vcpu_run(self->td.vcpu);
		_exit(1);
	}
	/* That of its steps, and then that which it takes. */
	while (tdx_module_read(TDX_MSR_GUEST_PAGES) < pages + 2)
		ASSERT_EQ(0, waitpid(child, &status, WNOHANG));
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(owned, tdx_module_resources());
}

KVMCONF_MAIN
