# SPDX-License-Identifier: GPL-2.0-only
#
# The verdict table: for each of its rows a log that it must decide.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	needs="no-cap, no-pmu" plan x86/b a.one a.two
}

# decides RULE ID VERDICT [OPTION...]: by the events of standard input, KIND TEXT a line. "RUN" is
# short for the harness's line in front of a case, and "PLAN" for the lines in front of all.
decides()
{
	rule=$1
	id=$2
	verdict=$3
	shift 3
	sed -e 's/^RUN \(.*\)/o #  RUN           \1 .../' -e 's/^PLAN \(.*\)/o TAP version 13\no 1..\1/' |
		sed 's/ /\t/' | awk '{ printf "%.6f\t%s\n", NR / 1000, $0 }' > "$out.events"
	"$suite/run_tests.sh" --judge x86/b "$out.events" --facts "$facts" "$@" > "$out.tap" || same 1 $?
	cat "$out.tap"
	same "$rule" "$(sed -n "s,^# rule: $id ,,p" "$out.tap")"
	case $id in
	*:*) line=$(grep -E "^# (not )?ok [0-9]+ ${id#*:}( |\$)" "$out.tap") ;;
	*) line=$(grep -E "^(not )?ok [0-9]+ " "$out.tap") ;;
	esac
	case $line in
	*"not ok"*"# ERROR "*) got=error ;;
	*"not ok"*"# TIMEOUT "*) got=timeout ;;
	*"not ok"*"# --require forbids this skip: "*) got=missing ;;
	*"not ok"*) got=fail ;;
	*"# SKIP") got=skip ;;
	*"# XFAIL "*) got=xfail ;;
	*"# XPASS "*) got=xpass ;;
	*) got=pass ;;
	esac
	same "$verdict" "$got"
}

# one VERDICT-RULE VERDICT [OPTION...]: what a case says decides over it, though all else is well.
one()
{
	rule=$1
	verdict=$2
	shift 2
	{
		printf '%s\n' "PLAN 2" "RUN a.one"
		cat
		printf '%s\n' "RUN a.two" "o ok 2 a.two" "${end:-x exit 0}"
	} | decides "$rule" x86/b:a.one "$verdict" "$@"
}

@test "a case that ends by itself: what it said, then its result line" {
	one ok pass <<< "o ok 1 a.one"
	end="x exit 1"
	one ok-after-error error <<-'EOT'
		o # error: cannot clean up
		o # fail: wrong exit
		o ok 1 a.one
	EOT
	one ok-after-failure fail <<-'EOT'
		o # x86/b.c:7:one:Expected 1 (1) == x (0)
		o ok 1 a.one
	EOT
	one error error <<-'EOT'
		o # fail: wrong exit
		o # error: no memory
		o not ok 1 a.one
	EOT
	one failure fail <<-'EOT'
		o # fail: wrong exit
		o # one: Test terminated by assertion
		o not ok 1 a.one
	EOT
	one case-timeout timeout <<-'EOT'
		o # fail: wrong exit
		o # one: Test terminated by timeout
		o not ok 1 a.one
	EOT
	one case-signal fail <<-'EOT'
		o # one: Test terminated unexpectedly by signal 11
		o not ok 1 a.one
	EOT
	one last-words fail <<-'EOT'
		o # one: Test terminated by assertion
		o not ok 1 a.one
	EOT
	one not-ok fail <<< "o not ok 1 a.one"
	end="x exit 0"
	one malformed-result error <<< "o ok 1 a.one # XFAIL because"
	one report-missing fail <<-'EOT'
		o # expect-kernel-log: arch/x86/kvm/vmx/tdx.c
		k <4> harmless
		o ok 1 a.one
	EOT
}

@test "a case that skips: for a reason that there is, that its claim declares, that none forbids" {
	one skip skip <<< "o ok 1 a.one # SKIP no-cap: no bus locks"
	one skip skip <<< "o ok 1 a.one # SKIP permission: /dev/mem"
	one skip-unknown-reason error <<< "o ok 1 a.one # SKIP no-luck: none"
	one skip-unknown-reason error <<< "o ok 1 a.one # SKIP deselected"
	one skip-undeclared error <<< "o ok 1 a.one # SKIP no-nested: off"
	one kvm-gone error <<< "o ok 1 a.one # SKIP no-kvm: /dev/kvm is absent"
	one kvm-gone error <<< "o ok 1 a.one # SKIP permission: /dev/kvm: Permission denied"
	one skip-forbidden missing --require no-cap <<< "o ok 1 a.one # SKIP no-cap: no bus locks"
	one skip-forbidden missing --require all <<< "o ok 1 a.one # SKIP no-pmu"
	one skip skip --require no-pmu <<< "o ok 1 a.one # SKIP no-cap"
	one skip-after-failure fail <<-'EOT'
		o # x86/b.c:7:one:Expected 1 (1) == x (0)
		o ok 1 a.one # SKIP no-cap
	EOT
	one skip-after-error error <<-'EOT'
		o # x86/b.c:7:one:Expected 1 (1) == x (0)
		o # error: no memory
		o ok 1 a.one # SKIP no-cap
	EOT
	decides deselected x86/b:a.one skip --skip b:a.one <<-'EOT'
		PLAN 1
		RUN a.two
		o ok 1 a.two
		x exit 0
	EOT
	decides skip x86/b:a.two skip <<< "x skip no-cap: none"
}

