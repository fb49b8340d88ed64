/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU's side of AMD's Secure Encrypted Virtualization, SEV and SEV-ES, after the AMD64
 * Architecture Programmer's Manual, volume 2, 15.34 and 15.35, and appendices B and C. The
 * secure processor's side is psp.c.
 *
 * Nothing is encrypted: memory reads the same with C-bit and without, for guest and host. Nor
 * is there SME: the host's own page tables have no C-bit.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "fault.h"
#include "psp.h"
#include "sev_cpu.h"

#define MSR_GHCB		0xc0010130
#define MSR_SEV_STATUS		0xc0010131
#define MSR_SYSCFG		0xc0010010
#define SYSCFG_MEM_ENCRYPT	(1u << 23)
#define MSR_HWCR		0xc0010015
#define HWCR_SMM_LOCK		(1u << 0)

#define CPUID_SEV		(1u << 1)
#define CPUID_SEV_ES		(1u << 3)
#define CPUID_COHERENT		(1u << 10)

#define VMCB_ASID		0x58
#define VMCB_INTERRUPT_STATE	0x68
#define VMCB_EXITINFO2		0x80
#define VMCB_CONTROL		0x90
#define VMCB_GHCB		0xa0
#define VMCB_VMSA		0x108
#define VMCB_SAVE_AREA		0x400

#define CONTROL_NESTED_PAGING	(1u << 0)
#define CONTROL_SEV		(1u << 1)
#define CONTROL_SEV_ES		(1u << 2)

#define INTERRUPT_STATE_IF	(1u << 1)
#define VMSA_SEV_FEATURES	0x3b0

#define EXCP_VC			29
#define VMEXIT_EFER_WRITE_TRAP	0x8f
#define VMEXIT_CR15_WRITE_TRAP	0x9f
#define VMEXIT_BUSLOCK		0xa5
#define VMEXIT_IDLE_HLT		0xa6
#define VMEXIT_AVIC_INCOMPLETE	0x401
#define VMEXIT_VMGEXIT		0x403

uint64_t sev_c_bit_of_walk(CPUX86State *env, int ptw_idx)
{
	if (FAULTY(C_BIT_RESERVED) || (ptw_idx != MMU_NESTED_IDX && !FAULTY(C_BIT_EVERYWHERE)))
		return 0;
	return sev_c_bit(env);
}

void sev_cpuid(CPUX86State *env, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	*eax = *ebx = *ecx = *edx = 0;
	if (!(env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM))
		return;
	*eax = CPUID_SEV | CPUID_SEV_ES | CPUID_COHERENT;
	*ebx = SEV_C_BIT;
	*ecx = SEV_MAX_ASID;
	*edx = SEV_MIN_ASID;
}

static void set_edx_eax(CPUX86State *env, uint64_t value)
{
	env->regs[R_EAX] = (uint32_t)value;
	env->regs[R_EDX] = value >> 32;
}

bool sev_rdmsr(CPUX86State *env)
{
	uint64_t status = env->sev_status;

	switch ((uint32_t)env->regs[R_ECX]) {
	case MSR_SEV_STATUS:
		if (!status || FAULTY(STATUS_INTERCEPT))
			return false;
		if (FAULTY(STATUS_MSR))
			status &= ~SEV_STATUS_ES;
		set_edx_eax(env, status);
		return true;
	case MSR_GHCB:
		if (!sev_es_active(env) || FAULTY(GHCB_INTERCEPT))
			return false;
		set_edx_eax(env, x86_ldq_phys(env_cpu(env), env->vm_vmcb + VMCB_GHCB));
		return true;
	}
	return false;
}

bool sev_wrmsr(CPUX86State *env)
{
	if ((uint32_t)env->regs[R_ECX] != MSR_GHCB || !sev_es_active(env) ||
	    FAULTY(GHCB_INTERCEPT))
		return false;
	if (!FAULTY(GHCB_LOST))
		x86_stq_phys(env_cpu(env), env->vm_vmcb + VMCB_GHCB,
			     (uint64_t)env->regs[R_EDX] << 32 | (uint32_t)env->regs[R_EAX]);
	return true;
}

