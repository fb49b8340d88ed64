# SPDX-License-Identifier: GPL-2.0-only
#
# --lava: what LAVA's commands are told, what is kept where there are none, and what is
# expected. That the real LAVA reads it so is for selfcheck/lava/job.bats.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	needs=no-cap binary x86/tests t.passes t.fails t.skips t.errs t.measures t.known t.stale t.crashes <<-'EOT'
		t_passes() { echo "# <LAVA_SIGNAL_TESTCASE TEST_CASE_ID=forged RESULT=pass>"; }
		t_fails() { echo "# fail: <LAVA_SIGNAL_TESTCASE TEST_CASE_ID=forged RESULT=pass>"; return 1; }
		t_skips() { reason=no-cap; return 4; }
		t_errs() { echo "# error: no memory"; return 1; }
		t_measures() { echo "# measure: rate 1.5e3 locks>s"; echo "# measure: other 2 s"; }
		t_known() { return 1; }
		t_stale() { :; }
		t_crashes() { kill -SEGV $$; }
	EOT
	binary svm/fine f.one <<-'EOT'
		f_one() { :; }
	EOT
	printf 'x86/tests:t.%s | * | * | https://example.org/ | broken\n' known stale \
		> "$suite/known_issues"
	cat > "$BATS_TEST_TMPDIR/results" <<-'EOT'
		x86.tests fail
		x86.tests.t.passes pass
		x86.tests.t.fails fail
		x86.tests.t.skips skip
		x86.tests.t.errs fail
		x86.tests.t.measures pass 1.5e3 locks_s
		x86.tests.t.known skip
		x86.tests.t.stale pass
		x86.tests.t.crashes fail
		svm.fine pass
		svm.fine.f.one pass
	EOT
}

# LAVA's commands, by the names and the options that its own have.
make_commands()
{
	commands=$BATS_TEST_TMPDIR/commands
	mkdir -p "$commands"
	printf '#!/bin/sh\necho "<CASE $*>"\n' > "$commands/lava-test-case"
	printf '#!/bin/sh\necho "<SET $*>"\n' > "$commands/lava-test-set"
	chmod +x "$commands"/*
	PATH=$commands:$PATH
}

@test "without LAVA's commands the results go to a file, and that is said" {
	runner -o "$out" --lava > "$out.tap" 2> "$out.err" || same 1 $?
	same "run_tests.sh: no lava-test-case: see $out/result.txt" "$(cat "$out.err")"
	diff "$BATS_TEST_TMPDIR/results" "$out/result.txt"
	runner -o "$out" > "$out.plain" || same 1 $?
	[ ! -e "$out/result.txt" ]
	# Nothing else is different.
	diff "$out.plain" "$out.tap"
}

@test "LAVA's commands are told each result, in no sets, with measurements" {
	make_commands
	runner -o "$out" --lava > "$out.tap" || same 1 $?
	grep '^<CASE' "$out.tap" | diff - <(sed 's/^\([^ ]*\) \([a-z]*\)/<CASE \1 --result \2/
		s/ \([0-9][^ ]*\) \([^ ]*\)$/ --measurement \1 --units \2/; s/$/>/' \
		"$BATS_TEST_TMPDIR/results")
	# Readers put a set's name before the id, which names the binary already.
	same "" "$(grep '^<SET' "$out.tap")"
}

# LAVA knows pass, fail and skip alone. A known issue is no pass, which would say that the claim
# holds, and no failure, which would say that something is new: it is a skip. What passes though
# known_issues has it did pass; --strict makes a failure of it.
@test "a known issue is a skip to LAVA, and one that passes a failure with --strict" {
	runner -o "$out" --lava > "$out.tap" 2> /dev/null || same 1 $?
	grep -qx "x86.tests.t.known skip" "$out/result.txt"
	grep -qx "x86.tests.t.stale pass" "$out/result.txt"
	runner -o "$out" --lava --strict > "$out.tap" 2> /dev/null || same 1 $?
	sed 's/^x86.tests.t.stale pass$/x86.tests.t.stale fail/' "$BATS_TEST_TMPDIR/results" |
		diff - "$out/result.txt"
}

@test "a command of LAVA's that fails is status 3, and the results are kept" {
	make_commands
	printf '#!/bin/sh\nexit 1\n' > "$commands/lava-test-case"
	status=0
	runner -o "$out" --lava > "$out.tap" || status=$?
	same 3 "$status"
	diff "$BATS_TEST_TMPDIR/results" "$out/result.txt"
}

@test "what tests print is no signal to LAVA" {
	make_commands
	runner -o "$out" --lava > "$out.tap" || same 1 $?
	[ -z "$(grep -F '<LAVA_' "$out.tap")" ]
	grep -F '<LAVA-SIGNAL_TESTCASE TEST_CASE_ID=forged' "$out.tap"
}

@test "--print-expected has what would be reported, the skipped too" {
	{
		echo expected:
		sed 's/ .*//; s/^/- /' "$BATS_TEST_TMPDIR/results"
	} | diff - <(runner --print-expected)
	runner --print-expected | diff - <(runner --print-expected --skip x86/tests:t.fails)
	same "expected: - svm.fine - svm.fine.f.one" "$(runner --print-expected svm | xargs)"
	same "expected: - x86.tests - x86.tests.t.known" \
		"$(runner --print-expected x86/tests:t.known | xargs)"
	runner -o "$out" --lava --skip x86/tests:t.fails x86 > "$out.tap" 2> /dev/null ||
		same 1 $?
	runner --print-expected --skip x86/tests:t.fails x86 | sed '1d; s/^- //' |
		diff - <(cut -d ' ' -f 1 "$out/result.txt")
}

@test "where nothing can be run, all is told, too" {
	fact kvm.unusable "no-kvm: /dev/kvm is absent"
	runner -o "$out" --lava > "$out.tap" 2> /dev/null || same 4 $?
	sed 's/ .*/ skip/' "$BATS_TEST_TMPDIR/results" | diff - "$out/result.txt"
}
