# SPDX-License-Identifier: GPL-2.0-only
#
# tmt itself, on package/tmt: what it makes of results.yaml, and how it ends.

# shellcheck disable=SC2034,SC2154 # shared with consumers.sh and fixture.sh
load consumers.sh
BATS_TEST_DIRNAME=$top/selfcheck/runner
load ../runner/fixture.sh

setup()
{
	[ -n "${TMT:-}" ] || skip "TMT is not set"
	setup_suite_dir
	needs=no-cap binary x86/mixed m.passes m.skips m.known m.stale m.fails m.errs <<-'EOT'
		m_passes() { :; }
		m_skips() { reason="no-cap: \"none\" \\ #"; return 4; }
		m_known() { return 1; }
		m_stale() { :; }
		m_fails() { echo "# fail: a: {b} - 'c'"; return 1; }
		m_errs() { echo "# error: no memory"; return 1; }
	EOT
	needs=no-cap binary svm/skips s.one <<-'EOT'
		s_one() { reason="no-cap: none"; return 4; }
	EOT
	binary svm/fine f.one <<-'EOT'
		f_one() { :; }
	EOT
	printf 'x86/mixed:m.%s | * | * | https://example.org/#1 | broken: yes\n' known stale \
		> "$suite/known_issues"
	mkdir "$BATS_TEST_TMPDIR/archive"
	mv "$suite" "$BATS_TEST_TMPDIR/archive/kvm-conformance"
	archive=$BATS_TEST_TMPDIR/archive
	cp -R "$top/package/tmt" "$BATS_TEST_TMPDIR/tmt"
	cd "$BATS_TEST_TMPDIR/tmt"
	tmt_run=$BATS_TEST_TMPDIR/run
}

# tmt_on TEST...: $status, and $seen with a line for each result and subresult.
tmt_on()
{
	printf 'SUITE=%s\nARGUMENTS="--facts %s %s"\n' "$archive" "$archive/kvm-conformance/facts" "$*" \
		> environment
	status=0
	# shellcheck disable=SC2086 # several words
	$TMT --feeling-safe run --id "$tmt_run" --scratch --all --environment-file environment \
		provision --how local report --how junit > log 2>&1 || status=$?
	seen=$BATS_TEST_TMPDIR/seen
	/usr/bin/python3 - "$tmt_run" > "$seen" <<-'EOF'
		import sys, yaml
		for result in yaml.safe_load(open(sys.argv[1] + "/plan/execute/results.yaml")):
		    print(result["name"], result["result"])
		    for sub in result.get("subresult", []):
		        print(" ", sub["name"], sub["result"], *sub.get("note", []))
	EOF
	cat log
}

@test "the plan and its test are what tmt's lint wants" {
	$TMT lint > log 2>&1 || {
		cat log
		return 1
	}
	[ -z "$(grep -E '^(fail|warn)' log)" ]
}

@test "each binary is a result, each case below it, with its verdict and why" {
	tmt_on
	[ "$status" -eq 1 ]
	diff - "$seen" <<-'EOT'
		/test fail
		/test/x86/mixed fail
		  x86/mixed:m.passes pass
		  x86/mixed:m.skips skip no-cap: "none" \ #
		  x86/mixed:m.known info xfail: https://example.org/#1: broken: yes
		  x86/mixed:m.stale info xpass: https://example.org/#1: broken: yes
		  x86/mixed:m.fails fail a: {b} - 'c'
		  x86/mixed:m.errs error no memory
		/test/svm/skips skip
		  svm/skips:s.one skip no-cap: none
		/test/svm/fine pass
		  svm/fine:f.one pass
	EOT
	# The logs that it names are there, and its own report of them is made.
	grep -oE 'data/guest/[^"]*\.(log|tap)' "$tmt_run/plan/execute/results.yaml" | sort -u > logs
	[ "$(wc -l < logs)" -ge 4 ]
	while read -r file; do
		[ -s "$tmt_run/plan/execute/$file" ]
	done < logs
	grep -q 'x86/mixed' "$tmt_run/plan/report/default-0/junit.xml"
}

@test "where nothing fails tmt ends with 0, where all is skipped no error is seen" {
	tmt_on svm/fine x86/mixed:m.known
	[ "$status" -eq 0 ]
	tmt_on svm/skips
	grep -qx '/test skip' "$seen"
	grep -qx '/test/svm/skips skip' "$seen"
	[ -z "$(grep -E ' (error|fail)$' "$seen")" ]
	# Its status for what has nothing but skips.
	[ "$status" -eq 4 ]
}

@test "a run that makes no results is an error" {
	tmt_on --no-such-option
	[ "$status" -eq 2 ]
	grep -qx '/test error' "$seen"
}
