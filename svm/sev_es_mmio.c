// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO of an SEV-ES guest by a GHCB request: address and length are in the request, the data in
 * a scratch area.
 */
#include <sys/mman.h>

#include "sev_ghcb.h"
#include "test.h"

/* GHCB specification 2.03, table 7. */
#define EXIT_MMIO_READ		0x80000001ull
#define EXIT_MMIO_WRITE		0x80000002ull

#define DATA(i)			((uint8_t)(0xa1 + 3 * (i)))
#define LARGEST			8	/* of version 2; and bytes of an exit */
#define MAX_LENGTH		21	/* of all variants */

FIXTURE(mmio) {
	struct sev_guest guest;
	uint8_t *scratch;
};

FIXTURE_VARIANT(mmio) {
	enum sev_kind kind;
	unsigned int length;
};

FIXTURE_VARIANT_ADD(mmio, old_doubleword) { SEV_ES_OLD, 4 };
FIXTURE_VARIANT_ADD(mmio, old_16_bytes) { SEV_ES_OLD, 16 };
FIXTURE_VARIANT_ADD(mmio, old_21_bytes) { SEV_ES_OLD, 21 };
FIXTURE_VARIANT_ADD(mmio, byte) { SEV_ES_NEW, 1 };
FIXTURE_VARIANT_ADD(mmio, word) { SEV_ES_NEW, 2 };
FIXTURE_VARIANT_ADD(mmio, doubleword) { SEV_ES_NEW, 4 };
FIXTURE_VARIANT_ADD(mmio, quadword) { SEV_ES_NEW, 8 };

FIXTURE_SETUP(mmio)
{
	REQUIRE_SEV_KIND(variant->kind);
	ghcb_guest_create(&self->guest, variant->kind);
	/* Version 2 has it in the GHCB. */
	self->scratch = (uint8_t *)(variant->kind == SEV_ES_NEW ? GHCB_SHARED_BUFFER : SEV_DATA);
	set_field(GHCB_SW_SCRATCH, (uint64_t)self->scratch);
}

FIXTURE_TEARDOWN(mmio)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * The exits for MMIO, of at most 8 bytes each: takes @length bytes into @bytes, or gives them from
 * there.
 */
static void serve(struct vcpu *vcpu, bool write, uint8_t *bytes, unsigned int length)
{
	struct kvm_run *run = vcpu->run;

	for (unsigned int done = 0; done < length; done += run->mmio.len) {
		unsigned int due = length - done < LARGEST ? length - done : LARGEST;

		vcpu_run(vcpu);
		if (run->exit_reason != KVM_EXIT_MMIO)
			report_fail("no exit for the guest's MMIO: %s",
				    exit_name(run->exit_reason));
		if (run->mmio.phys_addr != MMIO_BASE + done || run->mmio.len != due ||
		    run->mmio.is_write != write)
			report_fail("a %s of %u bytes at 0x%llx, not of %u at 0x%lx",
				    run->mmio.is_write ? "write" : "read", run->mmio.len,
				    run->mmio.phys_addr, due, MMIO_BASE + done);
		memcpy(write ? bytes + done : run->mmio.data, write ? run->mmio.data : bytes + done,
		       due);
	}
}

