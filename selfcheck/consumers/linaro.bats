# SPDX-License-Identifier: GPL-2.0-only
#
# Linaro's kselftest.sh, as LAVA jobs of LKFT and KernelCI call it, with its parse-output.py: on
# our run_kselftest.sh and on the kernel's own.

# shellcheck disable=SC2154 # shared with consumers.sh
load consumers.sh

setup()
{
	need TEST_DEFINITIONS automated/linux/kselftest/kselftest.sh
	[ "$(id -u)" = 0 ] || skip "kselftest.sh wants root"
	setup_archive
	cp -R "$TEST_DEFINITIONS/automated" "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR/automated/linux/kselftest"
}

# kselftest.sh OPTION...: $results, sorted, less the line about the list itself.
kselftest()
{
	./kselftest.sh -s true -p "$archive" "$@" > log 2>&1 || {
		tail -n 20 log
		return 1
	}
	results=$BATS_TEST_TMPDIR/results
	grep -qx 'shardfile-kvm-conformance pass' output/result.txt
	# Its tap module has a warning for standard output, which send-to-lava.sh passes over.
	grep -E ' (pass|fail|skip)$' output/result.txt | grep -v '^shardfile' | LC_ALL=C sort > "$results"
}

@test "-c kvm-conformance: each binary and each case, by the verdicts of results.json" {
	kselftest -c kvm-conformance
	verdicts_of "$archive/kvm-conformance/results/latest/results.json" > want
	[ "$(wc -l < want)" -gt 200 ]
	diff want "$results"
	# The plain fact that something was skipped, and something known to fail.
	grep -q ' skip$' "$results"
	grep -q '"verdict": "xfail"' "$archive/kvm-conformance/results/latest/results.json"
	[ -z "$(grep '^[^ ]*/' output/result.txt)" ]
}

@test "with the kernel's own run_kselftest.sh the same ids and the same verdicts" {
	kselftest -c kvm-conformance
	cp "$results" ours
	rm -r output
	kernels_runner
	kselftest -c kvm-conformance
	diff ours "$results"
}

@test "shards are parts of the whole, and one test may be run alone" {
	for i in 1 2; do
		kselftest -c kvm-conformance -n 2 -i $i
		cp "$results" "shard.$i"
		rm -r output
	done
	for test in $some_tests; do
		[ "$(cat shard.1 shard.2 | grep -c "^kvm-conformance_${test##*/} ")" -eq 1 ]
	done
	[ -s shard.1 ] && [ -s shard.2 ]
	./kselftest.sh -s true -p "$archive" -T kvm-conformance:x86/vm_types > log 2>&1
	grep -qx 'kvm-conformance_vm_types pass' output/result.txt
	[ -z "$(grep -E ' (pass|fail|skip)$' output/result.txt | grep -v '^kvm-conformance_vm_types')" ]
}

@test "its skip list leaves tests out, and says so" {
	kselftest -c kvm-conformance -L kvm-conformance:x86/pio_rip
	grep -qx 'kvm-conformance:x86/pio_rip skip' "$results"
	[ -z "$(grep '^kvm-conformance_pio_rip' "$results")" ]
	grep -q '^kvm-conformance_pio_forms ' "$results"
}
