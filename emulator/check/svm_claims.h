/* SPDX-License-Identifier: GPL-2.0-only */
/* Claims whose instruction does not matter. */
#ifndef CHECK_SVM_CLAIMS_H
#define CHECK_SVM_CLAIMS_H

void claim_feature(void);
void claim_counter(void);
void claim_modes(void);

/* Where CHECK_SEV is true: what QEMU's CPU has besides. */
void claim_decode(void);
void claim_sev(void);

#endif
