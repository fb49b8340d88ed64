#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs parts of the suite's own tests, all of them bats files, and closes with
# "N passed, N failed, N skipped".
#
# usage: check.sh PART...    each is selfcheck/PART.bats or a directory of them
# Exit status: 0 all passed or skipped, 1 something failed or did not run.
set -u

# A job in the background ignores SIGINT, and so would all that is tested here.
[ -n "${KVMCONF_CHECKING:-}" ] ||
	KVMCONF_CHECKING=1 exec env --default-signal=HUP,INT,QUIT,TERM,PIPE "$0" "$@"
unset KVMCONF_CHECKING

here=$(cd "$(dirname "$0")" && pwd) || exit 1
cd "$here/.." || exit 1
export LC_ALL=C

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM

# A part that ends without having run all that it planned is a failure too.
run_part()
{
	part=$1
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

for part in "$@"; do
	echo "# part: $part"
	run_part "$part"
done 2>&1 | tee "$log"

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
	}' "$log"
