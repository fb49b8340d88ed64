/* SPDX-License-Identifier: GPL-2.0-only */
/* SEV-ES: every register that VMRUN loads from the VMSA and #VMEXIT stores there. */
#include <stddef.h>
#include "svm_claims.h"
#include "svm_es_guest.h"
#include "svm_sev.h"
#include "tap.h"

#define FXSAVE_SIZE	512
#define FX_CONTROL	0
#define FX_STATUS	2
#define FX_TAGS		4
#define FX_MXCSR	24
#define FX_X87		32
#define FX_XMM		160
#define MSRS		9
#define XCR0_ALL	7

/* What the guest has found, and what it leaves. */
struct state {
	u64 gpr[16];
	u64 msr[MSRS];
	u64 xcr0, pkru, tr, ldtr, fs, gs, ymm1_high;
	u8 fx[FXSAVE_SIZE] __attribute__((aligned(16)));
};

extern struct state vmsa_found, vmsa_left;
struct state vmsa_found, vmsa_left;

_Static_assert(offsetof(struct state, msr) == 128, "used below");
_Static_assert(offsetof(struct state, xcr0) == 200, "used below");
_Static_assert(offsetof(struct state, fx) == 256, "used below");

extern const u8 vmsa_guest[], vmsa_guest_end[];

/* MSRs in the order of struct state: those whose place is in the VMSA. */
asm(".pushsection .text\n"
    ".macro gprs op, base\n"
    "\\op	0, \\base, %rax\n"
    "\\op	8, \\base, %rcx\n"
    "\\op	16, \\base, %rdx\n"
    "\\op	24, \\base, %rbx\n"
    "\\op	32, \\base, %rsp\n"
    "\\op	40, \\base, %rbp\n"
    "\\op	48, \\base, %rsi\n"
    "\\op	56, \\base, %rdi\n"
    "\\op	64, \\base, %r8\n"
    "\\op	72, \\base, %r9\n"
    "\\op	80, \\base, %r10\n"
    "\\op	88, \\base, %r11\n"
    "\\op	96, \\base, %r12\n"
    "\\op	104, \\base, %r13\n"
    "\\op	112, \\base, %r14\n"
    "\\op	120, \\base, %r15\n"
    ".endm\n"
    ".macro put offset, base, reg\n"
    "mov	\\reg, \\base+\\offset\n"
    ".endm\n"
    ".macro get offset, base, reg\n"
    "mov	\\base+\\offset, \\reg\n"
    ".endm\n"
    ".macro get_msr number, index\n"
    "mov	$\\number, %ecx\n"
    "rdmsr\n"
    "mov	%eax, vmsa_found+128+8*\\index\n"
    "mov	%edx, vmsa_found+132+8*\\index\n"
    "mov	vmsa_left+128+8*\\index, %eax\n"
    "mov	vmsa_left+132+8*\\index, %edx\n"
    "wrmsr\n"
    ".endm\n"
    "vmsa_guest:\n"
    "gprs	put, vmsa_found\n"
    "fxsave64	vmsa_found+256\n"
    "get_msr	0xc0000081, 0\n"	/* STAR */
    "get_msr	0xc0000082, 1\n"	/* LSTAR */
    "get_msr	0xc0000083, 2\n"	/* CSTAR */
    "get_msr	0xc0000084, 3\n"	/* SFMASK */
    "get_msr	0xc0000102, 4\n"	/* KernelGSbase */
    "get_msr	0x174, 5\n"		/* SYSENTER_CS, ESP, EIP */
    "get_msr	0x175, 6\n"
    "get_msr	0x176, 7\n"
    "get_msr	0xc0000100, 8\n"	/* FS.base */
    "xor	%ecx, %ecx\n"
    "xgetbv\n"
    "mov	%rax, vmsa_found+200\n"
    "xor	%ecx, %ecx\n"
    "rdpkru\n"
    "mov	%rax, vmsa_found+208\n"
    "str	%rax\n"
    "mov	%rax, vmsa_found+216\n"
    "sldt	%rax\n"
    "mov	%rax, vmsa_found+224\n"
    "mov	%fs, %eax\n"
    "mov	%rax, vmsa_found+232\n"
    "mov	%gs, %eax\n"
    "mov	%rax, vmsa_found+240\n"
    "vextractf128	$1, %ymm1, %xmm2\n"
    "movq	%xmm2, vmsa_found+248\n"
    "fxrstor64	vmsa_left+256\n"
    "vmovups	vmsa_left+256+160, %ymm5\n"
    "mov	vmsa_left+208, %eax\n"
    "xor	%edx, %edx\n"
    "wrpkru\n"
    "gprs	get, vmsa_left\n"
    "hlt\n"
    "vmsa_guest_end:\n"
    ".popsection");

