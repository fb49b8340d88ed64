# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: CPUs with a fault of the emulator's own list, one boot each.

silicon_run()
{
	name=$1
	shift
	[ "$name" = sound ] || export KVMCONF_FAULT="$name"
	KVMCONF_TIMEOUT_SCALE=${KVMCONF_TIMEOUT_SCALE:-2} \
		"$root/run_tests.sh" --machine "$place" --timeout 60 -o "$results/$name" "$@" \
		>"$results/$name.tap" 2>"$results/$name.stderr"
	status=$?
	if [ $status -ne 0 ] && [ $status -ne 1 ] && [ ! -s "$results/$name/results.json" ]; then
		cat "$results/$name.stderr" >&2
		return 3
	fi
	# In the form of a mutant's run, that suite_verdicts knows.
	sed "s/{\"id\": \"\([^/:]*\)\/\([^:]*\):/{\"id\": \"$name\/\1-\2:/" \
		"$results/$name/results.json" >"$results/$name.json" &&
		suite_verdicts "$results/$name.json" >>"$out/$kind-$place.tsv"
}

run_mutants()
{
	: >"$out/$kind-$place.tsv"
	tab=$(printf '\t')
	# shellcheck disable=SC2046 # several words
	silicon_run sound \
		$(echo "$mutants" | cut -f 4 | tr ' ' '\n' | sed 's/:.*//' | sort -u) || return
	while IFS=$tab read -r _ name _ tests _; do
		# shellcheck disable=SC2046 # several words
		silicon_run "$name" $(binaries "$tests") || return
	done <<-END
	$mutants
	END
}
