/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guest code may use. A guest function is static C marked __guest in the
 * test's own file; it may use globals and these helpers, but no library
 * function, and no large structure may be copied (the compiler would call
 * memcpy(), which uses vector registers).
 */
#ifndef KVMCONF_GUEST_H
#define KVMCONF_GUEST_H

#include <stdint.h>

/* Sanitizers instrument host code only: their run-time is not in the guest. */
#define __guest_attributes \
	no_sanitize("address", "undefined"), no_instrument_function
#define __guest		__attribute__((noinline, __guest_attributes))
#define __guest_inline	static inline __attribute__((always_inline, __guest_attributes))

/* ud2; "kvm": what follows is for KVM's emulator, with kvm.force_emulation_prefix=1 */
#define FORCE_EMULATION	0x0f, 0x0b, 'k', 'v', 'm'

/*
 * How the guest talks to the host: an OUT to one of these ports, with RDI
 * pointing to what there is to say. Tests use other ports for their own ends.
 */
enum guest_port {
	GUEST_PORT_DONE = 0xc0f0,	/* the guest function returned */
	GUEST_PORT_ASSERT,		/* RDI: struct guest_assert that failed */
	GUEST_PORT_EXCEPTION,		/* RDI: struct guest_exception, unexpected */
	GUEST_PORT_SYNC,		/* RDI: a stage number of the test's choice */
};

struct guest_assert {
	const char *file;
	const char *expression;
	uint32_t line;
};

/* What the exception stubs push, lowest address first. */
struct guest_exception {
	uint64_t rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11;
	uint64_t vector;
	uint64_t error_code;		/* 0 where the exception has none */
	uint64_t rip, cs, rflags, rsp, ss;
};

/*
 * Called with interrupts off for every exception and interrupt of a 64-bit
 * guest; returning resumes at frame->rip. NULL, the default: any is a failure.
 */
extern void (*guest_exception_handler)(struct guest_exception *frame);

__guest_inline void guest_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

__guest_inline void guest_tell(enum guest_port port, uint64_t argument)
{
	__asm__ volatile("outl %%eax, %w0" : : "d"(port), "a"(0), "D"(argument) : "memory");
}

/* Stops for the host to look; it goes on with the next vcpu_run(). */
#define GUEST_SYNC(stage)	guest_tell(GUEST_PORT_SYNC, stage)

#define GUEST_ASSERT(condition) do {						\
	static const struct guest_assert __assertion = {			\
		.file = __FILE__, .line = __LINE__, .expression = #condition,	\
	};									\
										\
	if (!(condition))							\
		guest_tell(GUEST_PORT_ASSERT, (uint64_t)&__assertion);		\
} while (0)

#endif
