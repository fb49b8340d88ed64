/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of BX_CPU_C, which includes this file in its body. See bus_lock.cc. */

/* To be called between the last fault and the first write of an instruction. */
#define BX_LOCKED_ACCESS(len) do {						\
	if (BX_CPU_THIS_PTR locked_icount == BX_CPU_THIS_PTR icount)		\
		locked_access(len);						\
} while (0)

	/* IA32_CORE_CAPABILITIES and TEST_CTRL of the Intel machine. */
	enum { SPLIT_LOCK_DETECT_OFFERED = 1 << 5, SPLIT_LOCK_DETECT = 1 << 29 };
	Bit32u test_ctrl;

	Bit64u locked_icount;
	BX_SMF bool is_locked(const bxInstruction_c *i);
	BX_SMF void LOCKED(bxInstruction_c *i) BX_CPP_AttrRegparmN(1);
	BX_SMF void locked_access(unsigned len);
	BX_SMF void locked_paging_update(BxMemtype memtype);
	BX_SMF void bus_lock_trap(void);

	BX_SMF void vmx_bus_lock(void);
	BX_SMF void vmx_bus_lock_exit(void);
	BX_SMF Bit32u vmx_bus_lock_reason(Bit32u reason);

	/* The EPT entry that mapped what was translated last. */
	Bit64u ept_leaf;
	BX_SMF bool ept_gives_memtype(void);
	BX_SMF BxMemtype ept_memtype(void);
	BX_SMF bool ept_ignores_pat(void);

	BX_SMF void svm_bus_lock(void);
	BX_SMF void svm_bus_lock_exit(void);
	Bit16u bus_lock_count;
	BX_SMF Bit16u svm_bus_lock_count(void);
