// SPDX-License-Identifier: GPL-2.0-only
/*
 * String I/O of an SEV-ES guest by a GHCB request: the elements are in a scratch area, in the
 * GHCB itself or, with version 1 of the protocol, in other shared memory.
 */
#include "sev_ghcb.h"
#include "test.h"

#define PORT		0x1234
#define MAX_EXITS	4
#define MAX_LENGTH	8000	/* of all variants */

FIXTURE(string) {
	struct sev_guest guest;
	unsigned int length;		/* bytes of all elements */
};

FIXTURE_VARIANT(string) {
	enum sev_kind kind;
	unsigned long scratch;
	unsigned int size, count;
};

FIXTURE_VARIANT_ADD(string, old_bytes) { SEV_ES_OLD, GHCB_SHARED_BUFFER, 1, 5 };
FIXTURE_VARIANT_ADD(string, bytes) { SEV_ES_NEW, GHCB_SHARED_BUFFER, 1, 5 };
FIXTURE_VARIANT_ADD(string, words) { SEV_ES_NEW, GHCB_SHARED_BUFFER, 2, 7 };
FIXTURE_VARIANT_ADD(string, doublewords) { SEV_ES_NEW, GHCB_SHARED_BUFFER, 4, 3 };
FIXTURE_VARIANT_ADD(string, whole_buffer) { SEV_ES_NEW, GHCB_SHARED_BUFFER, 4, 0x7f0 / 4 };
FIXTURE_VARIANT_ADD(string, bytes_elsewhere) { SEV_ES_OLD, SEV_DATA, 1, 6 };
FIXTURE_VARIANT_ADD(string, page_elsewhere) { SEV_ES_OLD, SEV_DATA, 4, 1024 };
FIXTURE_VARIANT_ADD(string, bytes_of_two_pages) { SEV_ES_OLD, SEV_DATA, 1, 5000 };
FIXTURE_VARIANT_ADD(string, doublewords_of_two_pages) { SEV_ES_OLD, SEV_DATA, 4, 2000 };

static uint8_t element_byte(unsigned int i)
{
	return 3 + 7 * i + i / 256;
}

static void fill(uint8_t *bytes, unsigned int length)
{
	for (unsigned int i = 0; i < length; i++)
		bytes[i] = element_byte(i);
}

FIXTURE_SETUP(string)
{
	REQUIRE_SEV_KIND(variant->kind);
	ghcb_guest_create(&self->guest, variant->kind);
	set_field(GHCB_SW_SCRATCH, variant->scratch);
	self->length = variant->size * variant->count;
}

FIXTURE_TEARDOWN(string)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * The exits for string I/O, until all @length bytes have gone through: takes them into @bytes, or
 * gives them from there. Returns how many have gone through.
 */
static unsigned int serve(struct vcpu *vcpu, unsigned int size, bool in, uint8_t *bytes,
			  unsigned int length)
{
	const struct kvm_run *run = vcpu->run;
	unsigned int done = 0;

	for (unsigned int n = 0; n < MAX_EXITS && done < length; n++) {
		uint8_t *data;
		unsigned int now;

		vcpu_run(vcpu);
		if (run->exit_reason != KVM_EXIT_IO || run->io.port != PORT ||
		    run->io.size != size || !run->io.count ||
		    run->io.direction != (in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT))
			report_fail("no exit for the guest's string I/O: %s",
				    exit_name(run->exit_reason));
		now = run->io.count * size;
		if (now > length - done)
			report_fail("%u bytes after the last element", now - (length - done));
		data = (uint8_t *)run + run->io.data_offset;
		memcpy(in ? data : bytes + done, in ? bytes + done : data, now);
		done += now;
	}
	return done;
}

