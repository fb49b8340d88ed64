/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DECODE_ASSIST_H
#define DECODE_ASSIST_H

/*
 * An intercept and what is to be EXITINFO1, in one constant: the translator knows both, and
 * the helper that checks for the intercept takes one.
 */
#define INTERCEPT_GPR_SHIFT	16
#define INTERCEPT_GPR_VALID	(1u << 20)
#define INTERCEPT_WITH_GPR(type, gpr) \
	((type) | INTERCEPT_GPR_VALID | (uint32_t)(gpr) << INTERCEPT_GPR_SHIFT)

uint32_t decode_assist_type(uint32_t intercept);
uint64_t decode_assist_info(uint32_t intercept);
/* EXITINFO1 for INVLPG of that linear address. */
uint64_t decode_assist_address(uint64_t addr);

/* INT3 and INTO: exceptions for an intercept, interrupts for all else. */
#define SOFTWARE_EXCEPTION	0x100

/* Software interrupt or exception @intno of that length is intercepted, or its vector returned. */
int decode_assist_software(CPUX86State *env, int intno, int length, uintptr_t ra);

/* VMRUN with a software interrupt or exception: where its handler returns to. */
uint64_t decode_assist_return(CPUX86State *env);

/* #VMEXIT: the next RIP and the bytes of the instruction. */
void decode_assist_vmexit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1);

#endif
