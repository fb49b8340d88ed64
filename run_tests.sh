#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the suite: run_tests.sh --help. Needs a POSIX shell, awk and the helpers
# that make builds, and nothing else that a bare busybox does not have.
#
# The parts, all in lib/run/: plan.awk says what is to be run; jobs runs one.sh
# for each binary, which has it watched by supervise and judged by judge.awk;
# the table that this gives becomes TAP (kselftest.awk or ktap.awk) as the run
# goes on and results.json at its end (finish.sh).
set -fu
unset CDPATH
# What the runner's parts tell each other is not the caller's to say.
unset KVMCONF_NOT_RUN KVMCONF_SIMULATED KVMCONF_SUPERVISE KVMCONF_ATTEND KVMCONF_ITERATION \
	KVMCONF_RELOAD_MODULES KVMCONF_LAYER KVMCONF_BOOTING KVMCONF_TDX KVMCONF_TDX_LEDGER

newline='
'
tab=$(printf '\t')
base_timeout=60

# What is closed would become the descriptor of the next file that is opened. Output that
# goes nowhere is an error when it is written, as on a full disk.
(: 3<&0) 2> /dev/null || exec 0< /dev/null
(: 3>&2) || exec 2> /dev/null
(: 3>&1) 2> /dev/null || exec 1< /dev/null

# Also by way of a link to this file.
self=$(readlink -f -- "$0") || self=$0
root=$(cd -- "$(dirname -- "$self")" && pwd -P) || exit 2
run=$root/lib/run

warn() { printf 'run_tests.sh: %s\n' "$*" >&2; }

# shellcheck source=lib/run/require.sh
. "$run/require.sh"
# shellcheck source=lib/run/options.sh
. "$run/options.sh"
# shellcheck source=lib/run/keep.sh
. "$run/keep.sh"
# shellcheck source=lib/run/place.sh
. "$run/place.sh"

case ${1:-} in
--report | --report=* | --compare) exec sh "$run/report/report.sh" "$@" ;;
esac
parse_options "$@"

for file in tests.tsv lib/run/supervise lib/run/jobs lib/run/hostfacts; do
	[ -r "$root/$file" ] || die "$file is missing: run make first"
done

# --- the host and the plan ---

fact()
{
	printf '%s\n' "$facts" | LC_ALL=C awk -F "$tab" -v key="$1" '$1 == key { print $2 }'
}

kvm_modules()
{
	# shellcheck disable=SC2046 # words
	set -- $(printf '%s\n' "$facts" | sed -n 's/^modules\.\(.*\)\.state.*/\1/p')
	echo "${*:-none}"
}

machine_note=''
case $machine_options in
*--machine=tdx-sim*)
	[ -r "$root/selfcheck/tdx_sim/machine.sh" ] ||
		die "the simulation is not in this copy, but where the suite is built"
	# shellcheck source=selfcheck/tdx_sim/machine.sh
	. "$root/selfcheck/tdx_sim/machine.sh"
	sim_settle
	;;
?*)
	[ -r "$root/emulator/machine.sh" ] ||
		die "the emulated machines are not in this copy, but where the suite is built"
	# shellcheck source=emulator/machine.sh
	. "$root/emulator/machine.sh"
	machine_settle
	;;
*)
	machine=${KVMCONF_MACHINE:-host}
	case $machine in
	*[!A-Za-z0-9_:.-]*) die "KVMCONF_MACHINE: odd characters in the machine's name" ;;
	esac
	facts=$("$run/hostfacts") || die "hostfacts failed"
	;;
esac
kernel=$(fact kernel.release)

# In awk what tests and users write stays bytes, whatever the locale; that of the
# tests is the caller's.
make_plan()
{
	set -- part=tests "$root/tests.tsv" part=known "$root/known_issues" \
		part=reasons "$run/skip_reasons" part=require
	while IFS= read -r file; do
		[ -z "$file" ] || set -- "$@" "$file"
	done <<-END
	$profiles
	END
	[ "$list" != verbose ] || set -- part=since "$run/since" part=caught "$run/caught" "$@"
	SELECT=$selected SKIP=$skip REQUIRE=$require KERNEL=$kernel LIST=$list \
		MACHINE="$machine $(kvm_modules)" LC_ALL=C awk -f "$run/glob.awk" \
		-f "$run/claims.awk" -f "$run/known.awk" -f "$run/require.awk" \
		-f "$run/lava_id.awk" -f "$run/plan.awk" "$@"
}

plan=$(make_plan)
case $? in
0) ;;
2) die "$plan" ;;
*) die "the plan could not be made" ;;
esac
case $machine in tdx-sim*) [ -n "$list" ] || sim_check_plan ;; esac
if [ -n "$list" ]; then
	[ -z "$machine_options" ] || plan=$(machine_list)
	[ -z "$plan" ] || printf '%s\n' "$plan" || die_unwritten "the list"
	exit 0
fi

# --- time limits ---

