// SPDX-License-Identifier: GPL-2.0-only
/* A binary of the kernel's own harness, with every end that a case can have. */
#include "kselftest_harness.h"

#include <signal.h>

FIXTURE(f) { int unused; };
FIXTURE_VARIANT(f) { int ret; };
FIXTURE_VARIANT_ADD(f, one) { .ret = 1 };
FIXTURE_VARIANT_ADD(f, two) { .ret = 2 };
FIXTURE_SETUP(f) { }
FIXTURE_TEARDOWN(f) { }

TEST_F(f, passes)
{
	TH_LOG("Expected nothing less");
}

TEST_F(f, is_one)
{
	EXPECT_EQ(1, variant->ret);
	EXPECT_STREQ("one", "two");
}

TEST_F(f, dies_in_child)
{
	kill(getpid(), SIGSEGV);
}

TEST(asserts)
{
	ASSERT_EQ(0, 1);
}

TEST(skips)
{
	SKIP(return, "no-cap: nothing %s", "here");
}

TEST(says_why)
{
	fprintf(stderr, "# error: out of memory\n");
	_exit(1);
}

FIXTURE(slow) { int unused; };
FIXTURE_SETUP(slow) { }
FIXTURE_TEARDOWN(slow) { }

TEST_F_TIMEOUT(slow, hangs, 1)
{
	for (;;)
		pause();
}

TEST_SIGNAL(wants_a_signal, SIGUSR1)
{
	kill(getpid(), SIGUSR1);
}

TEST_SIGNAL(misses_a_signal, SIGUSR1)
{
}

TEST_HARNESS_MAIN
