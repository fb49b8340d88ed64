/* SPDX-License-Identifier: GPL-2.0-only */
/* Claims whose instruction does not matter. */
#ifndef CHECK_SVM_CLAIMS_H
#define CHECK_SVM_CLAIMS_H

void claim_feature(void);
void claim_counter(void);
void claim_modes(void);

#endif
