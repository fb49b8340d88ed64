#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kselftest_harness.h: SKIP() behind an EXPECT_*() that failed takes the failure
# back. The result line is "ok ... # SKIP", the totals have no failure, and the
# program ends with 0.
#
# Seen with: kselftest_harness.h of linux-source-6.12 6.12.117-1~deb12u1.
#
# EXPECT_*() lets a test go on, for the test to fail at its end: it stores
# KSFT_FAIL in the test's exit_code. SKIP() stores KSFT_SKIP there, without a
# look at what it had. The comment on SKIP() says that it forces a "pass", but
# not that it also does that to a test which has failed. All that is left of the
# failure is the line on stderr: "Expected 1 (1) == 2 (2)".
#
#   test                       result line                         status
#   EXPECT fails               not ok 1 global.fails               1
#   EXPECT fails, then SKIP()  ok 1 global.fails_then_skips # SKIP 0
#
# So: a test asks for all that it may lack before its first EXPECT_*(), or uses
# ASSERT_*() above a SKIP().
#
# Needs apt-get with package lists (the package has 150 MB), dpkg-deb, tar, xz, cc.
# Status: 0 it is still so, 1 it changed, 2 the package is not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

package=linux-source-6.12=6.12.117-1~deb12u1
if ! apt-get -q download "$package" > log 2>&1; then
	cat log >&2
	exit 2
fi
echo "package $package"
dpkg-deb -x ./*.deb root
rm ./*.deb
tar -xf root/usr/src/linux-source-6.12.tar.xz --strip-components=4 --occurrence=1 \
	linux-source-6.12/tools/testing/selftests/kselftest.h \
	linux-source-6.12/tools/testing/selftests/kselftest_harness.h
rm -r root

cat > example.c << 'EOF'
#include "kselftest_harness.h"

TEST(fails)
{
	EXPECT_EQ(1, 2);
}

TEST(fails_then_skips)
{
	EXPECT_EQ(1, 2);
	SKIP(return, "the rest needs another processor");
}

TEST_HARNESS_MAIN
EOF
cc -D_GNU_SOURCE -I . -o example example.c

for name in fails fails_then_skips; do
	echo "$name"
	status=0
	timeout 60 ./example -t "$name" > out 2> err || status=$?
	sed -n 's/.*:\(Expected .*\)/stderr: \1/p' err
	sed -n -e '/^\(not \)\{0,1\}ok /p' -e '/^# [A-Z]*: [0-9]/p' -e '/^# Totals/p' out
	echo "status $status"
done > seen

cat > expected << 'EOF'
fails
stderr: Expected 1 (1) == 2 (2)
not ok 1 global.fails
# FAILED: 0 / 1 tests passed.
# Totals: pass:0 fail:1 xfail:0 xpass:0 skip:0 error:0
status 1
fails_then_skips
stderr: Expected 1 (1) == 2 (2)
ok 1 global.fails_then_skips # SKIP the rest needs another processor
# PASSED: 1 / 1 tests passed.
# Totals: pass:0 fail:0 xfail:0 xpass:0 skip:1 error:0
status 0
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: SKIP() behind a failed EXPECT is something else now" >&2
	cat log >&2
	exit 1
fi
echo "still so: SKIP() makes a skip, and status 0, of a test that has failed"
