// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TDX module answers, and what KVM makes of it: the errors that a module in good
 * health does not give, and what it says that it owns. Needs a module that can be told what to
 * answer, which the emulated one can (lib/tdx_emulated.h) and a real one cannot.
 */
#include <fcntl.h>

#include "test.h"
#include "pamt.h"
#include "tdx.h"
#include "tdx_emulated.h"

#define PAGE_SIZE	4096ul
#define NR_PAGES	8ul
#define NR_TABLES	3ul	/* S-EPT pages below the root, for pages of one region */

/* SEAMCALL leaves */
#define MEM_PAGE_ADD	2
#define MNG_CREATE	9
#define MR_FINALIZE	17
#define MNG_INIT	21
#define PAMT_ADD	58

/* Their statuses, as the kernel's tdx_errno.h has them */
#define RND_NO_ENTROPY	0x8000020300000000ull
#define OPERAND_BUSY	0x8000020000000000ull
#define OPERAND_INVALID	0xc000010000000000ull
#define SW_ERROR	0xc000040000000000ull	/* any that KVM has no name for */

#define FOR_EVER	1000000

FIXTURE(module) {
	int msr;
};

static __u64 msr_read(int fd, enum tdx_msr msr)
{
	__u64 value;

	if (pread(fd, &value, sizeof(value), msr) != sizeof(value))
		report_error("RDMSR %s: %s", hex(msr), call_outcome(-1));
	return value;
}

static void msr_write(int fd, enum tdx_msr msr, __u64 value)
{
	if (pwrite(fd, &value, sizeof(value), msr) != sizeof(value))
		report_error("WRMSR %s: %s", hex(msr), call_outcome(-1));
}

/* The next @count SEAMCALLs of @leaf get @status. */
static void inject(int fd, __u64 leaf, __u64 count, __u64 status)
{
	msr_write(fd, TDX_MSR_INJECT_LEAF, leaf);
	msr_write(fd, TDX_MSR_INJECT_SKIP, 0);
	msr_write(fd, TDX_MSR_INJECT_COUNT, count);
	msr_write(fd, TDX_MSR_INJECT_STATUS, status);
}

static void expect_nothing_owned(struct __test_metadata *_metadata, int fd)
{
	for (enum tdx_msr msr = TDX_MSR_TDS; msr <= TDX_MSR_PAMT_PAIRS; msr++) {
		EXPECT_EQ(0, msr_read(fd, msr)) {
			TH_LOG("in ledger entry %d", msr - TDX_MSR_TDS);
		}
	}
}

FIXTURE_SETUP(module)
{
	__u64 magic = 0;

	REQUIRE_TDX();
	self->msr = open("/dev/cpu/0/msr", O_RDWR | O_CLOEXEC);
	REQUIRE(self->msr >= 0 || (errno != EACCES && errno != EPERM), "permission",
		"/dev/cpu/0/msr: %s", errno_name(errno));
	REQUIRE(self->msr >= 0 &&
		pread(self->msr, &magic, sizeof(magic), TDX_MSR_MAGIC) == sizeof(magic) &&
		magic == TDX_MSR_MAGIC_VALUE, "not-emulated", "the TDX module is a real one");
	expect_nothing_owned(_metadata, self->msr);
}

FIXTURE_TEARDOWN(module)
{
	inject(self->msr, 0, 0, 0);
	close(self->msr);
}

/*
 * The module owns what the TD was given, gives back what a hole is punched into, and owns
 * nothing when the TD has ended.
 *
 * Source: vmx/tdx.c tdx_sept_remove_leaf_spte(), tdx_reclaim_td_control_pages()
 * Needs: no-tdx, permission, not-emulated
 */
TEST_F(module, owns_what_the_td_has)
{
	struct td td = td_build(NR_PAGES);

	EXPECT_EQ(1, msr_read(self->msr, TDX_MSR_TDS));
	EXPECT_EQ(1, msr_read(self->msr, TDX_MSR_VCPUS));
	EXPECT_EQ(1, msr_read(self->msr, TDX_MSR_KEYS));
	EXPECT_LE(4, msr_read(self->msr, TDX_MSR_CONTROL_PAGES));
	EXPECT_EQ(NR_TABLES, msr_read(self->msr, TDX_MSR_SEPT_PAGES));
	EXPECT_EQ(NR_PAGES, msr_read(self->msr, TDX_MSR_GUEST_PAGES));
	td_punch_hole(td.memfd, 0, 3 * PAGE_SIZE);
	EXPECT_EQ(NR_PAGES - 3, msr_read(self->msr, TDX_MSR_GUEST_PAGES));
	td_convert(td.vm, TD_MEMORY, NR_PAGES * PAGE_SIZE, false);
	EXPECT_EQ(0, msr_read(self->msr, TDX_MSR_GUEST_PAGES));
	td_free(&td);
	expect_nothing_owned(_metadata, self->msr);
}

/*
 * A TD for which the module finds no entropy is EAGAIN, and owns nothing; once there is
 * some, it can be initialised.
 *
 * Source: vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, permission, not-emulated
 */
