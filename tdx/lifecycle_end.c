// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a TD: it gives its HKID back when the last of its files is closed, by
 * whatever means, and not before.
 */
#include <sys/mman.h>

#include "hkid.h"

#define NR_PAGES	8ul

FIXTURE(td_end) {
	int nr_tds;	/* that are possible without this test's own */
};

FIXTURE_SETUP(td_end)
{
	REQUIRE_ALL_HKIDS();
	self->nr_tds = nr_possible_tds();
	ASSERT_LE(1, self->nr_tds);
}

FIXTURE_TEARDOWN(td_end)
{
}

/*
 * KVM_TDX_INIT_VM fails with ENOSPC if no HKID is free, and succeeds as soon as another TD has
 * ended.
 *
 * Source: vmx/tdx.c __tdx_td_init(); virt/vmx/tdx/tdx.c tdx_guest_keyid_alloc()
 * Needs: no-tdx, kvm-in-use, cgroup-limit
 */
TEST_F(td_end, of_a_td_makes_room_for_another)
{
	static struct vm *tds[MAX_TDS];
	struct vm *waiting = td_create();
	static union tdx_init_vm params;

	for (int i = 0; i < self->nr_tds; i++) {
		tds[i] = td_create();
		td_init(tds[i]);
	}
	td_default_params(waiting, &params);
	ASSERT_ERRNO(ENOSPC, __vm_tdx_init(waiting, &params.init));
	vm_free(tds[0]);
	EXPECT_SUCCESS(__vm_tdx_init(waiting, &params.init));
	for (int i = 1; i < self->nr_tds; i++)
		vm_free(tds[i]);
	vm_free(waiting);
	EXPECT_EQ(self->nr_tds, nr_possible_tds());
}

/*
 * A hundred TDs one after the other, each filled and final, leave nothing behind.
 *
 * Source: vmx/tdx.c tdx_mmu_release_hkid(), tdx_vm_destroy()
 * Needs: no-tdx, kvm-in-use, cgroup-limit
 */
TEST_F(td_end, of_a_hundred_tds_leaves_nothing)
{
	for (int i = 0; i < 100; i++) {
		struct td td = td_build(NR_PAGES);

		vm_tdx_finalize(td.vm, 0);
		td_free(&td);
	}
	EXPECT_EQ(self->nr_tds, nr_possible_tds());
}

/*
 * Eight TDs at once, or as many as there are HKIDs, are independent: each can end first.
 *
 * Source: vmx/tdx.c tdx_mmu_release_hkid(), tdx_vm_destroy()
 * Needs: no-tdx, kvm-in-use, cgroup-limit
 */
TEST_F(td_end, of_one_td_is_not_that_of_others)
{
	int nr = self->nr_tds < 8 ? self->nr_tds : 8;
	struct td tds[8] = { 0 };

	for (int i = 0; i < nr; i++)
		tds[i] = td_build(NR_PAGES);
	for (int i = 0; i < nr; i += 2)
		td_free(&tds[i]);
	for (int i = 1; i < nr; i += 2) {
		EXPECT_SUCCESS(__vm_tdx_finalize(tds[i].vm, 0));
		EXPECT_ERRNO(EFAULT, __vcpu_run(tds[i].vcpu));
		td_free(&tds[i]);
	}
	EXPECT_EQ(self->nr_tds, nr_possible_tds());
}

FIXTURE(td_files) {
	struct td td;
	struct td_resources before;
};

/* v: the VM, c: the vCPU, m: guest_memfd, r: the mapping of kvm_run, which has the vCPU's file. */
FIXTURE_VARIANT(td_files) {
	const char *order;
};

#define ORDER(name, files) FIXTURE_VARIANT_ADD(td_files, name) { .order = files }
ORDER(vm_vcpu_memfd, "rvcm");
ORDER(vm_memfd_vcpu, "rvmc");
ORDER(vcpu_vm_memfd, "rcvm");
ORDER(vcpu_memfd_vm, "rcmv");
ORDER(memfd_vm_vcpu, "rmvc");
ORDER(memfd_vcpu_vm, "rmcv");
ORDER(vm_vcpu_memfd_run, "vcmr");
ORDER(vm_vcpu_run_memfd, "vcrm");
ORDER(vm_memfd_vcpu_run, "vmcr");
ORDER(vm_memfd_run_vcpu, "vmrc");
ORDER(vm_run_vcpu_memfd, "vrcm");
ORDER(vm_run_memfd_vcpu, "vrmc");
ORDER(vcpu_vm_memfd_run, "cvmr");
ORDER(vcpu_vm_run_memfd, "cvrm");
ORDER(vcpu_memfd_vm_run, "cmvr");
ORDER(vcpu_memfd_run_vm, "cmrv");
ORDER(vcpu_run_vm_memfd, "crvm");
ORDER(vcpu_run_memfd_vm, "crmv");
ORDER(memfd_vm_vcpu_run, "mvcr");
ORDER(memfd_vm_run_vcpu, "mvrc");
ORDER(memfd_vcpu_vm_run, "mcvr");
ORDER(memfd_vcpu_run_vm, "mcrv");
ORDER(memfd_run_vm_vcpu, "mrvc");
ORDER(memfd_run_vcpu_vm, "mrcv");

