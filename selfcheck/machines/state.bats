# SPDX-License-Identifier: GPL-2.0-only
#
# Machines go on from a saved state (emulator/state.sh), where there is one.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

setup()
{
	setup_machine
	make_suite
	add_test boot global.boot <<-'END'
		begin global.boot
		echo "# measure: saved $(grep -c KVMCONF_SUITE_AT= /proc/cmdline) flag"
		echo "# measure: word $(grep -c kvmconf.word /proc/cmdline) flag"
		pass global.boot
	END
}

# booted SAVED WORD ARG..: whether the machine (amd, or $machine) went on from a saved state, and has
# the word.
booted()
{
	saved=$1
	word=$2
	shift 2
	on_machine "$made" --machine "${machine:-amd}" "$@"
	[ "$status" -eq 0 ]
	grep -F "\"saved\", \"value\": $saved," "$out/results.json"
	grep -F "\"word\", \"value\": $word," "$out/results.json"
	nothing_is_left
}

@test "a machine goes on from its own state; --cold boots it" {
	booted 1 0
	booted 0 0 --cold
	booted 1 0 -j 2
}

@test "so does a machine of Bochs'" {
	for machine in intel amd-bochs; do
		booted 1 0
		booted 0 0 --cold
	done
	machine=intel
	booted 1 0 -j 2
}

@test "a state is that of the command line" {
	export KVMCONF_CMDLINE=kvmconf.word
	booted 1 1
	machine=intel
	booted 1 1
}

@test "a fault of the emulator is there from the beginning" {
	export KVMCONF_FAULT=double
	booted 0 0
	machine=intel
	export KVMCONF_FAULT=half
	booted 0 0
}

@test "a machine whose kernel calls the TDX module boots" {
	machine=tdx
	booted 0 0
}

@test "a suite that is too large for a saved machine boots" {
	mkdir "$made/files"
	truncate -s 200M "$made/files/large"
	booted 0 0
}

states() { ls "${XDG_CACHE_HOME:-$HOME/.cache}/kvm-conformance/state-$1"; }

@test "a machine that cannot wait for its suite boots, and is tried once" {
	# Nobody reads /dev/mem then.
	export KVMCONF_CMDLINE="lockdown=integrity kvmconf.word=$$"
	for machine in amd intel; do
		emulator=bochs
		[ "$machine" = intel ] || emulator=qemu
		before=$(states $emulator)
		booted 0 1
		tried=$(states $emulator)
		[ "$tried" != "$before" ]
		booted 0 1
		[ "$(states $emulator)" = "$tried" ]
	done
}

# verdicts FILE ARG..: those of a run, one a line
verdicts()
{
	file=$BATS_TEST_TMPDIR/$1
	shift
	on_machine "$top" "$@"
	[ "$status" -eq 0 ]
	grep -o '"id": "[^"]*", "verdict": "[^"]*"' "$out/results.json" >"$file"
	[ "$(grep -c '"pass"' "$file")" -gt 10 ]
}

same_verdicts()
{
	verdicts saved "$@"
	verdicts booted --cold "$@"
	diff "$BATS_TEST_TMPDIR/saved" "$BATS_TEST_TMPDIR/booted"
}

@test "the verdicts are those of a machine that has booted" {
	same_verdicts --machine amd --kernel newest svm/bus_lock_events svm/sev_asids x86/vm_types
	same_verdicts --machine intel vmx x86/bus_lock_trace
	same_verdicts --machine amd-bochs svm/bus_lock_reload
}
