# SPDX-License-Identifier: GPL-2.0-only
#
# A test by any of its names: what somebody has pasted from a lab's page, from the output, from
# an editor.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	binary x86/first a.one a.v.two b.three <<-'EOT'
		a_one() { return 1; }
	EOT
	binary svm/second a.one c.four-5 <<-'EOT'
		a_one() { :; }
	EOT
}

# selects WORD ID...: these and no others
selects()
{
	word=$1
	shift
	echo "$word"
	"$suite/run_tests.sh" --list "$word" > "$out.list"
	printf '%s\n' "$@" | diff - "$out.list"
	# What is run without it is what it leaves out.
	"$suite/run_tests.sh" --list --skip "$word" | LC_ALL=C sort > "$out.rest"
	"$suite/run_tests.sh" --list | grep -vxF -f "$out.list" | LC_ALL=C sort | diff - "$out.rest"
}

first="x86/first:a.one x86/first:a.v.two x86/first:b.three"

@test "every name of a case selects it, and only it" {
	for name in x86/first:a.v.two first:a.v.two a.v.two x86.first.a.v.two \
		kvm-conformance_first_a_v_two "# ok 2 a.v.two" "  not ok 2 a.v.two" \
		"# not ok 2 a.v.two # x86/first.c:7: Expected 1" "ok 2 a.v.two # SKIP" \
		"# fail: x86/first:a.v.two: Expected 1: not" "# xpass: x86/first:a.v.two: passes" \
		"# flaky: x86/first:a.v.two: 1 fail, 2 pass" "npt_0/x86/first:a.v.two"; do
		selects "$name" x86/first:a.v.two
	done
	selects kvm-conformance_second_c_four-5 svm/second:c.four-5
	# One name of two cases.
	selects a.one x86/first:a.one svm/second:a.one
	selects "a.v.*" x86/first:a.v.two
	selects "*.first.a.*" x86/first:a.one x86/first:a.v.two
}

@test "every name of a binary selects it, and only it" {
	for name in first x86/first x86.first x86/first.c first.c x86/first.c:85 \
		"x86/first.c:85: Expected 1 == 2" /home/me/suite/x86/first.c ./x86/first.c \
		kvm-conformance:x86/first kvm-conformance:first kvm-conformance_first \
		"# selftests: kvm-conformance: first" "ok 3 selftests: kvm-conformance: first" \
		"not ok 3 selftests: kvm-conformance: first # ERROR cannot run" \
		"not ok 3 selftests: kvm-conformance/npt_0: first # ERROR cannot run" \
		"# error: x86/first: exit status 7"; do
		# shellcheck disable=SC2086 # several words
		selects "$name" $first
	done
	# shellcheck disable=SC2086
	selects x86 $first
}

@test "every id that a run has printed selects its case" {
	runner -o "$out" > "$out.tap" || same 1 $?
	runner -o "$out" --lava > /dev/null 2>&1 || same 1 $?
	sed -n 's/^- //p' <("$suite/run_tests.sh" --print-expected) > "$out.ids"
	cut -d ' ' -f 1 "$out/result.txt" >> "$out.ids"
	grep -E '^(# )?(not )?ok ' "$out.tap" >> "$out.ids"
	grep '^# fail: ' "$out.tap" >> "$out.ids"
	while read -r line; do
		echo "$line"
		"$suite/run_tests.sh" --list "$line"
	done < "$out.ids"
}

@test "what is no name is none, and --help has all forms" {
	for name in x86.second second.a.one.x a.five kvm-conformance_third "ok 1 a.five" \
		kvm-conformance_first_a x86/second.c "# fail: nothing" ".c" "#"; do
		status=0
		"$suite/run_tests.sh" --list "$name" 2> "$out.err" || status=$?
		same 2 "$status"
		same "run_tests.sh: no such test: $name" "$(cat "$out.err")"
	done
	"$suite/run_tests.sh" --help > "$out.help"
	sed -n '/^TEST is/,/^$/p' "$out.help" | grep -oE '\(("[^"]*"|[^) ]*)[,)]' | tr -d '(),"' > "$out.forms"
	[ "$(wc -l < "$out.forms")" -ge 7 ]
}

@test "one name of binaries in two directories is no plan: TAP has names without their directory" {
	plan svm/first z.one
	status=0
	"$suite/run_tests.sh" --list 2> "$out.err" || status=$?
	same 2 "$status"
	same "run_tests.sh: tests.tsv: x86/first and svm/first would become the same id" \
		"$(cat "$out.err" | sed 's/svm\/first and x86\/first/x86\/first and svm\/first/')"
}
