# SPDX-License-Identifier: GPL-2.0-only
#
# The emulated CPUs themselves: do they what the manuals say, and would it be seen if not?
# And the cache that the emulators are kept in. Of the TDX module see tdx/module.bats.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machines/machine.sh

setup()
{
	setup_machine
	emulators=$top/emulator
}

@test "amd: the CPU does what the manual says" {
	"$emulators/check/run.sh" amd
}

@test "amd-bochs: the CPU does what the manual says" {
	"$emulators/check/run.sh" amd-bochs
}

@test "intel: the CPU does what the manual says" {
	"$emulators/check/run.sh" intel
}

@test "amd: each kind of faulty silicon is found out" {
	"$emulators/check/faults.sh" amd
}

@test "amd-bochs: each kind of faulty silicon is found out" {
	"$emulators/check/faults.sh" amd-bochs
}

@test "intel: each kind of faulty silicon is found out" {
	"$emulators/check/faults.sh" intel
}

# Their output is not that of our harness, and their exit status is all that they say.
# upstream_pass "TEST.." OPTION..
upstream_pass()
{
	make_suite
	tests=$1
	shift
	for test in $tests; do
		cp "$("$emulators/upstream.sh")/$test" "$made/x86/"
		printf 'x86/%s\tglobal.test\tclaim\tsource\t\n' "$test" >>"$made/tests.tsv"
	done
	on_machine "$made" "$@"
	for test in $tests; do
		cat "$out/x86/$test.log"
		grep -q '	x	exit 0$' "$out/x86/$test.log"
	done
}

@test "amd: the kernel's own bus-lock test passes" {
	upstream_pass kvm_buslock_test --machine amd
}

@test "amd: the kernel's own tests of SEV pass" {
	upstream_pass "sev_init2_tests sev_migrate_tests sev_smoke_test sev_dbg_test" \
		--machine amd --kernel newest
}

@test "intel: the kernel's own bus-lock test passes" {
	upstream_pass kvm_buslock_test --machine intel
}

# --- the cache ---

# A builder that can be stopped half-way.
slow_builder()
{
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	cat >"$BATS_TEST_TMPDIR/make" <<-END
		. "$emulators/cache.sh"
		build()
		{
			echo one >>"$BATS_TEST_TMPDIR/builds"
			echo half >"\$1/half"
			[ -n "\${FAST:-}" ] || sleep 1000
			echo whole >"\$1/whole"
		}
		cache_make thing 1-abc build
	END
	entries=$XDG_CACHE_HOME/kvm-conformance/thing
}

until_building()
{
	for _ in $(seq 100); do
		ls "$entries"/.tmp.*/half >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

@test "an interrupted build leaves no half-made entry" {
	slow_builder
	for signal in INT TERM KILL; do
		# What is in the background ignores INT.
		env --default-signal=INT setsid sh "$BATS_TEST_TMPDIR/make" >/dev/null 2>&1 3>&- &
		until_building
		kill -"$signal" -- -$!
		wait $! || true
		[ -z "$(ls "$entries")" ]
	done
	entry=$(FAST=yes sh "$BATS_TEST_TMPDIR/make")
	[ -s "$entry/whole" ]
	[ "$(ls -A "$entries" | sort | tr '\n' ' ')" = ".lock 1-abc " ]
}

@test "two who want the same build it once" {
	slow_builder
	FAST=yes sh "$BATS_TEST_TMPDIR/make" >/dev/null 3>&- &
	FAST=yes sh "$BATS_TEST_TMPDIR/make" 3>&-
	wait
	[ "$(wc -l <"$BATS_TEST_TMPDIR/builds")" -eq 1 ]
}