static const u16 gpr_at[16] = {
	VMSA_RAX, 0x308, 0x310, 0x318, VMSA_RSP, 0x328, 0x330, 0x338,
	0x340, 0x348, 0x350, 0x358, 0x360, 0x368, 0x370, 0x378,
};
static const u16 msr_at[MSRS] = {
	VMSA_STAR, 0x208, 0x210, 0x218, 0x220, 0x228, 0x230, 0x238, 0x48,
};

/* Values that each field can have, none twice. */
static u64 gpr_value(u64 i, bool left)
{
	return 0x1111111111111111 * (i + 1) + (left ? 0x0f0f0f0f0f0f0f0f : 0);
}

static u64 msr_value(u64 i, bool left)
{
	u64 value = (left ? 0x700000 : 0x300000) + 0x1010 * i;

	return i == 5 ? value & 0xffff : value;		/* SYSENTER_CS */
}

static u64 fpu_value(u64 i, bool left)
{
	return 0x8123456789abcd00 + i + (left ? 0x4000 : 0);
}

static void fill(void)
{
	u64 i;

	vmcb.intercept_3 &= ~INTERCEPT_3_MSR;
	for (i = 0; i < 16; i++) {
		VMSA_64(gpr_at[i]) = gpr_value(i, false);
		vmsa_left.gpr[i] = gpr_value(i, true);
	}
	for (i = 0; i < MSRS; i++) {
		VMSA_64(msr_at[i]) = msr_value(i, false);
		vmsa_left.msr[i] = msr_value(i, true);
	}
	for (i = 0; i < FXSAVE_SIZE; i++)
		vmsa_left.fx[i] = vmsa_found.fx[i] = 0;
	for (i = 0; i < 8; i++) {
		VMSA_64(VMSA_X87 + 8 * i) = fpu_value(i, false);
		VMSA_16(VMSA_X87 + 64 + 2 * i) = 0x3ff0 + i;
		*(u64 *)(vmsa_left.fx + FX_X87 + 16 * i) = fpu_value(i, true);
		*(u16 *)(vmsa_left.fx + FX_X87 + 16 * i + 8) = 0x4000 + i;
	}
	for (i = 0; i < 32; i++) {
		VMSA_64(VMSA_XMM + 8 * i) = fpu_value(32 + i, false);
		VMSA_64(VMSA_YMM + 8 * i) = fpu_value(64 + i, false);
		*(u64 *)(vmsa_left.fx + FX_XMM + 8 * i) = fpu_value(32 + i, true);
	}
	VMSA_16(0x40c) = 0xa5;
	VMSA_16(0x40e) = 3 << 11;
	VMSA_16(VMSA_X87_CONTROL) = 0x27f;
	VMSA_32(VMSA_MXCSR) = 0x1f00;
	*(u16 *)(vmsa_left.fx + FX_CONTROL) = 0x37e;
	*(u16 *)(vmsa_left.fx + FX_STATUS) = 5 << 11;
	vmsa_left.fx[FX_TAGS] = 0x5a;
	*(u32 *)(vmsa_left.fx + FX_MXCSR) = 0x1e80;
	VMSA_64(VMSA_XCR0) = XCR0_ALL;
	VMSA_32(VMSA_PKRU) = 0x55555550;
	vmsa_left.pkru = 0x44444440;
	VMSA_16(0x40) = 0x33;	/* FS, GS, LDTR, TR: selectors */
	VMSA_16(0x50) = 0x3b;
	VMSA_16(0x70) = 0x40;
	VMSA_16(0x90) = 0x48;
}

static void expect(const char *what, u64 i, u64 got, u64 want)
{
	if (got != want)
		claim_fails("%s %lu: %#lx, not %#lx", what, i, got, want);
}

