#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# After the last binary: all tables in, the totals out as diagnostics, and
# OUT/results.json.
#
# usage: finish.sh ROOT OUT STARTED MACHINE KERNEL < tables
# Exit status: 0 all well, 1 something is not ok, 4 everything was skipped,
# 3 results.json could not be written.
set -u

run=$1/lib/run
out=$2
table=$(cat)

# shellcheck source=lib/run/keep.sh
. "$run/keep.sh"

printf '%s\n' "$table" | LC_ALL=C awk -f "$run/table.awk" -f "$run/totals.awk"
status=$?

mkdir -p "$out"
results=$(printf '%s\n' "$table" | STARTED=$3 MACHINE=$4 KERNEL=$5 LC_ALL=C awk \
	-f "$run/table.awk" -f "$run/json.awk" -f "$run/results.awk") &&
	keep "$results" "$out/results.json" && exit $status
echo "run_tests.sh: results.json could not be written to $out" >&2
exit 3
