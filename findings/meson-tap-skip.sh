#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# "meson test" with protocol 'tap': a stream that breaks off, or bails out, before its
# first result that is no skip is SKIP, and the status is 0. prove fails all of them.
#
# Seen with: meson 1.0.1-5, ninja-build 1.11.1-2~deb12u1, libtest-harness-perl 3.44-1.
#
# By the TAP 13 specification "Bail out!" ends the whole test as failed, and so does a
# plan that is not kept. meson's TAP parser finds both, and calls them an error. But
# after that mtest.py makes it SKIP if all results were skips, "none at all" included.
#
#   stream                              meson    prove
#   1..2, nothing more                  SKIP     FAIL
#   1..2, Bail out!                     SKIP     FAIL
#   1..2, ok 1 # SKIP, nothing more     SKIP     FAIL
#   1..2, ok 1 # SKIP, Bail out!        SKIP     FAIL
#   nothing                             SKIP     FAIL
#   1..2, ok 1, nothing more            ERROR    FAIL
#   1..2, ok 1, Bail out!               ERROR    FAIL
#
# A program's own status would be looked at as well. But where TAP comes out of a pipe,
# from a guest's console or from run_kselftest.sh, which always ends with 0, it is 0.
#
# So: a wrapper for meson looks itself whether the plan was kept, and ends with 1 if
# not. And SKIP in a list of meson's does not say that a test had a reason to skip.
#
# Needs apt-get with package lists, dpkg-deb, perl, python3.
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

for package in meson=1.0.1-5 ninja-build=1.11.1-2~deb12u1 libtest-harness-perl=3.44-1; do
	if ! apt-get -q download "$package" > log 2>&1; then
		cat log >&2
		exit 2
	fi
	echo "package $package"
done
for deb in *.deb; do
	dpkg-deb -x "$deb" root
done
PATH=$tmp/root/usr/bin:$PATH
PYTHONPATH=$tmp/root/usr/lib/python3/dist-packages
PERL5LIB=$tmp/root/usr/share/perl5
PYTHONDONTWRITEBYTECODE=1
export PATH PYTHONPATH PERL5LIB PYTHONDONTWRITEBYTECODE
unset HARNESS_OPTIONS HARNESS_PERL_SWITCHES

mkdir project
echo "project('streams')" > project/meson.build

# stream NAME LINE...
stream()
{
	name=$1
	shift
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@"
	fi > "project/$name.tap"
	echo "test('$name', find_program('cat'), args: files('$name.tap'), protocol: 'tap')" \
		>> project/meson.build
}
stream planned 'TAP version 13' 1..2
stream bails 'TAP version 13' 1..2 'Bail out! the guest is gone'
stream skips 'TAP version 13' 1..2 'ok 1 boots # SKIP no nested SVM'
stream skips_and_bails 'TAP version 13' 1..2 'ok 1 boots # SKIP no nested SVM' 'Bail out! the guest is gone'
stream empty
stream passes 'TAP version 13' 1..2 'ok 1 boots'
stream passes_and_bails 'TAP version 13' 1..2 'ok 1 boots' 'Bail out! the guest is gone'

python3 root/usr/bin/meson setup build project > log 2>&1
for name in planned bails skips skips_and_bails empty passes passes_and_bails; do
	status=0
	timeout 60 python3 root/usr/bin/meson test -C build --no-rebuild "$name" > log 2>&1 || status=$?
	verdict=$(sed -n "s/^1\/1 $name  *\([A-Z]*\) .*/\1/p" log)
	echo "$name: meson $verdict, status $status"
	status=0
	timeout 60 perl root/usr/bin/prove --norc --exec cat "project/$name.tap" > log 2>&1 || status=$?
	echo "$name: prove $(sed -n 's/^Result: //p' log), status $status"
done > seen

cat > expected << 'EOF'
planned: meson SKIP, status 0
planned: prove FAIL, status 1
bails: meson SKIP, status 0
bails: prove FAIL, status 255
skips: meson SKIP, status 0
skips: prove FAIL, status 1
skips_and_bails: meson SKIP, status 0
skips_and_bails: prove FAIL, status 255
empty: meson SKIP, status 0
empty: prove FAIL, status 1
passes: meson ERROR, status 1
passes: prove FAIL, status 1
passes_and_bails: meson ERROR, status 1
passes_and_bails: prove FAIL, status 255
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: meson's verdict, or prove's, is another" >&2
	cat log >&2
	exit 1
fi
echo "still so: for meson a stream that breaks off before a result is SKIP"
