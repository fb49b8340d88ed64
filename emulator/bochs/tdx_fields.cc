/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What TDH.SYS.RD tells of the module. Ids are those of the Global-Scope Metadata Fields of
 * the Intel TDX Module ABI Reference.
 */
#include "tdx_module.h"
#include "faulty.h"

namespace tdx {

/*
 * The least that KVM of Linux 7.3 accepts, and what its tests can tell apart. Configurable
 * CPUID bits: of each leaf those that a TD may be given or not.
 */
const u64 attributes_fixed0 = SEPT_VE_DISABLE, attributes_fixed1 = 0;
const u64 xfam_fixed0 = 0xe7, xfam_fixed1 = 0x3;
const struct cpuid_config cpuid_configs[] = {
	{ 0x1, ~0u, 0x0fff3fff, 0x00ff0000, 0x76fa3223, 0x9fe9fbff },
	{ 0x4, 0, 0xfc00c3ff, ~0u, ~0u, 0x7 },
	{ 0x4, 1, 0xfc00c3ff, ~0u, ~0u, 0x7 },
	{ 0x4, 2, 0xfc00c3ff, ~0u, ~0u, 0x7 },
	{ 0x4, 3, 0xfc00c3ff, ~0u, ~0u, 0x7 },
	{ 0x7, 0, 0, 0xd18307a9, 0x0140777e, 0xac040410 },
	{ 0x80000008, ~0u, 0, 0x200, 0, 0 },
};
const unsigned nr_cpuid_configs = sizeof(cpuid_configs) / sizeof(cpuid_configs[0]);

bool system_field(u64 id, u64 *value)
{
	const u64 cpuid_leaf = id - 0x9900000300000400, cpuid_value = id - 0x9900000300000500;

	if (cpuid_leaf < nr_cpuid_configs) {
		const struct cpuid_config *c = &cpuid_configs[cpuid_leaf];

		*value = c->leaf | u64(c->subleaf) << 32;
		return true;
	}
	if (cpuid_value < 2 * nr_cpuid_configs) {
		const struct cpuid_config *c = &cpuid_configs[cpuid_value / 2];

		*value = cpuid_value % 2 ? c->ecx | u64(c->edx) << 32 : c->eax | u64(c->ebx) << 32;
		return true;
	}

	switch (id) {
	case 0x0800000100000003: *value = 5; break;			/* minor version */
	case 0x0800000100000004: *value = 1; break;			/* major version */
	case 0x0800000100000005: *value = 0; break;			/* update version */
	case 0x0a00000300000008:					/* TDX_FEATURES0 */
		*value = 1ull << 18 | 1ull << 20 | (dynamic_pamt() ? 1ull << 36 : 0);
		break;
	case 0x9100000100000008: *value = MAX_TDMRS; break;
	case 0x9100000100000009: *value = MAX_RESERVED; break;
	case 0x9100000100000010:					/* PAMT entry sizes */
	case 0x9100000100000011:
	case 0x9100000100000012:
		*value = FAULTY(TDX_PAMT_ENTRY) ? 2 * PAMT_ENTRY : PAMT_ENTRY;
		break;
	case 0x9100000100000013: *value = 1; return dynamic_pamt();	/* bits of the bitmap */
	case 0x9800000100000000: *value = PAGE; break;			/* TDR */
	case 0x9800000100000100: *value = TDCS_PAGES * PAGE; break;
	case 0x9800000100000200: *value = TDVPS_PAGES * PAGE; break;
	case 0x1900000300000000: *value = attributes_fixed0; break;
	case 0x1900000300000001: *value = attributes_fixed1; break;
	case 0x1900000300000002: *value = xfam_fixed0; break;
	case 0x1900000300000003: *value = xfam_fixed1; break;
	case 0x9900000100000004: *value = nr_cpuid_configs; break;
	case 0x9900000100000008: *value = 64; break;			/* vCPUs of a TD */
	case 0x8900000100000000: *value = 0; break;			/* handoff version */
	default:
		return false;
	}
	return true;
}

}
