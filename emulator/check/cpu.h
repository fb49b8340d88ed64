/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor as C does not know it. */
#ifndef CHECK_CPU_H
#define CHECK_CPU_H

#include "types.h"

static inline void out8(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 in8(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u64 read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(u32 leaf)
{
	struct cpuid r;

	asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
		     : "a"(leaf), "c"(0));
	return r;
}

#define READ_CR(n)							\
	({								\
		u64 value_;						\
		asm volatile("mov %%cr" #n ", %0" : "=r"(value_));	\
		value_;							\
	})
#define WRITE_CR(n, value) asm volatile("mov %0, %%cr" #n : : "r"((u64)(value)) : "memory")

struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

extern const struct table_pointer gdt_pointer;

/* The registers that the table of instructions uses, and what follows from running one. */
struct regs {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rflags, rip;
};

#endif