@test "a case without a result of its own" {
	decides reported-twice x86/b:a.one error <<-'EOT'
		PLAN 2
		RUN a.one
		o not ok 1 a.one
		o ok 2 a.one
		x exit 1
	EOT
	decides out-of-turn x86/b:a.two error <<-'EOT'
		PLAN 2
		RUN a.one
		o ok 1 a.two
		o ok 2 a.one
		x exit 0
	EOT
	decides no-result-line x86/b:a.one error <<-'EOT'
		PLAN 2
		RUN a.one
		RUN a.two
		o ok 1 a.two
		x exit 0
	EOT
	decides broken-off x86/b:a.one error <<-'EOT'
		PLAN 2
		RUN a.one
		x interrupted SIGTERM
	EOT
	decides broken-off x86/b:a.two error <<-'EOT'
		PLAN 2
		RUN a.one
		x lost: the agent does not answer
	EOT
	decides result-dropped x86/b:a.one error <<-'EOT'
		PLAN 2
		RUN a.one
		d output beyond 1048576 bytes
		x exit 0
	EOT
	decides no-result x86/b:a.one error <<-'EOT'
		PLAN 2
		RUN a.one
		x exit 0
	EOT
	decides killed x86/b:a.one fail <<-'EOT'
		PLAN 2
		RUN a.one
		x signal SIGSEGV
	EOT
	decides timed-out x86/b:a.one timeout <<-'EOT'
		PLAN 2
		RUN a.one
		x timeout 60
	EOT
	decides no-end x86/b:a.one error <<-'EOT'
		PLAN 2
		RUN a.one
	EOT
	decides not-run x86/b:a.two error <<-'EOT'
		PLAN 2
		RUN a.one
		x signal SIGSEGV
	EOT
}

# binary RULE VERDICT [OPTION...]: what is wrong beside two cases that pass.
beside()
{
	rule=$1
	verdict=$2
	shift 2
	{
		printf '%s\n' "PLAN 2" "RUN a.one" "o ok 1 a.one" "RUN a.two" "o ok 2 a.two"
		cat
	} | decides "$rule" x86/b "$verdict" "$@"
}

@test "a binary whose output is not that of its plan" {
	beside two-plans error <<-'EOT'
		o 1..2
		x exit 0
	EOT
	decides wrong-plan x86/b error <<-'EOT'
		PLAN 1
		RUN a.one
		o ok 1 a.one
		RUN a.two
		o ok 2 a.two
		x exit 0
	EOT
	decides no-plan x86/b error <<-'EOT'
		RUN a.one
		o ok 1 a.one
		RUN a.two
		o ok 2 a.two
		x exit 0
	EOT
	decides wrong-number x86/b error <<-'EOT'
		PLAN 2
		RUN a.one
		o ok 1 a.one
		RUN a.two
		o ok 3 a.two
		x exit 0
	EOT
	beside not-in-plan error <<-'EOT'
		RUN a.three
		o ok 3 a.three
		x exit 0
	EOT
	decides not-to-be-run x86/b error --skip b:a.two <<-'EOT'
		PLAN 1
		RUN a.one
		o ok 1 a.one
		RUN a.two
		o ok 2 a.two
		x exit 0
	EOT
	decides case-reported-twice x86/b error <<-'EOT'
		PLAN 2
		RUN a.one
		o ok 1 a.one
		o ok 2 a.one
		RUN a.two
		o ok 3 a.two
		x exit 0
	EOT
	decides case-out-of-turn x86/b error <<-'EOT'
		PLAN 2
		RUN a.one
		o ok 1 a.two
		o ok 2 a.one
		x exit 0
	EOT
	beside bail-out error <<-'EOT'
		o Bail out! No more.
		x exit 0
	EOT
	beside malformed-measurement error <<-'EOT'
		o # measure: latency 007 us
		x exit 0
	EOT
}

