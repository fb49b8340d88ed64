# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: CPUs with a fault of the emulator's own list, one boot each.

# silicon_run MUTANT BINARY..
silicon_run()
{
	name=$1
	shift
	suite_begin || return
	for binary; do
		suite_baseline "$root/$binary" "$binary" || return
	done
	case $place in
	amd | intel) suite_baseline_upstream || return ;;
	esac
	suite_run "$results/$name" && suite_verdicts "$results/$name" "$name"
}

run_mutants()
{
	tab=$(printf '\t')
	# shellcheck disable=SC2046 # several words
	silicon_run baseline $(echo "$mutants" | cut -f 4 | tr ' ' '\n' | sed 's/:.*//' | sort -u) ||
		return
	while IFS=$tab read -r _ name _ tests _; do
		export KVMCONF_FAULT="$name"
		# shellcheck disable=SC2046 # several words
		silicon_run "$name" $(binaries "$tests") || return
	done <<-END
	$mutants
	END
	rm -rf "$suite"
}
