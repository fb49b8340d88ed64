# SPDX-License-Identifier: GPL-2.0-only
#
# What binaries can do, and the verdict that the runner gives.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
}

# Runs all; want: "status", then the verdicts, from standard input.
run_expecting()
{
	status=0
	runner --timeout 5 -j 4 -o "$out" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
	{
		echo "status $status"
		verdicts
	} | diff "$BATS_TEST_TMPDIR/want" -
}

want() { cat > "$BATS_TEST_TMPDIR/want"; }

@test "passing, failing, skipping: the binary's verdict sums up its cases" {
	binary x86/passes p.one p.two <<-'EOT'
		p_one() { :; }
		p_two() { :; }
	EOT
	binary x86/fails f.one f.two <<-'EOT'
		f_one() { echo "# x86/fails.c:12:one:Expected 1 (1) == x (0)"; return 1; }
		f_two() { :; }
	EOT
	needs="no-cap, one-node" binary x86/skips s.one s.two <<-'EOT'
		s_one() { reason="no-cap: no bus locks"; return 4; }
		s_two() { reason=one-node; return 4; }
	EOT
	needs=no-cap binary svm/skips_some s.one s.two <<-'EOT'
		s_one() { reason="no-cap: no bus locks"; return 4; }
		s_two() { :; }
	EOT
	want <<-'EOT'
		status 1
		x86/passes:p.one pass
		x86/passes:p.two pass
		x86/fails:f.one fail
		x86/fails:f.two pass
		x86/skips:s.one skip
		x86/skips:s.two skip
		svm/skips_some:s.one skip
		svm/skips_some:s.two pass
		x86/passes pass
		x86/fails fail
		x86/skips skip
		svm/skips_some pass
	EOT
	run_expecting
	same "x86/fails.c:12: Expected 1 (1) == x (0)" "$(member x86/fails:f.one cause)"
	same "claim of f.one" "$(member x86/fails:f.one claim)"
	same "source of f.one" "$(member x86/fails:f.one source)"
	same no-cap "$(member x86/skips:s.one reason)"
	same "no bus locks" "$(member x86/skips:s.one cause)"
	same one-node "$(member x86/skips:s.two reason)"
}

@test "what failed before a skip is the verdict" {
	needs="no-cap, one-node" binary x86/skips s.expects s.errs s.fails s.both s.unknown s.forbidden s.well <<-'EOT'
		trap 'exit 4' EXIT
		reason="no-cap: none"
		s_expects() { echo "# x86/c.c:7:expects:Expected 1 (1) == 2 (2)"; return 4; }
		s_errs() { echo "# error: out of memory"; return 4; }
		s_fails() { echo "# fail: guest spins"; return 4; }
		s_both() { echo "# fail: guest spins"; echo "# error: out of memory"; return 4; }
		s_unknown() { echo "# fail: guest spins"; reason="no-idea: none"; return 4; }
		s_forbidden() { echo "# fail: guest spins"; reason="one-node: none"; return 4; }
		s_well() { reason="no-cap: none"; return 4; }
	EOT
	cat > "$BATS_TEST_TMPDIR/verdicts" <<-'EOT'
		x86/skips:s.expects fail
		x86/skips:s.errs error
		x86/skips:s.fails fail
		x86/skips:s.both error
		x86/skips:s.unknown fail
		x86/skips:s.forbidden fail
		x86/skips:s.well skip
		x86/skips fail
	EOT
	{ echo "status 1"; cat "$BATS_TEST_TMPDIR/verdicts"; } | want
	run_expecting
	same "skipped after: x86/c.c:7: Expected 1 (1) == 2 (2)" "$(member x86/skips:s.expects cause)"
	same "skipped after: out of memory" "$(member x86/skips:s.errs cause)"
	same "skipped after: guest spins" "$(member x86/skips:s.fails cause)"
	same "skipped after: out of memory" "$(member x86/skips:s.both cause)"
	same "skipped after: guest spins" "$(member x86/skips:s.unknown cause)"
	same "" "$(member x86/skips:s.expects reason)"
	grep -qx "# not ok 1 s.expects # cause: skipped after: x86/c.c:7: Expected 1 (1) == 2 (2)" "$out.tap"
	grep -q "^# Totals: pass:0 fail:4 xfail:0 xpass:0 skip:1 error:2 " "$out.tap"
	# known_issues excuses the failure, which --require has no say in.
	echo "x86/skips:s.* | * | * | https://example.org/ | broken" > "$suite/known_issues"
	status=0
	runner --require one-node -o "$out" > "$out.tap" || status=$?
	same 0 "$status"
	same xfail "$(member x86/skips:s.forbidden verdict)"
	: > "$suite/known_issues"
}

