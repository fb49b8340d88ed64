#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make check-mutants: runs all mutants, as many places at once as there are CPUs, and prints
# the score, with that of the kernel's own kvm_buslock_test beside it.
#
# usage: score.sh [-o DIR] [-r] [KIND PLACE]..
#	KIND PLACE	these runs of run.sh (default: all)
#	-o		results go below DIR (default: results/mutants)
#	-r		update selfcheck/mutants/kills.tsv by what ran, if nothing failed
#
# DIR/table is the kill matrix: for each mutant and each claim that was tried on it "killed" or
# "survived". Exit status: 0 each mutant was killed by the right tests, and each claim that could
# be tried killed one, 1 not so, 2 usage, 3 a run broke.
set -u

here=$(cd "$(dirname "$0")" && pwd -P) || exit 3
root=${here%/selfcheck/mutants}
export LC_ALL=C
# shellcheck source=selfcheck/mutants/suite.sh
. "$here/suite.sh"

out=$root/results/mutants record=
while getopts o:r option; do
	case $option in
	o) out=$OPTARG ;;
	r) record=yes ;;
	*) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
whole='' without=''
[ $# -gt 0 ] || {
	whole=yes
	# What takes long comes first.
	set -- pamt tdx-dynamic shim amd silicon intel shim intel kernel sev kernel amd silicon tdx \
		kernel tdx kernel intel shim tdx silicon amd revert sev revert tdx revert amd shim host \
		kernel sev-once kernel intel-fatal silicon intel-warn \
		silicon intel-fatal sim pmu
	# shellcheck disable=SC2046 # several words
	set -- "$@" $(sed -n 's/^\(kernel\)\t[^\t]*\t\([^\t]*,[^\t]*\)\t.*/\1 \2/p' "$here/catalogue" |
		sort -u)
	if is_pvm; then
		set -- "$@" shim pvm
	else
		without=pvm
		echo "# without the shim faults of place pvm: the KVM of this host is not kvm_pvm"
	fi
}
mkdir -p "$out" || exit 3

# What run.sh prints, in one piece, and how it ended. A make of its own is no part of ours.
# shellcheck disable=SC2016 # for the shell that xargs starts
one_run='
	unset MAKEFLAGS MFLAGS
	started=$(date +%s)
	"$1/run.sh" -o "$2" "$3" "$4" >"$2/$3-$4.said" 2>&1
	echo $? >"$2/$3-$4.status"
	echo "# $3 on $4 took $(($(date +%s) - started)) s" | cat "$2/$3-$4.said" -'
rm -f "$out"/*.status
printf '%s\n' "$@" | xargs -n 2 -P "$(nproc)" sh -c "$one_run" sh "$here" "$out"

worst=0
: >"$out/verdicts"
while [ $# -ge 2 ]; do
	status=$(cat "$out/$1-$2.status") || status=3
	[ "$status" -le "$worst" ] || worst=$status
	[ "$status" -ge 2 ] || cat "$out/$1-$2.tsv" >>"$out/verdicts"
	shift 2
done

awk -F '\t' -v whole="$whole" -v without="$without" -v table="$out/table" -v killed="$out/killed" \
	-f "$root/lib/glob.awk" -f "$root/lib/claim_id.awk" -f "$here/score.awk" \
	"$root/tests.tsv" "$here/catalogue" "$out/verdicts"
status=$?
[ $status -le "$worst" ] || worst=$status

if [ -n "$record" ] && [ "$worst" -eq 0 ]; then
	awk -F '\t' -f "$root/lib/claim_id.awk" -f "$here/record.awk" \
		part=claims "$root/tests.tsv" part=mutants "$here/catalogue" \
		part=table "$out/table" part=kills "$here/kills.tsv" >"$out/kills.tsv" &&
		cp "$out/kills.tsv" "$here/kills.tsv" || exit 3
fi
exit "$worst"
