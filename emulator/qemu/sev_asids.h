/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPU and firmware have to agree on. */
#ifndef SEV_ASIDS_H
#define SEV_ASIDS_H

#define SEV_MAX_ASID	31
#define SEV_MIN_ASID	17	/* below: for SEV-ES alone */

#endif
