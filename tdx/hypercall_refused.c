// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls of a TD that KVM refuses without userspace: with operands that are none, or of a
 * number that there is not. MapGPA's are in hypercall_map_gpa_refused.c.
 */
#include "hypercalls.h"

#define BUFFER		(TD_MEMORY + 0x8000000)
#define HIGH		(1ull << 32)
#define MMIO_GPA	(0xd0000000 | SHARED)
#define ABOVE_SHARED	(1ull << 48)

FIXTURE(refused) {
	struct td td;
};

FIXTURE_VARIANT(refused) {
	struct tdx_step call;
	uint64_t status;
};

#define REFUSED(name, status_, ...) FIXTURE_VARIANT_ADD(refused, name) {	\
	.call = { .op = TDX_OP_VMCALL, __VA_ARGS__ }, .status = status_,	\
}
#define INVALID(name, ...)	REFUSED(name, STATUS_INVALID_OPERAND, __VA_ARGS__)
#define UNSUPPORTED(name, number) REFUSED(name, STATUS_UNSUPPORTED, .r11 = (number))

#define PIO(size, write)	.r11 = CALL_IO, .r12 = (size), .r13 = (write), .r14 = PORT
INVALID(out_0, PIO(0, 1));
INVALID(out_3, PIO(3, 1));
INVALID(out_5, PIO(5, 1));
INVALID(out_8, PIO(8, 1));
INVALID(out_16, PIO(16, 1));
INVALID(out_high, PIO(HIGH | 4, 1));
INVALID(in_0, PIO(0, 0));
INVALID(in_3, PIO(3, 0));
INVALID(in_8, PIO(8, 0));
INVALID(in_high, PIO(HIGH | 1, 0));
INVALID(io_direction_2, PIO(4, 2));
INVALID(io_direction_high, PIO(4, HIGH));
INVALID(io_direction_high_and_1, PIO(4, HIGH | 1));

#define MMIO(size, write, gpa)	.r11 = CALL_MMIO, .r12 = (size), .r13 = (write), .r14 = (gpa)
INVALID(mmio_write_0, MMIO(0, 1, MMIO_GPA));
INVALID(mmio_write_3, MMIO(3, 1, MMIO_GPA));
INVALID(mmio_write_5, MMIO(5, 1, MMIO_GPA));
INVALID(mmio_write_16, MMIO(16, 1, MMIO_GPA));
INVALID(mmio_write_high, MMIO(HIGH | 4, 1, MMIO_GPA));
INVALID(mmio_read_0, MMIO(0, 0, MMIO_GPA));
INVALID(mmio_read_3, MMIO(3, 0, MMIO_GPA));
INVALID(mmio_read_16, MMIO(16, 0, MMIO_GPA));
INVALID(mmio_read_high, MMIO(HIGH | 8, 0, MMIO_GPA));
INVALID(mmio_direction_2, MMIO(4, 2, MMIO_GPA));
INVALID(mmio_direction_high, MMIO(4, HIGH, MMIO_GPA));
INVALID(mmio_direction_high_and_1, MMIO(4, HIGH | 1, MMIO_GPA));
INVALID(mmio_write_private, MMIO(4, 1, MMIO_GPA & ~SHARED));
INVALID(mmio_read_private, MMIO(4, 0, MMIO_GPA & ~SHARED));
INVALID(mmio_write_end_private, MMIO(8, 1, ABOVE_SHARED - 4));
INVALID(mmio_read_end_private, MMIO(8, 0, ABOVE_SHARED - 4));
INVALID(mmio_read_start_private, MMIO(8, 0, SHARED - 4));

INVALID(quote_private, .r11 = CALL_GET_QUOTE, .r12 = BUFFER, .r13 = PAGE_SIZE);
INVALID(notify_0, .r11 = CALL_SETUP_NOTIFY, .r12 = 0);
INVALID(notify_31, .r11 = CALL_SETUP_NOTIFY, .r12 = 31);
INVALID(notify_256, .r11 = CALL_SETUP_NOTIFY, .r12 = 256);
INVALID(notify_high, .r11 = CALL_SETUP_NOTIFY, .r12 = HIGH | 32);
INVALID(info_2, .r11 = CALL_INFO, .r12 = 2);
INVALID(info_high, .r11 = CALL_INFO, .r12 = HIGH);
INVALID(info_high_and_1, .r11 = CALL_INFO, .r12 = HIGH | 1);

INVALID(rdmsr_unknown, .r11 = CALL_RDMSR, .r12 = 0x4f000000);
INVALID(wrmsr_unknown, .r11 = CALL_WRMSR, .r12 = 0x4f000000, .r13 = 0);

UNSUPPORTED(call_0, 0);
UNSUPPORTED(call_below_info, CALL_INFO - 1);
UNSUPPORTED(call_0x10005, 0x10005);
UNSUPPORTED(call_migration, 0x10006);
UNSUPPORTED(call_high_and_info, HIGH | CALL_INFO);
UNSUPPORTED(call_high_and_map_gpa, HIGH | CALL_MAP_GPA);
UNSUPPORTED(call_high_and_io, HIGH | CALL_IO);
UNSUPPORTED(call_all_ones, ~0ull);

FIXTURE_SETUP(refused)
{
	REQUIRE_TDX();
	REQUIRE_EMULATED_TDX();
	self->td = td_calling(&variant->call, 1);
}

FIXTURE_TEARDOWN(refused)
{
	TEARDOWN_TD(&self->td);
}

/*
 * A hypercall with an unknown number or a wrong operand does not exit to userspace. The TD goes
 * on behind it with the status for that kind of error.
 *
 * Source: GHCI, TDG.VP.VMCALL: TDG.VP.VMCALL_INVALID_OPERAND, TDG.VP.VMCALL_SUBFUNC_UNSUPPORTED;
 * <Instruction.IO>, <#VE.RequestMMIO>: sizes and directions; <SetupEventNotifyInterrupt>: vectors
 * Needs: no-tdx, not-emulated
 */
TEST_F(refused, hypercall_is_not_for_userspace)
{
	run_to_answer(self->td.vcpu);
	EXPECT_HEX(variant->status, answer.r10);
}

KVMCONF_MAIN
