#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the suite on emulated machines of both vendors over many kernels, and prints what
# became of each claim on each kernel; DIR/report.html has it with the evidence.
#
# usage: matrix.sh [-o DIR] [KERNEL..]
#	-o	results of each run go below DIR (default: results/matrix)
#	KERNEL	as run_tests.sh --kernel takes it (default: of each series in reach the newest
#		with the cloud flavour, and the newest of all with the generic one, too)
#
# Exit status: 0 all well, 1 some test is not ok, 3 some run gave no whole results.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 3
out=$root/results/matrix
if [ "${1:-}" = -o ]; then
	out=$2
	shift 2
fi
export LC_ALL=C

if [ $# -eq 0 ]; then
	list=$("$root/emulator/kernel.sh" --list) || exit 3
	# shellcheck disable=SC2046 # several words
	set -- $(echo "$list" | awk '
		{ split($1, v, "."); series = v[1] "." v[2] }
		!seen[series]++ { all = series "-cloud " all; newest = newest ? newest : series }
		END { print all newest }')
fi

# place MACHINE KERNEL: the directory of that run's results.
place() { echo "$out/$1/$(echo "$2" | tr / _)"; }

run()
{
	for kernel; do
		to=$(place "$machine" "$kernel")
		# What an earlier run left is no result of this one, should it not get so far.
		rm -rf "$to"
		mkdir -p "$to" || exit
		"$root/run_tests.sh" --machine "$machine" --kernel "$kernel" -o "$to" \
			>/dev/null 2>"$to/stderr"
		echo $? >"$to/status"
		echo "$machine $kernel: status $(cat "$to/status")" >&2
	done
}

for machine in amd intel; do
	run "$@" &
done
wait

# A claim's cases are its test's variants. Its cell is the worst of them; "part" is some
# passed, the others skipped.
for machine in amd intel; do
	for kernel; do
		echo "run $machine $kernel"
		cat "$(place "$machine" "$kernel")/results.json" 2>/dev/null
	done
done | awk '
	BEGIN { split("pass skip xpass xfail signal timeout error fail", rank)
		for (i in rank) badness[rank[i]] = i }

	function member(name) {
		if (!match($0, "\"" name "\": \"[^\"]*\""))
			return ""
		return substr($0, RSTART + length(name) + 5, RLENGTH - length(name) - 6)
	}

	$1 == "run" { machine[++runs] = $2; kernel[runs] = $3; next }

	/^ *{"id": "[^"]*:/ {
		n = split(member("id"), part, /[:.]/)
		claim = part[1] ":" part[2] "." part[n]
		if (!(claim in row)) {
			row[claim] = ++rows
			name[rows] = claim
		}
		verdict = member("verdict")
		has[row[claim], runs, verdict]
		if (badness[verdict] > badness[worst[row[claim], runs]])
			worst[row[claim], runs] = verdict
	}

	function cell(r, c) {
		if (!((r, c) in worst))
			return "?"
		if (worst[r, c] == "skip" && ((r, c, "pass") in has))
			return "part"
		return badness[worst[r, c]] > 3 ? toupper(worst[r, c]) : worst[r, c]
	}

	END {
		for (r = 1; r <= rows; r++)
			width = length(name[r]) > width ? length(name[r]) : width
		printf "%-" width "s", "claim"
		for (c = 1; c <= runs; c++)
			printf " %-10s", machine[c]
		printf "\n%-" width "s", ""
		for (c = 1; c <= runs; c++) {
			sub(/.*\//, "", kernel[c])
			printf " %-10.10s", kernel[c]
		}
		print ""
		for (r = 1; r <= rows; r++) {
			printf "%-" width "s", name[r]
			for (c = 1; c <= runs; c++)
				printf " %-10s", cell(r, c)
			print ""
		}
	}'

places=$(for machine in amd intel; do
	for kernel; do
		place "$machine" "$kernel"
	done
done)
status=0
set -f --
IFS='
'
for to in $places; do
	[ ! -f "$to/results.json" ] || set -- "$@" "$to"
	case $(cat "$to/status") in
	0 | 4) ;;
	1) [ $status -ne 0 ] || status=1 ;;
	*) status=3 ;;
	esac
done
[ $# -eq 0 ] || "$root/run_tests.sh" --report "$out/report.html" "$@" || status=3
exit $status
