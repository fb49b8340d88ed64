// SPDX-License-Identifier: GPL-2.0-only
/* CPUID of the host, and as far as it is configurable, of TDs. */
#include <errno.h>

#include "sim.h"

/* Supported by the host; and configurable for a TD, as far as the bits of the mask go. */
static const struct {
	uint32_t function, index, value[4], mask[4];
} cpuids[] = {
	{ 0x0, 0, { 0x80000008 & 0x1f, 0x756e6547, 0x6c65746e, 0x49656e69 }, { 0 } },
	{ 0x1, 0, { 0x806f8, 0x800, 0x80202001 | 1u << 21, 0x0f8bfbff },
	  { 0x0fff3fff, 0x00ff0000, 0x00000000, 0x00000000 } },
	{ 0x7, 0, { 0, 0x219c, 0, 0 }, { 0, 0x00000008, 0, 0 } },
	{ 0x80000008, 0, { 0x3030, 0, 0, 0 }, { 0x00ff0000, 0, 0, 0 } },
};

#define NR_CPUIDS (sizeof(cpuids) / sizeof(cpuids[0]))

static bool is_configurable(unsigned int i)
{
	return cpuids[i].mask[0] | cpuids[i].mask[1] | cpuids[i].mask[2] | cpuids[i].mask[3];
}

int64_t write_cpuid(const struct sim_request *r, uint64_t address, bool configurable)
{
	struct kvm_cpuid2 header = { 0 };
	unsigned int nr = 0;

	if (refuses("cpuid-data", user_read(r, address, &header, sizeof(header))))
		return -EFAULT;
	for (unsigned int i = 0; i < NR_CPUIDS; i++)
		nr += !configurable || is_configurable(i);
	if (refuses("cpuid-size", header.nent < nr))
		return broken("wrong-errno") ? -EINVAL : -E2BIG;
	header.nent = nr;
	header.padding = 0;
	if (user_write(r, address, &header, sizeof(header)))
		return -EFAULT;
	address += sizeof(header);
	for (unsigned int i = 0; i < NR_CPUIDS; i++) {
		const uint32_t *from = configurable ? cpuids[i].mask : cpuids[i].value;
		struct kvm_cpuid_entry2 entry = {
			.function = cpuids[i].function, .index = cpuids[i].index,
			.eax = from[0], .ebx = from[1], .ecx = from[2], .edx = from[3],
		};

		if (configurable && !is_configurable(i))
			continue;
		if (user_write(r, address, &entry, sizeof(entry)))
			return -EFAULT;
		address += sizeof(entry);
	}
	return 0;
}

int64_t supported_cpuid(const struct sim_request *r)
{
	return write_cpuid(r, r->arg, false);
}

int64_t check_cpuid(const struct kvm_cpuid_entry2 *entries, unsigned int nent)
{
	unsigned int nr_known = 0, bits = 0;
	bool odd = false;

	for (unsigned int i = 0; i < nent; i++)
		if (entries[i].function == 0x80000008)
			bits = entries[i].eax >> 16 & 0xff;
	/* 52 is for a CPU whose EPT has five levels. */
	if (refuses("init-vm-physical-bits", bits != 48))
		return -EINVAL;
	for (unsigned int i = 0; i < NR_CPUIDS; i++) {
		const struct kvm_cpuid_entry2 *e = NULL;

		for (unsigned int j = 0; j < nent && !e; j++)
			if (is_configurable(i) && entries[j].function == cpuids[i].function &&
			    entries[j].index == cpuids[i].index)
				e = &entries[j];
		if (!e)
			continue;
		nr_known++;
		/* TSX and WAITPKG */
		if (refuses("init-vm-tsx", e->function == 7 && (e->ebx & (1 << 4 | 1 << 11) ||
								e->ecx & 1 << 5)))
			return -EINVAL;
		odd |= e->eax & ~cpuids[i].mask[0] || e->ebx & ~cpuids[i].mask[1] ||
		       e->ecx & ~cpuids[i].mask[2] || e->edx & ~cpuids[i].mask[3];
	}
	return refuses("init-vm-leaves", nr_known != nent) ? -EINVAL : odd;
}

/* Of what was configured only that there are so many entries. */
int64_t td_cpuid(const struct sim_request *r, uint64_t address)
{
	struct kvm_cpuid2 header;
	int64_t ret = write_cpuid(r, address, false);

	if (ret != -E2BIG)
		return ret;
	header = (struct kvm_cpuid2){ .nent = NR_CPUIDS };
	return refuses("cpuid-data", user_write(r, address, &header, sizeof(header))) ? -EFAULT : ret;
}