scale=$(printf '%s\n' "$facts" | LC_ALL=C awk -f "$run/timeout.awk")
why=${scale#*"$tab"}
scale=${scale%%"$tab"*}
if [ -n "${KVMCONF_TIMEOUT_SCALE:-}" ]; then
	is_count "$KVMCONF_TIMEOUT_SCALE" ||
		die "KVMCONF_TIMEOUT_SCALE needs a number, not \"$KVMCONF_TIMEOUT_SCALE\""
	scale=$KVMCONF_TIMEOUT_SCALE
	why=KVMCONF_TIMEOUT_SCALE
fi
if [ -n "$timeout" ]; then
	timeout_why=--timeout
else
	timeout=$((base_timeout * scale))
	timeout_why="$base_timeout s x $scale: $why"
fi
export KVMCONF_TIMEOUT_SCALE="$scale"

if [ -n "$reload" ]; then
	export KVMCONF_RELOAD_MODULES=1
	# Modules cannot be unloaded while another test has a virtual machine.
	at_once=1
fi

# --- the place ---

started=$(date -u +%Y-%m-%dT%H:%M:%SZ)

run_facts()
{
	printf '%s\t%s\n' run.machine "$machine" run.started "$started" \
		run.timeout "$timeout s a binary: $timeout_why" run.timeout_scale "$scale: $why" \
		run.repeat "$repeat" ${machine_note:+run.note} ${machine_note:+"$machine_note"}
	[ -z "$required" ] || printf 'run.require\t%s\n' "$required"
}

environment()
{
	printf '%s\n' "$facts"
	run_facts
}

choose_place
[ -z "$machine_options" ] || machine_boot

# --- the run ---

# A profile can be of silicon that this kernel makes nothing of yet.
nothing_required=''
if [ -n "$required" ] &&
	! printf '%s\n' "$plan" | LC_ALL=C awk -F "$tab" '$7 != "" { n++ } END { exit !n }'; then
	nothing_required=", of which nothing is for these tests on $kernel"
	warn "--require $required$nothing_required"
fi

header()
{
	case $dialect in
	ktap) echo "KTAP version 1" ;;
	*) echo "TAP version 13" ;;
	esac
	printf '%s\n' "$facts" | LC_ALL=C awk -f "$run/header.awk"
	printf '# %s\n' "machine: $machine" ${machine_note:+"$machine_note"} \
		"results: $(printf '%s' "$out" | LC_ALL=C tr -c '\040-\176' '?')" \
		"time limit: $timeout s a binary: $timeout_why" \
		"timeout scale for the tests: $scale: $why"
	[ "$repeat" -eq 1 ] || echo "# repeated: $repeat runs of each binary"
	[ -z "$required" ] || echo "# required: $required$nothing_required"
	printf '1..%d\n' "$(printf '%s\n\n' "$plan" | grep -c '^$')"
}

unusable=$(fact kvm.unusable)
if [ -n "$unusable" ]; then
	warn "no test can run: ${unusable#*: }"
	export KVMCONF_NOT_RUN="skip $unusable"
fi

pid=''
stopped=''
# shellcheck disable=SC2317 # called by trap
on_signal()
{
	stopped=$1
	[ -z "$machine_options" ] || machine_stop "$1"
	kill -TERM "$pid" 2> /dev/null
}
trap 'on_signal 129' HUP
trap 'on_signal 130' INT
trap 'on_signal 143' TERM

set -- env LC_ALL=C awk -f "$run/table.awk" -f "$run/json.awk" -f "$run/tap.awk" \
	-f "$run/$dialect.awk"
if [ -n "$lava" ]; then
	set -- sh "$run/lava.sh" "$root" "$out" "$dialect"
	command -v lava-test-case > /dev/null || warn "no lava-test-case: see $out/result.txt"
fi

# A lab's console is a terminal, and a status line would be in the way of its signals.
"$run/jobs" ${lava:+-q} -j "$at_once" -b "$(header)$newline" -o "$out/output.tap" \
	-- sh "$run/one.sh" "$root" "$out" "$timeout" "$at_once" "$repeat" \
	"${unusable:-usable}" "$strict" \
	-- "$@" \
	-- sh "$run/finish.sh" "$root" "$out" "$started" "$machine" "$kernel" \
	< "$out/plan.tsv" &
pid=$!
[ -z "$stopped" ] || kill -TERM "$pid"

# A signal ends the wait but not the run, which has results to put in order.
wait "$pid"
status=$?
while [ -n "$stopped" ] && kill -0 "$pid" 2> /dev/null; do
	wait "$pid"
	status=$?
done
case $status in
0 | 1 | 3 | 4)
	if [ -n "$machine_options" ]; then
		machine_end
		ended=$?
		[ $ended -eq 0 ] || [ $status -eq 3 ] || status=$ended
	fi
	;;
*)
	[ -n "$stopped" ] || warn "the run ended out of order, with status $status"
	status=3
	;;
esac
exit "${stopped:-$status}"