@test "all well is status 0, all skipped is status 4" {
	needs=no-cap binary x86/skips s.one <<-'EOT'
		s_one() { reason="no-cap: no bus locks"; return 4; }
	EOT
	want <<-'EOT'
		status 4
		x86/skips:s.one skip
		x86/skips skip
	EOT
	run_expecting
	binary x86/passes p.one <<-'EOT'
		p_one() { :; }
	EOT
	want <<-'EOT'
		status 0
		x86/skips:s.one skip
		x86/passes:p.one pass
		x86/skips skip
		x86/passes pass
	EOT
	run_expecting
}

@test "a skip for a reason that the claim does not declare is an error" {
	needs="no-cap, one-node,no-pmu" binary x86/declares d.first d.middle d.last d.other d.part d.forbidden <<-'EOT'
		d_first() { reason="no-cap: none"; return 4; }
		d_middle() { reason="one-node: 1"; return 4; }
		d_last() { reason=no-pmu; return 4; }
		d_other() { reason="no-nested: off"; return 4; }
		d_part() { reason="no-memory: none"; return 4; }
		d_forbidden() { reason="no-tdx: off"; return 4; }
	EOT
	sed -i '/d\.part/s/no-pmu/no-memory-types/' "$suite/tests.tsv"
	binary x86/declares_nothing n.refused n.other n.left_out <<-'EOT'
		n_refused() { reason="permission: perf_event_open: EACCES"; return 4; }
		n_other() { reason="no-cap: none"; return 4; }
		n_left_out() { :; }
	EOT
	status=0
	runner --require no-tdx --skip declares_nothing:n.left_out -o "$out" > "$out.tap" || status=$?
	cat "$out.tap"
	same 1 "$status"
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/declares:d.first skip
		x86/declares:d.middle skip
		x86/declares:d.last skip
		x86/declares:d.other error
		x86/declares:d.part error
		x86/declares:d.forbidden error
		x86/declares_nothing:n.refused skip
		x86/declares_nothing:n.other error
		x86/declares_nothing:n.left_out skip
		x86/declares error
		x86/declares_nothing error
	EOT
	same "skipped for a reason that its claim does not declare: no-nested: off" \
		"$(member x86/declares:d.other cause)"
	same "" "$(member x86/declares:d.other reason)"
	same permission "$(member x86/declares_nothing:n.refused reason)"
	# Without KVM every test may be skipped, whatever it declares.
	fact kvm.unusable "no-kvm: /dev/kvm is absent"
	status=0
	runner -o "$out" > "$out.tap" 2> /dev/null || status=$?
	same 4 "$status"
}

@test "error, timeout and signal of a case are kept apart from fail" {
	binary x86/various v.error v.both v.lib_fail v.timeout v.signal v.spawn v.assertion v.silent <<-'EOT'
		v_error() { echo "# error: out of memory"; return 1; }
		v_both() { echo "# fail: wrong exit"; echo "# error: cannot clean up"; return 1; }
		v_lib_fail() { echo "# fail: guest spins at 0x1000"; echo "# x:1:lib_fail:Expected 2"; return 1; }
		v_timeout() { echo "# timeout: Test terminated by timeout"; return 1; }
		v_signal() { echo "# signal: Test terminated unexpectedly by signal 11"; return 1; }
		v_spawn() { echo "# ERROR SPAWNING TEST CHILD"; return 1; }
		v_assertion() { echo "# assertion: Test terminated by assertion"; return 1; }
		v_silent() { return 1; }
	EOT
	want <<-'EOT'
		status 1
		x86/various:v.error error
		x86/various:v.both error
		x86/various:v.lib_fail fail
		x86/various:v.timeout timeout
		x86/various:v.signal signal
		x86/various:v.spawn error
		x86/various:v.assertion fail
		x86/various:v.silent fail
		x86/various fail
	EOT
	run_expecting
	same "out of memory" "$(member x86/various:v.error cause)"
	same "guest spins at 0x1000" "$(member x86/various:v.lib_fail cause)"
	same "terminated by SIGSEGV" "$(member x86/various:v.signal cause)"
	same "assertion: Test terminated by assertion" "$(member x86/various:v.assertion cause)"
	same "no reason given" "$(member x86/various:v.silent cause)"
	grep -q "^# not ok 1 v.error # ERROR out of memory$" "$out.tap"
	grep -q "^# not ok 4 v.timeout # TIMEOUT " "$out.tap"
}

