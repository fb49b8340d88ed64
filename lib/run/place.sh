# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run_tests.sh assigns what this reads
#
# Where results go, for run_tests.sh to source: choose_place leaves the directory
# in $out, with what is known before anything runs in it already. That it could
# be written shows that the rest can be.

# take DIR: makes it $out and ours, until we end: descriptor 9 has the lock. What an earlier run
# left there goes. Returns 2 if another run has it.
take()
{
	mkdir -p -- "$1" && out=$(cd -- "$1" && pwd -P) && (: >> "$out/.lock") || return 1
	exec 9>> "$out/.lock"
	"$run/jobs" -l 9 || return 2
	[ ! -e "$out/output.tap" ] || find "$out" -name '*.log' -exec rm -f {} +
	rm -f "$out/tdx-ledger"
}

prepare()
{
	rm -f "$out/results.json" "$out/output.tap" "$out/result.txt" || return 1
	json=$(environment | LC_ALL=C awk -f "$run/json.awk" -f "$run/environment.awk") &&
		keep "$plan" "$out/plan.tsv" && keep "$json" "$out/environment.json"
}

# A directory of its own below DIR: a second run in the same second gets a number.
fresh()
{
	mkdir -p "$1" || return 1
	name=$(date +%Y%m%d-%H%M%S)
	number=''
	until mkdir "$1/$name$number"; do
		[ -d "$1/$name$number" ] || return 1
		number=$((${number:--1} - 1))
	done
	out=$1/$name$number
}

choose_place()
{
	if [ -n "$out" ]; then
		wanted=$out
		take "$wanted" 2> /dev/null && prepare 2> /dev/null
		case $? in
		0) ;;
		2) die "-o $wanted: another run puts its results there" ;;
		*) die "-o $wanted: cannot write there" ;;
		esac
	elif fresh "$root/results" 2> /dev/null && take "$out" 2> /dev/null && prepare 2> /dev/null; then
		ln -sfn "${out##*/}" "$root/results/latest" 2> /dev/null
	elif out=$(mktemp -d "${TMPDIR:-/tmp}/kvm-conformance.XXXXXX") && take "$out" && prepare; then
		warn "cannot write to $root/results: results go to $out"
	else
		die "no place for results: use -o"
	fi
}
