/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An L2 whose L1 does nothing but run it, on SVM and on VMX alike: what a test says of L2
 * holds for both. The L1 notes why L2 came back to it and stops for the host to look; with
 * the next KVM_RUN it runs L2 again.
 */
#ifndef KVMCONF_L2_H
#define KVMCONF_L2_H

#include <stdbool.h>
#include <stdint.h>

#include "vm.h"

/* The order is that of the instruction encoding; l2_entry.S knows it. RSP is not among them. */
struct l2_registers {
	uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/* What L1 found when L2 came back to it. */
struct l1_exit {
	uint64_t count;			/* how often it has */
	uint64_t reason;		/* SVM's exit code, VMX's exit reason, or L1_NO_ENTRY */
	uint64_t info1;			/* EXITINFO1; exit qualification */
	uint64_t info2;			/* EXITINFO2; length of the instruction */
	uint64_t event;			/* VMX: interruption information, 0 on SVM */
	uint64_t rip;
	uint64_t rflags;
};

#define L1_NO_ENTRY	(1ull << 63)	/* and the instruction error, on VMX */

/* L2's registers: at its next entry, and as L1 found them at the last exit. */
extern struct l2_registers l2_registers;
extern struct l1_exit l1_exit;

/*
 * Bit N: L1 wants the I/O of port N. SVM's layout, 12 KiB, of which VMX's two bitmaps are
 * the first 8 KiB. KVM looks at it whenever L2 does I/O.
 */
#define L1_IO_BITMAP_SIZE	(3 * 4096)
uint8_t *l1_io_bitmap(void);

/*
 * Has L1 keep its VMCB or VMCS, and its bitmap, in @memory, of so many bytes and aligned to a
 * page, instead of the test's image. Before l2_prepare().
 */
#define L1_STRUCTURES_SIZE	(8 * 4096)
void l1_place_structures(void *memory);

/* Sets or clears the bit of @port. */
void l1_intercept_port(unsigned int port, bool wanted);

/* What L1 wants to have of L2's port I/O: what its bitmap says; on VMX, without one, all or none. */
enum l1_io { L1_IO_BITMAP, L1_IO_NONE, L1_IO_ALL };

struct l2 {
	struct vm *vm;
	struct vcpu *vcpu;		/* L1, and while L2 runs, L2 */
};

/* true if KVM lets a guest run guests, by SVM or by VMX. */
bool l2_offered(void);

/* With test.h. */
#define REQUIRE_L2()									\
	REQUIRE(l2_offered(), "no-nested", "KVM's parameter nested is off")

/*
 * Makes @l2->vcpu, a vCPU that has not run yet, an L1 that is about to run an L2: in the
 * state that @template has, a vCPU of the same VM that never runs, in 64-bit mode or in a
 * 32-bit code segment of long mode.
 */
void l2_prepare(struct l2 *l2, struct vcpu *template, enum l1_io io);

/* Has L1 control, having stopped because L2 came back to it? */
bool l1_has_control(const struct l2 *l2);

/* "VMMCALL or VMCALL", "NMI", "port I/O", ...: why L2 came back, if l1_has_control(). */
const char *l1_exit_name(void);

/* Does the last KVM_RUN's run->flags have the level right? true where KVM does not tell. */
bool l2_flag_is(const struct l2 *l2, bool in_l2);

/* Bytes of L2's way to L1: VMMCALL on SVM, VMCALL on VMX. Three bytes. */
#define L2_CALL_LENGTH	3
void l2_put_call(unsigned long address);

#endif
