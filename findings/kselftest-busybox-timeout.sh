#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run_kselftest.sh on a system of busybox fails every test: the test is not started.
# runner.sh calls /usr/bin/timeout with --foreground, which busybox has not.
#
# Seen with: run_kselftest.sh and kselftest/ of linux-source-6.12 6.12.117-1~deb12u1,
# busybox-static 1:1.35.0-4+deb12u1+b1.
#
# kselftest's runner is made to do without tools: without /usr/bin/timeout a test has
# no time limit, without /usr/bin/perl sed takes its place, and without stdbuf and tr
# it goes on, too. But it only asks whether /usr/bin/timeout is there. "busybox
# --install" puts its own there, as an initramfs or a small root file system has it:
# "unrecognized option", status 1. That is a failed test, with exit=1, in a valid stream.
#
#   /usr/bin/timeout     test that passes         test that takes too long (timeout=1)
#   coreutils            ok 1                     not ok 2 # TIMEOUT 1 seconds
#   busybox              not ok 1 # exit=1        not ok 2 # exit=1
#   not executable       ok 1                     ok 2, when it ends
#
# So: an initramfs for kselftests has no applet timeout in /usr/bin, or has coreutils'.
# The line "unrecognized option '--foreground'" in a test's log tells this failure from a
# real one.
#
# Needs apt-get with package lists (the package has 150 MB), dpkg-deb, tar, xz, perl,
# coreutils as the system's own, and leave to make a mount namespace (unshare).
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

if ! unshare --map-root-user --mount true; then
	exit 2
fi
for package in linux-source-6.12=6.12.117-1~deb12u1 busybox-static=1:1.35.0-4+deb12u1+b1; do
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
tar -xf root/usr/src/linux-source-6.12.tar.xz --strip-components=4 --occurrence=1 \
	linux-source-6.12/tools/testing/selftests/run_kselftest.sh \
	linux-source-6.12/tools/testing/selftests/kselftest/runner.sh \
	linux-source-6.12/tools/testing/selftests/kselftest/prefix.pl
rm -r root/usr/src

mkdir kvm
printf '#!/bin/sh\necho "ok 1 boots"\n' > kvm/passes
printf '#!/bin/sh\nsleep 3\n' > kvm/sleeps
chmod +x kvm/passes kvm/sleeps
printf 'timeout=1\n' > kvm/settings
printf '%s\n' kvm:passes kvm:sleeps > kselftest-list.txt
: > no_program

for timeout in /usr/bin/timeout root/bin/busybox no_program; do
	echo "$timeout"
	# shellcheck disable=SC2016 # $1 is of the inner shell
	# The usage that busybox prints with it is left out.
	unshare --map-root-user --mount sh -c '
		mount --bind "$1" /usr/bin/timeout
		exec ./run_kselftest.sh' sh "$timeout" | grep -E '^(not )?ok|^# ok|unrecognized'
done > seen

cat > expected << 'EOF'
/usr/bin/timeout
# ok 1 boots
ok 1 selftests: kvm: passes
not ok 2 selftests: kvm: sleeps # TIMEOUT 1 seconds
root/bin/busybox
# /usr/bin/timeout: unrecognized option '--foreground'
not ok 1 selftests: kvm: passes # exit=1
# /usr/bin/timeout: unrecognized option '--foreground'
not ok 2 selftests: kvm: sleeps # exit=1
no_program
# ok 1 boots
ok 1 selftests: kvm: passes
ok 2 selftests: kvm: sleeps
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: the runner or busybox's timeout does something else" >&2
	cat log >&2
	exit 1
fi
echo "still so: with busybox's timeout the runner starts no test and fails each"
