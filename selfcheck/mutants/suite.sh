# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# Makes a suite out of mutants, for run.sh to source: each mutant is a directory of tests,
# the tests under the same conditions but without a mutant are the directory "sound". One
# run of such a suite, on one boot of a machine, is a run of them all.

# The name of a binary below a mutant's directory: x86/pio_rip is x86-pio_rip there.
flat()
{
	echo "$1" | tr / -
}

# suite_begin: $suite with nothing in it.
suite_begin()
{
	rm -rf "$suite"
	mkdir -p "$suite/lib" "$suite/sound" || return
	cp "$root/run_tests.sh" "$suite" && cp -R "$root/lib/run" "$suite/lib" &&
		ln -s "$root/emulator" "$suite/emulator" && : >"$suite/known_issues" &&
		: >"$suite/tests.tsv"
}

# suite_plan MUTANT BINARY: the cases of BINARY, as MUTANT's.
suite_plan()
{
	awk -F '\t' -v OFS='\t' -v binary="$2" -v as="$1/$(flat "$2")" '
		$1 == binary { $1 = as; print }' "$root/tests.tsv" >>"$suite/tests.tsv"
}

# suite_sound FROM BINARY: the file FROM is what all mutants of BINARY run.
suite_sound()
{
	[ ! -e "$suite/sound/$(flat "$2")" ] || return 0
	cp "$1" "$suite/sound/$(flat "$2")" && suite_plan sound "$2"
}

# suite_mutant MUTANT BINARY <SCRIPT: what makes the mutant of what runs after it.
suite_mutant()
{
	mkdir -p "$suite/$1"
	{
		echo '#!/bin/sh'
		cat
		echo "exec ./sound/$(flat "$2") \"\$@\""
	} >"$suite/$1/$(flat "$2")"
	chmod +x "$suite/$1/$(flat "$2")"
	suite_plan "$1" "$2"
}

# suite_run: on $place, with the verdicts to $out/$kind-$place.tsv. What hangs by its
# mutant is not waited for long.
suite_run()
{
	set -- -o "$results/run" --require no-kmsg "$@"
	case $place in
	host) set -- -j 2 --timeout 20 "$@" ;;
	amd) set -- --machine amd --smp 2 --nodes 2 --timeout 30 "$@" ;;
	*) set -- --machine "$place" --timeout 60 "$@" ;;
	esac
	KVMCONF_TIMEOUT_SCALE=${KVMCONF_TIMEOUT_SCALE:-2} \
		"$suite/run_tests.sh" "$@" >"$results/tap" 2>"$results/stderr"
	status=$?
	if [ $status -ne 0 ] && [ $status -ne 1 ]; then
		cat "$results/stderr" >&2
		return 3
	fi
	suite_verdicts "$results/run/results.json" >"$out/$kind-$place.tsv" && rm -rf "$suite"
}

# suite_verdicts RESULTS: a line for each case, of results.json's own. Of those that another
# one's end kept from running nothing is known.
suite_verdicts()
{
	sed -n '/"cause": "not run/s/"verdict": "error"/"verdict": "none"/
		s/^ *{"id": "\([^"]*\)\/\([^"-]*\)-\([^":]*\):\([^"]*\)", "verdict": "\([a-z]*\)".*/\1\t\2\/\3\t\4\t\5/p' \
		"$1" | awk -v kind="$kind" -v place="$place" '{ print kind "\t" place "\t" $0 }'
}
