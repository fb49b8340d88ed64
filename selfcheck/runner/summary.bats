# SPDX-License-Identifier: GPL-2.0-only
#
# The end of a run, which says what happened, and the exit statuses of --bisect.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	needs="no-cap, no-tdx" binary x86/mixed m.passes m.fails m.known m.locks m.locks_too m.other m.tdx <<-'EOT'
		m_passes() { :; }
		m_fails() { echo "# fail: wrong exit"; return 1; }
		m_known() { echo "# fail: known"; return 1; }
		m_locks() { reason="no-cap: no bus-lock feature in this CPU"; return 4; }
		m_locks_too() { reason="no-cap: no bus-lock feature in this CPU"; return 4; }
		m_other() { reason="no-cap: something else"; return 4; }
		m_tdx() { reason="no-tdx: an explanation that is longer than what the last line of a run has room for"; return 4; }
	EOT
	echo "x86/mixed:m.known | * | * | https://example.org/ | broken" > "$suite/known_issues"
}

run_all()
{
	status=0
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

# The lines behind the last binary's result.
end_of() { sed -n '/^\(not \)\?ok [0-9]* selftests/h; /^\(not \)\?ok/d; /^# Totals/,$p' "$out.tap"; }

@test "the last line counts what passed, failed, is known and was not tried, and why" {
	run_all
	same 1 "$status"
	same "# 1 passed, 1 failed, 1 known failure, 4 not tried: 3 no-cap (no bus-lock feature in this CPU), 1 no-tdx (TDX is absent or switched off)" \
		"$(tail -n 1 "$out.tap")"
	grep -qx "# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:4 error:0 timeout:0 signal:0" "$out.tap"
}

@test "each reason for a skip comes with what to do about it, once" {
	run_all
	same 1 "$(grep -c '^# no-cap: to have them tried: .*--machine amd' "$out.tap")"
	same 1 "$(grep -c '^# no-tdx: to have them tried: .*BIOS.*tdx=1' "$out.tap")"
	"$suite/run_tests.sh" --reasons | cut -d ' ' -f 1 | while read -r reason; do
		grep -qE "^	\{ \"$reason\", \"[^\"]+\",$" "$project/runner/reasons.c"
	done
}

@test "nothing tried says so, and a run where all passed says no more than that" {
	run_all 'mixed:m.locks*'
	same 4 "$status"
	same "# 0 passed, 2 not tried: 2 no-cap (no bus-lock feature in this CPU)" "$(tail -n 1 "$out.tap")"
	# No detail stands for most of them.
	run_all mixed:m.locks mixed:m.other
	same "# 0 passed, 2 not tried: 2 no-cap (the kernel or the CPU does not have the capability)" \
		"$(tail -n 1 "$out.tap")"
	run_all mixed:m.passes
	same 0 "$status"
	same "# 1 passed" "$(tail -n 1 "$out.tap")"
}

@test "a failure stands at the end with the command that shows it again, which does" {
	run_all --strict --timeout 9 --vm-type default
	line=$(grep -n -x -F '# fail: x86/mixed:m.fails: wrong exit' "$out.tap" | cut -d : -f 1)
	again=$(sed -n "$((line + 1))s/^#   again: //p" "$out.tap")
	case $again in
	"./run_tests.sh --vm-type default --facts '"*" --timeout 9 --strict x86/mixed:m.fails") ;;
	*) echo "$again"; return 1 ;;
	esac
	same "$again" "$(member x86/mixed:m.fails reproduce)"
	same "" "$(member x86/mixed:m.passes reproduce)"
	(cd "$suite" && eval "$again -o ../again") > "$out.again" || status=$?
	same 1 "$status"
	same "# 1 failed" "$(tail -n 1 "$out.again" | sed 's/0 passed, //')"
	KVMCONF_COMMAND=kvm-conformance run_all mixed:m.fails
	grep -q "^#   again: kvm-conformance --facts .* x86/mixed:m.fails$" "$out.tap"
}

@test "a skip that --require forbids is counted apart from failures" {
	run_all --require no-tdx mixed:m.tdx mixed:m.passes
	same 1 "$status"
	same missing "$(member x86/mixed:m.tdx verdict)"
	same "# 1 passed, 1 not tried though required" "$(tail -n 1 "$out.tap")"
	grep -q "^# missing: x86/mixed:m.tdx: --require forbids this skip: no-tdx: " "$out.tap"
	grep -q "^# Totals: .* missing:1$" "$out.tap"
}

@test "skips for one cause that --require forbids are one line" {
	needs=no-tdx binary svm/more m.one m.two <<-'EOT'
		m_one() { reason="no-tdx: none"; return 4; }
		m_two() { reason="no-tdx: none"; return 4; }
	EOT
	run_all --require no-tdx svm/more
	same 1 "$status"
	grep -x -A 1 "# missing: 2 cases: --require forbids this skip: no-tdx: none" "$out.tap" |
		grep -x "#   again, the first: ./run_tests.sh .*--require no-tdx svm/more:m.one"
}

