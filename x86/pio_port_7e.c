// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quirk of port 0x7e: an OUT to it has been skipped by the time of its exit, so that
 * there is nothing to complete, and the RIP-unchanged rule (see pio_rip.c) does not apply.
 */
#include "pio.h"

FIXTURE(port_7e) {
	struct pio pio;
};

FIXTURE_VARIANT(port_7e) {
	bool quirk;
};

FIXTURE_VARIANT_ADD(port_7e, quirk_on) { .quirk = true };
FIXTURE_VARIANT_ADD(port_7e, quirk_off) { .quirk = false };

FIXTURE_SETUP(port_7e)
{
	REQUIRE_KVM();
	pio_create(&self->pio, MODE_LONG);
	if (!variant->quirk) {
		REQUIRE(vm_check_extension(self->pio.vm, KVM_CAP_DISABLE_QUIRKS2) &
			KVM_X86_QUIRK_OUT_7E_INC_RIP, "no-cap", "KVM_CAP_DISABLE_QUIRKS2");
		vm_enable_cap(self->pio.vm, KVM_CAP_DISABLE_QUIRKS2,
			      KVM_X86_QUIRK_OUT_7E_INC_RIP);
	}
	pio_put_insn(PIO_INSN, OPCODE_OUT, PORT_7E);
	pio_run_to_exit(&self->pio);
}

FIXTURE_TEARDOWN(port_7e)
{
	TEARDOWN_VM(self->pio.vm);
}

/*
 * At the exit for an OUT to port 0x7e RIP stands behind it with KVM_X86_QUIRK_OUT_7E_INC_RIP,
 * and at it with the quirk disabled, as for any port.
 *
 * Source: KVM api.rst 7.31 KVM_CAP_DISABLE_QUIRKS2, KVM_X86_QUIRK_OUT_7E_INC_RIP
 * Needs: no-cap, no-fast-pio
 */
TEST_F(port_7e, rip_at_the_exit_follows_the_quirk)
{
	REQUIRE_FAST_PIO(variant->quirk || !self->pio.emulated);
	EXPECT_HEX(variant->quirk ? PIO_NEXT : PIO_INSN, self->pio.at_exit.rip);
}

/*
 * With RIP left alone the guest goes on right behind the OUT to port 0x7e, with the quirk or
 * without: nothing is skipped twice.
 *
 * Source: x86.c complete_fast_pio_out_port_0x7e(), complete_fast_pio_out()
 * Needs: no-cap
 */
TEST_F(port_7e, rip_kept_goes_on_behind_it)
{
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ("the instruction after it", port_name(self->pio.vcpu));
}

/*
 * A RIP set onto the OUT to port 0x7e executes it again with the quirk. Without the quirk RIP
 * was there, and the OUT is completed.
 *
 * Source: x86.c complete_fast_pio_out_port_0x7e(): completes without a look at RIP
 * Needs: no-cap, no-fast-pio
 */
TEST_F(port_7e, rip_set_to_the_instruction)
{
	REQUIRE_FAST_PIO(variant->quirk || !self->pio.emulated);
	vcpu_set_rip(self->pio.vcpu, PIO_INSN);
	vcpu_run(self->pio.vcpu);
	EXPECT_STREQ(variant->quirk ? "OUT 0x7e" : "the instruction after it",
		     port_name(self->pio.vcpu));
}

KVMCONF_MAIN