/*
 * Each element of an OUTS requested through the GHCB gets to userspace once and in order, however
 * many exits that takes, and the guest goes on behind its VMGEXIT.
 *
 * Source: GHCB specification 2.03, 4.1.3 IOIO_PROT: SW_EXITINFO2, SW_SCRATCH; x86.c kvm_sev_es_outs()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(string, output_gets_to_userspace_once)
{
	uint8_t got[MAX_LENGTH];

	fill((uint8_t *)variant->scratch, self->length);
	request(EXIT_IOIO, IOIO_PORT(PORT) | IOIO_SIZE(variant->size) | IOIO_STRING | IOIO_REP,
		variant->count);
	EXPECT_EQ(self->length, serve(self->guest.vcpu, variant->size, false, got, self->length));
	for (unsigned int i = 0; i < self->length; i++)
		ASSERT_EQ(element_byte(i), got[i]);
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
}

/*
 * Each element of an INS requested through the GHCB gets from userspace to its place in the
 * scratch area, and nothing behind them.
 *
 * Source: GHCB specification 2.03, 4.1.3 IOIO_PROT: SW_EXITINFO2, SW_SCRATCH; x86.c kvm_sev_es_ins()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(string, input_gets_to_the_scratch_area_once)
{
	uint8_t *scratch = (uint8_t *)variant->scratch;
	uint8_t given[MAX_LENGTH];

	fill(given, self->length);
	memset(scratch, 0, self->length + 4);
	request(EXIT_IOIO,
		IOIO_PORT(PORT) | IOIO_SIZE(variant->size) | IOIO_STRING | IOIO_REP | IOIO_IN,
		variant->count);
	EXPECT_EQ(self->length, serve(self->guest.vcpu, variant->size, true, given, self->length));
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
	for (unsigned int i = 0; i < self->length; i++)
		ASSERT_EQ(element_byte(i), scratch[i]);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(0, scratch[self->length + i]);
}

/*
 * String I/O of no element, requested through the GHCB, does nothing: the guest goes on without
 * an exit to userspace.
 *
 * Source: svm/sev.c sev_es_string_io(): !bytes
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(string, no_element_is_nothing_to_be_done)
{
	request(EXIT_IOIO, IOIO_PORT(PORT) | IOIO_SIZE(variant->size) | IOIO_STRING | IOIO_REP, 0);
	vcpu_run(self->guest.vcpu);
	EXPECT_EQ(STOP_BACK, sev_stop_code(self->guest.vcpu));
	EXPECT_EQ(0, ghcb[GHCB_SW_EXITINFO1] & UINT32_MAX);
}

/* A scratch area that cannot be. */
FIXTURE(bad) {
	struct sev_guest guest;
};

FIXTURE_VARIANT(bad) {
	enum sev_kind kind;
	unsigned long scratch;		/* 0: none is given */
	uint64_t why;
};

FIXTURE_VARIANT_ADD(bad, none) { SEV_ES_NEW, 0, GHCB_ERR_MISSING };
FIXTURE_VARIANT_ADD(bad, over_the_end) { SEV_ES_NEW, SEV_GHCB + 0xff0 - 7, GHCB_ERR_SCRATCH };
FIXTURE_VARIANT_ADD(bad, before_the_buffer) { SEV_ES_NEW, SEV_GHCB + 0x7ff, GHCB_ERR_SCRATCH };
FIXTURE_VARIANT_ADD(bad, elsewhere) { SEV_ES_NEW, SEV_DATA, GHCB_ERR_SCRATCH };
FIXTURE_VARIANT_ADD(bad, old_over_the_end) { SEV_ES_OLD, SEV_GHCB + 0xff0 - 7, GHCB_ERR_SCRATCH };

FIXTURE_SETUP(bad)
{
	REQUIRE_SEV_KIND(variant->kind);
	ghcb_guest_create(&self->guest, variant->kind);
	if (variant->scratch)
		set_field(GHCB_SW_SCRATCH, variant->scratch);
}

FIXTURE_TEARDOWN(bad)
{
	TEARDOWN_VM(self->guest.vm);
}

/*
 * A GHCB request whose scratch area is not all where it may be returns to the guest as malformed
 * input, without an exit to userspace.
 *
 * Source: GHCB specification 2.03, 4.1: SW_EXITINFO1 2, table 8; svm/sev.c setup_vmgexit_scratch()
 * Needs: no-sev, no-vm-type, permission
 */
TEST_F(bad, scratch_area_comes_back_to_the_guest)
{
	request(EXIT_IOIO, IOIO_PORT(PORT) | IOIO_SIZE(1) | IOIO_STRING | IOIO_REP, 8);
	vcpu_run(self->guest.vcpu);
	EXPECT_MALFORMED(&self->guest, variant->why);
}

KVMCONF_MAIN
