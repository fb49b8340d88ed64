/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key ids are few, and each TD has one until its end: so how many TDs there can be tells how
 * many have not ended yet.
 */
#ifndef KVMCONF_TDX_KEY_IDS_H
#define KVMCONF_TDX_KEY_IDS_H

#include "test.h"
#include "pamt.h"
#include "tdx.h"

#define MAX_TDS		4096

/* Others' TDs have key ids, too, and come and go. */
#define REQUIRE_ALL_KEY_IDS() do {							\
	REQUIRE_TDX();									\
	REQUIRE(pamt_kvm_users() <= 0, "kvm-in-use", "other virtual machines may be TDs");	\
} while (0)

/* How many TDs can be initialised now; it stops where KVM does, for want of a key id. */
static inline int nr_possible_tds(void)
{
	static struct vm *tds[MAX_TDS];
	static union tdx_init_vm params;
	int nr = 0, err = 0;

	for (; nr < MAX_TDS && !err; nr += !err) {
		tds[nr] = td_create();
		td_default_params(tds[nr], &params);
		if (__vm_tdx_init(tds[nr], &params.init))
			err = errno;
	}
	for (int i = 0; i < nr + !!err; i++)
		vm_free(tds[i]);
	if (err != ENOSPC)
		report_fail("KVM_TDX_INIT_VM, %d TDs there are: %s", nr, errno_name(err));
	return nr;
}

#endif
