# SPDX-License-Identifier: GPL-2.0-only
#
# --junit, --known-issues and --version.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	needs=no-cap binary x86/tests t.passes t.fails t.skips t.errs t.hangs t.known t.stale <<-'EOT'
		t_passes() { echo "# <testcase> & \"quoted\" ]]>"; }
		t_fails() { printf '# fail: <b> & "it" \303\251 \001 ]]>\n'; return 1; }
		t_skips() { reason="no-cap: <none>"; return 4; }
		t_errs() { echo "# error: no memory"; return 1; }
		t_hangs() { echo "# hangs: Test terminated by timeout"; return 1; }
		t_known() { return 1; }
		t_stale() { :; }
	EOT
	binary svm/crashes c.one c.two <<-'EOT'
		c_one() { kill -SEGV $$; }
		c_two() { :; }
	EOT
	binary svm/fine f.one <<-'EOT'
		f_one() { :; }
	EOT
	printf 'x86/tests:t.%s | * | * | https://example.org/?a&b | broken\n' known stale \
		> "$suite/known_issues"
}

# Sums up the file, and compares what it says with results.json.
read_junit()
{
	$python - "$out.xml" "$out/results.json" <<-'EOF'
		import json, sys
		import xml.etree.ElementTree as tree

		suites = tree.parse(sys.argv[1]).getroot()
		with open(sys.argv[2], encoding="ascii") as file:
		    results = json.load(file)
		assert suites.tag == "testsuites"
		verdicts = {r["id"]: r for r in results["results"]}
		seen = set()
		for suite in suites:
		    assert suite.tag == "testsuite" and suite.get("timestamp") in results["started"]
		    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
		    own = suite.get("name").split("/")[-1]
		    for case in suite:
		        assert case.tag == "testcase"
		        assert case.get("classname") == suite.get("name").replace("/", ".")
		        assert float(case.get("time")) >= 0
		        outcome = [child.tag for child in case if child.tag != "system-out"]
		        assert len(outcome) <= 1
		        counts["tests"] += 1
		        for tag, key in ("failure", "failures"), ("error", "errors"), ("skipped", "skipped"):
		            counts[key] += tag in outcome
		        if case.get("name") == own:
		            assert outcome
		            print(suite.get("name"), outcome[0], case[0].get("message"))
		            continue
		        result = verdicts[suite.get("name") + ":" + case.get("name")]
		        seen.add(result["id"])
		        want = {"pass": [], "xpass": [], "skip": ["skipped"], "xfail": ["skipped"],
		                "error": ["error"]}.get(result["verdict"], ["failure"])
		        assert outcome == want, (result["id"], outcome)
		        if outcome and result["verdict"] not in ("skip", "xfail"):
		            assert case[0].get("message") == result["cause"]
		            assert case[0].get("type") == result["verdict"]
		            assert (case[0].text or "").splitlines() == result.get("output", [])
		        if result["verdict"] == "skip":
		            assert case[0].get("message").startswith(result["reason"])
		    for key, count in counts.items():
		        assert int(suite.get(key)) == count, (suite.get("name"), key)
		assert seen == set(verdicts)
	EOF
}

@test "--junit: XML with each case once, in words that say why, and counts that are right" {
	runner -o "$out" --junit "$out.xml" > "$out.tap" || same 1 $?
	same "svm/crashes failure the binary was killed by SIGSEGV" "$(read_junit)"
	grep -qF 'xpass: https://example.org/?a&amp;b: broken' "$out.xml"
	runner -o "$out" --junit "$out.xml" --strict --repeat 2 > "$out.tap" || same 1 $?
	read_junit
	fact kvm.unusable "no-kvm: /dev/kvm is absent"
	runner -o "$out" --junit "$out.xml" > "$out.tap" 2> /dev/null || same 4 $?
	same "" "$(read_junit)"
}

@test "--junit where nobody can write is status 3, and the results are kept" {
	for file in /dev/full "$out/no/such/place"; do
		status=0
		runner -o "$out" --junit "$file" > "$out.tap" 2> "$out.err" || status=$?
		same 3 "$status"
		grep -q "^run_tests.sh: --junit $file: " "$out.err"
		same fail "$(member x86/tests:t.fails verdict)"
	done
}

@test "--known-issues: another file in place of the suite's" {
	echo "x86/tests:t.fails | * | * | mine | mine" > "$BATS_TEST_TMPDIR/mine"
	runner -o "$out" --known-issues "$BATS_TEST_TMPDIR/mine" x86 > "$out.tap" || same 1 $?
	same "xfail fail pass" "$(member x86/tests:t.fails verdict) $(member x86/tests:t.known verdict) $(member x86/tests:t.stale verdict)"
	echo "x86/none:t.fails | * | * | mine | mine" > "$BATS_TEST_TMPDIR/mine"
	status=0
	runner -o "$out.none" --known-issues "$BATS_TEST_TMPDIR/mine" x86 > "$out.tap" 2> "$out.err" || status=$?
	same 2 "$status"
	grep -q "^run_tests.sh: mine:1: " "$out.err"
	[ ! -e "$out.none" ]
	status=0
	runner -o "$out.none" --known-issues /no/such/file x86 > "$out.tap" 2> "$out.err" || status=$?
	same 2 "$status"
}

@test "the version is printed, and is in the results" {
	same "kvm-conformance unknown, commit unknown" "$("$suite/run_tests.sh" --version)"
	printf 'v1.2-3-gabc\nabcdef\n' > "$suite/version"
	same "kvm-conformance v1.2-3-gabc, commit abcdef" "$("$suite/run_tests.sh" --version)"
	runner -o "$out" svm/fine > "$out.tap"
	grep -qx '# kvm-conformance v1.2-3-gabc' "$out.tap"
	grep -qx '# commit: abcdef' "$out.tap"
	grep -qF '"version": "v1.2-3-gabc", "commit": "abcdef"' "$out/results.json"
	status=0
	"$suite/run_tests.sh" --version > /dev/full 2> "$out.err" || status=$?
	same 3 "$status"
}
