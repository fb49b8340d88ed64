/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where memory types come from, and the bus locks that the processor asserts by itself.
 * SDM, volume 3C, "EPT and Memory Typing" and volume 3A, "Selecting Memory Types".
 */
#include "tap.h"
#include "vmx_claims.h"
#include "vmx_guest.h"

#define CR0_CD		(1u << 30)
#define PAGE_PAT(index)	((index) << 3)	/* by PWT and PCD */
#define PAGE_ACCESSED	0x20
#define PAGE_DIRTY	0x40

#define OPERAND		(ARENA + 8 * PAGE_SIZE)		/* and there it is not split */
#define TABLE		(ARENA + 9 * PAGE_SIZE)		/* of the guest's pages in ARENA */
#define CODE		(ARENA + 10 * PAGE_SIZE)	/* alone in its page */

asm(".pushsection .text\n"
    "set_cr0_and_lock:	mov %rax, %cr0\n"
    "lock_and_halt:	lock incl (%rdi)\n"
    "			hlt\n"
    ".popsection");
extern const u8 set_cr0_and_lock[], lock_and_halt[];

void claim_feature(void)
{
	u64 controls;

	claim_begin("IA32_VMX_PROCBASED_CTLS2: bit 30 can be 0 and can be 1");
	if (!vmx_present())
		bail_out("no VMX");
	controls = read_msr(MSR_SECONDARY_CONTROLS);
	if (controls & SECONDARY_BUS_LOCK || !(controls >> 32 & SECONDARY_BUS_LOCK))
		claim_fails("%#lx", controls);
	claim_end();
}

static void expect(const u8 *code, bool bus_lock, const char *what)
{
	struct regs regs = { .rip = (u64)code, .rdi = (u64)OPERAND, .rflags = 2,
			     .rax = READ_CR(0) | CR0_CD };
	u64 reason = bus_lock ? EXIT_BUS_LOCK | BUS_LOCK_ASSERTED : EXIT_HLT;

	guest_run(&regs);
	if (exit_reason != reason)
		claim_fails("%s: exit reason %#lx, not %#lx", what, exit_reason, reason);
}

static void claim_pat(u64 ept_type, const char *name)
{
	/* The PAT's first four entries after a reset. */
	static const struct {
		const char *name;
		bool write_back;
	} pat[] = {
		{ "write-back in the PAT", true }, { "write-through in the PAT", false },
		{ "UC- in the PAT", false }, { "uncacheable in the PAT", false }
	};

	for (int ignored = 0; ignored <= 1; ignored++) {
		claim_begin("%s in EPT%s: a locked access is a bus lock if not write-back", name,
			    ignored ? ", PAT ignored" : "");
		guest_reset(true);
		space_set(&ept_space, OPERAND, EPT_ALLOW_ALL | EPT_MEMORY_TYPE(ept_type) |
			  (ignored ? EPT_IGNORE_PAT : 0));
		ept_flush();
		for (u64 i = 0; i < 4; i++) {
			space_set(&guest_space, OPERAND, PAGE_PRESENT | PAGE_WRITE | PAGE_PAT(i));
			expect(lock_and_halt,
			       ept_type != MEMORY_WB || (!ignored && !pat[i].write_back),
			       pat[i].name);
		}
		claim_end();
	}
}

void claim_memory_types(void)
{
	claim_pat(MEMORY_UC, "uncacheable");
	claim_pat(MEMORY_WC, "write-combining");
	claim_pat(MEMORY_WT, "write-through");
	claim_pat(MEMORY_WP, "write-protected");
	claim_pat(MEMORY_WB, "write-back");

	claim_begin("without EPT the PAT alone makes a locked access a bus lock");
	guest_reset(false);
	expect(lock_and_halt, false, "write-back");
	space_set(&guest_space, OPERAND, PAGE_PRESENT | PAGE_WRITE | PAGE_PAT(3));
	expect(lock_and_halt, true, "uncacheable");
	claim_end();

	/* Neither VM entry nor VM exit touches CR0.CD. */
	claim_begin("a guest that switches the caches off locks the bus");
	guest_reset(true);
	expect(set_cr0_and_lock, true, "CR0.CD set");
	WRITE_CR(0, READ_CR(0) & ~(u64)CR0_CD);
	guest_reset(true);
	expect(lock_and_halt, false, "CR0.CD clear");
	claim_end();
}

