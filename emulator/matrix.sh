#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the suite on emulated machines of both vendors over many kernels, and prints what
# became of each claim on each kernel; DIR/report.html has it with the evidence. With the last
# KERNEL it runs once more with each set of module parameters of parameter_sets.
#
# usage: matrix.sh [-o DIR] [-p] [KERNEL..]
#	-p	with these sets alone
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
parameters_only=
if [ "${1:-}" = -p ]; then
	parameters_only=1
	shift
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

for newest; do :; done
[ -z "$parameters_only" ] || set --

# place MACHINE KERNEL: the directory of that run's results.
place() { echo "$out/$1/$(echo "$2" | tr / _)"; }

# run_one NAME KERNEL [OPTION..]
run_one()
{
	to=$(place "$machine" "$1")
	name=$1 kernel=$2
	shift 2
	# What an earlier run left is no result of this one, should it not get so far.
	rm -rf "$to"
	mkdir -p "$to" || exit
	"$root/run_tests.sh" --machine "$machine" --kernel "$kernel" -o "$to" "$@" \
		>/dev/null 2>"$to/stderr"
	echo $? >"$to/status"
	echo "$machine $name: status $(cat "$to/status")" >&2
}

# Whether the modules of the kernel in $1 have all parameters of the set $2.
has_parameters()
{
	for word in $2; do
		parameter=${word#*.}
		tr '\0' '\n' <"$1/modules/$(echo "${word%%.*}" | tr _ -).ko" |
			grep -aq "^parmtype=${parameter%%=*}:" || return
	done
}

run_with_parameters()
{
	modules=$("$root/emulator/kernel.sh" "$newest") || exit
	set --
	while read -r vendor parameters; do
		case $vendor in
		"$machine" | both) ;;
		*) continue ;;
		esac
		! has_parameters "$modules" "$parameters" || set -- "$@" --module-params "$parameters"
	done <"$root/emulator/parameter_sets"
	run_one parameters "$newest" "$@"
}

run()
{
	for kernel; do
		run_one "$kernel" "$kernel"
	done
	run_with_parameters
}

for machine in amd intel; do
	run "$@" &
done
wait

# MACHINE/KERNEL=DIR of each run, a line each.
columns=$(for machine in amd intel; do
	for kernel in "$@" parameters; do
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
