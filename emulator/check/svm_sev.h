/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHECK_SVM_SEV_H
#define CHECK_SVM_SEV_H

#include "types.h"

#define MSR_GHCB	0xc0010130
#define MSR_SEV_STATUS	0xc0010131

/* As the processor tells them. */
extern struct sev_limits {
	u64 c_bit, min_asid, max_asid;
} sev_limits;

/* A new guest, as guest_reset() makes it, with SEV and every MSR intercepted. */
void sev_reset(void);

void claim_sev_es(void);
void claim_vmsa(void);
void claim_firmware(void);

#endif
