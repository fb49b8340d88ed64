#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one binary: a paragraph of the plan in (see plan.awk), its table out (see
# judge.awk). The log, which is the event stream, goes to OUT/dir/binary.log; of
# several runs that of the last one, and that of each run N in which something
# was not ok to binary.N.log.
#
# usage: one.sh ROOT OUT SECONDS AT_ONCE REPEAT KVM STRICT < paragraph
# KVMCONF_NOT_RUN=END  run nothing: this is how it ended
# Exit status: 0, or 3 if a log could not be kept.
set -fu

root=$1
out=$2
seconds=$3
at_once=$4
repeat=$5
kvm=$6
strict=$7
run=$root/lib/run
tab=$(printf '\t')
newline='
'

plan=$(cat)
binary=${plan%%"$tab"*}
arguments=${plan#*"$tab"*"$tab"}
arguments=${arguments%%"$tab"*}

# The events of one run. Exit status: that of supervise, 3 for a log not kept.
execute()
{
	if [ -n "${KVMCONF_NOT_RUN:-}" ]; then
		echo "0.000000${tab}x$tab$KVMCONF_NOT_RUN"
		return
	elif [ "$arguments" = none ]; then
		echo "0.000000${tab}x${tab}none"
		return
	fi
	# A failure shows when the log is opened.
	mkdir -p "$out/${binary%/*}" 2> /dev/null
	cases=$arguments
	[ "$cases" != all ] || cases=
	# shellcheck disable=SC2086 # "-r case -r case", and a case is one plain word
	cd "$root" && exec "${KVMCONF_SUPERVISE:-$run/supervise}" -w "$PPID" -t "$seconds" \
		-l "$out/$binary.log" -- "$binary" $cases
}

# Of the table, what makes a run worth its log.
bad_line="^(B${tab}[0-9]+|C${tab}[^${tab}]*)${tab}[^${tab}]*${tab}(fail|error|timeout|signal)${tab}"

judge()
{
	{
		cat "$run/skip_reasons" || exit 1
		printf '%s' "$newline"
		printf '%s\n' "$plan" "" "$events"
	} | LC_ALL=C awk -v at_once="$at_once" -v kvm="$kvm" -v strict="$strict" \
		-f "$run/verdict.awk" -f "$run/judge.awk"
}

# The reader of this cannot see an exit status: the last line is for it.
repeatedly()
{
	iteration=0
	while [ $((iteration += 1)) -le "$repeat" ]; do
		# For a machine that runs the binaries on its own: which log is asked for.
		[ "$iteration" -eq 1 ] || export KVMCONF_ITERATION=$iteration
		events=$(execute)
		[ $? -ne 3 ] || status=3
		table=$(judge) || exit
		printf '%s\n' "$table"
		if printf '%s\n' "$table" | LC_ALL=C grep -qE "$bad_line" && [ -e "$out/$binary.log" ]; then
			cp -- "$out/$binary.log" "$out/$binary.$iteration.log" || status=3
		fi
		# Nothing more would come of it.
		case $events in *"${tab}x$tab"interrupted* | *"${tab}x$tab"lost:*) break ;; esac
	done
	printf 'S\t%s\n' $status
}

# What an earlier run left here is no evidence of this one.
(set +f && rm -f -- "$out/$binary.log" "$out/$binary".[0-9]*.log) 2> /dev/null

status=0
if [ "$repeat" -eq 1 ]; then
	events=$(execute)
	[ $? -ne 3 ] || status=3
	judge || exit 1
	exit $status
fi
repeatedly | LC_ALL=C awk -f "$run/table.awk" -f "$run/repeat.awk"