@test "a binary that does not end well, or not alone" {
	beside sum-of-cases pass <<< "x exit 0"
	beside binary-killed fail <<< "x signal SIGKILL"
	beside binary-timed-out timeout <<< "x timeout 60"
	decides not-started x86/b error <<< "x cannot run: Permission denied"
	beside interrupted error <<< "x interrupted SIGINT"
	beside lost error <<< "x lost: the connection"
	beside supervisor-died error < /dev/null
	beside exit-status error <<< "x exit 1"
	beside exit-status error <<< "x exit 4"
	beside left-behind error <<-'EOT'
		l 812 sleep
		x exit 0
	EOT
	beside dropped error <<-'EOT'
		d kernel log: records were overwritten before they were read
		x exit 0
	EOT
	beside kernel-report fail <<-'EOT'
		k <4> WARNING: CPU: 1 PID: 812 at arch/x86/kvm/x86.c:1 f+0x1/0x2
		x exit 0
	EOT
	beside taint fail <<-'EOT'
		t 0 512
		x exit 0
	EOT
	# A sum says how it did.
	decides sum-of-cases x86/b skip <<-'EOT'
		PLAN 2
		RUN a.one
		o ok 1 a.one # SKIP no-cap
		RUN a.two
		o ok 2 a.two # SKIP no-cap
		x exit 4
	EOT
	decides sum-of-cases x86/b fail <<-'EOT'
		PLAN 2
		RUN a.one
		o not ok 1 a.one
		RUN a.two
		o ok 2 a.two
		x exit 1
	EOT
}

@test "known issues, and those that pass" {
	echo "x86/b:* | 7.3 | * | https://example.org/ | broken" > "$suite/known_issues"
	end="x exit 1"
	one known-issue xfail <<< "o not ok 1 a.one"
	end="x exit 0"
	one stale-known-issue xpass <<< "o ok 1 a.one"
	one strict fail --strict <<< "o ok 1 a.one"
	one skip skip --strict <<< "o ok 1 a.one # SKIP no-cap"
	one skip-forbidden missing --require no-cap <<< "o ok 1 a.one # SKIP no-cap"
	echo "x86/b | 7.3 | * | https://example.org/ | broken" > "$suite/known_issues"
	beside known-issue xfail <<< "x exit 1"
	beside stale-known-issue xpass <<< "x exit 0"
	beside strict fail --strict <<< "x exit 0"
	# Nothing is known about what was not run, nor for another kernel.
	beside interrupted error <<< "x interrupted SIGINT"
	fact kernel.release 7.4.0
	beside sum-of-cases pass --strict <<< "x exit 0"
}

@test "each row of the table has a log here" {
	"$suite/run_tests.sh" --rules > "$out.rules"
	[ "$(wc -l < "$out.rules")" -gt 50 ]
	same "" "$(sort "$out.rules" | uniq -d)"
	sed -nE 's/^\t(decides|one|beside) ([a-z-]+) .*/\2/p' "$BATS_TEST_FILENAME" | sort -u |
		diff <(sort "$out.rules") -
}

@test "a log whose sum is wrong is judged as lost, a line that is no event is none" {
	printf '0.1\t%s\t%s\n' s "1 1 x86/b" o "1..2" o "#  RUN           a.one ..." o "ok 1 a.one" \
		o "#  RUN           a.two ..." o "ok 2 a.two" x "exit 0" > "$out.log"
	sum=$($python -c 'import sys, zlib; print("%08x" % zlib.crc32(open(sys.argv[1], "rb").read()))' "$out.log")
	printf '0.1\tc\t%s\n' "$sum" >> "$out.log"
	"$suite/run_tests.sh" --judge x86/b "$out.log" | grep -qx "# rule: x86/b sum-of-cases"
	sed 's/ok 2/ok  2/' "$out.log" > "$out.damaged"
	"$suite/run_tests.sh" --judge x86/b "$out.damaged" > "$out.tap" || same 1 $?
	grep -qx "# rule: x86/b lost" "$out.tap"
	grep -qx "# rule: x86/b:a.one broken-off" "$out.tap"
	grep -qx "not ok 1 selftests: kvm-conformance: b # ERROR lost: its log arrived damaged" "$out.tap"
	{ cat "$out.log"; echo "not an event"; printf 'x\to\tnor this\n'; } |
		grep -v '	c	' > "$out.odd"
	"$suite/run_tests.sh" --judge x86/b "$out.odd" | grep -qx "# rule: x86/b sum-of-cases"
}

@test "--judge needs a binary of the plan and a log that can be read" {
	for wrong in "x86/none $out.tap" "x86/b /no/such/log"; do
		# shellcheck disable=SC2086 # two words
		run "$suite/run_tests.sh" --judge $wrong
		same 2 "$status"
	done
	run "$suite/run_tests.sh" --judge x86/b
	same 2 "$status"
	same "run_tests.sh: --judge must come first" "$output"
}
