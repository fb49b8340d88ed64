#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one binary: a paragraph of the plan in (see plan.awk), its table out (see
# judge.awk). The log, which is the event stream, goes to OUT/dir/binary.log.
#
# usage: one.sh ROOT OUT SECONDS AT_ONCE REQUIRE < paragraph
# KVMCONF_NOT_RUN=END  run nothing: this is how it ended
# Exit status: 0, or 3 if the log could not be kept.
set -fu

root=$1
out=$2
seconds=$3
at_once=$4
require=$5
run=$root/lib/run
tab=$(printf '\t')
newline='
'

plan=$(cat)
binary=${plan%%"$tab"*}
arguments=${plan#*"$tab"*"$tab"}
arguments=${arguments%%"$tab"*}
status=0

if [ -n "${KVMCONF_NOT_RUN:-}" ]; then
	events=0.000000${tab}x$tab$KVMCONF_NOT_RUN
elif [ "$arguments" = none ]; then
	events=0.000000${tab}x${tab}none
else
	[ "$arguments" != all ] || arguments=
	# A failure shows when the log is opened.
	mkdir -p "$out/${binary%/*}" 2> /dev/null
	# shellcheck disable=SC2086 # "-r case -r case", and a case is one plain word
	events=$(cd "$root" && exec "${KVMCONF_SUPERVISE:-$run/supervise}" -w "$PPID" -t "$seconds" \
		-l "$out/$binary.log" -- "$binary" $arguments)
	[ $? -ne 3 ] || status=3
fi

{
	cat "$run/skip_reasons" || exit 1
	printf '%s' "$newline"
	printf '%s\n' "$plan" "" "$events"
} | LC_ALL=C awk -v at_once="$at_once" -v require="$require" \
	-f "$run/verdict.awk" -f "$run/judge.awk" || exit 1
exit $status
