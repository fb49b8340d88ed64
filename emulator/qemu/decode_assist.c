/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What #VMEXIT says of the intercepted instruction, after the AMD64 Architecture Programmer's
 * Manual, volume 2, 15.7.1 and 15.10: the next sequential RIP, and the decode assists.
 *
 * The length of an instruction is known when it is translated, and is needed at an exit alone.
 * It stands in the table from which QEMU restores RIP then (see sev.patch), so that no other
 * instruction has to pay for it.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "exec/cpu_ldst.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "decode_assist.h"
#include "fault.h"
#include "sev_cpu.h"

#define VMCB_NEXT_RIP		0xc8
#define VMCB_INSN_LENGTH	0xd0
#define MAX_INSN_LENGTH		15
#define CR_GPR_VALID		(1ull << 63)

uint32_t decode_assist_type(uint32_t intercept)
{
	return intercept & 0xffff;
}

uint64_t decode_assist_info(uint32_t intercept)
{
	uint64_t gpr = intercept >> INTERCEPT_GPR_SHIFT & 15;

	if (!(intercept & INTERCEPT_GPR_VALID))
		return 0;
	if (FAULTY(NO_GPR))
		gpr = 0;
	/* MOV DR has no such bit: there is no other instruction with that exit. */
	if (decode_assist_type(intercept) < SVM_EXIT_READ_DR0 && !FAULTY(NO_GPR_VALID))
		gpr |= CR_GPR_VALID;
	return gpr;
}

uint64_t decode_assist_address(uint64_t addr)
{
	return FAULTY(NO_ADDRESS) ? 0 : addr;
}

int decode_assist_software(CPUX86State *env, int intno, int length, uintptr_t ra)
{
	int vector = intno & ~SOFTWARE_EXCEPTION;

	env->insn_length = length;
	env->software_exception = intno != vector;
	if (env->software_exception)
		cpu_svm_check_intercept_param(env, SVM_EXIT_EXCP_BASE + vector, 0, ra);
	else
		cpu_svm_check_intercept_param(env, SVM_EXIT_SWINT, FAULTY(NO_VECTOR) ? 0 : vector,
					      ra);
	env->software_exception = false;
	return vector;
}

uint64_t decode_assist_return(CPUX86State *env)
{
	if (FAULTY(NEXT_RIP_INJECT))
		return env->eip;
	return x86_ldq_phys(env_cpu(env), env->vm_vmcb + VMCB_NEXT_RIP);
}

/* The exits that are there for an instruction, and leave RIP at it. */
static bool is_instruction(uint64_t exit_code)
{
	switch (exit_code) {
	case SVM_EXIT_READ_CR0 ... SVM_EXIT_WRITE_DR7 + 8:
	case SVM_EXIT_CR0_SEL_WRITE ... SVM_EXIT_MSR:
	case SVM_EXIT_VMRUN ... SVM_EXIT_XSETBV + 1:
		return true;
	default:
		return false;
	}
}

/* INT3 and INTO raise exceptions that have a next RIP. */
static bool is_software_exception(CPUX86State *env, uint64_t exit_code)
{
	return env->software_exception && (exit_code == SVM_EXIT_EXCP_BASE + EXCP03_INT3 ||
					   exit_code == SVM_EXIT_EXCP_BASE + EXCP04_INTO);
}

static uint64_t next_rip(CPUX86State *env)
{
	uint64_t next = env->eip + env->insn_length - (FAULTY(NEXT_RIP_SHORT) ? 1 : 0);

	return env->hflags & HF_CS64_MASK ? next : (uint32_t)next;
}

/* What is there of the page of @addr from there on, but not more than @wanted. */
static unsigned int fetch(CPUX86State *env, target_ulong addr, uint8_t *bytes, unsigned int wanted)
{
	unsigned int count = MIN(wanted, -(addr | TARGET_PAGE_MASK));
	int mmu_index = cpu_mmu_index(env_cpu(env), true);
	void *host;
	int flags;

	flags = probe_access_flags(env, addr, 0, MMU_INST_FETCH, mmu_index, true, &host, 0);
	if (flags & TLB_INVALID_MASK || !host)
		return 0;
	memcpy(bytes, host, count);
	return count;
}

/* At a fault of data, and nowhere else. Of an SEV-ES guest the host gets to see nothing. */
static void store_bytes(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1)
{
	target_ulong addr = env->segs[R_CS].base + env->eip;
	uint8_t buffer[1 + MAX_INSN_LENGTH] = { 0 };
	uint8_t *bytes = buffer + 1;
	unsigned int count = 0;

	if (!(env->hflags & HF_CS64_MASK))
		addr = (uint32_t)addr;
	if ((exit_code == SVM_EXIT_NPF || exit_code == SVM_EXIT_EXCP_BASE + EXCP0E_PAGE) &&
	    !(exit_info_1 & PG_ERROR_I_D_MASK) && !sev_es_active(env) && !FAULTY(NO_BYTES)) {
		count = fetch(env, addr, bytes, MAX_INSN_LENGTH);
		if (count && count < MAX_INSN_LENGTH)
			count += fetch(env, addr + count, bytes + count, MAX_INSN_LENGTH - count);
		if (FAULTY(BYTES_PAST_PAGE))
			count = MAX_INSN_LENGTH;
	}
	buffer[0] = count;
	address_space_write(cpu_addressspace(env_cpu(env), MEMTXATTRS_UNSPECIFIED),
			    env->vm_vmcb + VMCB_INSN_LENGTH, MEMTXATTRS_UNSPECIFIED, buffer,
			    sizeof(buffer));
}

void decode_assist_vmexit(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1)
{
	uint64_t rip = 0;

	if (!sev_es_active(env) &&
	    (is_instruction(exit_code) || is_software_exception(env, exit_code)))
		rip = next_rip(env);
	if (rip || !FAULTY(NEXT_RIP_STALE))
		x86_stq_phys(env_cpu(env), env->vm_vmcb + VMCB_NEXT_RIP, rip);
	env->software_exception = false;
	store_bytes(env, exit_code, exit_info_1);
}
