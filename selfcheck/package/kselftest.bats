# SPDX-License-Identifier: GPL-2.0-only
#
# The suite as kselftest jobs have it: unpacked or installed from a kernel tree, run by our
# run_kselftest.sh or by the kernel's own, read with python3-tap.

# shellcheck disable=SC2154 # shared with the files loaded
load package.sh
load ../kernel_tree.sh

setup()
{
	setup_package
	k=$BATS_TEST_TMPDIR/k
	unpack "$k"
	cd "$k"
}

# What a lab sees of the output: "id verdict", sorted.
seen()
{
	/usr/bin/python3 "$top/selfcheck/runner/parsers.py" seen "$1" | LC_ALL=C sort
}

# The ids that it must be, from the plan alone.
expected_ids()
{
	{
		tests
		"$top/run_tests.sh" --list
	} | sed 's|^[^/]*/|kvm-conformance_|; s/[^A-Za-z0-9_-][^A-Za-z0-9_-]*/_/g' | LC_ALL=C sort
}

@test "a lab sees one result for each case and binary, with the same id however it ends" {
	expected_ids > "$BATS_TEST_TMPDIR/want"
	./run_kselftest.sh -c kvm-conformance > passing || [ $? -eq 4 ]
	seen passing | cut -d ' ' -f 1 | diff "$BATS_TEST_TMPDIR/want" -
	# All skipped, as where there is no KVM; then each skip a failure.
	unshare -m sh -c 'mount --bind /dev/null /dev/kvm && exec ./run_kselftest.sh' \
		> skipped 2> why || [ $? -eq 4 ]
	grep 'no test can run' why
	seen skipped > ids
	[ -z "$(grep -v ' skip$' ids)" ]
	cut -d ' ' -f 1 ids | diff "$BATS_TEST_TMPDIR/want" -
	unshare -m sh -c 'mount --bind /dev/null /dev/kvm &&
		exec kvm-conformance/run_tests.sh --require all' > failing 2> why || [ $? -eq 1 ]
	seen failing > ids
	[ -z "$(grep -v ' fail$' ids)" ]
	cut -d ' ' -f 1 ids | diff "$BATS_TEST_TMPDIR/want" -
}

@test "the kernel's own run_kselftest.sh runs the archive, and a lab sees the same" {
	./run_kselftest.sh > ours || [ $? -eq 4 ]
	kernel_tree
	cp "$tree/tools/testing/selftests/run_kselftest.sh" .
	cp -R "$tree/tools/testing/selftests/kselftest" .
	chmod +x kselftest/*
	# Through a pipe: it appends to /dev/stdout.
	./run_kselftest.sh | cat > theirs
	seen ours > ours.seen
	seen theirs | diff ours.seen -
}

@test "installed from a kernel tree, run by its run_kselftest.sh" {
	command -v rsync > /dev/null || skip "no rsync, which the kernel's lib.mk needs"
	kernel_tree
	make -C "$tree/tools/testing/selftests" TARGETS=kvm-conformance \
		INSTALL_PATH="$BATS_TEST_TMPDIR/installed" install > "$BATS_TEST_TMPDIR/log" 2>&1 || {
		tail -n 20 "$BATS_TEST_TMPDIR/log"
		return 1
	}
	cd "$BATS_TEST_TMPDIR/installed"
	sed 's/.*://' kselftest-list.txt | sort | diff - <(tests | sed 's|.*/||' | sort)
	[ -r kvm-conformance/settings ] && [ -r kvm-conformance/config ]
	cmp kvm-conformance/known_issues "$top/known_issues"
	./run_kselftest.sh -c kvm-conformance | cat > tap
	seen tap | cut -d ' ' -f 1 > ids
	tests | sed 's|.*/|kvm-conformance_|' | while read -r id; do
		grep -qx "$id" ids
	done
}

@test "run_kselftest.sh takes the options of the kernel's" {
	./run_kselftest.sh --list | diff kselftest-list.txt -
	./run_kselftest.sh -d -t kvm-conformance:x86/pio_rip > dry
	"$top/run_tests.sh" --list x86/pio_rip | diff - dry
	# By the name that it has in the output, too.
	./run_kselftest.sh -d -t kvm-conformance:pio_rip | diff - dry
	./run_kselftest.sh -d -c kvm-conformance | diff - <("$top/run_tests.sh" --list)
	./run_kselftest.sh -d -t 'kvm-conformance:svm/*' -S kvm-conformance:svm/bus_lock_init > dry
	"$top/run_tests.sh" --list svm | grep -v '^svm/bus_lock_init:' | diff - dry
	./run_kselftest.sh -n -p -o 30 -t kvm-conformance:x86/vm_types > tap || [ $? -eq 4 ]
	grep -x '# time limit: 30 s a binary: --timeout' tap
	./run_kselftest.sh -s -t kvm-conformance:x86/vm_types > summary || [ $? -eq 4 ]
	[ "$(grep -c . summary)" -le 5 ]
	grep -qE '^ok 1 selftests: kvm-conformance: vm_types' summary
	grep -qE '^# ok 1 ' output.log
	for wrong in "-t kvm-conformance:nothing" "-c net" "--frobnicate" "-t"; do
		# shellcheck disable=SC2086 # two words
		run ./run_kselftest.sh $wrong
		[ "$status" -eq 2 ]
	done
}

@test "a list that a lab has shortened is what is run" {
	sed -i -n '/vm_types$/p' kselftest-list.txt
	./run_kselftest.sh -d | diff - <("$top/run_tests.sh" --list x86/vm_types)
	: > kselftest-list.txt
	run ./run_kselftest.sh
	[ "$status" -eq 2 ]
}

@test "run_kselftest.sh ends with 1 if a test fails, unless told not to" {
	printf '#!/bin/sh\necho TAP version 13; echo 1..0; exit 3\n' > kvm-conformance/x86/vm_types
	run ./run_kselftest.sh -t kvm-conformance:x86/vm_types
	[ "$status" -eq 1 ]
	run ./run_kselftest.sh -f -t kvm-conformance:x86/vm_types
	[ "$status" -eq 0 ]
}
