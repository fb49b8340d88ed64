/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bus locks that guests assert, as two vendors report them to the hypervisor.
 *
 * Intel, VMM bus-lock detection: a VM exit after the instruction, with priority over SMI,
 * INIT and all below them; bit 26 of the exit reason says that a bus lock was asserted, in
 * these exits and in any other that the instruction came to. Source: SDM vol. 3C, "Other
 * Causes of VM Exits" and "Basic VM-Exit Information".
 *
 * AMD, Bus Lock Threshold: the VMCB holds a count, loaded by VMRUN and stored back by each
 * #VMEXIT; a bus lock uses up one, or exits instead of executing if none is left. Source:
 * APM vol. 2, 15.14.5.
 *
 * Intel's split-lock detection: a locked access that crosses a cache line faults with #AC(0), at
 * any privilege level, and makes no bus lock. Source: SDM vol. 3A, 6.15 "Interrupt 17".
 *
 * A bus lock is a locked access that crosses a cache line or, on the Intel machine, is to
 * memory other than write-back (SDM vol. 3A, "Bus Locking"). The processor's own locked
 * updates of paging structures count too; those of segment descriptors do not.
 */
#define NEED_CPU_REG_SHORTCUTS 1
#include "bochs.h"
#include "cpu.h"
#define LOG_THIS BX_CPU_THIS_PTR

#include "svm.h"
#include "decoder/fetchdecode.h"
#include "decoder/ia_opcodes.h"
#include "faulty.h"

extern struct bxIAOpcodeTable BxOpcodesTable[];

enum { CACHE_LINE = 64, BUS_LOCK_REASON_BIT = 1 << 26 };

/* Asked once, when an instruction with a memory operand enters the instruction cache. */
bool BX_CPU_C::is_locked(const bxInstruction_c *i)
{
	if (FAULTY(UNLOCKED) && (BxOpcodesTable[i->getIaOpcode()].opflags & BX_LOCKABLE))
		return true;

	switch (i->getIaOpcode()) {
	case BX_IA_XCHG_EbGb:
	case BX_IA_XCHG_EwGw:
	case BX_IA_XCHG_EdGd:
	case BX_IA_XCHG_EqGq:
		return !FAULTY(NO_XCHG);
	default:
		return i->getLock();
	}
}

/*
 * Executes any locked instruction. The instruction count tells its access apart from all
 * that follow, also if it never gets to the access because of a fault.
 */
void BX_CPP_AttrRegparmN(1) BX_CPU_C::LOCKED(bxInstruction_c *i)
{
	BX_CPU_THIS_PTR locked_icount = BX_CPU_THIS_PTR icount;
	BX_CPU_CALL_METHOD(BxOpcodesTable[i->getIaOpcode()].execute1, (i));
}

/* The operand is translated, and the write that is still to come is allowed. */
void BX_CPU_C::locked_access(unsigned len)
{
	const bool two_pages = BX_CPU_THIS_PTR address_xlation.pages == 2;
	bool split = (BX_CPU_THIS_PTR address_xlation.paddress1 % CACHE_LINE) + len > CACHE_LINE;

	if (split && (BX_CPU_THIS_PTR test_ctrl & SPLIT_LOCK_DETECT) && !FAULTY(NO_SPLIT_LOCK_AC))
		exception(BX_AC_EXCEPTION, 0);

	bool write_back = BX_CPU_THIS_PTR address_xlation.memtype1 == BX_MEMTYPE_WB &&
		(!two_pages || BX_CPU_THIS_PTR address_xlation.memtype2 == BX_MEMTYPE_WB);

	if ((two_pages && FAULTY(NO_PAGE_SPLIT)) || (len == 2 && FAULTY(NO_WORD)))
		split = false;
	if (FAULTY(UNSPLIT))
		split = true;
	if (FAULTY(NO_MEMORY_TYPE))
		write_back = true;

	if (BX_CPU_THIS_PTR in_vmx_guest && (split || !write_back))
		vmx_bus_lock();
	else if (BX_CPU_THIS_PTR in_svm_guest && split)
		svm_bus_lock();
}

/* SDM vol. 3A, "Automatic Locking": accessed and dirty flags are set by locked cycles. */
void BX_CPU_C::locked_paging_update(BxMemtype memtype)
{
	if (BX_CPU_THIS_PTR in_vmx_guest && memtype != BX_MEMTYPE_WB)
		vmx_bus_lock();
}

