// SPDX-License-Identifier: GPL-2.0-only
/* A binary of the suite's own library, whose cases skip after something has failed. */
#include "test.h"

TEST(after_expects)
{
	EXPECT_EQ(1, 2);
	REQUIRE(false, "no-cap", "none of %d", 3);
}

TEST(after_a_childs_error)
{
	pid_t child = fork();

	if (!child)
		report_error("out of memory");
	waitpid(child, NULL, 0);
	REQUIRE(false, "no-cap", "none");
}

TEST(skips)
{
	EXPECT_EQ(1, 1);
	REQUIRE(false, "no-cap", "none");
}

FIXTURE(late) {
	int unused;
};

FIXTURE_SETUP(late)
{
	if (!strcmp(_metadata->name, "in_setup")) {
		EXPECT_EQ(1, 2);
		REQUIRE(false, "no-cap", "none of %d", 3);
	}
}

FIXTURE_TEARDOWN(late)
{
}

TEST_F(late, expects)
{
	EXPECT_EQ(1, 2);
	REQUIRE(false, "no-cap", "none of %d", 3);
}

TEST_F(late, in_setup)
{
}

KVMCONF_MAIN
