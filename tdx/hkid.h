/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HKIDs are few, and each TD has one until its end: so how many TDs there can be tells how
 * many have not ended yet. Who holds all the others needs but one more to see that.
 */
#ifndef KVMCONF_TDX_HKID_H
#define KVMCONF_TDX_HKID_H

#include <sys/resource.h>

#include "test.h"
#include "pamt.h"
#include "tdx.h"

#define MAX_TDS		4096

/* Below it cgroups are where /proc/self/cgroup says. */
#define CGROUP_TOP	"/sys/fs/cgroup"

/*
 * Whether this process's cgroup or one above it has a limit for TDs. Tests that use up all HKIDs
 * are skipped there: what KVM does at that limit is tdx/misc_cgroup's.
 */
static inline bool hkids_are_limited(void)
{
	char cgroup[256] = "", path[512], line[128], limit[32];
	FILE *file = fopen("/proc/self/cgroup", "r");
	bool is_limited = false;

	while (file && fgets(path, sizeof(path), file))
		if (sscanf(path, "0::%255[^\n]", cgroup) == 1)
			break;
	if (file)
		fclose(file);
	for (char *end; !is_limited && (end = strrchr(cgroup, '/')) && end[1]; *end = '\0') {
		snprintf(path, sizeof(path), CGROUP_TOP "%s/misc.max", cgroup);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "tdx %31s", limit) == 1)
				is_limited = strcmp(limit, "max");
		if (file)
			fclose(file);
	}
	return is_limited;
}

/* Others' TDs have HKIDs, too, and come and go. */
#define REQUIRE_ALL_HKIDS() do {							\
	REQUIRE_TDX();									\
	REQUIRE(pamt_kvm_users() <= 0, "kvm-in-use", "other virtual machines may be TDs");	\
	REQUIRE(!hkids_are_limited(), "cgroup-limit", "misc.max has a limit for TDs");	\
} while (0)

/* The TDs that have been made for their HKIDs; the last of them may have none. */
static struct vm *holders[MAX_TDS + 1];
static int nr_holders;

/* A TD takes two files, and a machine can have more HKIDs than a process may have files. */
static inline void allow_files(void)
{
	struct rlimit files;

	must_succeed(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
	files.rlim_cur = files.rlim_max;
	must_succeed(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
}

/* Takes one HKID: 0 or KVM_TDX_INIT_VM's errno. */
static inline int hkid_take(void)
{
	static union tdx_init_vm params;
	struct vm *vm = td_create();
	int err = 0;

	td_default_params(vm, &params);
	if (__vm_tdx_init(vm, &params.init))
		err = errno;
	if (err)
		vm_free(vm);
	else
		holders[nr_holders++] = vm;
	return err;
}

static inline void hkid_release(void)
{
	vm_free(holders[--nr_holders]);
}

/* Takes all that there are; it stops where KVM does, for want of one. Returns how many. */
static inline int hkid_take_all(void)
{
	int before = nr_holders, err = 0;

	allow_files();
	while (!err && nr_holders < MAX_TDS)
		err = hkid_take();
	if (err != ENOSPC)
		report_fail("KVM_TDX_INIT_VM, %d TDs there are: %s", nr_holders, errno_name(err));
	return nr_holders - before;
}

/* How many TDs can be initialised now. */
static inline int nr_possible_tds(void)
{
	int nr = hkid_take_all();

	for (int i = 0; i < nr; i++)
		hkid_release();
	return nr;
}

/* Whether a TD can be initialised now. */
static inline bool hkid_is_free(void)
{
	int err = hkid_take();

	if (!err)
		hkid_release();
	else if (err != ENOSPC)
		report_fail("KVM_TDX_INIT_VM: %s", errno_name(err));
	return !err;
}

/* For what is to take the last. */
static inline void hkid_take_all_but_one(void)
{
	hkid_take_all();
	if (!nr_holders)
		report_error("there is no HKID at all");
	hkid_release();
}

/* What else there is to be seen of VMs: of what cannot be seen, always the same. */
struct td_resources {
	long module_users;	/* VMs and their files have KVM's module in use */
	uint64_t owned;		/* by an emulated TDX module: pairs of PAMT pages, too */
};

static inline struct td_resources td_resources(void)
{
	return (struct td_resources){ pamt_kvm_users(), tdx_module_resources() };
}

#define EXPECT_RESOURCES(want) do {							\
	struct td_resources __got = td_resources();							\
											\
	EXPECT_EQ((want).module_users, __got.module_users);				\
	EXPECT_EQ((want).owned, __got.owned);						\
} while (0)

#endif