/*
 * An MMIO write requested through the GHCB exits to userspace with its address and its data, 8
 * bytes at a time, and the guest goes on behind its VMGEXIT.
 *
 * Source: GHCB specification 2.03, 4.1.7 MMIO access; x86.c kvm_sev_es_mmio()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mmio, write_exits_to_userspace)
{
	uint8_t got[MAX_LENGTH];

	for (unsigned int i = 0; i < variant->length; i++)
		self->scratch[i] = DATA(i);
	request(EXIT_MMIO_WRITE, MMIO_BASE, variant->length);
	serve(self->guest.vcpu, true, got, variant->length);
	for (unsigned int i = 0; i < variant->length; i++)
		EXPECT_EQ(DATA(i), got[i]);
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
}

/*
 * An MMIO read requested through the GHCB exits to userspace, and userspace's data are in the
 * scratch area then, and nothing behind them.
 *
 * Source: GHCB specification 2.03, 4.1.7 MMIO access; x86.c complete_sev_es_emulated_mmio()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(mmio, read_comes_back_in_the_scratch_area)
{
	uint8_t given[MAX_LENGTH];

	for (unsigned int i = 0; i < variant->length; i++)
		given[i] = DATA(i);
	memset(self->scratch, 0, variant->length + 1);
	request(EXIT_MMIO_READ, MMIO_BASE, variant->length);
	serve(self->guest.vcpu, false, given, variant->length);
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
	for (unsigned int i = 0; i < variant->length; i++)
		EXPECT_EQ(DATA(i), self->scratch[i]);
	EXPECT_EQ(0, self->scratch[variant->length]);
}

FIXTURE(unmapped) {
	struct sev_guest guest;
	uint8_t *scratch;
};

FIXTURE_SETUP(unmapped)
{
	REQUIRE_SEV_KIND(SEV_ES_OLD);
	ghcb_guest_create(&self->guest, SEV_ES_OLD);
	self->scratch = (uint8_t *)SEV_DATA;
	set_field(GHCB_SW_SCRATCH, SEV_DATA);
}

FIXTURE_TEARDOWN(unmapped)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * Userspace's data reach a scratch area in the guest's memory also if its page is in no page table
 * of userspace at that time, as after it was swapped out.
 *
 * Source: GHCB specification 2.03, 4.1.7 MMIO access; svm/sev.c sev_es_unmap_ghcb()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(unmapped, read_comes_back_in_the_scratch_area)
{
	uint8_t given[LARGEST];

	for (unsigned int i = 0; i < LARGEST; i++)
		given[i] = DATA(i);
	request(EXIT_MMIO_READ, MMIO_BASE, LARGEST);
	serve(self->guest.vcpu, false, given, LARGEST);
	ASSERT_SUCCESS(madvise(self->scratch, PAGE_SIZE, MADV_DONTNEED));
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
	for (unsigned int i = 0; i < LARGEST; i++)
		EXPECT_EQ(DATA(i), self->scratch[i]);
}

FIXTURE(length) {
	struct sev_guest guest;
};

FIXTURE_VARIANT(length) {
	uint64_t code;
};

FIXTURE_VARIANT_ADD(length, read) { EXIT_MMIO_READ };
FIXTURE_VARIANT_ADD(length, write) { EXIT_MMIO_WRITE };

FIXTURE_SETUP(length)
{
	REQUIRE_SEV_KIND(SEV_ES_NEW);
	ghcb_guest_create(&self->guest, SEV_ES_NEW);
	set_field(GHCB_SW_SCRATCH, GHCB_SHARED_BUFFER);
}

FIXTURE_TEARDOWN(length)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * MMIO of no byte, requested through the GHCB, does nothing: the guest goes on without an exit to
 * userspace.
 *
 * Source: svm/sev.c sev_handle_vmgexit(): SVM_VMGEXIT_MMIO_READ: !len
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(length, of_0_is_nothing_to_be_done)
{
	request(variant->code, MMIO_BASE, 0);
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
	EXPECT_EQ(0, ghcb[GHCB_SW_EXITINFO1] & UINT32_MAX);
}

/*
 * MMIO of more than 8 bytes, requested through a GHCB of version 2, returns to the guest as
 * malformed input, without an exit to userspace.
 *
 * Source: GHCB specification 2.03, 4.1.7 MMIO access: a length of up to 8
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(length, of_more_than_8_comes_back_to_the_guest)
{
	request(variant->code, MMIO_BASE, LARGEST + 1);
	vcpu_run(self->guest.vcpu);
	EXPECT_MALFORMED(&self->guest, GHCB_ERR_INPUT);
}

KVMCONF_MAIN
