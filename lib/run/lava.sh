#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tells LAVA of one binary: its table in, its TAP out, then what LAVA's own commands print.
# OUT/result.txt gets the same for who has no such commands: a line for each test, as
# lava.awk has it.
#
# usage: lava.sh ROOT OUT DIALECT < table
# Exit status: 0, or 3 if something could not be told.
set -u

run=$1/lib/run
out=$2
table=$(cat)
status=0

printf '%s\n' "$table" | LC_ALL=C awk -f "$run/table.awk" -f "$run/json.awk" \
	-f "$run/tap.awk" -f "$run/$3.awk" || exit 3
results=$(printf '%s\n' "$table" |
	LC_ALL=C awk -f "$run/table.awk" -f "$run/lava_id.awk" -f "$run/lava.awk") || exit 3
printf '%s\n' "$results" >> "$out/result.txt" || status=3

command -v lava-test-case > /dev/null || exit $status
lava-test-set start "${results%% *}" || status=3
while read -r id result measurement unit; do
	set -- "$id" --result "$result"
	[ -z "$measurement" ] || set -- "$@" --measurement "$measurement" --units "$unit"
	lava-test-case "$@" < /dev/null || status=3
done <<END
$results
END
lava-test-set stop || status=3
exit $status
