# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run_tests.sh assigns what this reads
#
# Where results go, for run_tests.sh to source: choose_place leaves the directory
# in $out, with what is known before anything runs in it already. That it could
# be written shows that the rest can be.

# prepare DIR
prepare()
{
	mkdir -p -- "$1" && out=$(cd -- "$1" && pwd -P) || return 1
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
		prepare "$wanted" 2> /dev/null || die "-o $wanted: cannot write there"
	elif fresh "$root/results" 2> /dev/null && prepare "$out" 2> /dev/null; then
		ln -sfn "${out##*/}" "$root/results/latest" 2> /dev/null
	elif out=$(mktemp -d "${TMPDIR:-/tmp}/kvm-conformance.XXXXXX") && prepare "$out"; then
		warn "cannot write to $root/results: results go to $out"
	else
		die "no place for results: use -o"
	fi
}
