/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SEV-ES guest that does no more than VMGEXIT: the host fills in the request, for the GHCB
 * is shared memory. With test.h.
 */
#ifndef KVMCONF_SEV_GHCB_H
#define KVMCONF_SEV_GHCB_H

#include "sev_guest.h"

/* GHCB specification 2.03, table 3: quadwords of the page, and its end. */
#define GHCB_RAX		63
#define GHCB_SW_EXITCODE	114
#define GHCB_SW_EXITINFO1	115
#define GHCB_SW_EXITINFO2	116
#define GHCB_SW_SCRATCH		117
#define GHCB_VALID_BITMAP	126	/* and 127: a bit for each quadword */
#define GHCB_VERSION		(*(uint16_t *)(SEV_GHCB + 0xffa))

/* APM vol. 2, 15.10.2: EXITINFO1 of an IOIO intercept. */
#define EXIT_IOIO		0x7b
#define IOIO_IN			(1u << 0)
#define IOIO_STRING		(1u << 2)
#define IOIO_REP		(1u << 3)
#define IOIO_SIZE(bytes)	((bytes) << 4)
#define IOIO_PORT(port)		((uint64_t)(port) << 16)

/* GHCB specification 2.03, table 8: in SW_EXITINFO1, and why in SW_EXITINFO2. */
#define GHCB_MALFORMED		2
#define GHCB_ERR_SCRATCH	3
#define GHCB_ERR_MISSING	4
#define GHCB_ERR_INPUT		5
#define GHCB_ERR_EVENT		6

#define GHCB_SHARED_BUFFER	(SEV_GHCB + 0x800)	/* to 0xff0 */

#define STOP_BACK		7

static volatile uint64_t *const ghcb = (void *)SEV_GHCB;

static inline void set_field(unsigned int n, uint64_t value)
{
	ghcb[n] = value;
	ghcb[GHCB_VALID_BITMAP + n / 64] |= 1ull << n % 64;
}

static inline void request(uint64_t code, uint64_t info1, uint64_t info2)
{
	set_field(GHCB_SW_EXITCODE, code);
	set_field(GHCB_SW_EXITINFO1, info1);
	set_field(GHCB_SW_EXITINFO2, info2);
}

static inline void ghcb_guest_create(struct sev_guest *guest, enum sev_kind kind)
{
	unsigned long at = SEV_PRIVATE;

	sev_guest_create(guest, kind);
	SEV_EMIT(at, GHCB_MSR_CALL(SEV_GHCB), SEV_ES_STOP(STOP_BACK));
	SEV_EMIT_END(at);
	guest->vcpu = sev_vcpu_create(guest->vm, SEV_PRIVATE);
	sev_guest_launch(guest);
	GHCB_VERSION = 1;
}

/* The guest has gone on behind its VMGEXIT, with the request malformed for @reason. */
#define EXPECT_MALFORMED(guest, reason) do {						\
	EXPECT_EQ(STOP_BACK, sev_stop_code((guest)->vcpu));				\
	EXPECT_HEX(GHCB_MALFORMED, ghcb[GHCB_SW_EXITINFO1]);				\
	EXPECT_HEX(reason, ghcb[GHCB_SW_EXITINFO2]);					\
} while (0)

#endif
