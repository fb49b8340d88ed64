# SPDX-License-Identifier: GPL-2.0-only
#
# The suite on emulated machines, as it is run on any other.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

setup()
{
	setup_machine
}

whole_suite()
{
	on_machine "$top" "$@"
	[ "$status" -eq 0 ]
	is_complete "$top"
	# 1 is what a binary with a known issue ends with: it does not know of them.
	cut -f 1 "$top/tests.tsv" | sort -u | while read -r binary; do
		tail -n 1 "$out/$binary.log" | grep -qE '	x	exit [014]$'
	done
	[ -e "$out/console.log" ]
	[ -s "$out/kernel.log" ]
}

# The emulated CPUs have what the profiles of silicon ask for.
@test "amd: the suite, with the newest kernel" {
	whole_suite --machine amd --require zen5
	verdict x86/bus_lock_exit:exit.long_line.reports_the_bus_lock_and_its_place pass
	grep -q '"kvm_amd"' "$out/environment.json"
}

@test "intel: the suite, with the newest kernel" {
	whole_suite --machine intel --require sapphire-rapids
	verdict x86/bus_lock_exit:exit.long_line.reports_the_bus_lock_and_its_place pass
	grep -q '"kvm_intel"' "$out/environment.json"
}

@test "amd: the suite with a kernel older than the feature, which it skips" {
	whole_suite --machine amd --kernel 6.1-cloud --require zen5
	verdict x86/bus_lock_exit:exit.long_line.reports_the_bus_lock_and_its_place skip
	grep -q '"reason": "no-cap"' "$out/results.json"
}
