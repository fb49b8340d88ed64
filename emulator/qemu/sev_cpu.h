/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SEV_CPU_H
#define SEV_CPU_H

#include "sev_asids.h"

#define SEV_C_BIT		51

/* MSR_SEV_STATUS as the guest that runs reads it, and env->sev_status; 0 outside of one. */
#define SEV_STATUS_SEV		(1u << 0)
#define SEV_STATUS_ES		(1u << 1)

static inline bool sev_es_active(CPUX86State *env)
{
	return env->sev_status & SEV_STATUS_ES;
}

/* What the guest's page walks and CR3 have besides the address. */
static inline uint64_t sev_c_bit(CPUX86State *env)
{
	return env->sev_status & SEV_STATUS_SEV ? 1ull << SEV_C_BIT : 0;
}

/* The same for a walk whose tables are found through @ptw_idx: nested tables have no C-bit. */
uint64_t sev_c_bit_of_walk(CPUX86State *env, int ptw_idx);

void sev_cpuid(CPUX86State *env, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx);

/* true: it was one of a SEV guest's own MSRs, which no intercept can be set for. */
bool sev_rdmsr(CPUX86State *env);
bool sev_wrmsr(CPUX86State *env);
/* MSRs of the host's, or 0 as of any other that there is not. */
uint64_t sev_host_msr(uint32_t msr);
uint64_t sev_guest_efer(CPUX86State *env, uint64_t efer);

/* VMRUN: before anything is loaded, and when all has been that is not SEV's alone. */
void sev_vmrun(CPUX86State *env, uintptr_t ra);
void sev_vmrun_enter(CPUX86State *env);

/* #VMEXIT: may raise #VC instead; then, when all is stored that is not SEV's alone. */
void sev_intercept(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1);
void sev_vmexit(CPUX86State *env);

/* The exit behind a write of a control register or EFER. */
void sev_write_trap(CPUX86State *env, uint32_t exit_code, uint64_t value, uintptr_t ra);

/* sev_vmsa.c: what VMRUN and #VMEXIT load and store only with SEV-ES. */
void sev_vmsa_load(CPUX86State *env, hwaddr from);
void sev_vmsa_store(CPUX86State *env, hwaddr to);
void sev_vmsa_load_host(CPUX86State *env, hwaddr from);

#endif
