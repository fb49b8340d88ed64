# SPDX-License-Identifier: GPL-2.0-only
#
# Machines go on from a saved state (emulator/qemu/state.sh), where there is one.

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

# booted SAVED WORD ARG..: whether the machine went on from a saved state, and has the word.
booted()
{
	saved=$1
	word=$2
	shift 2
	on_machine "$made" --machine amd "$@"
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

@test "a state is that of the command line" {
	export KVMCONF_CMDLINE=kvmconf.word
	booted 1 1
}

@test "a fault of the emulator is there from the beginning" {
	export KVMCONF_FAULT=double
	booted 0 0
}

@test "a suite that is too large for a saved machine boots" {
	mkdir "$made/files"
	truncate -s 200M "$made/files/large"
	booted 0 0
}

states() { ls "${XDG_CACHE_HOME:-$HOME/.cache}/kvm-conformance/state"; }

@test "a machine that cannot wait for its suite boots, and is tried once" {
	# Nobody reads /dev/mem then.
	export KVMCONF_CMDLINE="lockdown=integrity kvmconf.word=$$"
	before=$(states)
	booted 0 1
	tried=$(states)
	[ "$tried" != "$before" ]
	booted 0 1
	[ "$(states)" = "$tried" ]
}

@test "the verdicts are those of a machine that has booted" {
	verdicts()
	{
		file=$BATS_TEST_TMPDIR/$1
		shift
		on_machine "$top" --machine amd --kernel newest "$@" svm/bus_lock_events \
			svm/sev_asids x86/vm_types
		[ "$status" -eq 0 ]
		grep -o '"id": "[^"]*", "verdict": "[^"]*"' "$out/results.json" >"$file"
		[ "$(grep -c '"pass"' "$file")" -gt 10 ]
	}
	verdicts saved
	verdicts booted --cold
	diff "$BATS_TEST_TMPDIR/saved" "$BATS_TEST_TMPDIR/booted"
}
