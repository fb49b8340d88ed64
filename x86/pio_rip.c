// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RIP-unchanged rule for port I/O: KVM completes the instruction that made
 * it exit at the next KVM_RUN if, and only if, userspace left the linear RIP
 * alone. To complete an OUT is to skip it; to complete an IN is to write RAX
 * and skip it.
 */
#include "pio.h"

FIXTURE(pio) {
	struct pio pio;
};

FIXTURE_VARIANT(pio) {
	enum guest_mode mode;
	bool in;
};

FIXTURE_VARIANT_ADD(pio, out_long) { .mode = MODE_LONG };
FIXTURE_VARIANT_ADD(pio, out_protected) { .mode = MODE_PROTECTED };
FIXTURE_VARIANT_ADD(pio, out_real) { .mode = MODE_REAL };
FIXTURE_VARIANT_ADD(pio, in_long) { .mode = MODE_LONG, .in = true };
FIXTURE_VARIANT_ADD(pio, in_protected) { .mode = MODE_PROTECTED, .in = true };
FIXTURE_VARIANT_ADD(pio, in_real) { .mode = MODE_REAL, .in = true };

FIXTURE_SETUP(pio)
{
	REQUIRE_KVM();
	pio_start(&self->pio, variant->mode, variant->in);
}

FIXTURE_TEARDOWN(pio)
{
	TEARDOWN_VM(self->pio.vm);
}

/* For cases in which RIP is changed; see pio.h. */
static bool rule_holds(const struct pio *pio)
{
	return !(pio->in && pio->emulated);
}

/*
 * At an exit for port I/O RIP stands at the instruction.
 *
 * Source: x86.c kvm_fast_pio(), cui_linear_rip
 * Needs: no-fast-pio
 */
TEST_F(pio, exit_leaves_rip_at_the_instruction)
{
	REQUIRE_FAST_PIO(!self->pio.emulated);
	EXPECT_HEX(PIO_INSN - self->pio.cs_base, self->pio.at_exit.rip);
}

/*
 * With RIP left alone an I/O instruction is completed once.
 *
 * Source: KVM api.rst, KVM_RUN and KVM_EXIT_IO; x86.c complete_fast_pio_out(), complete_fast_pio_in()
 */
TEST_F(pio, rip_kept_completes)
{
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

/*
 * KVM_SET_REGS with the values of KVM_GET_REGS leaves RIP alone: the I/O instruction is
 * completed.
 *
 * Source: KVM api.rst, KVM_SET_REGS; regs.c kvm_is_linear_rip()
 * Needs: no-fast-pio
 */
TEST_F(pio, registers_written_back_unchanged_complete)
{
	REQUIRE(!(self->pio.in && self->pio.emulated) || host_kvm_vendor() == VENDOR_OTHER,
		"no-fast-pio", "x86/pio_emulated has the claim for KVM's emulator");
	vcpu_set_regs(self->pio.vcpu, &self->pio.at_exit);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

/*
 * A RIP moved by KVM_SET_REGS at an exit for port I/O completes nothing: the guest goes on at
 * the new RIP.
 *
 * Source: x86.c complete_fast_pio_out(), complete_fast_pio_in(): kvm_is_linear_rip()
 * Needs: no-fast-pio
 */
TEST_F(pio, rip_moved_completes_nothing)
{
	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	vcpu_set_rip(self->pio.vcpu, PIO_OTHER - self->pio.cs_base);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("elsewhere", port_name(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));
}

/*
 * A RIP moved through the synchronised registers at an exit for port I/O completes nothing.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c sync_regs() before complete_userspace_io()
 * Needs: no-fast-pio, no-cap
 */
TEST_F(pio, rip_moved_by_sync_regs_completes_nothing)
{
	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	REQUIRE(self->pio.vcpu->sync_regs, "no-cap", "KVM_CAP_SYNC_REGS lacks KVM_SYNC_X86_REGS");
	self->pio.vcpu->run->s.regs.regs.rip = PIO_OTHER - self->pio.cs_base;
	self->pio.vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("elsewhere", port_name(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));
}

/*
 * A RIP moved by the I/O instruction's length to the next instruction skips nothing: that one
 * executes.
 *
 * Source: x86.c complete_fast_pio_out(), complete_fast_pio_in(): kvm_is_linear_rip()
 * Needs: no-fast-pio
 */
TEST_F(pio, rip_moved_to_the_next_instruction_skips_nothing)
{
	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	vcpu_set_rip(self->pio.vcpu, PIO_NEXT - self->pio.cs_base);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));
}

/*
 * A RIP moved and put back before KVM_RUN completes the I/O instruction: only the linear RIP at
 * KVM_RUN counts.
 *
 * Source: regs.c kvm_is_linear_rip()
 * Needs: no-fast-pio
 */
