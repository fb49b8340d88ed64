#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Stands in for lib/run/supervise where an emulated machine runs the binaries: waits until
# the machine has sent the log NAME, and prints it.
#
# usage: attend.sh -t SECONDS [-w PID] [-l LOG] -- NAME [ARG..]
#	-t	the binary's time limit; in the machine it comes to an end by it, so that a
#		machine that is silent for longer hangs, and is ended
#	-w, -l	as supervise
# A signal does not reach it: machine_stop, in the runner, does.
# KVMCONF_ATTEND is the machine's directory, see watch.sh; KVMCONF_ITERATION says which of
# several runs of NAME, if it is not the first.
#
# From a machine that was over before the log was whole there is what came, and this end:
# "lost: WHY".
#
# Exit status: 0, or 2 usage, or 3 the log was lost or could not be kept.
set -u

# shellcheck source=emulator/watch.sh
. "$(dirname "$0")/watch.sh"

machine_dir=$KVMCONF_ATTEND
grace=20
limit='' owner=$$ log=/dev/null
while getopts t:w:l: option; do
	case $option in
	t) limit=$OPTARG ;;
	w) owner=$OPTARG ;;
	l) log=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ -n "$limit" ] && [ $# -gt 0 ] || exit 2
name=$1${KVMCONF_ITERATION:+.$KVMCONF_ITERATION}

size='' quiet=0
while :; do
	# In this order: what a machine sends last counts.
	over=
	machine_is_over && over=yes
	log_state "$name"
	state=$?
	stop=$(machine_stopped)
	if [ "$state" -ne 1 ] || [ -n "$over$stop" ]; then
		break
	fi
	kill -0 "$owner" 2>/dev/null || exit 2

	before=$size
	size=$(wc -c <"$machine_dir/results")
	quiet=$((size == ${before:--1} ? quiet + 1 : 0))
	if panic >/dev/null; then
		# Its last words take a moment.
		sleep 1
		machine_kill "the guest died"
	elif [ $((quiet / 5)) -gt $((limit + grace)) ]; then
		machine_kill "the guest hangs: nothing came from it for $((limit + grace)) s"
	fi
	sleep 0.2
done

# What came of a log that is not whole, but not half a line; and how it ended.
lost()
{
	if [ -n "$(tail -c 1 "$machine_dir/results")" ]; then
		log_lines "$name" | sed '$d'
	else
		log_lines "$name"
	fi | END=$end awk -F '\t' '{ print; now = $1 }
		END { print (now ? now : "0.000000") "\tx\t" ENVIRON["END"] }'
}

case $state in
0)
	log_lines "$name"
	log_taken "$name"
	;;
1)
	end="lost: $(machine_why)"
	[ -z "$stop" ] || end="interrupted $stop"
	lost
	;;
2)
	printf '0.000000\tx\tlost: its log arrived damaged\n'
	;;
esac | tee -- "$log" || exit 3
[ "$state" -eq 0 ] || [ -n "$stop" ] || exit 3
