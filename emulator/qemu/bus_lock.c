/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD's Bus Lock Threshold, after the AMD64 Architecture Programmer's Manual, volume 2,
 * 15.14.5: VMRUN loads a counter from the VMCB and every #VMEXIT stores it there. A bus
 * lock in the guest takes one from it; with nothing left, the bus lock is not executed, and
 * the guest exits with VMEXIT_BUSLOCK.
 *
 * A bus lock is a locked access that crosses a cache line. Not modelled: locked accesses to
 * memory that is not write-back (TCG knows no memory types), and the processor's own locked
 * accesses to page tables and descriptors.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cpu_ldst.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "bus_lock.h"
#include "fault.h"

#define VMCB_INTERCEPT_WORD_5	0x14
#define INTERCEPT_BUS_LOCK	(1u << 5)
#define VMCB_EXITCODE		0x70
#define VMCB_EXITINFO1		0x78
#define VMCB_EXITINFO2		0x80
#define VMCB_BUS_LOCK_COUNTER	0x120
#define VMEXIT_BUSLOCK		0xa5
#define CACHE_LINE		64

void bus_lock_vmrun(CPUX86State *env)
{
	CPUState *cs = env_cpu(env);

	if (!(env->features[FEAT_SVM] & CPUID_SVM_BUS_LOCK_THRESHOLD))
		return;
	if (!FAULTY(STICKY) || !env->bus_lock_intercept)
		env->bus_lock_intercept = x86_ldl_phys(cs, env->vm_vmcb + VMCB_INTERCEPT_WORD_5) &
					  INTERCEPT_BUS_LOCK;
	if (!FAULTY(NO_LOAD))
		env->bus_lock_counter = x86_lduw_phys(cs, env->vm_vmcb + VMCB_BUS_LOCK_COUNTER);
	if (FAULTY(LOW_BYTE))
		env->bus_lock_counter &= 0xff;
}

void bus_lock_vmexit(CPUX86State *env)
{
	CPUState *cs = env_cpu(env);

	/*
	 * QEMU finds a data breakpoint hit, begins the instruction anew, and reports the hit
	 * behind it. An exit for an interrupt can come in between, when a lock takes the CPU
	 * to its exclusive context: the guest has done nothing yet then, and what was hit is
	 * gone with the guest's DR7.
	 */
	cs->watchpoint_hit = NULL;

	if (!(env->features[FEAT_SVM] & CPUID_SVM_BUS_LOCK_THRESHOLD) || FAULTY(NO_STORE))
		return;
	if (FAULTY(RARE_STORE) &&
	    x86_ldq_phys(cs, env->vm_vmcb + VMCB_EXITCODE) != VMEXIT_BUSLOCK)
		return;
	x86_stw_phys(cs, env->vm_vmcb + VMCB_BUS_LOCK_COUNTER, env->bus_lock_counter);
}

static bool is_bus_lock(target_ulong addr, uint32_t size, uint32_t opcode)
{
	switch (opcode) {
	case 0x86 ... 0x87:
		if (FAULTY(NO_XCHG))
			return false;
		break;
	case 0xab: case 0xb3: case 0xbb:
		if (FAULTY(NO_BIT_OFFSET))
			return false;
		break;
	}
	if (FAULTY(NO_WORD) && size == 2)
		return false;
	if (FAULTY(NO_PAGE_SPLIT) && (addr ^ (addr + size - 1)) & TARGET_PAGE_MASK)
		return false;
	if (FAULTY(UNSPLIT))
		return true;

	/* 16 bytes are aligned, or it is a #GP. */
	return size < 16 && addr % CACHE_LINE + size > CACHE_LINE;
}

/* Memory that the access cannot write is the guest's fault, not a bus lock. */
static void probe(CPUX86State *env, target_ulong addr, uint32_t size, uintptr_t ra)
{
	int mmu_index = cpu_mmu_index(env_cpu(env), false);
	uint32_t head = MIN(size, -(addr | TARGET_PAGE_MASK));
	void *host;

	probe_access_flags(env, addr, head, MMU_DATA_STORE, mmu_index, false, &host, ra);
	if (size > head)
		probe_access_flags(env, addr + head, size - head, MMU_DATA_STORE, mmu_index,
				   false, &host, ra);
	if (!env->bus_lock_counter)
		return;

	/*
	 * A data breakpoint makes QEMU begin the instruction anew. That must be before the
	 * bus lock is counted, and must not be if there will be an exit instead.
	 */
	probe_write(env, addr, head, mmu_index, ra);
	if (size > head)
		probe_write(env, addr + head, size - head, mmu_index, ra);
}

static void bus_lock_exit(CPUX86State *env, target_ulong addr, uintptr_t ra)
{
	CPUState *cs = env_cpu(env);
	uint64_t code = FAULTY(EXIT_CODE) ? VMEXIT_BUSLOCK + 1 : VMEXIT_BUSLOCK;
	uint64_t info = FAULTY(EXIT_INFO) ? 1 : 0;

	if (FAULTY(WRAP))
		env->bus_lock_counter--;
	if (FAULTY(MEMORY_WRITTEN))
		cpu_stb_data_ra(env, addr, ~cpu_ldub_data_ra(env, addr, ra), ra);

	x86_stq_phys(cs, env->vm_vmcb + VMCB_EXITINFO2, info);
	if (!FAULTY(TRAP))
		cpu_vmexit(env, code, info, ra);

	/* Leave the instruction to execute: the exit is found pending after it. */
	x86_stq_phys(cs, env->vm_vmcb + VMCB_EXITCODE, code);
	x86_stq_phys(cs, env->vm_vmcb + VMCB_EXITINFO1, info);
	env->old_exception = -1;
	cs->exception_index = EXCP_VMEXIT;
}

void helper_bus_lock(CPUX86State *env, target_ulong addr, uint32_t size, uint32_t opcode)
{
	CPUState *cs = env_cpu(env);
	uintptr_t ra = GETPC();
	uint16_t cost = FAULTY(DOUBLE) ? 2 : 1;

	if (!env->bus_lock_intercept && !FAULTY(UNASKED))
		return;
	if (!is_bus_lock(addr, size, opcode))
		return;

	/*
	 * One instruction at a time, and all other CPUs stopped: only so can the access not
	 * begin anew after it was counted, for being atomic or for modifying this very code.
	 */
	if (!cpu_in_exclusive_context(cs)) {
		cs->exception_index = EXCP_ATOMIC;
		cpu_loop_exit_restore(cs, ra);
	}

	if (!FAULTY(PAGE_FAULT))
		probe(env, addr, size, ra);
	if (env->bus_lock_counter >= cost)
		env->bus_lock_counter -= cost;
	else if (!FAULTY(NO_EXIT))
		bus_lock_exit(env, addr, ra);
}
