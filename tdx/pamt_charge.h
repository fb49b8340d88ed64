/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of a TD's charge share. Their claims hold with static PAMT, too: of 0 pairs. */
#ifndef KVMCONF_TDX_PAMT_CHARGE_H
#define KVMCONF_TDX_PAMT_CHARGE_H

#include "cgroup.h"
#include "charge.h"
#include "pamt_td.h"

static struct cgroup *charged_cgroup;

static inline long pages_charged(void)
{
	return charge_pages(charged_cgroup->dir);
}

static inline long pairs_now(void)
{
	return pamt_profile() == PAMT_DYNAMIC ? pamt_pairs() : 0;
}

#define SET_UP_CHARGE(cgroup) do {							\
	bool __counted;									\
											\
	REQUIRE_TDX();									\
	REQUIRE(pamt_profile() != PAMT_UNKNOWN, "no-kmsg",				\
		"the log of the boot is gone or not readable");				\
	if (pamt_profile() == PAMT_DYNAMIC)						\
		REQUIRE_DYNAMIC_PAMT();							\
	REQUIRE_CGROUP(cgroup);								\
	__counted = cgroup_read(cgroup, "memory.stat", "kernel") >= 0;			\
	if (!__counted)									\
		rmdir((cgroup)->dir);							\
	REQUIRE(__counted, "no-memcg", "no memory controller in " CGROUP_ROOT);		\
	cgroup_enter(cgroup);								\
	charged_cgroup = cgroup;							\
	charge_begin((cgroup)->dir);							\
} while (0)

#endif