/* The instruction boundary after a bus lock whose VM exit is trap-like. */
void BX_CPU_C::bus_lock_trap(void)
{
	if (BX_CPU_THIS_PTR in_vmx_guest)
		vmx_bus_lock_exit();
	else if (BX_CPU_THIS_PTR in_svm_guest)
		svm_bus_lock_exit();
}

void BX_CPU_C::vmx_bus_lock(void)
{
	static Bit8u nowhere[16];
	static bool odd;

	if (!BX_CPU_THIS_PTR vmcs.vmexec_ctrls2.BUS_LOCK_DETECTION() && !FAULTY(UNASKED))
		return;
	if (FAULTY(NO_WRITE))
		BX_CPU_THIS_PTR address_xlation.pages = (bx_ptr_equiv_t)nowhere;
	if (FAULTY(HALF) && (odd = !odd))
		return;

	signal_event(BX_EVENT_BUS_LOCK);
	if (FAULTY(EARLY)) {
		RIP = BX_CPU_THIS_PTR prev_rip;
		vmx_bus_lock_exit();
	}
}

void BX_CPU_C::vmx_bus_lock_exit(void)
{
	static bool odd;

	if (FAULTY(LATE) && is_unmasked_event_pending(BX_EVENT_VMX_MONITOR_TRAP_FLAG))
		return;

	VMexit(FAULTY(EXIT_CODE) ? VMX_VMEXIT_NOTIFY_WINDOW : VMX_VMEXIT_BUS_LOCK, 0);
	if (FAULTY(TWICE) && (odd = !odd))
		signal_event(BX_EVENT_BUS_LOCK);
	longjmp(BX_CPU_THIS_PTR jmp_buf_env, 1);
}

/* Whatever VM exit comes first reports the bus lock. */
Bit32u BX_CPU_C::vmx_bus_lock_reason(Bit32u reason)
{
	bool asserted = is_pending(BX_EVENT_BUS_LOCK);

	clear_event(BX_EVENT_BUS_LOCK);
	if (FAULTY(NO_BIT_26))
		asserted = false;
	if (FAULTY(BIT_26))
		asserted = true;
	return asserted ? reason | BUS_LOCK_REASON_BIT : reason;
}

/*
 * In a guest with EPT, the memory type in the EPT entry stands in for the MTRRs, and its
 * "ignore PAT" bit leaves the guest no say (SDM vol. 3C, "EPT and Memory Typing").
 */
bool BX_CPU_C::ept_gives_memtype(void)
{
	return BX_CPU_THIS_PTR in_vmx_guest && BX_CPU_THIS_PTR vmcs.vmexec_ctrls2.EPT_ENABLE();
}

BxMemtype BX_CPU_C::ept_memtype(void)
{
	return BxMemtype((BX_CPU_THIS_PTR ept_leaf >> 3) & 7);
}

bool BX_CPU_C::ept_ignores_pat(void)
{
	return ept_gives_memtype() && (BX_CPU_THIS_PTR ept_leaf & 0x40) && !FAULTY(NO_IGNORE_PAT);
}

void BX_CPU_C::svm_bus_lock(void)
{
	if (!SVM_INTERCEPT(SVM_INTERCEPT2_BUS_LOCK) && !FAULTY(UNASKED))
		return;

	if (BX_CPU_THIS_PTR bus_lock_count) {
		BX_CPU_THIS_PTR bus_lock_count -= FAULTY(DOUBLE) ? 2 : 1;
		return;
	}
	if (FAULTY(NO_EXIT))
		return;
	if (FAULTY(WRAP))
		BX_CPU_THIS_PTR bus_lock_count--;
	if (!FAULTY(TRAP))
		svm_bus_lock_exit();
	signal_event(BX_EVENT_BUS_LOCK);
}

void BX_CPU_C::svm_bus_lock_exit(void)
{
	clear_event(BX_EVENT_BUS_LOCK);
	Svm_Vmexit(FAULTY(EXIT_CODE) ? SVM_VMEXIT_BUS_LOCK + 1 : SVM_VMEXIT_BUS_LOCK,
		   FAULTY(EXIT_INFO) ? 1 : 0, 0);
}

/* What a #VMEXIT stores in the VMCB. */
Bit16u BX_CPU_C::svm_bus_lock_count(void)
{
	return FAULTY(NO_STORE) ? BX_CPU_THIS_PTR vmcb->ctrls.bus_lock_count :
				       BX_CPU_THIS_PTR bus_lock_count;
}
