# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# Makes a suite out of mutants, for run.sh to source: each mutant is a directory of tests,
# the tests under the same conditions but without a mutant are the directory "baseline". One
# run of such a suite, on one boot of a machine, is a run of them all.

# The kernel's own test, whose score stands beside ours. It says all it has to by its exit
# status.
upstream=upstream/kvm_buslock_test

# Has this host a KVM that can be used, and is it kvm_pvm?
is_pvm()
{
	echo facts | "$root/runner/kvm-conformance" --agent | awk -F '\t' '
		$3 ~ /^kvm\.unusable/ { unusable = 1 }
		$3 ~ /^modules\.kvm_pvm\./ { is_pvm = 1 }
		END { exit unusable || !is_pvm }'
}

# file_of MUTANT BINARY: below the suite. x86/pio_rip of MUTANT is MUTANT/x86-pio_rip-MUTANT, for the
# names of binaries are unique without their directories, too.
file_of()
{
	echo "$1/$(echo "$2" | tr / -)-$1"
}

# suite_begin: $suite with nothing in it.
suite_begin()
{
	rm -rf "$suite"
	mkdir -p "$suite/runner" "$suite/baseline" || return
	cp "$root/run_tests.sh" "$suite" && cp "$root/runner/kvm-conformance" "$suite/runner" &&
		ln -s "$root/emulator" "$root/selfcheck" "$suite" &&
		: >"$suite/known_issues" && : >"$suite/coverage" && : >"$suite/tests.tsv"
}

# suite_plan MUTANT BINARY: the cases of BINARY, as MUTANT's.
suite_plan()
{
	{
		cat "$root/tests.tsv"
		printf '%s\tglobal.test\tclaim\tsource\t\n' $upstream
	} | awk -F '\t' -v OFS='\t' -v binary="$2" -v as="$(file_of "$1" "$2")" '
		$1 == binary { $1 = as; print }' >>"$suite/tests.tsv"
}

# suite_baseline FROM BINARY: the file FROM is what all mutants of BINARY run.
suite_baseline()
{
	[ ! -e "$suite/$(file_of baseline "$2")" ] || return 0
	cp "$1" "$suite/$(file_of baseline "$2")" && suite_plan baseline "$2"
}

suite_baseline_upstream()
{
	suite_baseline "$("$root/emulator/upstream.sh")/kvm_buslock_test" $upstream
}

# suite_mutant MUTANT BINARY <SCRIPT: what makes the mutant of what runs after it.
suite_mutant()
{
	mkdir -p "$suite/$1"
	{
		echo '#!/bin/sh'
		cat
		echo "exec ./$(file_of baseline "$2") \"\$@\""
	} >"$suite/$(file_of "$1" "$2")"
	chmod +x "$suite/$(file_of "$1" "$2")"
	suite_plan "$1" "$2"
}

# suite_run DIR [OPTION..]: on $place, results to DIR, with all that tests ask for. A test that
# hangs by its mutant ends by its own limit on KVM_RUN; that of a binary is beyond the sum of
# these, or else guest time, so that no verdict depends on what else the host does. All is in
# one machine: a mutant runs the baseline's files, and modules are loaded for what comes next.
suite_run()
{
	dir=$1
	shift
	set -- -o "$dir" --require no-kmsg "$@"
	case $kind,$place,$emulate in
	shim,host,yes) set -- -j 1 --machine amd --timeout 90 "$@" ;;
	shim,host,* | shim,pvm,*) set -- -j 2 --timeout 20 "$@" ;;
	*,amd,* | *,sev*,* | sim,pmu,*) set -- -j 1 --machine amd --smp 2 --nodes 2 --timeout 90 "$@" ;;
	*,intel-*,*)
		export KVMCONF_CMDLINE=split_lock_detect="${place#intel-}"
		set -- -j 1 --machine intel --timeout 60 "$@"
		;;
	*,tdx*,*) set -- -j 1 --machine "$place" --nodes 2 --timeout 60 "$@" ;;
	*) set -- -j 1 --machine "${place%%,*}" --timeout 60 "$@" ;;
	esac
	case $kind,$place in
	shim,amd | shim,intel)
		set -- --reload-modules --module-params kvm.force_emulation_prefix=1 "$@"
		;;
	kernel,sev) set -- --reload-modules "$@" ;;
	kernel,*,*) set -- --module-params "$parameter" "$@" ;;
	esac
	KVMCONF_TIMEOUT_SCALE=${KVMCONF_TIMEOUT_SCALE:-1} \
		"$suite/run_tests.sh" "$@" >"$dir.tap" 2>"$dir.stderr"
	status=$?
	# A machine that does not survive its mutant has found it out.
	if [ $status -ne 0 ] && [ $status -ne 1 ] && [ ! -s "$dir/results.json" ]; then
		cat "$dir.stderr" >&2
		return 3
	fi
}

# suite_verdicts DIR [MUTANT]: a line for each case; what is "baseline" by its name can be a
# MUTANT by what it was run on. Of what another case's end kept from running nothing is known.
suite_verdicts()
{
	{
		sed -n '/"rule": "not-run"/s/"verdict": "error"/"verdict": "none"/
			s/^ *{"id": "\([^"]*\)\/\([^"-]*\)-\([^":-]*\)-[^":]*:\([^"]*\)", "verdict": "\([a-z]*\)".*/\1\t\2\/\3\t\4\t\5/p' \
			"$1/results.json" | grep -v "	$upstream	"
		for log in "$1"/*/"$(echo $upstream | tr / -)"-*.log; do
			[ -e "$log" ] || continue
			mutant=${log%/*}
			verdict=fail
			! grep -q '	x	exit 0$' "$log" || verdict=pass
			printf '%s\t%s\tglobal.test\t%s\n' "${mutant##*/}" $upstream $verdict
		done
	} | awk -F '\t' -v OFS='\t' -v kind="$kind" -v place="$place" -v as="${2:-}" '
		as != "" { $1 = as }
		{ print kind, place, $0 }' >>"$out/$kind-$place.tsv"
}
