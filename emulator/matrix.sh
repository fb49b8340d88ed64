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

# MACHINE/KERNEL=DIR of each run, a line each.
columns=$(for machine in amd intel; do
	for kernel; do
		name=$machine/$(echo "${kernel##*/}" | tr "=" _)
		echo "$name=$(place "$machine" "$kernel")"
	done
done)
status=0
set -f --
IFS='
'
# shellcheck disable=SC2086 # lines
python3 -EsB "$root/report/report.py" matrix $columns || status=3
for column in $columns; do
	to=${column#*=}
	[ ! -f "$to/results.json" ] || set -- "$@" "$to"
	case $(cat "$to/status") in
	0 | 4) ;;
	1) [ $status -ne 0 ] || status=1 ;;
	*) status=3 ;;
	esac
done
[ $# -eq 0 ] || "$root/run_tests.sh" --report "$out/report.html" "$@" || status=3
exit $status