@test "the plan is kept by a binary that crashes, hangs, ends early or cannot run" {
	binary x86/crashes c.one c.two c.three <<-'EOT'
		c_one() { :; }
		c_two() { echo "# x86/c.c:7:two:Expected 1"; kill -SEGV $$; }
		c_three() { :; }
	EOT
	binary x86/hangs h.one h.two <<-'EOT'
		h_one() { while :; do sleep 1; done; }
		h_two() { :; }
	EOT
	binary x86/stubborn s.one <<-'EOT'
		trap '' TERM INT HUP QUIT
		s_one() { while :; do sleep 1; done; }
	EOT
	binary x86/stops s.one <<-'EOT'
		s_one() { kill -STOP $$; }
	EOT
	binary x86/ends_early e.one e.two <<-'EOT'
		e_one() { :; }
		e_two() { exit 0; }
	EOT
	binary x86/says_nothing n.one < /dev/null
	printf '#!/bin/sh\nexit 0\n' > "$suite/x86/says_nothing"
	plan x86/absent a.one
	plan x86/forbidden f.one
	echo exit > "$suite/x86/forbidden"
	plan x86/rubbish r.one
	head -c 4096 /dev/zero > "$suite/x86/rubbish"
	chmod +x "$suite/x86/rubbish"
	plan x86/a_directory d.one
	mkdir "$suite/x86/a_directory"
	want <<-'EOT'
		status 1
		x86/crashes:c.one pass
		x86/crashes:c.two signal
		x86/crashes:c.three error
		x86/hangs:h.one timeout
		x86/hangs:h.two error
		x86/stubborn:s.one timeout
		x86/stops:s.one timeout
		x86/ends_early:e.one pass
		x86/ends_early:e.two error
		x86/says_nothing:n.one error
		x86/absent:a.one error
		x86/forbidden:f.one error
		x86/rubbish:r.one error
		x86/a_directory:d.one error
		x86/crashes signal
		x86/hangs timeout
		x86/stubborn timeout
		x86/stops timeout
		x86/ends_early error
		x86/says_nothing error
		x86/absent error
		x86/forbidden error
		x86/rubbish error
		x86/a_directory error
	EOT
	run_expecting
	same "the binary was killed by SIGSEGV, after: x86/c.c:7: Expected 1" \
		"$(member x86/crashes:c.two cause)"
	same "not run: the binary was killed by SIGSEGV" "$(member x86/crashes:c.three cause)"
	same "no end within the binary's time limit of 5 s" "$(member x86/hangs:h.one cause)"
	same "no result: the binary ended with exit status 0" "$(member x86/ends_early:e.two cause)"
	same "cannot run: No such file or directory" "$(member x86/absent cause)"
	same "cannot run: Permission denied" "$(member x86/forbidden cause)"
	same "cannot run: Exec format error" "$(member x86/rubbish cause)"
	grep -q "^not ok 2 selftests: kvm-conformance: hangs # TIMEOUT " "$out.tap"
	grep -q "^not ok 7 selftests: kvm-conformance: absent # ERROR cannot run" "$out.tap"
}

@test "any exit status but the one that the cases call for makes the binary not ok" {
	for n in 0 1 2 4 127; do
		binary x86/ok_$n o.one <<-EOT
			trap 'exit $n' EXIT
			o_one() { :; }
		EOT
		binary x86/not_ok_$n n.one <<-EOT
			trap 'exit $n' EXIT
			n_one() { return 1; }
		EOT
		needs=no-cap binary x86/skip_$n s.one <<-EOT
			trap 'exit $n' EXIT
			s_one() { reason=no-cap; return 4; }
		EOT
	done
	want <<-'EOT'
		ok_0 pass
		skip_0 skip
		not_ok_1 fail
		skip_4 skip
	EOT
	runner -j 4 -o "$out" > "$out.tap" || [ $? -eq 1 ]
	verdicts | sed -n 's,^x86/\([a-z_0-9]*\) ,\1 ,p' | grep -v ' error$' |
		diff "$BATS_TEST_TMPDIR/want" -
	same "exit status 2 where 0 is due" "$(member x86/ok_2 cause)"
	same "exit status 0 where 1 is due" "$(member x86/not_ok_0 cause)"
}

@test "a process that outlives its test makes the binary not ok, and is named" {
	binary x86/leaves l.one l.two <<-'EOT'
		l_one() { setsid sleep 1000 & }
		l_two() { :; }
	EOT
	binary x86/after a.one <<-'EOT'
		a_one() { :; }
	EOT
	want <<-'EOT'
		status 1
		x86/leaves:l.one pass
		x86/leaves:l.two pass
		x86/after:a.one pass
		x86/leaves error
		x86/after pass
	EOT
	run_expecting
	case $(member x86/leaves cause) in
	"left processes behind: "[0-9]*" sleep") ;;
	*) return 1 ;;
	esac
}

@test "a measurement gets into results.json, a malformed one is an error" {
	binary x86/measures m.one m.two <<-'EOT'
		m_one() { echo "# measure: exit_latency 12.5e-1 us"; echo "# measure: pamt 4096 pages"; }
		m_two() { echo "# measure: broken 007 us"; }
	EOT
	runner -o "$out" > "$out.tap" || [ $? -eq 1 ]
	same '[{"name": "exit_latency", "value": 1.25, "unit": "us"}, {"name": "pamt", "value": 4096, "unit": "pages"}]' \
		"$(member x86/measures:m.one measurements)"
	same error "$(member x86/measures verdict)"
}
