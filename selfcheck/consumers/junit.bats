# SPDX-License-Identifier: GPL-2.0-only
#
# --junit, as a library of Debian's reads it and by Jenkins' own schema. GitLab and
# GitHub's actions read the same.

# shellcheck disable=SC2034,SC2154 # shared with consumers.sh and fixture.sh
load consumers.sh
BATS_TEST_DIRNAME=$top/selfcheck/runner
load ../runner/fixture.sh

setup()
{
	setup_suite_dir
	needs=no-cap binary x86/tests t.passes t.fails t.skips t.errs t.known t.stale <<-'EOT'
		t_passes() { :; }
		t_fails() { printf '# fail: <b> & "it" \303\251 \001 ]]>\n'; return 1; }
		t_skips() { reason="no-cap: <none>"; return 4; }
		t_errs() { echo "# error: no memory"; return 1; }
		t_known() { return 1; }
		t_stale() { :; }
	EOT
	binary svm/crashes c.one <<-'EOT'
		c_one() { kill -SEGV $$; }
	EOT
	printf 'x86/tests:t.%s | * | * | https://example.org/?a&b | broken\n' known stale \
		> "$suite/known_issues"
	runner -o "$out" --junit "$out.xml" > "$out.tap" || same 1 $?
}

@test "a reader of JUnit has each case with its verdict, its time, its class and why" {
	/usr/bin/python3 - "$out.xml" > "$out.seen" <<-'EOF'
		import sys
		from junitparser import JUnitXml

		xml = JUnitXml.fromfile(sys.argv[1])
		for suite in xml:
		    for case in suite:
		        result = case.result[0] if case.result else None
		        assert case.time >= 0
		        print(case.classname + "." + case.name, type(result).__name__,
		              result.message if result else case.system_out)
		print(xml.tests, xml.failures, xml.errors, xml.skipped)
	EOF
	diff - "$out.seen" <<-'EOT'
		x86.tests.t.passes NoneType None
		x86.tests.t.fails Failure <b> & "it" \xc3\xa9 \x01 ]]>
		x86.tests.t.skips Skipped no-cap: <none>
		x86.tests.t.errs Error no memory
		x86.tests.t.known Skipped xfail: https://example.org/?a&b: broken
		x86.tests.t.stale NoneType xpass: https://example.org/?a&b: broken
		svm.crashes.crashes Failure the binary was killed by SIGSEGV
		svm.crashes.c.one Failure the binary was killed by SIGSEGV
		8 3 1 2
	EOT
	# Class and name make LAVA's id.
	runner --print-expected | grep -qx -e '- x86.tests.t.skips'
}

@test "it is valid by Jenkins' schema" {
	[ -n "${JUNIT_XSD:-}" ] || skip "JUNIT_XSD is not set"
	xmllint --noout --schema "$JUNIT_XSD" "$out.xml"
}
