# SPDX-License-Identifier: GPL-2.0-only
#
# Binaries that contradict themselves or the plan, and output that is no result:
# none of it may pass for one.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
}

run_all()
{
	status=0
	runner -j 4 --timeout 20 -o "$out" > "$out.tap" || status=$?
	grep -v '| ' "$out.tap"
	$python -m json.tool "$out/results.json" > /dev/null
}

# is ID VERDICT CAUSE-PATTERN
is()
{
	same "$2" "$(member "$1" verdict)"
	# shellcheck disable=SC2254 # a pattern
	case $(member "$1" cause) in
	$3) ;;
	*)
		echo "cause of $1: $(member "$1" cause)"
		return 1
		;;
	esac
}

@test "results that are not in the plan, come twice or out of turn are errors" {
	binary x86/stranger s.one <<-'EOT'
		s_one() { :; }
		s_other() { :; }
		harness s.one s.other -- "$@"
	EOT
	binary x86/twice t.one <<-'EOT'
		t_one() { echo "ok 1 t.one"; return 1; }
	EOT
	binary x86/early e.one e.two <<-'EOT'
		e_one() { echo "ok 1 e.two"; return 1; }
		e_two() { return 1; }
	EOT
	binary x86/forestalls f.one f.two <<-'EOT'
		f_one() { echo "ok 1 f.two"; exit 0; }
	EOT
	binary x86/number n.one n.two <<-'EOT'
		n_one() { nr=7; }
		n_two() { :; }
	EOT
	binary x86/two_plans p.one <<-'EOT'
		p_one() { echo "1..1"; }
	EOT
	binary x86/wrong_plan w.one w.two <<-'EOT'
		w_one() { :; }
		harness w.one -- "$@"
	EOT
	binary x86/no_plan n.one < /dev/null
	cat > "$suite/x86/no_plan" <<-'EOT'
		#!/bin/sh
		echo "#  RUN           n.one ..."
		echo "ok 1 n.one"
	EOT
	binary x86/bails b.one <<-'EOT'
		b_one() { echo "Bail out! no memory"; }
	EOT
	binary x86/unasked u.one u.two <<-'EOT'
		u_one() { :; }
		u_two() { :; }
		harness u.one u.two --
	EOT
	run_all
	same 1 "$status"
	is x86/stranger:s.one pass ""
	is x86/stranger error "planned 2 cases where 1 are due; a result for \"s.other\"*"
	is x86/twice:t.one error "reported twice"
	is x86/twice error "*t.one was reported twice*"
	is x86/early:e.two error "reported twice"
	is x86/early:e.one fail "no reason given"
	is x86/forestalls:f.two error "reported while it was not running"
	is x86/forestalls error "f.two was reported while it was not running*"
	is x86/number error "result number 7 where 1 was due*"
	is x86/two_plans error "printed two plans*"
	is x86/wrong_plan error "planned 1 cases where 2 are due*"
	is x86/wrong_plan:w.two error "not run:*"
	is x86/no_plan error "no plan line"
	is x86/bails error "Bail out! no memory"
	runner -o "$out" x86/unasked:u.one > "$out.tap" || true
	is x86/unasked error "planned 2 cases where 1 are due; a result for \"u.two\"*"
}

@test "ok after a reported error or failure is not a pass" {
	binary x86/contradicts c.error c.fail c.expected <<-'EOT'
		c_error() { echo "# error: no guest memory"; }
		c_fail() { echo "# fail: stuck"; }
		c_expected() { echo "# x86/c.c:3:expected:Expected 1 (1) == 2 (2)"; }
	EOT
	run_all
	is x86/contradicts:c.error error '"ok" after: no guest memory'
	is x86/contradicts:c.fail fail '"ok" after: stuck'
	is x86/contradicts:c.expected fail '"ok" after: x86/c.c:3: Expected 1 (1) == 2 (2)'
}

@test "a skip without a reason of the closed set is an error, and so is XFAIL in code" {
	needs=no-cap binary x86/skips s.none s.unknown s.ours s.todo s.xfail s.long <<-'EOT'
		s_none() { reason=""; return 4; }
		s_unknown() { reason="because: I can"; return 4; }
		s_ours() { reason="deselected: not at all"; return 4; }
		s_todo() { echo "ok $nr s.todo # TODO"; nr=$((nr + 1)); return 1; }
		s_xfail() { echo "ok $nr s.xfail # XFAIL known"; nr=$((nr + 1)); return 1; }
		s_long() { reason="no-cap: $(head -c 3000 /dev/zero | tr '\0' x)"; return 4; }
	EOT
	run_all
	is x86/skips:s.none error "skipped for an unknown reason:*"
	is x86/skips:s.unknown error "skipped for an unknown reason: because: I can"
	is x86/skips:s.ours error "skipped for an unknown reason: deselected*"
	is x86/skips:s.todo error "*"
	is x86/skips:s.xfail error "*"
	is x86/skips:s.long skip "xxx*\[*more bytes\]"
}

