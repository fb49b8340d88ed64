/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of an SEV-ES guest's save area (VMSA) that VMRUN and #VMEXIT load and store for no
 * other guest: AMD64 Architecture Programmer's Manual, volume 2, appendix B, table B-4. The host
 * has them at the same places of its own save area, from where #VMEXIT loads them.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "tcg/helper-tcg.h"
#include "fault.h"
#include "sev_cpu.h"

#define VMSA_R15	0x378
#define VMSA_RBX	0x318
#define VMSA_XCR0	0x3e8
#define VMSA_MXCSR	0x408
#define VMSA_X87_TAGS	0x40c
#define VMSA_X87_STATUS	0x40e
#define VMSA_X87_CONTROL 0x410
#define VMSA_X87	0x420	/* eight significands, then eight exponents */
#define VMSA_XMM	0x470
#define VMSA_YMM	0x570	/* the upper halves */

#define MXCSR_RESET	0x1f80
#define X87_CONTROL_RESET 0x37f	/* as FNINIT leaves it */

static const struct {
	uint16_t offset, size;
	size_t field;
} fields[] = {
#define SAVED(offset, name) \
	{ offset, sizeof(((CPUX86State *)0)->name), offsetof(CPUX86State, name) }
	SAVED(0x140, xss),
	SAVED(0x200, star),
	SAVED(0x208, lstar),
	SAVED(0x210, cstar),
	SAVED(0x218, fmask),
	SAVED(0x220, kernelgsbase),
	SAVED(0x228, sysenter_cs),
	SAVED(0x230, sysenter_esp),
	SAVED(0x238, sysenter_eip),
	SAVED(0x2e8, pkru),
	SAVED(0x308, regs[R_ECX]),
	SAVED(0x310, regs[R_EDX]),
	SAVED(VMSA_RBX, regs[R_EBX]),
	SAVED(0x328, regs[R_EBP]),
	SAVED(0x330, regs[R_ESI]),
	SAVED(0x338, regs[R_EDI]),
	SAVED(0x340, regs[8]),
	SAVED(0x348, regs[9]),
	SAVED(0x350, regs[10]),
	SAVED(0x358, regs[11]),
	SAVED(0x360, regs[12]),
	SAVED(0x368, regs[13]),
	SAVED(0x370, regs[14]),
	SAVED(VMSA_R15, regs[15]),
	SAVED(VMSA_XCR0, xcr0),
#undef SAVED
};

static const struct {
	uint16_t offset;
	size_t field;
} segments[] = {
	{ 0x40, offsetof(CPUX86State, segs[R_FS]) },
	{ 0x50, offsetof(CPUX86State, segs[R_GS]) },
	{ 0x70, offsetof(CPUX86State, ldt) },
	{ 0x90, offsetof(CPUX86State, tr) },
};

static void load_fields(CPUX86State *env, hwaddr from, uint16_t left_alone)
{
	CPUState *cs = env_cpu(env);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		void *field = (void *)env + fields[i].field;

		if (fields[i].offset == left_alone)
			continue;
		if (fields[i].size == 8)
			*(uint64_t *)field = x86_ldq_phys(cs, from + fields[i].offset);
		else
			*(uint32_t *)field = x86_ldl_phys(cs, from + fields[i].offset);
	}
	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		SegmentCache *sc = (void *)env + segments[i].field;
		hwaddr at = from + segments[i].offset;
		uint32_t attributes = x86_lduw_phys(cs, at + 2);

		sc->selector = x86_lduw_phys(cs, at);
		sc->flags = (attributes & 0xff) << 8 | (attributes & 0xf00) << 12;
		sc->limit = x86_ldl_phys(cs, at + 4);
		sc->base = x86_ldq_phys(cs, at + 8);
	}
	/* Hidden flags go by these. */
	cpu_sync_bndcs_hflags(env);
	cpu_sync_avx_hflag(env);
}

static void store_fields(CPUX86State *env, hwaddr to)
{
	CPUState *cs = env_cpu(env);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		void *field = (void *)env + fields[i].field;

		if (fields[i].offset == VMSA_R15 && FAULTY(NO_GPR_STORE))
			continue;
		if (fields[i].size == 8)
			x86_stq_phys(cs, to + fields[i].offset, *(uint64_t *)field);
		else
			x86_stl_phys(cs, to + fields[i].offset, *(uint32_t *)field);
	}
	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		SegmentCache *sc = (void *)env + segments[i].field;
		hwaddr at = to + segments[i].offset;

		x86_stw_phys(cs, at, sc->selector);
		x86_stw_phys(cs, at + 2, (sc->flags >> 8 & 0xff) | (sc->flags >> 12 & 0xf00));
		x86_stl_phys(cs, at + 4, sc->limit);
		x86_stq_phys(cs, at + 8, sc->base);
	}
}

