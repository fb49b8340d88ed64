/* SPDX-License-Identifier: GPL-2.0-only */
/* Claims about the feature, whatever the instruction. */
#ifndef CHECK_VMX_CLAIMS_H
#define CHECK_VMX_CLAIMS_H

void claim_feature(void);
void claim_memory_types(void);
void claim_order(void);
void claim_paging_updates(void);
void claim_smap(void);

#endif
