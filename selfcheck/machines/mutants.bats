# SPDX-License-Identifier: GPL-2.0-only
#
# Of the mutants that only an emulated machine can have, a sample: one of each sort. The
# others are for make check-mutants.

setup()
{
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES KVMCONF_FAULT
}

killed_by_the_right_tests()
{
	run selfcheck/mutants/run.sh -o "$BATS_TEST_TMPDIR" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "amd: shim faults are killed by the right tests, and by no others" {
	killed_by_the_right_tests shim amd exit-swallowed exit-invented \
		credit-though-moved credit-lost-behind-a-handler
}

@test "intel: shim faults are killed by the right tests, and by no others" {
	killed_by_the_right_tests shim intel exit-rip-before exit-debug-flagged
}

@test "amd: changed kernels are killed by the right tests, and by no others" {
	killed_by_the_right_tests kernel amd carry-lost reload-always pio-in-always mem-enc-reads
}

@test "intel: a changed kernel is killed by the right tests, and by no others" {
	killed_by_the_right_tests kernel intel vmx-unflagged
}

@test "tdx-dynamic: breaks of Dynamic PAMT are killed by the right tests, and by no others" {
	killed_by_the_right_tests pamt tdx-dynamic static-too tdr-kept pairs-uncharged \
		lost-race-leaked
}

@test "amd: a faulty CPU is killed by the right tests, and by no others" {
	killed_by_the_right_tests silicon amd no-page-split
}

@test "intel: a faulty CPU is killed by the right tests, and by no others" {
	killed_by_the_right_tests silicon intel no-bit-26
}