/* As firmware leaves them that wants SEV. */
uint64_t sev_host_msr(uint32_t msr)
{
	switch (msr) {
	case MSR_SYSCFG:
		return SYSCFG_MEM_ENCRYPT;
	case MSR_HWCR:
		return HWCR_SMM_LOCK;
	default:
		return 0;
	}
}

/* The VMSA is invalid without SVME, and no guest is to end its own next VMRUN. */
uint64_t sev_guest_efer(CPUX86State *env, uint64_t efer)
{
	return sev_es_active(env) ? efer | MSR_EFER_SVME : efer;
}

static AddressSpace *memory(CPUX86State *env)
{
	return cpu_addressspace(env_cpu(env), MEMTXATTRS_UNSPECIFIED);
}

static void read_area(CPUX86State *env, hwaddr from, void *to)
{
	address_space_read(memory(env), from, MEMTXATTRS_UNSPECIFIED, to, sizeof(env->save_area));
}

static void write_area(CPUX86State *env, hwaddr to, const void *from)
{
	address_space_write(memory(env), to, MEMTXATTRS_UNSPECIFIED, from, sizeof(env->save_area));
}

static void copy_area(CPUX86State *env, hwaddr from, hwaddr to)
{
	uint8_t area[sizeof(env->save_area)];

	read_area(env, from, area);
	write_area(env, to, area);
}

static bool is_valid(CPUX86State *env, uint64_t control, uint32_t asid)
{
	bool es = control & CONTROL_SEV_ES;

	if (!(control & CONTROL_SEV))
		return !es;
	if (!(control & CONTROL_NESTED_PAGING))
		return false;
	if (es && (env->vmsa & 0xfff || env->vmsa >> env_archcpu(env)->phys_bits ||
		   x86_ldq_phys(env_cpu(env), env->vmsa + VMSA_SEV_FEATURES)))
		return false;
	return FAULTY(NO_ASID_CHECK) || (asid <= SEV_MAX_ASID && es == (asid < SEV_MIN_ASID));
}

/*
 * QEMU loads and stores the guest's state through the VMCB, where that of an SEV-ES guest is
 * not. So it is put there while the guest runs, and what had been there is kept. Also for any
 * other guest, as QEMU stores the host's state into the guest's at a VMRUN that fails.
 */
void sev_vmrun(CPUX86State *env, uintptr_t ra)
{
	CPUState *cs = env_cpu(env);
	uint64_t control = x86_ldq_phys(cs, env->vm_vmcb + VMCB_CONTROL);
	uint32_t asid = x86_ldl_phys(cs, env->vm_vmcb + VMCB_ASID);

	env->sev_status = 0;
	env->vmsa = x86_ldq_phys(cs, env->vm_vmcb + VMCB_VMSA);
	read_area(env, env->vm_vmcb + VMCB_SAVE_AREA, env->save_area);
	env->vmrun_begun = true;
	if (!is_valid(env, control, asid))
		cpu_vmexit(env, SVM_EXIT_ERR, 0, ra);
	if (!(control & CONTROL_SEV))
		return;

	psp_asid_used(asid, cs->cpu_index);
	env->sev_status = SEV_STATUS_SEV;
	if (control & CONTROL_SEV_ES) {
		env->sev_status |= SEV_STATUS_ES;
		copy_area(env, env->vmsa, env->vm_vmcb + VMCB_SAVE_AREA);
	}
}

void sev_vmrun_enter(CPUX86State *env)
{
	env->vmrun_begun = false;
	if (sev_es_active(env))
		sev_vmsa_load(env, env->vmsa);
}

