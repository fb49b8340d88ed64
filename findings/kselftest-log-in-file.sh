#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# "run_kselftest.sh > file" overwrites what the tests print: the file has the runner's
# own lines and a torn rest. Through a pipe, or with ">> file", everything is there.
#
# Seen with: run_kselftest.sh and kselftest/ of linux-source-6.12 6.12.117-1~deb12u1.
#
# runner.sh writes its result lines to the standard output that it has, and the tests'
# lines to "$logfile", which is /dev/stdout, opened anew for each test and to append.
# For a pipe or a terminal that is the same place. For a regular file it is another
# open file, with an offset of its own: the test's lines go to the file's end, the
# runner's next ones to where the runner was, on top of them.
#
#   standard output    lines     the failed case "not ok 2 exits"
#   | cat              15        is there
#   >> file            15        is there
#   > file             6 and 2   is lost
#
# The two behind the result lines are the end of the last test's output; here they hold
# a second plan. The status is 0 in all three cases, so nothing shows that the log of
# what failed is gone.
#
# So: a job that keeps the log in a file writes "run_kselftest.sh | cat > file", or ">>".
#
# Needs apt-get with package lists (the package has 150 MB), dpkg-deb, tar, xz, perl.
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
	linux-source-6.12/tools/testing/selftests/run_kselftest.sh \
	linux-source-6.12/tools/testing/selftests/kselftest/runner.sh \
	linux-source-6.12/tools/testing/selftests/kselftest/prefix.pl
rm -r root

mkdir kvm
printf '%s\n' '#!/bin/sh' 'printf "%s\n" "TAP version 13" 1..2 "ok 1 boots" "not ok 2 exits"' \
	'exit 1' > kvm/fails
printf '%s\n' '#!/bin/sh' 'printf "%s\n" "TAP version 13" 1..1 "ok 1 boots"' > kvm/passes
chmod +x kvm/fails kvm/passes
printf '%s\n' kvm:fails kvm:passes > kselftest-list.txt

timeout 120 ./run_kselftest.sh | cat > piped
timeout 120 ./run_kselftest.sh >> appended
timeout 120 ./run_kselftest.sh > written
{
	echo "piped:"
	cat piped
	if cmp -s piped appended; then
		echo "appended: the same"
	fi
	echo "written:"
	cat written
} > seen

cat > expected << 'EOF'
piped:
TAP version 13
1..2
# timeout set to 45
# selftests: kvm: fails
# TAP version 13
# 1..2
# ok 1 boots
# not ok 2 exits
not ok 1 selftests: kvm: fails # exit=1
# timeout set to 45
# selftests: kvm: passes
# TAP version 13
# 1..1
# ok 1 boots
ok 2 selftests: kvm: passes
appended: the same
written:
TAP version 13
1..2
# selftests: kvm: fails
not ok 1 selftests: kvm: fails # exit=1
# selftests: kvm: passes
ok 2 selftests: kvm: passes
1..1
# ok 1 boots
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: another log" >&2
	cat log >&2
	exit 1
fi
echo "still so: with standard output in a file, what the tests print is overwritten"
