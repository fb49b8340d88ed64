#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# "kunit.py parse": its exit status is not the verdict that it prints. A test
# that reports "not ok" itself, with subtests that passed, is printed as FAILED
# and the status is 0; a stream with nothing but skips has no failure, and the
# status is 1.
#
# Seen with: kunit.py of linux-source-6.12 6.12.117-1~deb12u1.
#
# Both streams are KTAP as Documentation/dev-tools/ktap.rst has it: a test with
# subtests has a result line of its own, and "not ok" there can have a reason
# that no subtest has, such as a teardown that failed after all of them.
#
#   stream                               printed                     status
#   not ok 1 a, subtests ok and ok       [FAILED] a, "passed: 2"     0
#   not ok 1 a, without subtests         [FAILED] a, "failed: 1"     1
#   ok 1 a # SKIP                        [SKIPPED] a, "skipped: 1"   1
#   ok 1 a # SKIP, ok 2 b                "passed: 1, skipped: 1"     0
#
# kunit_parser.py counts leaves only, and makes the whole stream's status from
# the counts. parse_tests() in kunit.py then takes SUCCESS alone for success,
# though exec_tests(), in the same file, lets SKIPPED pass as well.
#
# So: a job must not go by this status. It needs the printed lines or --json,
# and a failure of a test as a whole is best given a subtest's line as well.
#
# Needs apt-get with package lists (the package has 150 MB), dpkg-deb, tar, xz, python3.
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
tar -xf root/usr/src/linux-source-6.12.tar.xz linux-source-6.12/tools/testing/kunit
rm -r root
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# parse NAME LINE...
parse()
{
	echo "$1"
	shift
	status=0
	printf '%s\n' 'KTAP version 1' "$@" |
		timeout 60 python3 linux-source-6.12/tools/testing/kunit/kunit.py parse > log ||
		status=$?
	sed -n -e 's/^\[[0-9:]*\] //' -e 's/^=* *\(\[[A-Z]*\] [a-z]\)\( =*\)*$/\1/p' \
		-e '/^Testing complete/p' log
	echo "status $status"
}

{
	parse test_fails_after_its_subtests 1..1 '  KTAP version 1' '  1..2' '  ok 1 x' '  ok 2 y' \
		'not ok 1 a'
	parse test_without_subtests_fails 1..1 'not ok 1 a'
	parse all_skipped 1..1 'ok 1 a # SKIP not on this processor'
	parse one_skipped 1..2 'ok 1 a # SKIP not on this processor' 'ok 2 b'
} > seen

cat > expected << 'EOF'
test_fails_after_its_subtests
[PASSED] x
[PASSED] y
[FAILED] a
Testing complete. Ran 2 tests: passed: 2
status 0
test_without_subtests_fails
[FAILED] a
Testing complete. Ran 1 tests: failed: 1
status 1
all_skipped
[SKIPPED] a
Testing complete. Ran 1 tests: skipped: 1
status 1
one_skipped
[SKIPPED] a
[PASSED] b
Testing complete. Ran 2 tests: passed: 1, skipped: 1
status 0
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: kunit.py's verdict or its exit status is another" >&2
	cat log >&2
	exit 1
fi
echo "still so: kunit.py parse ends with 0 after a failed parent, with 1 after skips alone"
