# SPDX-License-Identifier: GPL-2.0-only
#
# openQA's own KTAP parser on the default dialect, which is the one for it.

# shellcheck disable=SC2034,SC2154 # shared with consumers.sh and fixture.sh
load consumers.sh
BATS_TEST_DIRNAME=$top/selfcheck/runner
load ../runner/fixture.sh

setup()
{
	need OPENQA_TREE lib/OpenQA/Parser/Format/KTAP.pm
	setup_suite_dir
	needs=no-cap binary x86/mixed m.passes m.skips m.known m.stale <<-'EOT'
		m_passes() { echo "# ok 3 forged"; echo "# selftests: kvm: forged"; }
		m_skips() { reason="no-cap: none"; return 4; }
		m_known() { return 1; }
		m_stale() { :; }
	EOT
	binary x86/bad b.fails b.errs b.passes <<-'EOT'
		b_fails() { echo "# fail: # TODO later"; return 1; }
		b_errs() { echo "# error: no memory"; return 1; }
		b_passes() { :; }
	EOT
	needs=no-cap binary svm/skips s.one s.two <<-'EOT'
		s_one() { reason="no-cap: none"; return 4; }
		s_two() { reason="no-cap: none"; return 4; }
	EOT
	binary svm/fine f.one f.two <<-'EOT'
		f_one() { :; }
		f_two() { :; }
	EOT
	printf 'x86/mixed:m.%s | * | * | https://example.org/#1 | broken\n' known stale \
		> "$suite/known_issues"
}

# "binary result [case result]..." a line.
seen() { perl -I"$OPENQA_TREE/lib" "$top/selfcheck/consumers/openqa.pl" "$1"; }

@test "each binary is a group, each case of it that was tried has its result" {
	runner -o "$out" > "$out.tap" || same 1 $?
	seen "$out.tap" > "$out.seen"
	diff - "$out.seen" <<-'EOT'
		bad fail b.fails fail b.errs fail b.passes ok
		fine passed f.one ok f.two ok
		mixed passed m.passes ok m.known ok m.stale ok
		skips skip
	EOT
}

@test "--todo: a known issue is a softfail, of a case and of a binary" {
	runner -o "$out" --todo > "$out.tap" || same 1 $?
	seen "$out.tap" | grep -x 'mixed softfail m.passes ok m.known softfail m.stale ok'
	binary svm/ends e.one <<-'EOT'
		e_one() { :; }
		trap 'exit 7' EXIT
	EOT
	echo 'svm/ends | * | * | https://example.org/2 | ends with 7' >> "$suite/known_issues"
	runner -o "$out" --todo svm/ends > "$out.tap"
	seen "$out.tap" | grep -x 'ends softfail e.one ok'
	grep -q '^ok 1 .* # TODO https://example.org/2: ends with 7$' "$out.tap"
	# No other reader takes it for a failure.
	runner -o "$out" --todo x86/mixed > "$out.tap"
	prove -Q --exec cat "$out.tap"
}

@test "--ktap is not for openQA: it has no results then" {
	runner -o "$out" --ktap > "$out.tap" || same 1 $?
	same "" "$(seen "$out.tap")"
}