TEST_F(module, without_entropy_is_eagain)
{
	static union tdx_init_vm params;
	struct vm *vm = td_create();

	td_default_params(vm, &params);
	inject(self->msr, MNG_CREATE, FOR_EVER, RND_NO_ENTROPY);
	EXPECT_ERRNO(EAGAIN, __vm_tdx_init(vm, &params.init));
	inject(self->msr, MNG_CREATE, 0, 0);
	expect_nothing_owned(_metadata, self->msr);
	EXPECT_SUCCESS(__vm_tdx_init(vm, &params.init));
	vm_free(vm);
}

/*
 * An operand of KVM_TDX_INIT_VM that the module refuses is EINVAL, with the module's status in
 * hw_error; the TD can be initialised afterwards.
 *
 * Source: intel-tdx.rst, struct kvm_tdx_cmd; vmx/tdx.c __tdx_td_init()
 * Needs: no-tdx, permission, not-emulated
 */
TEST_F(module, status_of_a_refused_operand_is_in_hw_error)
{
	static union tdx_init_vm params;
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (__u64)&params };
	struct vm *vm = td_create();

	td_default_params(vm, &params);
	inject(self->msr, MNG_INIT, 1, OPERAND_INVALID | 7);
	EXPECT_ERRNO(EINVAL, __vm_mem_enc_op(vm, &cmd));
	EXPECT_HEX(OPERAND_INVALID | 7, cmd.hw_error);
	expect_nothing_owned(_metadata, self->msr);

	cmd.hw_error = 0;
	EXPECT_SUCCESS(__vm_mem_enc_op(vm, &cmd));
	EXPECT_HEX(0, cmd.hw_error);
	vm_free(vm);
}

/*
 * KVM_TDX_FINALIZE_VM of a TD that the module is busy with is EBUSY, with the module's status
 * in hw_error, and can be repeated.
 *
 * Source: intel-tdx.rst, struct kvm_tdx_cmd; vmx/tdx.c tdx_td_finalize()
 * Needs: no-tdx, permission, not-emulated
 */
TEST_F(module, busy_at_finalize_is_ebusy)
{
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_FINALIZE_VM };
	struct td td = td_build(NR_PAGES);

	inject(self->msr, MR_FINALIZE, 1, OPERAND_BUSY | 1);
	EXPECT_ERRNO(EBUSY, __vm_mem_enc_op(td.vm, &cmd));
	EXPECT_HEX(OPERAND_BUSY | 1, cmd.hw_error);
	cmd.hw_error = 0;
	EXPECT_SUCCESS(__vm_mem_enc_op(td.vm, &cmd));
	td_free(&td);
}

/*
 * A page that the module is too busy to take is offered again: the caller does not notice.
 *
 * Source: vmx/tdx.c tdx_mem_page_add(); mmu.c kvm_tdp_mmu_map_private_pfn()
 * Needs: no-tdx, permission, not-emulated
 */
TEST_F(module, busy_with_a_page_is_asked_again)
{
	struct td td = td_build(NR_PAGES);
	struct kvm_tdx_init_mem_region region = td_region(TD_MEMORY, NR_PAGES);

	td_punch_hole(td.memfd, 0, NR_PAGES * PAGE_SIZE);
	inject(self->msr, MEM_PAGE_ADD, 3, OPERAND_BUSY);
	EXPECT_SUCCESS(__vcpu_tdx_init_mem_region(td.vcpu, &region));
	EXPECT_EQ(0, msr_read(self->msr, TDX_MSR_INJECT_COUNT));
	EXPECT_EQ(NR_PAGES, msr_read(self->msr, TDX_MSR_GUEST_PAGES));
	td_free(&td);
}

/*
 * A pair that the module does not take is EIO for the command that wanted it, and nothing of
 * what the command did is left.
 *
 * Source: Dynamic PAMT series: "Failures: ENOMEM, EIO"; pairs are given back on every error path
 * Needs: no-tdx, permission, not-emulated, pamt-profile
 */
TEST_F(module, that_refuses_a_pair_is_eio)
{
	enum pamt_profile profile = pamt_profile();
	static union tdx_init_vm params;
	struct vm *vm;

	REQUIRE(profile == PAMT_ROW || profile == PAMT_NO_ROW, "pamt-profile",
		"PAMT is not known to be dynamic");
	vm = td_create();
	td_default_params(vm, &params);
	inject(self->msr, PAMT_ADD, FOR_EVER, SW_ERROR);
	EXPECT_ERRNO(EIO, __vm_tdx_init(vm, &params.init));
	inject(self->msr, PAMT_ADD, 0, 0);
	expect_nothing_owned(_metadata, self->msr);
	if (profile == PAMT_ROW)
		EXPECT_EQ(0, pamt_row_kb());
	EXPECT_SUCCESS(__vm_tdx_init(vm, &params.init));
	vm_free(vm);
}

KVMCONF_MAIN
