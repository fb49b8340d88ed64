// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SEV-ES guest asks the hypervisor for through its GHCB: port I/O, and requests that there
 * are not. The GHCB is shared memory, so the host fills in the request, and the guest does no
 * more than VMGEXIT.
 */
#include "sev_ghcb.h"
#include "test.h"

#define PORT			0x1234
#define DATA_OUT		0x8877665544332211ull
#define DATA_IN			0xa5b6c7d8u

static bool is_valid(unsigned int n)
{
	return ghcb[GHCB_VALID_BITMAP + n / 64] >> n % 64 & 1;
}

FIXTURE(port) {
	struct sev_guest guest;
};

FIXTURE_VARIANT(port) {
	enum sev_kind kind;
	unsigned int size;
};

FIXTURE_VARIANT_ADD(port, old_byte) { SEV_ES_OLD, 1 };
FIXTURE_VARIANT_ADD(port, byte) { SEV_ES_NEW, 1 };
FIXTURE_VARIANT_ADD(port, word) { SEV_ES_NEW, 2 };
FIXTURE_VARIANT_ADD(port, doubleword) { SEV_ES_NEW, 4 };

FIXTURE_SETUP(port)
{
	REQUIRE_SEV_KIND(variant->kind);
	ghcb_guest_create(&self->guest, variant->kind);
}

FIXTURE_TEARDOWN(port)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * An output requested through the GHCB exits to userspace with its port and its data, and the
 * guest goes on behind its VMGEXIT.
 *
 * Source: GHCB specification 2.03, 4.1.3 IOIO_PROT; svm/sev.c sev_handle_vmgexit()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(port, output_exits_to_userspace)
{
	const struct kvm_run *run = self->guest.vcpu->run;
	uint64_t want = DATA_OUT;

	set_field(GHCB_RAX, DATA_OUT);
	request(EXIT_IOIO, IOIO_PORT(PORT) | IOIO_SIZE(variant->size), 0);
	vcpu_run(self->guest.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->guest.vcpu);
	EXPECT_EQ(KVM_EXIT_IO_OUT, run->io.direction);
	EXPECT_HEX(PORT, run->io.port);
	EXPECT_EQ(1, run->io.count);
	ASSERT_EQ(variant->size, run->io.size);
	EXPECT_EQ(0, memcmp(&want, (const char *)run + run->io.data_offset, variant->size));
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
}

/*
 * An input requested through the GHCB exits to userspace, and the guest finds userspace's data
 * in the GHCB's RAX, marked as valid.
 *
 * Source: GHCB specification 2.03, 4.1.3 IOIO_PROT; svm/sev.c sev_es_sync_to_ghcb()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(port, input_comes_back_in_the_ghcb)
{
	struct kvm_run *run = self->guest.vcpu->run;
	uint64_t mask = variant->size == 4 ? UINT32_MAX : (1ull << 8 * variant->size) - 1;
	uint32_t data = DATA_IN;

	set_field(GHCB_RAX, 0);
	request(EXIT_IOIO, IOIO_PORT(PORT) | IOIO_SIZE(variant->size) | IOIO_IN, 0);
	vcpu_run(self->guest.vcpu);
	ASSERT_EXIT(KVM_EXIT_IO, self->guest.vcpu);
	EXPECT_EQ(KVM_EXIT_IO_IN, run->io.direction);
	EXPECT_HEX(PORT, run->io.port);
	ASSERT_EQ(variant->size, run->io.size);
	memcpy((char *)run + run->io.data_offset, &data, variant->size);
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
	EXPECT_TRUE(is_valid(GHCB_RAX));
	EXPECT_HEX(DATA_IN & mask, ghcb[GHCB_RAX] & mask);
}

FIXTURE(bad) {
	struct sev_guest guest;
};

FIXTURE_VARIANT(bad) {
	uint64_t code;
	uint64_t why;
};

FIXTURE_VARIANT_ADD(bad, request) { .code = 0x7ffffffe, .why = GHCB_ERR_EVENT };
FIXTURE_VARIANT_ADD(bad, output_without_data) {
	.code = EXIT_IOIO, .why = GHCB_ERR_MISSING,
};

FIXTURE_SETUP(bad)
{
	REQUIRE_SEV_KIND(SEV_ES_NEW);
	ghcb_guest_create(&self->guest, SEV_ES_NEW);
}

FIXTURE_TEARDOWN(bad)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * A GHCB request that is unknown, or lacks a field that it needs, returns to the guest as
 * malformed input with the reason, without an exit to userspace.
 *
 * Source: GHCB specification 2.03, 4.1: SW_EXITINFO1 2, table 8 of the reasons in SW_EXITINFO2;
 * svm/sev.c svm_vmgexit_bad_input()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(bad, request_comes_back_to_the_guest)
{
	request(variant->code, IOIO_PORT(PORT) | IOIO_SIZE(1), 0);
	vcpu_run(self->guest.vcpu);
	EXPECT_MALFORMED(&self->guest, variant->why);
}

KVMCONF_MAIN
