#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs parts of the suite's own tests, all of them bats files, and closes with
# "N passed, N failed, N skipped".
#
# usage: check.sh PART... [-- PART...]...
#	PART	selfcheck/PART.bats or a directory of them
#	--	the parts before it run beside those behind it; a part's output then comes whole
# Exit status: 0 all passed or skipped, 1 something failed or did not run.
set -u

# A job in the background ignores SIGINT, and so would all that is tested here.
[ -n "${KVMCONF_CHECKING:-}" ] ||
	KVMCONF_CHECKING=1 exec env --default-signal=HUP,INT,QUIT,TERM,PIPE "$0" "$@"
unset KVMCONF_CHECKING

here=$(cd "$(dirname "$0")" && pwd) || exit 1
cd "$here/.." || exit 1
export LC_ALL=C

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A part that ends without having run all that it planned is a failure too.
run_part()
{
	part=$1
	echo "# part: $part"
	if [ -d "$here/$part" ]; then
		files=$here/$part
	elif [ -f "$here/$part.bats" ]; then
		files=$here/$part.bats
	else
		echo "not ok $part # no such part"
		return
	fi
	bats --tap "$files" < /dev/null
	status=$?
	[ $status -le 1 ] || echo "not ok $part # bats ended with status $status"
}

# One of several groups: each part comes whole, and nothing is summed up here.
if [ "${1:-}" = --group ]; then
	lock=$2
	shift 2
	for part in "$@"; do
		run_part "$part" > "$work/part" 2>&1
		flock "$lock" cat "$work/part"
	done
	exit
fi

case " $* " in
# Not by the shell's &: what it starts so ignores ^C, and so would all that is tested.
*' -- '*)
	echo "$*" | sed 's/ -- /\n/g' | xargs -P 0 -L 1 "$here/check.sh" --group "$work" ||
		echo "not ok groups # one did not end by itself"
	;;
*)
	for part in "$@"; do
		run_part "$part"
	done
	;;
esac 2>&1 | tee "$work/log"

awk '
	/^1\.\.[0-9]+$/ { sub(/^1\.\./, ""); planned += $0 }
	/^ok .* # skip/ { skipped++; next }
	/^ok / { passed++ }
	/^not ok / { failed++ }
	END {
		missing = planned - passed - failed - skipped
		if (missing > 0) {
			print "# " missing " planned tests never reported"
			failed += missing
		}
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed > 0 || passed == 0
	}' "$work/log"
