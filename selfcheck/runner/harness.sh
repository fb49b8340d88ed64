# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # the binary sets reason
#
# What a made-up test binary, a shell script, sources to print what the kernel's
# harness prints. It defines a function for each case and calls
#
#	harness CASE... -- "$@"
#
# The function of case "a.b.c" is a_b_c; it returns 0 for ok, 1 for not ok, or 4
# after setting reason.

harness()
{
	cases=''
	while [ "$1" != -- ]; do
		cases="$cases $1"
		shift
	done
	shift
	wanted=" $* "
	nr=0
	bad=0
	for case in $cases; do
		chosen "$case" && nr=$((nr + 1))
	done
	echo "TAP version 13"
	echo "1..$nr"
	echo "# Starting $nr tests from 1 test cases."
	nr=0
	for case in $cases; do
		chosen "$case" || continue
		nr=$((nr + 1))
		run_case
	done
	exit "$bad"
}

# Without -r all cases run.
chosen()
{
	case $wanted in
	"  ") return 0 ;;
	*" -r $1 "*) return 0 ;;
	*) return 1 ;;
	esac
}

run_case()
{
	echo "#  RUN           $case ..."
	"$(echo "$case" | tr . _)"
	case $? in
	0)
		echo "#            OK  $case"
		echo "ok $nr $case"
		;;
	4)
		echo "#      SKIP      $reason" >&2
		echo "#            OK  $case"
		echo "ok $nr $case # SKIP $reason"
		;;
	*)
		bad=1
		echo "#          FAIL  $case"
		echo "not ok $nr $case"
		;;
	esac
}
