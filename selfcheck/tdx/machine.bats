# SPDX-License-Identifier: GPL-2.0-only
#
# The emulated TDX module under the real kernel: the tests of tdx/ pass there, it owns nothing
# afterwards, and each way in which it can be broken makes the run fail.

setup()
{
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_FAULT
	out=$BATS_TEST_TMPDIR/out
}

@test "tdx/ passes on the machine, and the module owns nothing afterwards" {
	./run_tests.sh -o "$out" --machine tdx tdx >"$BATS_TEST_TMPDIR/tap"
	grep -q '^# machine: tdx$' "$BATS_TEST_TMPDIR/tap"
	grep -q '^# EMULATED: a real kernel' "$BATS_TEST_TMPDIR/tap"
	[ "$(grep -c '"verdict": "pass"' "$out/results.json")" -ge 100 ]
	[ -s "$out/tdx-ledger" ]
	[ -z "$(awk '$1 != 0' "$out/tdx-ledger")" ]
	grep -q 'virt/tdx: TDX-Module initialized' "$out/kernel.log"
}

@test "tdx/pamt_numa passes with several nodes, which the kernel makes up" {
	./run_tests.sh -o "$out" --machine tdx --nodes 2 tdx/pamt_numa >"$BATS_TEST_TMPDIR/tap"
	[ "$(grep -c '"verdict": "pass"' "$out/results.json")" -ge 3 ]
	[ "$(grep -c '"verdict": "skip"' "$out/results.json")" -eq 0 ]
}

# fails FAULT TEST: the run does, with the module broken in this way
fails()
{
	status=0
	KVMCONF_FAULT=$1 ./run_tests.sh -o "$out" --machine tdx "$2" >"$BATS_TEST_TMPDIR/tap" \
		2>"$BATS_TEST_TMPDIR/err" || status=$?
	cat "$BATS_TEST_TMPDIR/err"
	[ "$status" -eq 1 ]
}

# finds FAULT TEST: the test itself finds it
finds()
{
	fails "$1" "$2" &&
		grep -q "^# not ok .* ${2#*:}" "$BATS_TEST_TMPDIR/tap"
}

# leaks FAULT TEST WHAT: no test does, but the ledger says what is left
leaks()
{
	fails "$1" "$2" &&
		grep -q "^  [0-9]* $3\$" "$BATS_TEST_TMPDIR/err"
}

@test "each way in which the module can be broken makes the run fail" {
	missed=
	while read -r how fault test what; do
		"$how" "$fault" "$test" "$what" || missed="$missed $fault"
	done <<-END
	finds tdx-pamt-entry pamt_static:boot.static_pamt_is_all_allocated
	leaks tdx-reclaim-refused lifecycle:td.runs_from_the_reset_vector vCPUs
	leaks tdx-tdr-kept lifecycle:td.runs_from_the_reset_vector TDs
	leaks tdx-sept-kept lifecycle:td.runs_from_the_reset_vector pages of secure EPTs
	finds tdx-page-kept guest:td.gives_a_removed_page_back
	leaks tdx-key-kept lifecycle:td.runs_from_the_reset_vector key ids
	finds tdx-any-params module_errors:vm.unconfigurable_cpuid_is_refused_by_the_module
	leaks tdx-flush-forgotten lifecycle:td.runs_from_the_reset_vector key ids
	finds tdx-no-bus-lock guest:td.exits_for_a_bus_lock
	finds tdx-no-accept guest:td.dies_of_a_page_that_it_has_not_accepted
	finds tdx-no-answer guest:td.reads_from_a_port_what_userspace_answers
	finds tdx-full guest:td.gets_a_private_page_when_it_touches_one
	END
	echo "missed:$missed"
	[ -z "$missed" ]
}

# Those that this machine's kernel cannot meet are for emulator/check.
@test "each way in which the module can be broken is tried" {
	sed -n 's/.*FAULT([A-Z0-9_]*, "\(tdx-[a-z0-9-]*\)", "tdx").*/\1/p' emulator/bochs/faulty.h |
		sort >"$BATS_TEST_TMPDIR/known"
	sed -n 's/^\t[a-z]* \(tdx-[a-z0-9-]*\) .*:.*/\1/p' "$BATS_TEST_FILENAME" | sort |
		diff "$BATS_TEST_TMPDIR/known" -
}
