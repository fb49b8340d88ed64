# SPDX-License-Identifier: GPL-2.0-only
#
# The real consumers read both dialects and see what results.json says.
#
# KUNIT: the directory of the kernel's kunit.py

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

# Every verdict there is, and texts that look like directives.
setup()
{
	setup_suite_dir
	needs=no-cap binary x86/good g.one g.two g.skips <<-'EOT'
		g_one() { :; }
		g_two() { echo "# ok 3 g.skips"; }
		g_skips() { reason="no-cap: # SKIP # TODO ok 7"; return 4; }
	EOT
	binary x86/bad b.fails b.errs b.hangs b.dies b.odd b.todo b.known b.surprises <<-'EOT'
		b_fails() { echo "# x86/bad.c:12:fails:Expected 1 (1) == x (0)"; echo "not ok 9 x"; return 1; }
		b_errs() { echo "# error: no memory"; return 1; }
		b_hangs() { echo "# hangs: Test terminated by timeout"; return 1; }
		b_dies() { echo "# dies: Test terminated unexpectedly by signal 11"; return 1; }
		b_odd() { echo "# fail: # SKIP [#1] - # TODO"; echo "# Subtest: odd"; echo "1..9"; return 1; }
		b_todo() { echo "# fail: todo: later"; return 1; }
		b_known() { return 1; }
		b_surprises() { :; }
	EOT
	binary x86/dies d.one d.two <<-'EOT'
		d_one() { kill -SEGV $$; }
		d_two() { :; }
	EOT
	needs="no-cap, no-nested" binary svm/skips s.one s.two <<-'EOT'
		s_one() { reason=no-nested; return 4; }
		s_two() { reason="no-cap: not here"; return 4; }
	EOT
	binary svm/known_crash k.one <<-'EOT'
		k_one() { :; }
		trap 'exit 7' EXIT
	EOT
	plan svm/missing m.one
	binary svm/fine g.one <<-'EOT'
		g_one() { :; }
	EOT
	cat > "$suite/known_issues" <<-'EOT'
		x86/bad:b.known | * | * | https://example.org/?a=1#frag | broken # SKIP
		x86/bad:b.surprises | * | * | https://example.org/2 | broken # TODO
		svm/known_crash | * | * | https://example.org/3 | crashes
	EOT
}

run_all()
{
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || [ $? -eq 1 ]
	[ ! -s "$out.err" ]
}

@test "python3-tap, as labs use it on kselftest's dialect" {
	run_all
	/usr/bin/python3 "$BATS_TEST_DIRNAME/parsers.py" linaro "$out.tap" "$out/results.json"
}

@test "the ids that a lab sees do not change with the outcome" {
	ids() { grep -oE '^(# )?(not )?ok [0-9]+ [^#]*' "$1" | sed 's/^# //; s/^not //; s/ *$//'; }

	run_all
	ids "$out.tap" > "$out.before"
	[ "$(wc -l < "$out.before")" -gt 20 ]
	# Nothing can be run, in two ways; then all is skipped, in two ways.
	mv "$suite/x86/good" "$suite/x86/bad"
	chmod -x "$suite"/x86/* "$suite"/svm/*
	run_all
	ids "$out.tap" | diff "$out.before" -
	runner -o "$out" --skip '*' > "$out.tap" || [ $? -eq 4 ]
	ids "$out.tap" | diff "$out.before" -
	fact kvm.unusable "no-kvm: /dev/kvm is absent"
	runner -o "$out" > "$out.tap" 2> /dev/null || [ $? -eq 4 ]
	ids "$out.tap" | diff "$out.before" -
}

@test "kunit.py on KTAP's own dialect" {
	KUNIT=${KUNIT:-$project/build/harness/kunit}
	[ -r "$KUNIT/kunit.py" ] || skip "no kunit.py: KUNIT is not set"
	# It runs only where it thinks that it is in a kernel tree.
	mkdir -p "$BATS_TEST_TMPDIR/tools/testing"
	cp -R "$KUNIT" "$BATS_TEST_TMPDIR/tools/testing/kunit"
	KUNIT=$BATS_TEST_TMPDIR/tools/testing/kunit
	run_all --ktap
	/usr/bin/python3 "$KUNIT/kunit.py" parse --json "$out.tap" > "$out.kunit" || true
	$python "$BATS_TEST_DIRNAME/parsers.py" kunit "$out.kunit" "$out/results.json"
}

@test "prove counts the binaries in both dialects, with no parse error" {
	for dialect in "" --ktap; do
		# shellcheck disable=SC2086 # none or one
		run_all $dialect
		perl -MTAP::Parser -e '
			my $p = TAP::Parser->new({ source => $ARGV[0] });
			$p->run;
			print "planned ", $p->tests_planned, " errors ", scalar($p->parse_errors),
				" passed ", join(",", $p->actual_passed),
				" skipped ", join(",", $p->skipped),
				" todo ", join(",", $p->todo), "\n"' "$out.tap" > "$out.prove"
		if prove -Q --exec cat "$out.tap"; then
			return 1
		fi
		same "planned 7 errors 0 passed 1,4,5,7 skipped 4 todo " "$(cat "$out.prove")"
	done
	runner -o "$out" x86/good svm/fine > "$out.tap"
	prove -Q --exec cat "$out.tap"
}

@test "both dialects and results.json come from one table: same names, same verdicts" {
	results() { grep -oE '^(# |  )?(not )?ok .*' "$1" | sed 's/^# //; s/^  //'; }

	run_all
	results "$out.tap" > "$out.kselftest"
	run_all --ktap
	results "$out.tap" | diff "$out.kselftest" -
	cmp "$out.tap" "$out/output.tap"
}
