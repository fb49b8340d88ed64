/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BUS_LOCK_H
#define BUS_LOCK_H

void bus_lock_vmrun(CPUX86State *env);
void bus_lock_vmexit(CPUX86State *env);

#endif
