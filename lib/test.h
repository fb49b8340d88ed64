/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test file includes: the kernel's kselftest harness, the library, and
 * the few things that this suite asks of every binary. Ends with a line
 *
 *	KVMCONF_MAIN
 *
 * in place of TEST_HARNESS_MAIN.
 */
#ifndef KVMCONF_TEST_H
#define KVMCONF_TEST_H

#include "kselftest.h"

/* The harness's report of a case, before it sums up: see print_result(). */
static void print_result(int *code, const char *name, const char *fmt, const char *diagnostic);

#define ksft_test_result_code(code, name, fmt, diagnostic) \
	print_result(&(code), name, fmt, diagnostic)
#include "kselftest_harness.h"
#undef ksft_test_result_code

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include "exits.h"
#include "guest.h"
#include "host.h"
#include "ioctls.h"
#include "report.h"
#include "standalone.h"
#include "symbols.h"
#include "vm.h"

/*
 * Skips the test unless @condition. @reason is one of runner/reasons.c,
 * so that a user can demand it with run_tests.sh --require.
 *
 * A test that has failed already is not skipped: SKIP() would forget the failure.
 */
#define REQUIRE(condition, reason, fmt, ...) do {				\
	if (!(condition)) {							\
		if (!__test_passed(_metadata)) {				\
			TH_LOG("failed before it could skip: " reason ": " fmt,	\
			       ##__VA_ARGS__);					\
			return;							\
		}								\
		SKIP(return, reason ": " fmt, ##__VA_ARGS__);			\
	}									\
} while (0)

/*
 * The same for @what, which is no silicon's but the kernel's own, from @major.@minor on
 * or, by a distribution's doing, earlier.
 */
#define REQUIRE_SINCE(condition, major, minor, what) do {			\
	bool __has = (condition);						\
										\
	REQUIRE(__has || host_kernel_at_least(major, minor), "kernel-too-old",	\
		what " is of %u.%u", major, minor);				\
	REQUIRE(__has, "no-cap", what);						\
} while (0)

/* KVM has no instruction bytes of an SEV guest's OUTS or INS: see svm/sev_string_io. */
#define REQUIRE_STRING_IO()							\
	REQUIRE(!vm_create_makes_sev(), "no-string-io", "KVM does no string I/O for an SEV guest")

/* For cases of KVM's fast path for port I/O, which @has may lack. */
#define REQUIRE_FAST_PIO(has)							\
	REQUIRE(has, "no-fast-pio", "port I/O goes through the emulator on this back-end")

/* Another hypervisor had the CPU when the binary began. */
static bool kvm_was_busy;

/* First line of every FIXTURE_SETUP() that creates a VM. */
#define REQUIRE_KVM() do {							\
	int __fd = kvm_open();							\
										\
	if (__fd < 0 && (errno == EACCES || errno == EPERM))			\
		SKIP(return, "permission: /dev/kvm: %s", errno_name(errno));	\
	if (__fd < 0)								\
		SKIP(return, "no-kvm: /dev/kvm: %s", errno_name(errno));	\
	close(__fd);								\
	REQUIRE(!kvm_was_busy, "no-kvm", "/dev/kvm is busy");			\
} while (0)

/* Last line of every FIXTURE_TEARDOWN(): the evidence, then the end of the VM. */
#define TEARDOWN_VM(vm) do {							\
	if (!__test_passed(_metadata))						\
		exits_print();							\
	vm_free(vm);								\
} while (0)

/* @call fails with @error; the message has both by name. */
#define EXPECT_ERRNO(error, call) \
	EXPECT_STREQ(errno_name(error), errno_or_success(call))
#define ASSERT_ERRNO(error, call) \
	ASSERT_STREQ(errno_name(error), errno_or_success(call))

#define EXPECT_SUCCESS(call) \
	EXPECT_STREQ("success", errno_or_success(call))
#define ASSERT_SUCCESS(call) \
	ASSERT_STREQ("success", errno_or_success(call))

/* For registers and addresses: in hexadecimal. */
#define EXPECT_HEX(want, got) \
	EXPECT_STREQ(hex(want), hex(got))

#define ASSERT_EXIT(reason, vcpu) \
	ASSERT_STREQ(exit_name(reason), exit_name((vcpu)->run->exit_reason))

/* @want: the address, in linear terms, of the instruction the vCPU stopped at. */
#define EXPECT_RIP(want, vcpu) \
	EXPECT_STREQ(address_name((uint64_t)(want)), address_name(vcpu_rip(vcpu)))

