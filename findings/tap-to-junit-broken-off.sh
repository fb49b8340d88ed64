#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tap-xunit and tap-junit make JUnit XML without a failed case, and end with 0, of a
# TAP stream that breaks off or bails out: what did not run is in no report.
#
# Seen with: npm's tap-xunit 2.4.1 and tap-junit 5.0.4, libtest-harness-perl 3.44-1.
#
# A plan is there to notice the tests that are missing; TAP 13 has the whole stream fail
# if it is not kept, or at "Bail out!". JUnit XML has no plan, so whoever makes it of TAP
# is the last to see that. tap-xunit even fails a stream that has no plan, but does not
# look whether it was kept. Cases, cases with a <failure>, and status:
#
#   stream                 tap-xunit           tap-junit           prove
#   1..3, ok 1, ok 2       2, 0 failed, 0      2, 0 failed, 0      FAIL
#   1..3, ok 1, Bail out!  1, 0 failed, 0      1, 0 failed, 0      FAIL
#   1..3, ok 1, not ok 2   2, 1 failed, 1      2, 1 failed, 0      FAIL
#
# For the first stream tap-junit counts failures="1" in its <testsuite>, but no case
# is the failed one, and none has the reason; for the second it counts none. A machine
# that goes down in the middle of a run is so a green report of fewer cases.
#
# So: look at the stream itself for the job's status (prove), or have every planned test
# get a result line before it is converted.
#
# Needs npm with its registry, node, apt-get with package lists, dpkg-deb, perl.
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

for package in tap-xunit@2.4.1 tap-junit@5.0.4; do
	if ! timeout 300 npm install --prefix "$tmp" --fetch-retries=1 --ignore-scripts --no-audit \
		--no-fund "$package" > log 2>&1; then
		cat log >&2
		exit 2
	fi
	echo "package $package"
done
package=libtest-harness-perl=3.44-1
if ! apt-get -q download "$package" > log 2>&1; then
	cat log >&2
	exit 2
fi
echo "package $package"
dpkg-deb -x ./*.deb root
PERL5LIB=$tmp/root/usr/share/perl5
export PERL5LIB
unset HARNESS_OPTIONS HARNESS_PERL_SWITCHES

printf '%s\n' 'TAP version 13' 1..3 'ok 1 - boots' 'ok 2 - exits' > breaks_off.tap
printf '%s\n' 'TAP version 13' 1..3 'ok 1 - boots' 'Bail out! the guest is gone' > bails_out.tap
printf '%s\n' 'TAP version 13' 1..3 'ok 1 - boots' 'not ok 2 - exits' > fails.tap

for name in breaks_off bails_out fails; do
	echo "$name"
	for converter in tap-xunit tap-junit; do
		status=0
		timeout 60 "node_modules/.bin/$converter" < "$name.tap" > xml || status=$?
		echo "$converter: $(grep -o '<testcase' xml | wc -l) cases," \
			"$(grep -o '<failure' xml | wc -l) failed, status $status"
		grep -o '<testsuite [^>]*>' xml
	done
	status=0
	timeout 60 perl root/usr/bin/prove --norc --exec cat "$name.tap" > log 2>&1 || status=$?
	echo "prove: $(sed -n 's/^Result: //p' log), status $status"
done > seen
cat > expected << 'EOF'
breaks_off
tap-xunit: 2 cases, 0 failed, status 0
<testsuite tests="2" failures="0" errors="0" name="Default">
tap-junit: 2 cases, 0 failed, status 0
<testsuite name="Tap-Junit-Suite" tests="2" skipped="0" failures="1">
prove: FAIL, status 1
bails_out
tap-xunit: 1 cases, 0 failed, status 0
<testsuite tests="1" failures="0" errors="0" name="Default">
tap-junit: 1 cases, 0 failed, status 0
<testsuite name="Tap-Junit-Suite" tests="1" skipped="0" failures="0">
prove: FAIL, status 255
fails
tap-xunit: 2 cases, 1 failed, status 1
<testsuite tests="2" failures="1" errors="0" name="Default">
tap-junit: 2 cases, 1 failed, status 0
<testsuite name="Tap-Junit-Suite" tests="2" skipped="0" failures="1">
prove: FAIL, status 1
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: another report, or another status" >&2
	cat log >&2
	exit 1
fi
echo "still so: neither converter has a failed case for what the plan misses"
