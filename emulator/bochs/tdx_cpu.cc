/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU's side of TDX: the SEAMCALL instruction, and what it takes for a host kernel to
 * see a platform with TDX. KVMCONF_TDX=static|dynamic in the environment has a TDX module
 * loaded, without or with Dynamic PAMT on offer; KVMCONF_TDX_LEDGER names the file that
 * tells at the end what the module still owns.
 *
 * The host cannot see into TDs: its accesses to their memory go through and are recorded.
 *
 * Source: Intel TDX CPU Architectural Extensions Specification.
 */
#define NEED_CPU_REG_SHORTCUTS 1
#include "bochs.h"
#include "cpu.h"
#include "cpuid.h"
#include "apic.h"
#include "memory/memory-bochs.h"
#define LOG_THIS BX_CPU_THIS_PTR

#include <stdlib.h>
#include <string.h>

#include "tdx_module.h"
#include "faulty.h"

enum { SEAMCALL_EXIT_REASON = 76, CPUID_7_ECX_TME = 1 << 13 };

static bool loaded, offers_dynamic_pamt, declined;

static struct environment {
	environment()
	{
		const char *how = getenv("KVMCONF_TDX");

		if (!how)
			return;
		loaded = !strcmp(how, "static") || !strcmp(how, "dynamic");
		offers_dynamic_pamt = !strcmp(how, "dynamic");
		if (!loaded) {
			fprintf(stderr, "KVMCONF_TDX: static or dynamic, not \"%s\"\n", how);
			exit(2);
		}
	}
} at_start;

static void say_ledger(void)
{
	const char *path = getenv("KVMCONF_TDX_LEDGER");

	if (path)
		tdx::say_ledger(path);
}

/* --- what the module needs of the machine --- */

namespace tdx {

bool dynamic_pamt(void)
{
	return offers_dynamic_pamt && !declined;
}

void dynamic_pamt_declined(void)
{
	declined = true;
}

bool dynamic_pamt_offered(void)
{
	return offers_dynamic_pamt;
}

u64 memory_size(void)
{
	return BX_MEM(0)->get_memory_len();
}

static bool in_memory(u64 address, size_t len)
{
	return address <= memory_size() && len <= memory_size() - address;
}

bool memory_read(u64 address, void *to, size_t len)
{
	if (!in_memory(address, len))
		return false;
	for (size_t n = 0; n < len; n += 8)
		BX_MEM(0)->readPhysicalPage(BX_CPU(0), address + n, 8, (Bit8u *)to + n);
	return true;
}

bool memory_write(u64 address, const void *from, size_t len)
{
	if (!in_memory(address, len))
		return false;
	for (size_t n = 0; n < len; n += 8)
		BX_MEM(0)->writePhysicalPage(BX_CPU(0), address + n, 8, (Bit8u *)from + n);
	return true;
}

bool interrupt_pending(void)
{
	return (BX_CPU(0)->pending_event & (BX_EVENT_PENDING_INTR | BX_EVENT_PENDING_LAPIC_INTR)) != 0;
}

u64 acknowledge_interrupt(void)
{
	return BX_CPU(0)->interrupt_acknowledge();
}

void end_of_interrupt(void)
{
	BX_CPU(0)->lapic->receive_EOI();
}

/* Translations with a direct way to a page's memory must not outlive its being the host's. */
void mapping_changed(void)
{
	if (!FAULTY(TDX_OLD_TLB))
		BX_CPU(0)->TLB_flush();
}

}

/* --- hooks --- */

void BX_CPP_AttrRegparmN(1) BX_CPU_C::SEAMCALL(bxInstruction_c *i)
{
	struct tdx::regs r;

	if (!loaded || !BX_CPU_THIS_PTR in_vmx || !long64_mode())
		exception(BX_UD_EXCEPTION, 0);
	if (BX_CPU_THIS_PTR in_vmx_guest)
		VMexit(SEAMCALL_EXIT_REASON, 0);
	if (CPL != 0)
		exception(BX_GP_EXCEPTION, 0);

	/* The P-SEAM loader, which loads modules, is not there. */
	if (RAX >> 63) {
		VMfailInvalid();
		BX_NEXT_TRACE(i);
	}

	r = { RAX, RCX, RDX, RBX, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
	if (!tdx::seamcall(&r)) {
		RIP = BX_CPU_THIS_PTR prev_rip;
		BX_NEXT_TRACE(i);
	}
	RAX = r.rax;
	RCX = r.rcx;
	RDX = r.rdx;
	RBX = r.rbx;
	RSI = r.rsi;
	RDI = r.rdi;
	R8 = r.r8;
	R9 = r.r9;
	R10 = r.r10;
	R11 = r.r11;
	R12 = r.r12;
	R13 = r.r13;
	R14 = r.r14;
	R15 = r.r15;
	VMsucceed();
	BX_NEXT_TRACE(i);
}

/*
 * Memory encryption, of whose key ids TDX takes some. Every kernel comes by here, after what
 * the ledger is made from was constructed: so it is said before that is destroyed.
 */
void BX_CPU_C::tdx_cpuid(Bit32u function, Bit32u subfunction, struct cpuid_function_t *leaf)
{
	static const bool registered = loaded && !::atexit(say_ledger);

	if (registered && function == 7 && subfunction == 0)
		leaf->ecx |= CPUID_7_ECX_TME;
}

bool BX_CPU_C::tdx_rdmsr(Bit32u index, Bit64u *value)
{
	tdx::u64 v;

	if (!loaded || !tdx::read_msr(index, &v))
		return false;
	*value = v;
	return true;
}

bool BX_CPU_C::tdx_wrmsr(Bit32u index, Bit64u value)
{
	return loaded && tdx::write_msr(index, value);
}

bool BX_CPU_C::tdx_private(bx_phy_address address)
{
	return loaded && tdx::is_private(address) && !FAULTY(TDX_BLIND);
}

void BX_CPU_C::tdx_access(bx_phy_address address, unsigned len, bool write)
{
	if (tdx_private(address))
		tdx::host_access(address, write, write && len == 64, BX_CPU_THIS_PTR prev_rip);
}