/*
 * SDM, volume 3A, "Automatic Locking": accessed and dirty flags are set with locked cycles.
 * So in page tables that are not write-back that is a bus lock.
 */
static void begin_with_table_in(u64 type, const u8 *code, u64 size)
{
	u64 *table = (u64 *)TABLE;
	u64 i;

	guest_reset(true);
	for (i = 0; i < 512; i++)
		table[i] = guest_space.arena[i] | PAGE_ACCESSED | PAGE_DIRTY;
	guest_space.pd[(u64)ARENA >> 21] = (u64)table | PAGE_PRESENT | PAGE_WRITE;
	space_set(&ept_space, TABLE, EPT_ALLOW_ALL | EPT_MEMORY_TYPE(type));
	ept_flush();
	for (i = 0; i < size; i++)
		((volatile u8 *)CODE)[i] = code[i];
}

static void clear_flags(const u8 *page, u64 flags)
{
	((volatile u64 *)TABLE)[(page - ARENA) / PAGE_SIZE] &= ~flags;
}

static void claim_data(const char *what, const u8 *code, u64 size, u64 flags)
{
	claim_begin("page tables in uncacheable memory: %s is a bus lock", what);
	begin_with_table_in(MEMORY_UC, code, size);
	expect(CODE, false, "flags already set");
	clear_flags(OPERAND, flags);
	expect(CODE, true, "flags to be set");
	expect(CODE, false, "flags set by that");
	guest_set(SECONDARY_CONTROLS, SECONDARY_BUS_LOCK, false);
	clear_flags(OPERAND, flags);
	expect(CODE, false, "without the control");
	begin_with_table_in(MEMORY_WB, code, size);
	clear_flags(OPERAND, flags);
	expect(CODE, false, "write-back memory");
	claim_end();
}

/*
 * To fetch an instruction is part of its execution. If that sets an accessed flag, and the
 * instruction then comes to a VM exit of its own, this one tells of the bus lock.
 */
static void claim_fetch(const char *what, const u8 *code, u64 size, u64 reason)
{
	struct regs regs = { .rip = (u64)CODE, .rflags = 2 };

	claim_begin("a bus lock in the fetch of %s is told by its own exit", what);
	begin_with_table_in(MEMORY_UC, code, size);
	for (int set = 0; set <= 1; set++) {
		u64 want = set ? reason : reason | BUS_LOCK_ASSERTED;

		if (!set)
			clear_flags(CODE, PAGE_ACCESSED);
		guest_run(&regs);
		if (exit_reason != want || regs.rip != (u64)CODE)
			claim_fails("accessed flag %s: exit reason %#lx, not %#lx, RIP %#lx",
				    set ? "set" : "clear", exit_reason, want, regs.rip);
	}
	claim_end();
}

void claim_paging_updates(void)
{
	static const u8 load[] = { 0x8b, 0x07, 0xf4 };		/* mov (%rdi), %eax; hlt */
	static const u8 store[] = { 0x89, 0x07, 0xf4 };		/* mov %eax, (%rdi); hlt */
	static const u8 cpuid[] = { 0x0f, 0xa2 };
	static const u8 halt[] = { 0xf4 };
	static const u8 undefined[] = { 0x0f, 0x0b };		/* ud2 */

	claim_data("a load that sets the accessed flag", load, sizeof(load), PAGE_ACCESSED);
	claim_data("a store that sets the dirty flag", store, sizeof(store), PAGE_DIRTY);
	claim_fetch("CPUID", cpuid, sizeof(cpuid), EXIT_CPUID);
	claim_fetch("HLT", halt, sizeof(halt), EXIT_HLT);
	claim_fetch("UD2", undefined, sizeof(undefined), EXIT_EXCEPTION);
}
