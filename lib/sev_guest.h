/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that SEV encrypts, in the one address space of vm.h: HVA = GVA = GPA. Page tables
 * of its own have the C-bit for the lowest 2 MiB, and there its code is, which the CPU
 * fetches as encrypted in any case: bytes that the test has put there before the launch.
 * All else is shared, C = 0: the image with its globals, and SEV_SHARED. So the host sees
 * what the guest writes there on silicon, too.
 *
 * A guest stops for the host with a code, by an OUT to the port of that number. The host
 * cannot read the registers of an SEV-ES guest: it stops by a termination request in the
 * GHCB's MSR.
 */
#ifndef KVMCONF_SEV_GUEST_H
#define KVMCONF_SEV_GUEST_H

#include <string.h>

#include "sev.h"

/* Private memory: code at the test's will, then the stack, page tables and the IDT. */
#define SEV_PRIVATE		LOW_MEMORY_BASE
#define SEV_PRIVATE_SIZE	0x18000ul
#define SEV_STACK_TOP		(SEV_PRIVATE + 0x10000)
#define SEV_TABLES		SEV_STACK_TOP
#define SEV_IDT			(SEV_PRIVATE + 0x17000)

/* Shared memory: a GHCB, and two pages for the guest's operands and results. */
#define SEV_SHARED		FREE_BASE
#define SEV_GHCB		SEV_SHARED
#define SEV_DATA		(SEV_SHARED + 0x1000)
#define SEV_SHARED_SIZE		0x3000ul
#define SEV_RESULT(n)		(*(volatile uint64_t *)(SEV_DATA + 0x800 + 8 * (n)))

/* GHCB specification 2.03, 2.3: the MSR and its protocol. */
#define MSR_GHCB		0xc0010130
#define GHCB_SEV_INFO_REQ	0x002ul
#define GHCB_TERM_REQ		0x100ul

/* Bytes of code. */
#define CODE32(value)		(value) & 0xff, ((value) >> 8) & 0xff, ((value) >> 16) & 0xff, \
				((value) >> 24) & 0xff
#define VMGEXIT			0xf3, 0x0f, 0x01, 0xd9
#define MOV_ECX(value)		0xb9, CODE32(value)
#define MOV_EAX(value)		0xb8, CODE32(value)
#define ZERO_EDX		0x31, 0xd2
#define WRMSR			0x0f, 0x30
#define RDMSR			0x0f, 0x32
/* mov %eax, (SEV_RESULT(n)); mov %edx, 4(SEV_RESULT(n)) */
#define STORE_RESULT(n) \
	0x89, 0x04, 0x25, CODE32(SEV_DATA + 0x800 + 8 * (n)), \
	0x89, 0x14, 0x25, CODE32(SEV_DATA + 0x804 + 8 * (n))

#define GHCB_MSR_CALL(value)	MOV_ECX(MSR_GHCB), MOV_EAX(value), ZERO_EDX, WRMSR, VMGEXIT

/* Exits as KVM_SYSTEM_EVENT_SEV_TERM with the reason code @what; clobbers EAX, ECX, EDX. */
#define SEV_ES_STOP(what)	GHCB_MSR_CALL(GHCB_TERM_REQ | (what) << 16)

/* SEV_RESULT(n) is incremented. */
#define COUNT_RESULT(n)		0xff, 0x04, 0x25, CODE32(SEV_DATA + 0x800 + 8 * (n))

/* The GHCB protocol versions and the C-bit that the hypervisor offers, to SEV_RESULT(n). */
#define ASK_SEV_INFO(n)		GHCB_MSR_CALL(GHCB_SEV_INFO_REQ), RDMSR, STORE_RESULT(n)
#define SEV_INFO_MAX(info)	((info) >> 48)
#define SEV_INFO_MIN(info)	((info) >> 32 & 0xffff)

/* Puts bytes at the unsigned long @at, and @at behind them. */
#define SEV_EMIT(at, ...) do {							\
	const uint8_t __code[] = { __VA_ARGS__ };				\
										\
	memcpy((void *)(at), __code, sizeof(__code));				\
	(at) += sizeof(__code);							\
} while (0)

/* The guest stops with code @what: an OUT to that port or, of SEV-ES, SEV_ES_STOP(). */
#define SEV_EMIT_STOP(at, kind, what) do {					\
	if (sev_is_es(kind))							\
		SEV_EMIT(at, SEV_ES_STOP(what));					\
	else									\
		SEV_EMIT(at, 0xe6, what);					\
} while (0)

#define SEV_EMIT_END(at)	SEV_EMIT(at, 0xeb, 0xfe)	/* jmp . */

struct sev_guest {
	enum sev_kind kind;
	struct vm *vm;
	struct vcpu *vcpu;
	__u32 handle;
};

/* An SEV guest of @kind with the memory above, not launched yet, and no vCPU. */
void sev_guest_create(struct sev_guest *g, enum sev_kind kind);

/* The same memory, for a second VM. */
void sev_guest_share_memory(struct vm *vm);

/* A vCPU of @vm in 64-bit mode with those page tables, at @entry. */
struct vcpu *sev_vcpu_create(struct vm *vm, unsigned long entry);

/* The same for a vCPU that there is. */
void sev_vcpu_set_up(struct vcpu *vcpu, unsigned long entry);

/* The encrypted guest's handler of @vector. */
void sev_set_handler(unsigned int vector, unsigned long address);

/* The launch in its order: START, UPDATE_DATA of private memory, UPDATE_VMSA, MEASURE, FINISH. */
void sev_guest_launch(struct sev_guest *g);

/* START to UPDATE_VMSA, and what comes behind. */
void sev_guest_launch_update(struct sev_guest *g, __u32 policy);
void sev_guest_launch_finish(struct sev_guest *g);

/* The code with which the guest has stopped, or -1 if it stopped for another reason. */
int sev_stop_code(const struct vcpu *vcpu);

#endif