/* The tags are FXSAVE's, one bit for a register; registers are counted from the stack's top. */
static void load_fpu(CPUX86State *env, hwaddr from)
{
	CPUState *cs = env_cpu(env);
	uint16_t status = x86_lduw_phys(cs, from + VMSA_X87_STATUS);
	uint16_t tags = x86_lduw_phys(cs, from + VMSA_X87_TAGS);
	int i;

	cpu_set_mxcsr(env, x86_ldl_phys(cs, from + VMSA_MXCSR));
	cpu_set_fpuc(env, x86_lduw_phys(cs, from + VMSA_X87_CONTROL));
	env->fpstt = status >> 11 & 7;
	env->fpus = status & ~0x3800;
	for (i = 0; i < 8; i++) {
		floatx80 *st = &env->fpregs[(env->fpstt + i) & 7].d;

		env->fptags[i] = !(tags >> i & 1);
		st->low = x86_ldq_phys(cs, from + VMSA_X87 + 8 * i);
		st->high = x86_lduw_phys(cs, from + VMSA_X87 + 64 + 2 * i);
	}
	for (i = 0; i < 32; i++) {
		env->xmm_regs[i / 2].ZMM_Q(i % 2) = x86_ldq_phys(cs, from + VMSA_XMM + 8 * i);
		env->xmm_regs[i / 2].ZMM_Q(2 + i % 2) = x86_ldq_phys(cs, from + VMSA_YMM + 8 * i);
	}
}

static void store_fpu(CPUX86State *env, hwaddr to)
{
	CPUState *cs = env_cpu(env);
	uint16_t tags = 0;
	int i;

	for (i = 0; i < 8; i++) {
		floatx80 *st = &env->fpregs[(env->fpstt + i) & 7].d;

		tags |= !env->fptags[i] << i;
		x86_stq_phys(cs, to + VMSA_X87 + 8 * i, st->low);
		x86_stw_phys(cs, to + VMSA_X87 + 64 + 2 * i, st->high);
	}
	for (i = 0; i < 32; i++) {
		x86_stq_phys(cs, to + VMSA_XMM + 8 * i, env->xmm_regs[i / 2].ZMM_Q(i % 2));
		x86_stq_phys(cs, to + VMSA_YMM + 8 * i, env->xmm_regs[i / 2].ZMM_Q(2 + i % 2));
	}
	x86_stl_phys(cs, to + VMSA_MXCSR, env->mxcsr);
	x86_stw_phys(cs, to + VMSA_X87_TAGS, tags);
	x86_stw_phys(cs, to + VMSA_X87_STATUS, (env->fpus & ~0x3800) | (env->fpstt & 7) << 11);
	x86_stw_phys(cs, to + VMSA_X87_CONTROL, env->fpuc);
}

static void reset_fpu(CPUX86State *env)
{
	cpu_set_mxcsr(env, MXCSR_RESET);
	cpu_set_fpuc(env, X87_CONTROL_RESET);
	env->fpstt = env->fpus = 0;
	memset(env->fptags, 1, sizeof(env->fptags));
	memset(env->fpregs, 0, sizeof(env->fpregs));
	memset(env->xmm_regs, 0, sizeof(env->xmm_regs));
}

void sev_vmsa_load(CPUX86State *env, hwaddr from)
{
	load_fields(env, from, FAULTY(NO_GPR_LOAD) ? VMSA_R15 : FAULTY(NO_XCR0) ? VMSA_XCR0 : 0);
	if (!FAULTY(NO_FPU))
		load_fpu(env, from);
}

void sev_vmsa_store(CPUX86State *env, hwaddr to)
{
	store_fields(env, to);
	if (!FAULTY(NO_FPU))
		store_fpu(env, to);
}

void sev_vmsa_load_host(CPUX86State *env, hwaddr from)
{
	load_fields(env, from, FAULTY(GPR_LEAK) ? VMSA_RBX : 0);
	if (!FAULTY(FPU_LEAK))
		reset_fpu(env);
}
