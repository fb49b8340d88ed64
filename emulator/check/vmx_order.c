/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comes first, where a bus lock is not the only reason to stop. SDM, volume 3C, "Other
 * Causes of VM Exits": VM exits for bus locks take priority over SMIs, INIT signals and
 * lower priority events; the monitor trap flag, debug traps and the interrupt window are
 * lower ("Monitor Trap Flag", and volume 3A, "Priority Among Concurrent Events").
 */
#include "tap.h"
#include "vmx_claims.h"
#include "vmx_guest.h"

#define RFLAGS_TF		0x100
#define RFLAGS_IF		0x200
#define PENDING_BS		(1u << 14)
#define PENDING_ENABLED		(1u << 12)
#define PENDING_B0		1
#define DR7_WRITE_4_BYTES_0	0x000d0402	/* breakpoint 0, global */

/* What the guest locks: four bytes, two on each side of a page boundary. */
#define SPLIT	((volatile u32 *)(ARENA + PAGE_SIZE - 2))

asm(".pushsection .text\n"
    "lock_then_nop:	lock incl (%rdi)\n"
    "lock_nop:		nop\n"
    "lock_hlt:		hlt\n"
    "sti_then_lock:	sti\n"
    "			lock incl (%rdi)\n"
    "sti_hlt:		hlt\n"
    "lock_then_cpuid:	lock incl (%rdi)\n"
    "lock_cpuid:	cpuid\n"
    "lock_again:	lock incl (%rdi)\n"
    "lock_dec:		dec %rcx\n"
    "			jnz lock_again\n"
    "			hlt\n"
    ".popsection");
extern const u8 lock_then_nop[], lock_nop[], lock_hlt[], sti_then_lock[], sti_hlt[];
extern const u8 lock_then_cpuid[], lock_cpuid[], lock_again[], lock_dec[];

static struct regs begin(const u8 *code)
{
	guest_reset(true);
	*SPLIT = 0;
	return (struct regs) { .rip = (u64)code, .rdi = (u64)SPLIT, .rflags = 2 };
}

/* Run to a VM exit for REASON at RIP, with that many bus locks executed. */
static void run(struct regs *regs, u64 reason, const u8 *rip, u64 executed)
{
	guest_run(regs);
	if (exit_reason != reason || regs->rip != (u64)rip)
		claim_fails("exit reason %#lx at %#lx, not %#lx at %#lx", exit_reason, regs->rip,
			    reason, (u64)rip);
	if (*SPLIT != executed)
		claim_fails("%lu bus locks executed, not %lu", (u64)*SPLIT, executed);
}

static void claim_trap_flag(void)
{
	struct regs regs = begin(lock_then_nop);

	claim_begin("a bus lock comes before the monitor trap flag");
	guest_set(PRIMARY_CONTROLS, PRIMARY_MONITOR_TRAP, true);
	run(&regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, lock_nop, 1);
	run(&regs, EXIT_MONITOR_TRAP, lock_hlt, 1);
	claim_end();
}

static void claim_single_step(void)
{
	struct regs regs = begin(lock_then_nop);
	u64 pending;

	claim_begin("a bus lock comes before a single-step trap, which stays pending");
	regs.rflags |= RFLAGS_TF;
	run(&regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, lock_nop, 1);
	pending = guest_read(GUEST_PENDING_DEBUG);
	if (pending != PENDING_BS)
		claim_fails("pending debug exceptions %#lx", pending);
	run(&regs, EXIT_EXCEPTION, lock_nop, 1);
	if (exit_vector != VECTOR_DB)
		claim_fails("exception %ld", exit_vector);
	claim_end();
}

static void claim_breakpoint(void)
{
	struct regs regs = begin(lock_then_nop);
	u64 pending;

	claim_begin("a bus lock comes before a data breakpoint, which stays pending");
	asm volatile("mov %0, %%dr0" : : "r"(SPLIT));
	guest_write(GUEST_DR7, DR7_WRITE_4_BYTES_0);
	run(&regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, lock_nop, 1);
	pending = guest_read(GUEST_PENDING_DEBUG);
	if (pending != (PENDING_ENABLED | PENDING_B0))
		claim_fails("pending debug exceptions %#lx", pending);
	run(&regs, EXIT_EXCEPTION, lock_nop, 1);
	if (exit_vector != VECTOR_DB)
		claim_fails("exception %ld", exit_vector);
	claim_end();
}

/* STI holds the window shut for one instruction: here, the bus lock. */
static void claim_interrupt_window(void)
{
	struct regs regs = begin(sti_then_lock);

	claim_begin("a bus lock comes before the interrupt window");
	guest_set(PRIMARY_CONTROLS, PRIMARY_INTERRUPT_WINDOW, true);
	run(&regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, sti_hlt, 1);
	run(&regs, EXIT_INTERRUPT_WINDOW, sti_hlt, 1);
	claim_end();
}

static void claim_next_exit(void)
{
	struct regs regs = begin(lock_then_cpuid);

	claim_begin("the next instruction's exit knows nothing of a bus lock");
	run(&regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, lock_cpuid, 1);
	run(&regs, EXIT_CPUID, lock_cpuid, 1);
	regs = begin(lock_then_cpuid);
	guest_set(SECONDARY_CONTROLS, SECONDARY_BUS_LOCK, false);
	run(&regs, EXIT_CPUID, lock_cpuid, 1);
	claim_end();
}

static void claim_every_one(void)
{
	struct regs regs = begin(lock_again);

	claim_begin("each of 100 bus locks exits");
	regs.rcx = 100;
	for (u64 i = 1; i <= 100; i++)
		run(&regs, EXIT_BUS_LOCK | BUS_LOCK_ASSERTED, lock_dec, i);
	guest_run(&regs);
	if (exit_reason != EXIT_HLT)
		claim_fails("then exit reason %#lx", exit_reason);
	claim_end();
}

static void claim_host(void)
{
	struct regs regs = begin(lock_hlt);

	claim_begin("the host's own bus locks are not the guest's");
	asm volatile("lock incl %0" : "+m"(*SPLIT));
	run(&regs, EXIT_HLT, lock_hlt, 1);
	claim_end();
}

void claim_order(void)
{
	claim_trap_flag();
	claim_single_step();
	claim_breakpoint();
	claim_interrupt_window();
	claim_next_exit();
	claim_every_one();
	claim_host();
}