/* Those that need nothing of the guest's state, and so can be had without its consent. */
static bool is_automatic(uint64_t exit_code, uint64_t exit_info_1)
{
	switch (exit_code) {
	case SVM_EXIT_EXCP_BASE + EXCP12_MCHK:
	case SVM_EXIT_INTR ... SVM_EXIT_VINTR:
	case SVM_EXIT_PAUSE:
	case SVM_EXIT_HLT:
	case SVM_EXIT_SHUTDOWN:
	case VMEXIT_EFER_WRITE_TRAP ... VMEXIT_CR15_WRITE_TRAP:
	case VMEXIT_IDLE_HLT:
	case VMEXIT_AVIC_INCOMPLETE ... VMEXIT_VMGEXIT:
		return true;
	case VMEXIT_BUSLOCK:
		return !FAULTY(BUS_LOCK_VC);
	case SVM_EXIT_NPF:
		/* Hypervisors mark MMIO so. */
		return !(exit_info_1 & PG_ERROR_RSVD_MASK) || FAULTY(MMIO_EXIT);
	case SVM_EXIT_EXCP_BASE + EXCP_VC:
		return true;	/* that intercept makes no sense */
	default:
		return (int64_t)exit_code < 0;
	}
}

static bool is_behind(CPUX86State *env, uint64_t exit_code)
{
	switch (exit_code) {
	case VMEXIT_EFER_WRITE_TRAP ... VMEXIT_CR15_WRITE_TRAP:
		return true;
	case SVM_EXIT_HLT:
	case SVM_EXIT_PAUSE:
		return sev_es_active(env) && !FAULTY(HLT_AT);
	case VMEXIT_VMGEXIT:
		return true;
	default:
		return false;
	}
}

void sev_intercept(CPUX86State *env, uint64_t exit_code, uint64_t exit_info_1)
{
	if (is_behind(env, exit_code)) {
		env->eip += env->insn_length;
		if (!(env->hflags & HF_CS64_MASK))
			env->eip = (uint32_t)env->eip;
		env->hflags &= ~HF_INHIBIT_IRQ_MASK;
	}
	if (!sev_es_active(env) || is_automatic(exit_code, exit_info_1) || FAULTY(NO_VC))
		return;

	env->software_exception = false;
	x86_stq_phys(env_cpu(env), env->vm_vmcb + VMCB_EXITINFO2, 0);
	if (FAULTY(VC_NEXT_RIP))
		env->eip += env->insn_length;
	raise_exception_err(env, EXCP_VC, FAULTY(VC_CODE) ? 0 : exit_code);
}

void sev_vmexit(CPUX86State *env)
{
	CPUState *cs = env_cpu(env);
	hwaddr save_area = env->vm_vmcb + VMCB_SAVE_AREA;
	uint32_t state;

	if (env->vmrun_begun) {
		write_area(env, save_area, env->save_area);
	} else if (sev_es_active(env)) {
		copy_area(env, save_area, env->vmsa);
		sev_vmsa_store(env, env->vmsa);
		if (!FAULTY(SAVE_AREA_WRITTEN))
			write_area(env, save_area, env->save_area);
		if (env->eflags & IF_MASK && !FAULTY(NO_IF)) {
			state = x86_ldl_phys(cs, env->vm_vmcb + VMCB_INTERRUPT_STATE);
			x86_stl_phys(cs, env->vm_vmcb + VMCB_INTERRUPT_STATE,
				     state | INTERRUPT_STATE_IF);
		}
		sev_vmsa_load_host(env, env->vm_hsave + VMCB_SAVE_AREA);
	}
	env->vmrun_begun = false;
	env->sev_status = 0;
}

void sev_write_trap(CPUX86State *env, uint32_t exit_code, uint64_t value, uintptr_t ra)
{
	if (env->hflags & HF_GUEST_MASK && cpu_svm_has_intercept(env, exit_code) &&
	    !FAULTY(NO_TRAP))
		cpu_vmexit(env, exit_code, value, ra);
}

/* In any other guest, VMGEXIT is VMMCALL. */
void helper_vmgexit(CPUX86State *env)
{
	if (sev_es_active(env))
		cpu_vmexit(env, VMEXIT_VMGEXIT, 0, GETPC());
	cpu_svm_check_intercept_param(env, SVM_EXIT_VMMCALL, 0, GETPC());
	raise_exception(env, EXCP06_ILLOP);
}
