# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154
#
# What has come from an emulated machine, and whether there is more to come. Sourced;
# $machine_dir is the machine's directory:
#
#	results		from the guest's second serial port, in the format of init
#	console		from the first
#	emulator.log	how the emulator fares: the events of lib/run/supervise
#	pid		of that supervise
#	why		why we ended the machine, if we did
#	runner		the pid of the runner
#	stop		the signal that stopped the runner, if one did
#	taken		so many bytes of results have been taken: logs are in order

results_left()
{
	# A reader that has found its lines leaves.
	tail -c "+$(($(cat "$machine_dir/taken") + 1))" "$machine_dir/results" 2>/dev/null
}

# The log NAME is whole, and no earlier one is asked for again.
log_taken()
{
	_bytes=$(results_left | LC_ALL=C awk -v name="$1" '
		{ bytes += length($0) + 1 }
		$1 == "=" && $2 == "end" && $3 == name { print bytes; exit }')
	echo $(($(cat "$machine_dir/taken") + _bytes)) >"$machine_dir/taken"
}

# The lines of the log NAME, as far as they came.
log_lines()
{
	results_left | awk -v name="$1" '
		on && $1 == "=" && $2 == "end" { exit }
		on
		$0 == "= log " name { on = 1 }'
}

# Returns 0 if the log NAME has come whole, 1 if not yet, 2 if it came damaged. Bytes come
# one by one: a sum is one when it has its length.
log_state()
{
	_sum=$(results_left | awk -v name="$1" '
		$1 == "=" && $2 == "end" && $3 == name && length($4) == 64 { print $4; exit }')
	[ -n "$_sum" ] || return 1
	[ "$(log_lines "$1" | sha256sum)" = "$_sum  -" ] || return 2
}

machine_is_over()
{
	grep -aq '^[0-9.]*	x	' "$machine_dir/emulator.log" && return
	# Killed, it could not write that; and a zombie still has a pid.
	case $(cat "/proc/$(cat "$machine_dir/pid")/stat" 2>/dev/null) in
	'' | *") Z "*) return 0 ;;
	esac
	return 1
}

# Prints the signal by which the run is to end, if it is.
machine_stopped()
{
	if kill -0 "$(cat "$machine_dir/runner")" 2>/dev/null; then
		cat "$machine_dir/stop" 2>/dev/null
	else
		echo SIGTERM
	fi
}

machine_kill()
{
	[ -e "$machine_dir/why" ] || echo "$1" >"$machine_dir/why"
	kill -TERM "$(cat "$machine_dir/pid")" 2>/dev/null
}

panic()
{
	tr -d '\r' <"$machine_dir/console" | grep -a -o -m 1 'Kernel panic - not syncing: .*'
}

# Why there is nothing more, in words.
machine_why()
{
	if _why=$(sed -n 's/^= failed //p' "$machine_dir/results") && [ -n "$_why" ]; then
		echo "the guest gave up: $_why"
	elif _why=$(panic) && [ -n "$_why" ]; then
		echo "the guest died: $_why"
	elif [ -e "$machine_dir/why" ]; then
		cat "$machine_dir/why"
	else
		_why=$(sed -n 's/^[0-9.]*	x	//p' "$machine_dir/emulator.log")
		case $_why in
		'') echo "what watched the emulator was killed" ;;
		'exit 0') echo "the machine was switched off before its time" ;;
		timeout*) echo "no end within the time limit of ${_why#timeout } s" ;;
		*) echo "the emulator ended: $_why: $(sed -n 's/^[0-9.]*	[oh]	//p' \
			"$machine_dir/emulator.log" | tail -n 1)" ;;
		esac
	fi
}