static void claim_loaded(void)
{
	const struct state *found = &vmsa_found;
	u64 i;

	claim_begin("VMRUN loads the general registers from the VMSA");
	for (i = 0; i < 16; i++)
		expect("register", i, found->gpr[i], gpr_value(i, false));
	claim_end();

	claim_begin("VMRUN loads MSRs and the segments of VMLOAD from the VMSA");
	for (i = 0; i < MSRS; i++)
		expect("MSR", i, found->msr[i], msr_value(i, false));
	expect("TR", 0, found->tr, 0x48);
	expect("LDTR", 0, found->ldtr, 0x40);
	expect("FS", 0, found->fs, 0x33);
	expect("GS", 0, found->gs, 0x3b);
	claim_end();

	claim_begin("VMRUN loads XCR0 and PKRU from the VMSA");
	expect("XCR0", 0, found->xcr0, XCR0_ALL);
	expect("PKRU", 0, found->pkru, 0x55555550);
	claim_end();

	claim_begin("VMRUN loads the x87 from the VMSA");
	expect("control", 0, *(u16 *)(found->fx + FX_CONTROL), 0x27f);
	expect("status", 0, *(u16 *)(found->fx + FX_STATUS), 3 << 11);
	expect("tags", 0, found->fx[FX_TAGS], 0xa5);
	for (i = 0; i < 8; i++) {
		expect("significand", i, *(u64 *)(found->fx + FX_X87 + 16 * i),
		       fpu_value(i, false));
		expect("exponent", i, *(u16 *)(found->fx + FX_X87 + 16 * i + 8), 0x3ff0 + i);
	}
	claim_end();

	claim_begin("VMRUN loads MXCSR, XMM and YMM registers from the VMSA");
	expect("MXCSR", 0, *(u32 *)(found->fx + FX_MXCSR), 0x1f00);
	for (i = 0; i < 32; i++)
		expect("half of XMM", i, *(u64 *)(found->fx + FX_XMM + 8 * i),
		       fpu_value(32 + i, false));
	expect("upper half of YMM", 1, found->ymm1_high, fpu_value(64 + 2, false));
	claim_end();
}

static void claim_stored(void)
{
	u64 i;

	claim_begin("#VMEXIT stores the general registers in the VMSA");
	for (i = 0; i < 16; i++)
		expect("register", i, VMSA_64(gpr_at[i]), gpr_value(i, true));
	claim_end();

	claim_begin("#VMEXIT stores MSRs in the VMSA");
	for (i = 0; i < MSRS; i++)
		expect("MSR", i, VMSA_64(msr_at[i]), msr_value(i, true));
	claim_end();

	claim_begin("#VMEXIT stores PKRU, the x87, MXCSR, XMM and YMM registers in the VMSA");
	expect("PKRU", 0, VMSA_32(VMSA_PKRU), 0x44444440);
	expect("control", 0, VMSA_16(VMSA_X87_CONTROL), 0x37e);
	expect("status", 0, VMSA_16(0x40e), 5 << 11);
	expect("tags", 0, VMSA_16(0x40c), 0x5a);
	expect("MXCSR", 0, VMSA_32(VMSA_MXCSR), 0x1e80);
	for (i = 0; i < 8; i++) {
		expect("significand", i, VMSA_64(VMSA_X87 + 8 * i), fpu_value(i, true));
		expect("exponent", i, VMSA_16(VMSA_X87 + 64 + 2 * i), 0x4000 + i);
	}
	for (i = 0; i < 32; i++)	/* XMM5 was loaded once more */
		expect("half of XMM", i, VMSA_64(VMSA_XMM + 8 * i),
		       fpu_value(32 + (i / 2 == 5 ? i % 2 : i), true));
	expect("upper half of YMM", 5, VMSA_64(VMSA_YMM + 8 * 10), fpu_value(34, true));
	claim_end();
}

static void claim_host(const u64 *host_regs)
{
	static const u16 at[] = { 0x318, 0x328, 0x330, 0x338, 0x360, 0x368, 0x370, 0x378 };
	const u64 *save = (const u64 *)((u8 *)&vmcb + 0x400);
	u64 i;

	claim_begin("#VMEXIT takes the host's registers from its save area");
	for (i = 0; i < sizeof(at) / sizeof(*at); i++)
		expect("register", i, host_regs[i], 0x5000 + at[i]);
	claim_end();

	claim_begin("#VMEXIT leaves the host nothing of the guest's XMM registers");
	expect("XMM", 0, host_regs[ES_HOST_REGS - 1], 0);
	claim_end();

	claim_begin("the VMCB's own save area is not used");
	for (i = 0; i < 0x300 / 8 && save[i] == 0xaaaaaaaaaaaaaaaa; i++)
		;
	if (i < 0x300 / 8)
		claim_fails("%#lx at %#lx", save[i], 0x400 + 8 * i);
	claim_end();
}

void claim_vmsa(void)
{
	u64 host_regs[ES_HOST_REGS];

	es_reset(vmsa_guest);
	fill();
	es_run(host_regs);
	claim_begin("a guest runs from its VMSA, and ends there");
	if (vmcb.exit_code != EXIT_HLT || VMSA_64(VMSA_RIP) != (u64)vmsa_guest_end)
		claim_fails("exit %#lx at %#lx", vmcb.exit_code, VMSA_64(VMSA_RIP));
	claim_end();
	claim_loaded();
	claim_stored();
	claim_host(host_regs);
}