FIXTURE_SETUP(td_files)
{
	REQUIRE_ALL_HKIDS();
	hkid_take_all_but_one();
	self->before = td_resources();
	self->td = td_build(NR_PAGES);
	vm_tdx_finalize(self->td.vm, 0);
	/* None of the TD's, but KVM's module is in use by it, too. */
	close(self->td.vm->kvm_fd);
}

FIXTURE_TEARDOWN(td_files)
{
}

static long close_file(const struct td *td, char which)
{
	switch (which) {
	case 'v': return close(td->vm->fd);
	case 'c': return close(td->vcpu->fd);
	case 'm': return close(td->memfd);
	default:  return munmap(td->vcpu->run, td->vcpu->run_size);
	}
}

/*
 * A TD lives until the last of its files is closed, guest_memfd among them, and kvm_run is
 * unmapped, in any order.
 *
 * Source: guest_memfd.c kvm_gmem_release(); kvm_main.c kvm_vcpu_release(), kvm_destroy_vm(); mmap(2)
 * Needs: no-tdx, kvm-in-use, cgroup-limit
 */
TEST_F(td_files, td_lives_until_its_last_file_is_closed)
{
	for (const char *file = variant->order; *file; file++) {
		EXPECT_FALSE(hkid_is_free()) {
			TH_LOG("before %c is closed", *file);
		}
		ASSERT_SUCCESS(close_file(&self->td, *file));
	}
	EXPECT_TRUE(hkid_is_free());
	EXPECT_RESOURCES(self->before);
}

FIXTURE(sigkill) {
	struct td_resources before;
};

/* How far the process comes before it is killed. */
FIXTURE_VARIANT(sigkill) {
	enum td_stage stage;
	bool runs;
};

FIXTURE_VARIANT_ADD(sigkill, created) { .stage = TD_CREATED };
FIXTURE_VARIANT_ADD(sigkill, initialized) { .stage = TD_INITIALIZED };
FIXTURE_VARIANT_ADD(sigkill, has_vcpu) { .stage = TD_HAS_VCPU };
FIXTURE_VARIANT_ADD(sigkill, vcpu_ready) { .stage = TD_VCPU_READY };
FIXTURE_VARIANT_ADD(sigkill, filled) { .stage = TD_FILLED };
FIXTURE_VARIANT_ADD(sigkill, finalized) { .stage = TD_FINALIZED };
FIXTURE_VARIANT_ADD(sigkill, ran) { .stage = TD_FINALIZED, .runs = true };

FIXTURE_SETUP(sigkill)
{
	REQUIRE_ALL_HKIDS();
	hkid_take_all_but_one();
	self->before = td_resources();
}

FIXTURE_TEARDOWN(sigkill)
{
}

/*
 * A process that is killed takes its TD with it, whatever the TD's stage: its HKID, its pages
 * and its use of KVM's module are free again.
 *
 * Source: kvm_main.c kvm_vm_release(), kvm_destroy_vm(); vmx/tdx.c tdx_mmu_release_hkid()
 * Needs: no-tdx, kvm-in-use, cgroup-limit
 */
TEST_F(sigkill, ends_the_td)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct td td = td_build_until(variant->stage, NR_PAGES);

		if (variant->runs)
			__vcpu_run(td.vcpu);
		raise(SIGSTOP);
		_exit(1);
	}
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(variant->stage == TD_CREATED, hkid_is_free());
	if (self->before.module_users >= 0)
		EXPECT_LT(self->before.module_users, td_resources().module_users);

	ASSERT_SUCCESS(kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_TRUE(hkid_is_free());
	EXPECT_RESOURCES(self->before);
}

KVMCONF_MAIN
