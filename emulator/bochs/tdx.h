/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of BX_CPU_C, which includes this file in its body. See tdx_cpu.cc. */

	BX_SMF void SEAMCALL(bxInstruction_c *i) BX_CPP_AttrRegparmN(1);
	BX_SMF void tdx_cpuid(Bit32u function, Bit32u subfunction, struct cpuid_function_t *leaf);
	BX_SMF bool tdx_rdmsr(Bit32u index, Bit64u *value);
	BX_SMF bool tdx_wrmsr(Bit32u index, Bit64u value);
	BX_SMF bool tdx_private(bx_phy_address address);
	BX_SMF void tdx_access(bx_phy_address address, unsigned len, bool write);
