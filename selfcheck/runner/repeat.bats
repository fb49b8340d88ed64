# SPDX-License-Identifier: GPL-2.0-only
#
# --repeat: many runs, one result a case, and no flake hidden.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

# Cases that count their runs, each in a file of its own.
setup()
{
	setup_suite_dir
	export COUNTS="$BATS_TEST_TMPDIR"
	needs=no-cap binary x86/runs r.steady r.flaky r.sometimes_skipped r.known r.measures <<-'EOT'
		count()
		{
			echo >> "$COUNTS/$1"
			n=$(wc -l < "$COUNTS/$1")
		}
		r_steady() { :; }
		r_flaky()
		{
			count flaky
			[ $((n % 3)) -ne 0 ] || { echo "# fail: in run $n"; return 1; }
		}
		r_sometimes_skipped()
		{
			count skipped
			[ "$n" -ne 2 ] || { reason="no-cap: not this time"; return 4; }
		}
		r_known() { count known; [ "$n" -ne 1 ]; }
		r_measures() { count measured; echo "# measure: cost $((10 - n)) us"; }
	EOT
	echo 'x86/runs:r.known | * | * | a report | now and then' > "$suite/known_issues"
	binary x86/steady s.one <<-'EOT'
		s_one() { :; }
	EOT
}

repeat()
{
	rm -f "$COUNTS"/flaky "$COUNTS"/skipped "$COUNTS"/known "$COUNTS"/measured
	status=0
	runner --repeat "$1" -o "$out" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

@test "a case has one result, the worst, which says how many runs were so" {
	repeat 7
	same 1 "$status"
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/runs:r.steady pass
		x86/runs:r.flaky fail
		x86/runs:r.sometimes_skipped skip
		x86/runs:r.known xfail
		x86/runs:r.measures pass
		x86/steady:s.one pass
		x86/runs fail
		x86/steady pass
	EOT
	same '{"pass": 7}' "$(member x86/runs:r.steady runs)"
	same '{"fail": 2, "pass": 5}' "$(member x86/runs:r.flaky runs)"
	same '{"skip": 1, "pass": 6}' "$(member x86/runs:r.sometimes_skipped runs)"
	same '{"xfail": 1, "xpass": 6}' "$(member x86/runs:r.known runs)"
	same "in run 3 (2 of 7 runs, the first was run 3)" "$(member x86/runs:r.flaky cause)"
	same '[{"name": "cost", "value": 6, "unit": "us"}]' "$(member x86/runs:r.measures measurements)"
	grep -qx '# flaky: x86/runs:r.flaky: 2 fail, 5 pass' "$out.tap"
	grep -qx '# Flaky: 3 of 6 cases' "$out.tap"
	grep -qx '# repeated: 7 runs of each binary' "$out.tap"
}

@test "the log of each run that was not well is kept, beside that of the last" {
	repeat 7
	same "runs.3.log runs.6.log runs.log steady.log " "$(ls "$out/x86" | tr '\n' ' ')"
	grep -q 'in run 6' "$out/x86/runs.6.log"
}

@test "a run that is the same every time is no flake" {
	repeat 2
	grep -qx '# Flaky: 2 of 6 cases' "$out.tap"
	: > "$suite/known_issues"
	runner --repeat 3 -o "$out.steady" x86/steady > "$out.tap"
	grep -qx '# Flaky: 0 of 1 cases' "$out.tap"
}

@test "without --repeat nothing is said of repetition" {
	runner -o "$out" x86/steady > "$out.tap"
	same "" "$(grep -iE 'flaky|repeat' "$out.tap")"
	same "" "$(member x86/steady:s.one runs)"
	for number in 0 x -1 ''; do
		status=0
		runner --repeat "$number" -o "$out" 2> "$out.err" || status=$?
		same 2 "$status"
		grep -q -- "--repeat needs a number" "$out.err"
	done
}

@test "interrupted in its third run, a binary has the results of two" {
	binary x86/waits w.one w.two <<-'EOT'
		w_one() { :; }
		w_two()
		{
			echo >> "$COUNTS/waits"
			[ "$(wc -l < "$COUNTS/waits")" -ne 3 ] || { : > "$COUNTS/up"; sleep 1000; }
		}
	EOT
	rm -f "$COUNTS/waits" "$COUNTS/up"
	exec_runner --repeat 5 -o "$out" x86/waits > "$out.tap" 2> "$out.err" &
	pid=$!
	eventually [ -e "$COUNTS/up" ]
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	same 143 "$status"
	same '{"pass": 3}' "$(member x86/waits:w.one runs)"
	same '{"error": 1, "pass": 2}' "$(member x86/waits:w.two runs)"
	same "interrupted (1 of 3 runs, the first was run 3)" "$(member x86/waits:w.two cause)"
	# Who stops a run makes no flake of it.
	grep -qx '# Flaky: 0 of 2 cases' "$out.tap"
}

@test "a log that cannot be kept is told, and the results are there" {
	mkdir -p "$out/x86/steady.log"
	status=0
	runner --repeat 2 -o "$out" x86/steady > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
	same 3 "$status"
	same '{"pass": 2}' "$(member x86/steady:s.one runs)"
}