@test "forged results in diagnostics stay diagnostics, for every reader" {
	binary x86/forges f.one f.two f.three <<-'EOT'
		f_one() {
			echo "# ok 2 f.two"; echo "# # ok 2 f.two"; echo "  ok 2 f.two"; echo "  not ok 1 f.one"
			echo "# Subtest: selftests: kvm-conformance: forges"; echo "# selftests: kvm: other"
			echo "KTAP version 1"; echo "  1..0 # SKIP all of it"; echo "okay 2 f.two"
			echo "ok"; echo "# RUN           f.two ..."; echo "text ok 2 f.two"
			return 1
		}
		f_two() { echo "# fail: not # SKIP ok # TODO"; return 1; }
		f_three() { echo "# fail: TODO later"; return 1; }
	EOT
	binary x86/after a.one <<-'EOT'
		a_one() { :; }
	EOT
	run_all
	is x86/forges:f.one fail "no reason given"
	is x86/forges:f.two fail "not # SKIP ok # TODO"
	is x86/forges fail "3 of 3 cases not ok, the first: f.one"
	grep -qx '# not ok 2 f.two # not \\x23 SKIP ok \\x23 TODO' "$out.tap"
	grep -qx '# not ok 3 f.three # cause: TODO later' "$out.tap"
	same "# not ok 1 f.one # no reason given" "$(grep ' 1 f.one' "$out.tap" | grep -v '| ')"
	runner --ktap -o "$out" > "$out.tap" || true
	same 3 "$(grep -c '^  not ok' "$out.tap")"
	# The one that is the runner's own.
	same 1 "$(grep -cE '^ *# (Subtest: selftests: kvm-conformance: forges|ok)' "$out.tap")"
	same 2 "$(grep -cE '^ *# Subtest' "$out.tap")"
}

@test "rubbish, binary zeros, escapes and half lines harm nobody" {
	binary x86/noise n.one n.two n.three <<-'EOT'
		n_one() { printf 'a\0b\001\033[31mred\r\n\377\376\t"quoted" \\ back\n'; head -c 3000 /dev/urandom; echo; return 1; }
		n_two() { printf 'no newline'; return 1; }
		n_three() { printf 'ok 3 n.three # SKIP no-cap'; kill -KILL $$; }
	EOT
	binary x86/half h.one <<-'EOT'
		h_one() { printf 'ok 1 h.one'; exit 0; }
	EOT
	binary x86/crlf c.one <<-'EOT'
		c_one() { printf 'ok 1 c.one\r\n'; exit 0; }
	EOT
	run_all
	is x86/noise:n.one fail "*"
	is x86/noise:n.two fail "*"
	is x86/noise:n.three signal "the binary was killed by SIGKILL"
	is x86/half:h.one error "no result: the binary ended with exit status 0"
	is x86/crlf error "a result for \"c.one?x0d\", which is not in the plan"
	grep -qF '| a\x00b\x01\x1b[31mred\x0d' "$out.tap"
	grep -qF '| \xff\xfe\x09"quoted" \ back' "$out.tap"
	same "" "$(LC_ALL=C tr -d '\n -~' < "$out.tap")"
	same "" "$(LC_ALL=C tr -d '\n\t -~' < "$out/x86/noise.log")"
	$python -m json.tool "$out/results.json" > /dev/null
}

@test "a flood is cut, said so, and costs neither memory nor the other results" {
	binary x86/floods f.one f.two <<-'EOT'
		f_one() { head -c 5000000 /dev/zero | tr '\0' 'x' | fold -w 99; }
		f_two() { :; }
	EOT
	binary x86/empty_lines e.one <<-'EOT'
		e_one() { head -c 5000000 /dev/zero | tr '\0' '\n'; }
	EOT
	binary x86/talks t.one <<-'EOT'
		t_one() { i=0; while [ $i -lt 1000 ]; do echo "# line $i"; i=$((i + 1)); done; return 1; }
	EOT
	run_all
	is x86/floods:f.one error "*output beyond 1048576 bytes"
	is x86/floods error "*output beyond 1048576 bytes"
	is x86/empty_lines error "*output beyond 1048576 bytes"
	is x86/talks:t.one fail "no reason given"
	[ "$(wc -c < "$out/x86/floods.log")" -lt 2000000 ]
	[ "$(wc -c < "$out/x86/empty_lines.log")" -lt 2000000 ]
	[ "$(wc -c < "$out.tap")" -lt 200000 ]
	{
		seq -f '# # | # line %g' 0 99
		echo '# # | [800 lines, see the log]'
		seq -f '# # | # line %g' 900 999
	} > "$BATS_TEST_TMPDIR/want"
	grep -A 1000 ' 1 t.one' "$out.tap" | grep '| ' | diff "$BATS_TEST_TMPDIR/want" -
}