TEST_F(pio, rip_moved_and_restored_completes)
{
	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	vcpu_set_rip(self->pio.vcpu, PIO_OTHER - self->pio.cs_base);
	vcpu_set_rip(self->pio.vcpu, self->pio.at_exit.rip);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

/*
 * A KVM_RUN with immediate_exit completes the I/O instruction and executes no other. The exit
 * reason stays that of the last exit.
 *
 * Source: KVM api.rst, KVM_RUN: "re-enter the guest ... with the immediate_exit field set"
 */
TEST_F(pio, immediate_exit_completes_and_runs_no_further)
{
	self->pio.vcpu->run->immediate_exit = 1;
	ASSERT_ERRNO(EINTR, __vcpu_run(self->pio.vcpu));
	self->pio.vcpu->run->immediate_exit = 0;
	EXPECT_STREQ(exit_name(KVM_EXIT_IO), exit_name(self->pio.vcpu->run->exit_reason));

	EXPECT_HEX(PIO_NEXT - self->pio.cs_base, vcpu_rip(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
}

/*
 * A KVM_RUN with a pending signal completes the I/O instruction and executes no other.
 *
 * Source: KVM api.rst, KVM_EXIT_IO: "first finish incomplete operations and then check for pending signals"
 */
TEST_F(pio, pending_signal_completes_and_runs_no_further)
{
	ASSERT_ERRNO(EINTR, vcpu_run_with_pending_signal(self->pio.vcpu));
	EXPECT_STREQ(exit_name(KVM_EXIT_INTR), exit_name(self->pio.vcpu->run->exit_reason));

	EXPECT_HEX(PIO_NEXT - self->pio.cs_base, vcpu_rip(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
}

/*
 * A RIP moved over a KVM_RUN, even one with immediate_exit, loses the completion: put back
 * later, the I/O instruction executes anew.
 *
 * Source: x86.c kvm_arch_vcpu_ioctl_run(): complete_userspace_io is called once
 * Needs: no-fast-pio
 */
TEST_F(pio, rip_moved_over_a_run_loses_the_completion)
{
	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	vcpu_set_rip(self->pio.vcpu, PIO_OTHER - self->pio.cs_base);
	self->pio.vcpu->run->immediate_exit = 1;
	ASSERT_ERRNO(EINTR, __vcpu_run(self->pio.vcpu));
	self->pio.vcpu->run->immediate_exit = 0;
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));

	vcpu_set_rip(self->pio.vcpu, self->pio.at_exit.rip);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ(self->pio.emulated ? "the instruction after it" : "the I/O instruction",
		     port_name(self->pio.vcpu));
}

/*
 * A KVM_RUN refused for unknown kvm_dirty_regs completes nothing and leaves the completion to
 * the next one.
 *
 * Source: KVM api.rst 5 "struct kvm_sync_regs"; x86.c kvm_arch_vcpu_ioctl_run()
 */
TEST_F(pio, refused_run_leaves_the_completion)
{
	self->pio.vcpu->run->kvm_dirty_regs = 1u << 31;
	ASSERT_ERRNO(EINVAL, __vcpu_run(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rip, vcpu_rip(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));

	self->pio.vcpu->run->kvm_dirty_regs = 0;
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

/*
 * An I/O instruction that userspace overwrites at the exit is skipped by the length that it had
 * at the exit.
 *
 * Source: x86.c complete_fast_pio_out(); SVM next_rip, VMX instruction length of the exit
 */
TEST_F(pio, patched_instruction_is_skipped_by_its_old_length)
{
	/* One byte shorter, then a HLT where the new instruction would end. */
	((uint8_t *)PIO_INSN)[0] = 0x90;
	((uint8_t *)PIO_INSN)[1] = 0xf4;
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
}

/* Where CS.base counts. */
FIXTURE(segmented) {
	struct pio pio;
};

FIXTURE_VARIANT(segmented) {
	enum guest_mode mode;
	bool in;
};

FIXTURE_VARIANT_ADD(segmented, out_compat) { .mode = MODE_COMPAT };
FIXTURE_VARIANT_ADD(segmented, out_protected) { .mode = MODE_PROTECTED };
FIXTURE_VARIANT_ADD(segmented, out_real) { .mode = MODE_REAL };
FIXTURE_VARIANT_ADD(segmented, in_compat) { .mode = MODE_COMPAT, .in = true };
FIXTURE_VARIANT_ADD(segmented, in_protected) { .mode = MODE_PROTECTED, .in = true };
FIXTURE_VARIANT_ADD(segmented, in_real) { .mode = MODE_REAL, .in = true };

FIXTURE_SETUP(segmented)
{
	REQUIRE_KVM();
	pio_start(&self->pio, variant->mode, variant->in);
}

FIXTURE_TEARDOWN(segmented)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * A CS.base and a RIP changed so that their sum stays leave the linear RIP alone: the guest goes
 * on right behind the completed I/O instruction.
 *
 * Source: regs.c kvm_is_linear_rip(): the rule compares linear addresses
 * Needs: no-fast-pio
 */
TEST_F(segmented, cs_base_traded_for_rip_completes)
{
	struct kvm_regs regs = self->pio.at_exit;

	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	vcpu_set_cs_base(self->pio.vcpu, self->pio.cs_base + PIO_REBASE);
	regs.rip -= PIO_REBASE;
	vcpu_set_regs(self->pio.vcpu, &regs);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
	EXPECT_HEX(pio_rax_after(&self->pio), vcpu_rax(self->pio.vcpu));
}

/*
 * The same RIP with another CS.base completes nothing: the guest goes on at the new linear RIP.
 *
 * Source: regs.c kvm_is_linear_rip(): the rule compares linear addresses
 * Needs: no-fast-pio
 */
TEST_F(segmented, cs_base_moved_completes_nothing)
{
	REQUIRE_FAST_PIO(rule_holds(&self->pio));
	vcpu_set_cs_base(self->pio.vcpu, self->pio.cs_base + PIO_REBASE);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ(self->pio.emulated ? "same RIP, new base: after it" :
					  "same RIP, new base: I/O instruction",
		     port_name(self->pio.vcpu));
	EXPECT_HEX(self->pio.at_exit.rax, vcpu_rax(self->pio.vcpu));
}

KVMCONF_MAIN
