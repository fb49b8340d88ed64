# SPDX-License-Identifier: GPL-2.0-only
#
# A run that is stopped half-way: the plan is completed, what was obtained is
# kept, nobody is left behind.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	binary x86/done d.one <<-'EOT'
		d_one() { :; }
	EOT
	# With a child in another session, and deaf to all that can be ignored.
	binary x86/runs r.one r.two r.three <<-'EOT'
		trap '' TERM INT HUP
		r_one() { :; }
		r_two() { setsid sleep 1000 & : > "$UP"; while :; do sleep 1; done; }
		r_three() { :; }
	EOT
	binary x86/waits w.one <<-'EOT'
		w_one() { :; }
	EOT
	# An asynchronous command of a shell ignores SIGINT, and so would the runner.
	cat > "$BATS_TEST_TMPDIR/undo_ignore" <<-'EOT'
		$SIG{INT} = "DEFAULT"; exec @ARGV or die;
	EOT
	perl=$(command -v perl)
}

# Starts the runner, and returns once x86/runs is in its second case.
start()
{
	rm -rf "$out" "$BATS_TEST_TMPDIR/up"
	within="$perl $BATS_TEST_TMPDIR/undo_ignore"
	MARK=$BATS_TEST_TMPDIR UP=$BATS_TEST_TMPDIR/up TMPDIR=$BATS_TEST_TMPDIR/tmp \
		exec_runner "$@" -o "$out" > "$out.tap" 2> "$out.err" &
	pid=$!
	mkdir -p "$BATS_TEST_TMPDIR/tmp"
	eventually [ -e "$BATS_TEST_TMPDIR/up" ]
}

# The whole plan is in the output and in results.json, with what had been done.
check_interrupted()
{
	cat "$out.tap" "$out.err"
	eventually [ -e "$out/results.json" ]
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/done:d.one pass
		x86/runs:r.one pass
		x86/runs:r.two error
		x86/runs:r.three error
		x86/waits:w.one error
		x86/done pass
		x86/runs error
		x86/waits error
	EOT
	for id in x86/runs:r.two x86/runs:r.three x86/waits:w.one x86/runs; do
		same interrupted "$(member $id cause)"
	done
	grep -qx 'not ok 3 selftests: kvm-conformance: waits # ERROR interrupted' "$out.tap"
	same 3 "$(grep -cE '^(not )?ok ' "$out.tap")"
	cmp "$out.tap" "$out/output.tap"
	nobody_left
	same "" "$(ls -A "$BATS_TEST_TMPDIR/tmp")"
}

@test "SIGINT, SIGTERM and SIGHUP complete the plan and give 128 + their number" {
	for signal in INT:130 TERM:143 HUP:129; do
		start
		kill "-${signal%:*}" $pid
		status=0
		wait $pid || status=$?
		same "${signal#*:}" "$status"
		check_interrupted
	done
}

@test "SIGKILL of the runner stops all, and what was obtained is kept" {
	start
	kill -KILL $pid
	wait $pid || true
	check_interrupted
}

# The only child of process $1.
child_of()
{
	cat /proc/[0-9]*/stat 2> /dev/null | awk -v parent="$1" '$4 == parent { print $1 }'
}

# kill_helper N: starts a run, kills its Nth descendant, and waits for the run.
kill_helper()
{
	start
	helper=$pid
	for _ in $(seq "$1"); do
		helper=$(child_of "$helper")
	done
	kill -KILL "$helper"
	status=0
	wait $pid || status=$?
	cat "$out.tap" "$out.err"
	nobody_left
}

@test "SIGKILL of the run behind the process that was started is status 3, and leaves nobody" {
	kill_helper 1
	same 3 "$status"
	same "run_tests.sh: the run ended out of order, by SIGKILL" "$(cat "$out.err")"
	grep -q 'the run did not end' "$out/results.json"
}

@test "SIGKILL of an agent costs the binary that it ran, and no other" {
	kill_helper 2
	same 1 "$status"
	same pass "$(member x86/runs:r.one verdict)"
	same error "$(member x86/runs:r.two verdict)"
	same "lost: the agent was killed by SIGKILL" "$(member x86/runs cause)"
	same pass "$(member x86/waits:w.one verdict)"
}

@test "SIGKILL of a test is a verdict, and no more" {
	kill_helper 3
	same 1 "$status"
	same pass "$(member x86/runs:r.one verdict)"
	same signal "$(member x86/runs:r.two verdict)"
	member x86/runs cause |
		grep -q '^the binary was killed by SIGKILL; left processes behind: [0-9]* sleep'
	same pass "$(member x86/waits:w.one verdict)"
}

@test "a signal in the middle of parallel runs reaches all of them" {
	binary x86/also a.one <<-'EOT'
		a_one() { while :; do sleep 1; done; }
	EOT
	start -j 4
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	same 143 "$status"
	same interrupted "$(member x86/also:a.one cause)"
	same 6 "$(verdicts | grep -c :)"
	nobody_left
}

# Restores the host 7 s after its test has died, or never: it has as long as a binary, no longer.
@test "who restores the host is let finish, but not for ever" {
	binary x86/reloads l.one <<-'EOT'
		l_one()
		{
			setsid sh -c 'printf restores_host > /proc/$$/comm
				trap "" TERM INT HUP
				: > "$UP"
				while kill -0 '$$' 2> /dev/null; do sleep 0.05; done
				sleep '"$DELAY"'
				: > "$UP.restored"' &
			while :; do sleep 1; done
		}
	EOT
	for delay in 7 1000; do
		rm -f "$BATS_TEST_TMPDIR/up.restored"
		export DELAY=$delay
		timeout=60
		[ "$delay" = 7 ] || timeout=4
		start --timeout $timeout x86/reloads
		kill -TERM $pid
		status=0
		wait $pid || status=$?
		cat "$out.tap" "$out.err"
		same 143 "$status"
		same interrupted "$(member x86/reloads:l.one cause)"
		[ "$delay" = 1000 ] || [ -e "$BATS_TEST_TMPDIR/up.restored" ]
		nobody_left
	done
	[ ! -e "$BATS_TEST_TMPDIR/up.restored" ]
}