@test "--summary prints one line a binary, and output.tap has all" {
	binary svm/well w.one w.two <<-'EOT'
		w_one() { :; }
		w_two() { :; }
	EOT
	needs=no-cap binary svm/skips s.one <<-'EOT'
		s_one() { reason="no-cap: none"; return 4; }
	EOT
	for option in -s --summary; do
		run_all $option
		same 1 "$status"
		sed -n '/^1\.\.3$/,/^# /p' "$out.tap" | sed '1d; /^# /d' | diff - /dev/fd/3 3<<-'EOT'
			not ok 1 x86/mixed # 1 not ok, 1 passed, 1 known failure, 4 not tried
			ok 2 svm/well # 2 passed
			ok 3 svm/skips # SKIP no-cap: 1 not tried
		EOT
		grep -qx '# ok 2 w.two' "$out/output.tap"
		same 0 "$(grep -c 'w.two' "$out.tap")"
		tail -n 1 "$out.tap" | cmp - <(tail -n 1 "$out/output.tap")
	done
}

@test "an interrupted run says so in one line, however many cases that cost" {
	binary svm/hangs h.one h.two h.three <<-'EOT'
		h_one() { kill -INT "$RUNNER"; sleep 60; }
		h_two() { :; }
		h_three() { :; }
	EOT
	# shellcheck disable=SC2046 # a list of words
	binary svm/waits $(seq -f 'w.c%g' 50) <<-'EOT'
		:
	EOT
	status=0
	(exec sh -c 'RUNNER=$$; export RUNNER; exec "$@"' sh "$suite/run_tests.sh" --facts "$facts" \
		-o "$out" svm) > "$out.tap" 2> "$out.err" 3>&- || status=$?
	cat "$out.tap"
	same 130 "$status"
	grep -qx '# error: 53 cases, 2 binaries: interrupted' "$out.tap"
	same 1 "$(grep -c '^# error: ' "$out.tap")"
	same 53 "$(verdicts | grep -c ':.* error$')"
}

@test "so is what a crash keeps from being run; a failure that came before it is not hidden" {
	binary svm/dies d.fails d.dies d.one d.two <<-'EOT'
		d_fails() { echo "# fail: wrong exit"; return 1; }
		d_dies() { kill -SEGV $$; }
	EOT
	run_all svm
	same 1 "$status"
	grep -qx '# fail: svm/dies:d.fails: wrong exit' "$out.tap"
	grep -q '^# signal: svm/dies:d.dies: ' "$out.tap"
	grep -qx '# error: 2 cases: not run: the binary was killed by SIGSEGV' "$out.tap"
	same 1 "$(grep -c '^# error: ' "$out.tap")"
}

@test "--bisect: 0 good, 1 bad, 125 not to be judged, 255 a mistake" {
	for what in "0 mixed:m.passes" "1 mixed:m.fails" "1 mixed:m.known" "125 mixed:m.locks" \
		"0 mixed:m.passes mixed:m.locks" "1 mixed:m.fails mixed:m.locks" \
		"125 --require no-tdx mixed:m.passes mixed:m.tdx" \
		"255 no-such" "255 --no-such mixed:m.passes" "255 --timeout none mixed" \
		"125 --machine amd --kernel /nonexistent mixed:m.passes"; do
		# shellcheck disable=SC2086 # several words
		run_all --bisect ${what#* }
		same "${what%% *}" "$status"
	done
	binary svm/errs e.one <<-'EOT'
		e_one() { echo "# error: out of memory"; return 1; }
	EOT
	run_all --bisect errs
	same 125 "$status"
	binary svm/dies e.one <<-'EOT'
		e_one() { kill -SEGV $$; }
	EOT
	run_all --bisect dies
	same 1 "$status"
}

@test "--duration runs all in turn until the time is over, and each at least once" {
	for name in svm/one svm/two; do
		binary $name t.one <<-EOT
			t_one() { echo $name >> "$out.order"; }
		EOT
	done
	run_all --duration 2s svm
	same 0 "$status"
	[ "$(wc -l < "$out.order")" -ge 4 ]
	same "svm/one svm/two svm/one svm/two" "$(head -n 4 "$out.order" | tr '\n' ' ' | sed 's/ $//')"
	grep -q '"id": "svm/one:t.one".*"runs": {"pass": [0-9]*}' "$out/results.json"
	[ "$($python -c '
import json, sys
run = json.load(open(sys.argv[1]))
print(1.9 < run["seconds"] < 30)' "$out/results.json")" = True ]
}
