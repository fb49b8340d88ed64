#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run_kselftest.sh with two collections prints two TAP documents into one stream, with
# a version, a plan and numbers from 1 each. kunit.py reads the first alone and ends
# with 0, whatever the second has; prove fails the stream even if all tests passed.
#
# Seen with: run_kselftest.sh, kselftest/ and kunit.py of linux-source-6.12
# 6.12.117-1~deb12u1, libtest-harness-perl 3.44-1.
#
# TAP and KTAP (ktap.rst) have one version line and one plan at each level, and the
# numbers go up by 1. run_kselftest.sh starts run_many() for each collection, and that
# prints "TAP version 13" and the plan. One collection makes a document that both take;
# several, or a run without options, do not:
#
#   collections          kunit.py parse                    prove
#   kvm                  passed: 1, status 0               PASS, 0
#   kvm, net passes      passed: 1, status 0, net unread   FAIL, 1: "More than one plan"
#   kvm, net fails       passed: 1, status 0, net unread   FAIL, 1: "More than one plan"
#   net fails            failed: 1, status 1               FAIL, 1
#
# run_kselftest.sh's own status is 0 each time, and no help.
#
# So: a job runs one collection at a time (-c), and has each parsed on its own.
#
# Needs apt-get with package lists (the package has 150 MB), dpkg-deb, tar, xz, perl, python3.
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

for package in linux-source-6.12=6.12.117-1~deb12u1 libtest-harness-perl=3.44-1; do
	if ! apt-get -q download "$package" > log 2>&1; then
		cat log >&2
		exit 2
	fi
	echo "package $package"
done
for deb in *.deb; do
	dpkg-deb -x "$deb" root
	rm "$deb"
done
tools=linux-source-6.12/tools/testing
tar -xf root/usr/src/linux-source-6.12.tar.xz "$tools/selftests/run_kselftest.sh" \
	"$tools/selftests/kselftest" "$tools/kunit"
rm -r root/usr/src
PERL5LIB=$tmp/root/usr/share/perl5
PYTHONDONTWRITEBYTECODE=1
export PERL5LIB PYTHONDONTWRITEBYTECODE
unset HARNESS_OPTIONS HARNESS_PERL_SWITCHES

cd "$tools/selftests"
mkdir kvm net_passes net_fails
printf '#!/bin/sh\nexit 0\n' > kvm/boots
cp kvm/boots net_passes/links
printf '#!/bin/sh\nexit 1\n' > net_fails/links
chmod +x kvm/boots net_passes/links net_fails/links
printf '%s\n' kvm:boots net_passes:links net_fails:links > kselftest-list.txt

for options in '-c kvm' '-c kvm -c net_passes' '-c kvm -c net_fails' '-c net_fails'; do
	echo "$options"
	status=0
	# shellcheck disable=SC2086 # several words
	timeout 120 ./run_kselftest.sh $options > "$tmp/log" 2>&1 || status=$?
	echo "run_kselftest.sh: status $status"
	grep -v '^#' "$tmp/log"
	status=0
	timeout 60 python3 ../kunit/kunit.py parse < "$tmp/log" > "$tmp/parsed" || status=$?
	sed -n 's/.*Testing complete. /kunit.py: /p' "$tmp/parsed"
	echo "kunit.py: status $status"
	status=0
	perl "$tmp/root/usr/bin/prove" --norc --exec cat "$tmp/log" > "$tmp/parsed" 2>&1 || status=$?
	sed -n -e 's/.*\(More than one plan .*\)/prove: \1/p' -e 's/^Result: /prove: /p' "$tmp/parsed"
	echo "prove: status $status"
done > "$tmp/seen"
cd "$tmp"

cat > expected << 'EOF'
-c kvm
run_kselftest.sh: status 0
TAP version 13
1..1
ok 1 selftests: kvm: boots
kunit.py: Ran 1 tests: passed: 1
kunit.py: status 0
prove: PASS
prove: status 0
-c kvm -c net_passes
run_kselftest.sh: status 0
TAP version 13
1..1
ok 1 selftests: kvm: boots
TAP version 13
1..1
ok 1 selftests: net_passes: links
kunit.py: Ran 1 tests: passed: 1
kunit.py: status 0
prove: More than one plan found in TAP output
prove: FAIL
prove: status 1
-c kvm -c net_fails
run_kselftest.sh: status 0
TAP version 13
1..1
ok 1 selftests: kvm: boots
TAP version 13
1..1
not ok 1 selftests: net_fails: links # exit=1
kunit.py: Ran 1 tests: passed: 1
kunit.py: status 0
prove: More than one plan found in TAP output
prove: FAIL
prove: status 1
-c net_fails
run_kselftest.sh: status 0
TAP version 13
1..1
not ok 1 selftests: net_fails: links # exit=1
kunit.py: Ran 1 tests: failed: 1
kunit.py: status 1
prove: FAIL
prove: status 1
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: another stream, or it is read otherwise" >&2
	cat log >&2
	exit 1
fi
echo "still so: of two collections kunit.py reads one, and prove fails both"
