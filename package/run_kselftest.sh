#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What kselftest jobs call. Takes the options of the kernel's run_kselftest.sh and gives
# its dialect of TAP, but the runner behind it is kvm-conformance/run_tests.sh.
#
# The kernel's own run_kselftest.sh works in this place, too: the ids are the same.
set -fu

base=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 2
list=$base/kselftest-list.txt
newline='
'

usage()
{
	cat <<-EOT
	usage: run_kselftest.sh [OPTION...]

	  -t, --test COLLECTION:TEST      run this test
	  -c, --collection COLLECTION     run all tests of this collection: kvm-conformance
	  -S, --skip COLLECTION:TEST      leave this test out; it is reported as skipped
	  -l, --list                      print the tests' names and run nothing
	  -d, --dry-run                   the same for those that would be run
	  -o, --override-timeout SECONDS  time limit for a test
	  -s, --summary                   the tests' own results only; all of the output
	                                  goes to output.log
	  -p, --per-test-log              for the kernel's runner: there always is one, in
	                                  the directory that the output names
	  -n, --netns                     likewise: no test uses the network
	  -f, --no-error-on-fail          exit status 0 also if a test fails
	  -h, --help                      this

	Exit status: 0 all well, 1 something is not ok, 2 usage, 3 results could not be
	kept, 4 everything was skipped. For more options see run_tests.sh --help in
	kvm-conformance/.
	EOT
}

die()
{
	printf 'run_kselftest.sh: %s\n' "$*" >&2
	exit 2
}

# of_list PATTERN: the runner's names of the tests in the list that it means, with or without
# their directory.
of_list()
{
	sed -n 's|^kvm-conformance:||p' "$list" | while IFS= read -r test; do
		# shellcheck disable=SC2254 # a pattern
		case kvm-conformance:$test in
		$1) echo "$test" && continue ;;
		esac
		# shellcheck disable=SC2254
		case kvm-conformance:${test##*/} in
		$1) echo "$test" ;;
		esac
	done | grep .
}

# Names of tests, one a line.
chosen='' skipped='' dry='' summary='' lenient='' limit=''
while [ $# -gt 0 ]; do
	case $1 in
	-t | --test | -c | --collection | -S | --skip | -o | --override-timeout)
		[ $# -gt 1 ] || die "$1 needs a value"
		;;
	esac
	case $1 in
	-t | --test)
		found=$(of_list "$2") || die "no such test: $2"
		chosen=$chosen$found$newline
		shift
		;;
	-c | --collection)
		found=$(of_list "$2:*") || die "no such collection: $2"
		chosen=$chosen$found$newline
		shift
		;;
	-S | --skip)
		found=$(of_list "$2") || die "no such test: $2"
		skipped=$skipped$found$newline
		shift
		;;
	-o | --override-timeout)
		limit=$2
		shift
		;;
	-l | --list)
		cat "$list"
		exit
		;;
	-d | --dry-run) dry=yes ;;
	-s | --summary) summary=yes ;;
	-p | --per-test-log | -n | --netns) ;;
	-f | --no-error-on-fail) lenient=yes ;;
	-h | --help)
		usage
		exit
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done

# Jobs that run a part of the tests leave no more in the list.
if [ -z "$chosen" ]; then
	found=$(of_list "*") || die "no tests in $list"
	[ "$(echo "$found" | sort)" = "$(cut -f 1 "$base/kvm-conformance/tests.tsv" | sort -u)" ] ||
		chosen=$found$newline
fi

set --
IFS=$newline
for test in $skipped; do
	set -- "$@" --skip "$test"
done
for test in $chosen; do
	set -- "$@" "$test"
done
unset IFS
[ -z "$limit" ] || set -- --timeout "$limit" "$@"
[ -z "$dry" ] || set -- --list "$@"

runner=$base/kvm-conformance/run_tests.sh
[ -n "$summary$lenient" ] || exec "$runner" "$@"

# The runner's own affair, which then has results to put in order.
trap : HUP INT TERM
if [ -n "$summary" ]; then
	: > "$base/output.log" || die "cannot write $base/output.log"
	"$runner" "$@" > "$base/output.log"
	status=$?
	grep -E '^(TAP|1\.\.|ok|not ok|# selftests:|# Totals:)' "$base/output.log"
else
	"$runner" "$@"
	status=$?
fi
[ -z "$lenient" ] || [ "$status" -ne 1 ] || exit 0
exit "$status"
