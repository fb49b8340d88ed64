#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What run_tests.sh --report and --compare do: look at results directories.
#
# usage: report.sh --report FILE.html [DIR...]
#	report.sh --compare A B
# Exit status: 0, 1 (--compare) something regressed or was lost, 2 usage or no results,
# 3 (--report) the page could not be written, 4 (--compare) all of B was skipped.
set -fu

here=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 3
run=${here%/*}
root=${run%/lib/run}
export LC_ALL=C

# shellcheck source=lib/run/keep.sh
. "$run/keep.sh"

die()
{
	printf 'run_tests.sh: %s\n' "$*" >&2
	exit 2
}

check_results()
{
	for dir; do
		[ -d "$dir" ] || die "no such directory: \"$dir\""
		[ -f "$dir/results.json" ] || die "$dir: no results.json: was the run cut short?"
	done
}

# read_with [-f PROGRAM...] -- DIR...
read_with()
{
	awk -f "$run/json.awk" -f "$here/read_json.awk" -f "$here/runs.awk" "$@"
}

report()
{
	file=${1:-}
	[ -n "$file" ] || die "--report needs a file"
	shift
	case $file in -*) file=./$file ;; esac
	[ ! -d "$file" ] || die "--report needs a file: $file is a directory"
	[ $# -gt 0 ] || set -- "$root/results/latest"
	check_results "$@"
	page=$(
		export REPORT="$here"
		read_with -f "$here/html.awk" -f "$here/names.awk" -f "$here/exits.awk" \
			-f "$here/failures.awk" -f "$here/folded.awk" -f "$here/known.awk" \
			-f "$here/measures.awk" -f "$here/matrix.awk" -f "$here/page.awk" -- "$@"
	)
	case $? in
	0) ;;
	2) die "$page" ;;
	*)
		printf 'run_tests.sh: the page could not be made\n' >&2
		exit 3
		;;
	esac
	keep "$page" "$file" && exit 0
	printf 'run_tests.sh: --report %s: cannot be written\n' "$file" >&2
	exit 3
}

compare()
{
	[ $# -eq 2 ] || die "--compare needs two results directories"
	check_results "$@"
	changes=$(read_with -f "$here/compare.awk" -- "$@")
	status=$?
	[ $status -ne 2 ] || die "$changes"
	printf '%s\n' "$changes" && exit $status
	printf 'run_tests.sh: the comparison could not be written\n' >&2
	exit 3
}

case ${1:-} in
--report) shift && report "$@" ;;
--report=*) value=${1#*=} && shift && report "$value" "$@" ;;
--compare) shift && compare "$@" ;;
*) die "usage: report.sh --report FILE.html [DIR...] | --compare A B" ;;
esac
