/* SPDX-License-Identifier: GPL-2.0-only */
/* A bus lock is one in every mode, with paging and without. */
#include "svm_claims.h"
#include "svm_guest.h"
#include "tap.h"

#define CODE_32		0xc9b
#define CODE_16		0x09b
#define PRIVILEGE_3	0x060
#define CR0_PE		0x1
#define CR0_ET		0x10
#define EFER_SVME	0x1000

/* Four bytes, two on each side of a page boundary, and where DI finds them. */
#define SPLIT		((volatile u32 *)(ARENA + 0x1000 - 2))
#define SPLIT_DI	0x1ffe
#define SEGMENT_BASE	((u64)SPLIT - SPLIT_DI)

/* Two bus locks: the first is to be executed, the second to exit. */
#define TWO_LOCKS(name, bits, operand)					\
	asm(".pushsection .text\n"					\
	    ".code" bits "\n"						\
	    #name ":	lock incl (" operand ")\n"			\
	    #name "_second:	lock incl (" operand ")\n"		\
	    "hlt\n"							\
	    ".code64\n"							\
	    ".popsection");						\
	extern const u8 name[], name##_second[]

TWO_LOCKS(locks_64, "64", "%rdi");
TWO_LOCKS(locks_32, "32", "%edi");
TWO_LOCKS(locks_16, "16", "%di");

static void privilege_3(void)
{
	space_init(&guest_space, PAGE_PRESENT | PAGE_WRITE | PAGE_USER,
		   PAGE_PRESENT | PAGE_WRITE | PAGE_USER);
	vmcb.cpl = 3;
	vmcb.cs.selector |= 3;
	vmcb.ss.selector |= 3;
	vmcb.cs.attributes |= PRIVILEGE_3;
	vmcb.ss.attributes |= PRIVILEGE_3;
}

static void compatibility(void)
{
	vmcb.cs.attributes = CODE_32;
}

static void no_paging(void)
{
	vmcb.efer = EFER_SVME;
	vmcb.cr0 = CR0_PE | CR0_ET;
	vmcb.cs.attributes = CODE_32;
}

/* Both segments begin where it suits. */
static void sixteen_bits(const u8 *code)
{
	vmcb.cs.attributes = CODE_16;
	vmcb.cs.base = (u64)code;
	vmcb.ds.base = SEGMENT_BASE;
}

static void protected_16(void)
{
	no_paging();
	sixteen_bits(locks_16);
}

static void real(void)
{
	protected_16();
	vmcb.cr0 = CR0_ET;
}

void claim_modes(void)
{
	static const struct {
		const char *name;
		void (*set_up)(void);
		const u8 *code, *second;
	} modes[] = {
		{ "64-bit mode at CPL 3", privilege_3, locks_64, locks_64_second },
		{ "compatibility mode", compatibility, locks_32, locks_32_second },
		{ "32-bit protected mode", no_paging, locks_32, locks_32_second },
		{ "16-bit protected mode", protected_16, locks_16, locks_16_second },
		{ "real mode", real, locks_16, locks_16_second },
	};
	u64 i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct regs regs = { .rflags = 2 };
		u64 second = (u64)modes[i].second;

		claim_begin("a bus lock in %s is counted, the next one exits", modes[i].name);
		guest_reset(true);
		modes[i].set_up();
		regs.rip = (u64)modes[i].code - vmcb.cs.base;
		regs.rdi = (u64)SPLIT - vmcb.ds.base;
		*SPLIT = 0;
		vmcb.bus_lock_counter = 1;
		guest_run(&regs);
		if (vmcb.exit_code != EXIT_BUS_LOCK || vmcb.bus_lock_counter || *SPLIT != 1 ||
		    regs.rip != second - vmcb.cs.base)
			claim_fails("exit %#lx, counter %lu, %lu executed, RIP %#lx",
				    vmcb.exit_code, (u64)vmcb.bus_lock_counter, (u64)*SPLIT,
				    regs.rip);
		claim_end();
	}
}
