/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU about to execute bus locks, in any CPU mode, with code around them
 * that tells where the guest goes on.
 *
 * What a bus-lock exit looks like depends on the vendor:
 *
 *		AMD, Bus Lock Threshold		Intel, bus-lock detection
 *	like	a fault				a trap
 *	RIP	at the instruction		behind it
 *	memory	untouched			written
 *
 * Sources: APM vol. 2, 15.14.5; SDM vol. 3, 26.2 "bus-lock assertion";
 * KVM api.rst 7.22 KVM_CAP_X86_BUS_LOCK_EXIT.
 */
#ifndef KVMCONF_BUS_LOCK_H
#define KVMCONF_BUS_LOCK_H

#include "vm.h"

/* Below 1 MiB for real mode's sake; the bytes are the same in every mode. */
#define BL_CODE		(LOW_MEMORY_BASE + 0x8000)
#define LOCK_LENGTH	3
#define BL_INSN1	BL_CODE
#define BL_INSN2	(BL_INSN1 + LOCK_LENGTH)
#define BL_END		(BL_INSN2 + LOCK_LENGTH)
#define BL_OTHER	(BL_CODE + 0x100)

/* Outside 64-bit mode: the segments, and what CS.base and RIP trade. */
#define SEGMENT_BASE	LOW_MEMORY_BASE
#define BL_REBASE	0x1000ul
#define BL_INSN1_REBASED	(BL_INSN1 + BL_REBASE)

/* An operand of 2 bytes or more at LINE_SPLIT crosses a line, at PAGE_SPLIT a page. */
#define BL_DATA		(LOW_MEMORY_BASE + 0x4000)
#define UNSPLIT		BL_DATA
#define LINE_SPLIT	(BL_DATA + 63)
#define PAGE_SPLIT	(BL_DATA + 4095)

#define PORT_AFTER	0x11
#define PORT_ELSEWHERE	0x22
#define PORT_REBASED	0x33

/* lock incl (%rdi), of 2 bytes at (%bx) in real mode */
#define LOCK_INC	0xf0, 0xff, 0x07
#define OUT_AL(port)	0xe6, (port)

struct bus_lock_guest {
	struct vm *vm;
	struct vcpu *vcpu;
	enum guest_mode mode;
	unsigned long cs_base;
	unsigned long operand;		/* what the locks work on */
	bool in_l2;			/* executed by a guest's guest */
};

bool bus_lock_is_fault_like(void);

/* Where RIP stands at the exit for a bus lock at @lock, and whether it has run. */
unsigned long rip_at_exit(unsigned long lock);

#define REQUIRE_BUS_LOCK_EXIT() do {					\
	REQUIRE_KVM();							\
	REQUIRE(kvm_cap(KVM_CAP_X86_BUS_LOCK_EXIT) & KVM_BUS_LOCK_DETECTION_EXIT, \
		"no-cap", "KVM_CAP_X86_BUS_LOCK_EXIT is 0");		\
	REQUIRE(host_split_lock_mode() != SPLIT_LOCK_FATAL, "split-lock-detect",	\
		"split_lock_detect=fatal kills the vCPU thread");		\
} while (0)

/*
 * Page tables by which the CPU's own accesses are bus locks: not cached, and with entries
 * that are not marked as accessed yet.
 */
#define CR3_UNCACHED		(3ull << 3)	/* PCD, PWT */
#define PAGING_ACCESSED		(1ull << 5)

/* The n-th 512 GiB of addresses. */
#define VIEW(n, address)	((uint64_t)(n) << 39 | (address))

/* They are cached all the same while KVM ignores what a guest says of memory types. */
#define REQUIRE_GUEST_PAT_CONTROL()					\
	REQUIRE_SINCE(kvm_cap(KVM_CAP_DISABLE_QUIRKS2) & KVM_X86_QUIRK_IGNORE_GUEST_PAT, \
		      6, 15, "KVM_X86_QUIRK_IGNORE_GUEST_PAT")

#define guest_put_bytes(address, ...) do {				\
	const uint8_t __bytes[] = { __VA_ARGS__ };			\
									\
	memcpy((void *)(address), __bytes, sizeof(__bytes));		\
} while (0)

/* The code: two bus locks and an OUT; elsewhere, and at BL_INSN1_REBASED, one and an OUT. */
void bl_put_code(void);

/* Puts the vCPU at BL_INSN1 in @mode with that CS.base, the locks' operand at @operand. */
void bus_lock_enter(struct bus_lock_guest *g, struct vcpu *vcpu, enum guest_mode mode,
		    unsigned long cs_base, unsigned long operand);

/* A VM with the exits as @exits has it, and one vCPU about to execute the lock at BL_INSN1. */
void bus_lock_create_with(struct bus_lock_guest *g, uint64_t exits, enum guest_mode mode,
			  unsigned long operand);

/* The same with the exits on. */
void bus_lock_create(struct bus_lock_guest *g, enum guest_mode mode, unsigned long operand);

/* How often the operand was incremented. */
unsigned int locks_executed(const struct bus_lock_guest *g);

const char *place_name(unsigned long linear);

/* Linear, in the code segment that the vCPU has now. */
unsigned long linear_rip(const struct bus_lock_guest *g);

/* What made the vCPU exit, in words: a bus lock and where, or an OUT and where. */
const char *stop_name(const struct bus_lock_guest *g);

/* A bus-lock exit for the lock at @lock, complete: reason, flag and RIP. */
#define EXPECT_BUS_LOCK(g, lock) do {					\
	char __want[96];						\
									\
	snprintf(__want, sizeof(__want), "bus lock, rip at %s",		\
		 place_name(rip_at_exit(lock)));			\
	EXPECT_STREQ(__want, stop_name(g));				\
	EXPECT_STREQ((g)->in_l2 ? "BUS_LOCK|GUEST_MODE" : "BUS_LOCK",	\
		     run_flags_name((g)->vcpu->run->flags));		\
} while (0)

#define EXPECT_RUNS_TO_BUS_LOCK(g, lock) do {				\
	vcpu_run((g)->vcpu);						\
	EXPECT_BUS_LOCK(g, lock);					\
} while (0)

/* An OUT behind @where ("after ..."), with no bus lock in sight. */
#define EXPECT_RUNS_TO_OUT(g, where) do {				\
	vcpu_run((g)->vcpu);						\
	EXPECT_STREQ("out " where, stop_name(g));			\
	EXPECT_STREQ((g)->in_l2 ? "GUEST_MODE" : "0",			\
		     run_flags_name((g)->vcpu->run->flags));		\
} while (0)

void set_linear_rip(const struct bus_lock_guest *g, unsigned long linear);

#endif
