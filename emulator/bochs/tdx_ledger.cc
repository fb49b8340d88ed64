/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger that is written when the machine is switched off: what the module has not been
 * asked to give back.
 */
#include <stdio.h>

#include "tdx_module.h"
#include "tdx_emulated.h"

namespace tdx {

/* What no host can get back, since the module refused to end the TD, by injection. */
void forget_refused(void)
{
	for (auto it = tds.begin(); it != tds.end(); ) {
		struct td *td = it->second;

		++it;
		if (!td->end_refused)
			continue;
		while (!td->vcpus.empty())
			forget_vcpu(td->vcpus.begin()->first);
		forget_pages(td);
		forget_td(td);
	}
}

void say_ledger(const char *path)
{
	static const struct {
		const char *what;
		uint32_t msr;
	} lines[] = {
		{ "TDs", TDX_MSR_TDS },
		{ "vCPUs", TDX_MSR_VCPUS },
		{ "key ids", TDX_MSR_KEYS },
		{ "control pages", TDX_MSR_CONTROL_PAGES },
		{ "pages of secure EPTs", TDX_MSR_SEPT_PAGES },
		{ "guest pages", TDX_MSR_GUEST_PAGES },
		{ "pairs of PAMT pages", TDX_MSR_PAMT_PAIRS },
		{ "accesses of the host to private memory", TDX_MSR_VIOLATIONS },
	};
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	for (const auto &line : lines) {
		u64 value = 0;

		read_msr(line.msr, &value);
		if (line.msr == TDX_MSR_PAMT_PAIRS)
			value -= pamt_kept();
		fprintf(file, "%llu\t%s\n", (unsigned long long)value, line.what);
	}
	say_violations(file);
	fclose(file);
}

}