/* A killed runner takes every process of the test with it, and so every VM. */
static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Consumers look for directives behind any "#". */
static void print_without_hashes(const char *text)
{
	for (; *text; text++)
		if (*text == '#')
			printf("\\x23");
		else
			putchar(*text);
}

static void print_known(const char *directive, const char *name, const struct known_issue *known)
{
	printf("ok %u %s # %s ", ksft_test_num(), name, directive);
	print_without_hashes(known->reference);
	printf(": ");
	print_without_hashes(known->reason);
	printf("\n");
}

/*
 * The harness's result line is for the suite's own runner. Others take a skip's reason for a
 * part of the case's name, so that it stands in the line below; and they know of no
 * known_issues, with which a failure is XFAIL and no failure.
 */
static void print_result(int *code, const char *name, const char *fmt, const char *diagnostic)
{
	const struct known_issue *known = NULL;

	if (stands_alone() && (*code == KSFT_PASS || *code == KSFT_FAIL))
		known = standalone_known_issue(__BASE_FILE__, name);
	if (known && *code == KSFT_FAIL) {
		*code = KSFT_XFAIL;
		ksft_cnt.ksft_xfail++;
		print_known("XFAIL", name, known);
	} else if (known) {
		*code = KSFT_XPASS;
		ksft_cnt.ksft_xpass++;
		print_known("XPASS", name, known);
	} else if (stands_alone() && *code == KSFT_SKIP) {
		ksft_cnt.ksft_xskip++;
		printf("ok %u %s # SKIP\n# %s\n", ksft_test_num(), name, diagnostic);
	} else {
		ksft_test_result_code(*code, name, fmt, diagnostic);
	}
}

static bool nothing_was_run;	/* a list or a help was asked for */

/*
 * kselftest's exit status for a binary of which nothing could be tested. Failure if no
 * test was selected, or if the results could not be written.
 */
static void settle_exit_status(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "%s: the output could not be written\n",
			program_invocation_short_name);
		_exit(KSFT_FAIL);
	}
	if (nothing_was_run)
		return;
	if (!ksft_plan) {
		fprintf(stderr, "%s: no such test (-l lists them)\n",
			program_invocation_short_name);
		_exit(KSFT_FAIL);
	}
	if (ksft_cnt.ksft_xskip == ksft_plan)
		_exit(KSFT_SKIP);
}

static void for_each_case(void (*visit)(struct __fixture_metadata *fixture,
					const char *variant, struct __test_metadata *test))
{
	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next) {
		struct __fixture_variant_metadata *v = f->variant;

		do {
			for (struct __test_metadata *t = f->tests; t; t = t->next)
				visit(f, v ? v->name : "", t);
			v = v ? v->next : NULL;
		} while (v);
	}
}

static void print_case(struct __fixture_metadata *fixture, const char *variant,
		       struct __test_metadata *test)
{
	printf("%s%s%s.%s\n", fixture->name, variant[0] ? "." : "", variant, test->name);
}

/* A figure for results.json; of no effect on the verdict. */
static inline void print_measurement(const char *name, unsigned long value, const char *unit)
{
	printf("# measure: %s %lu %s\n", name, value, unit);
}

static void scale_timeout(struct __fixture_metadata *fixture, const char *variant,
			  struct __test_metadata *test)
{
	/* A test is met once for each variant of its fixture. */
	if (!fixture->variant || !strcmp(variant, fixture->variant->name))
		test->timeout *= timeout_scale();
}

/*
 * --cases prints the binary's whole plan, a case a line, for the build; all
 * other options are the harness's.
 */
static int kvmconf_main(int argc, char **argv, void (*prepare)(void))
{
	int ret = KSFT_PASS;

	pthread_atfork(NULL, NULL, die_with_parent);
	atexit(settle_exit_status);
	if (argc == 2 && !strcmp(argv[1], "--cases")) {
		for_each_case(print_case);
	} else {
		for_each_case(scale_timeout);
		kvm_was_busy = kvm_is_busy();
		if (prepare)
			prepare();
		ret = test_harness_run(argc, argv);	/* returns if it has run nothing */
	}
	nothing_was_run = true;
	return ret;
}

#define KVMCONF_MAIN KVMCONF_MAIN_WITH(NULL)

/* @prepare is called once, before all tests; they inherit what it has opened. */
#define KVMCONF_MAIN_WITH(prepare)						\
	int main(int argc, char **argv)						\
	{									\
		return kvmconf_main(argc, argv, prepare);			\
	}

#endif
