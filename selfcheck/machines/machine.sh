# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2016 # bats files use what is set here
#
# For bats files to load: runs of suites on emulated machines. Made-up suites have shell
# scripts for tests, for the shell of the guest.

setup_machine()
{
	top=${BATS_TEST_DIRNAME%/selfcheck*}
	out=$BATS_TEST_TMPDIR/out
	tap=$BATS_TEST_TMPDIR/tap
	err=$BATS_TEST_TMPDIR/err
	within=
	mkdir "$BATS_TEST_TMPDIR/tmp"
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES KVMCONF_FAULT
}

# on_machine SUITE ARG..: run_tests.sh of SUITE, run by the command $within if that is set.
# Leaves $status, $tap, $err and $out.
on_machine()
{
	suite=$1
	shift
	status=0
	KVMCONF_MARK=$out TMPDIR=$BATS_TEST_TMPDIR/tmp $within "$suite/run_tests.sh" -o "$out" \
		"$@" >"$tap" 2>"$err" 3>&- || status=$?
	sed 's/^/err: /' "$err"
	grep -E '^(not )?ok |^# Totals' "$tap" || true
	echo "status: $status"
}

# A suite with a plan of nothing, in a directory with a name to stumble over.
make_suite()
{
	made="$BATS_TEST_TMPDIR/a suite, 'it' costs \$0"
	mkdir -p "$made/x86" "$made/runner"
	cp "$top/run_tests.sh" "$made"
	cp "$top/runner/kvm-conformance" "$made/runner"
	ln -s "$top/emulator" "$made/emulator"
	: >"$made/tests.tsv"
	: >"$made/known_issues"
	: >"$made/coverage"
}

# add_test NAME CASE.. <SCRIPT: a test x86/NAME. "begin CASE" and "pass CASE" in SCRIPT
# print what the harness would.
add_test()
{
	name=$1
	shift
	{
		echo '#!/bin/sh'
		echo 'nr=0'
		echo 'begin() { echo "#  RUN           $1 ..."; }'
		echo 'pass() { nr=$((nr + 1)); echo "#            OK  $1"; echo "ok $nr $1"; }'
		echo "echo TAP version 13; echo 1..$#"
		cat
	} >"$made/x86/$name"
	chmod +x "$made/x86/$name"
	for case; do
		printf 'x86/%s\t%s\tclaim\tsource\t\n' "$name" "$case" >>"$made/tests.tsv"
	done
}

add_passing()
{
	printf 'begin global.fine\npass global.fine\n' | add_test "$1" global.fine
}

# verdict ID VERDICT: in results.json.
verdict()
{
	grep -F "{\"id\": \"$1\", \"verdict\": \"$2\"" "$out/results.json" ||
		{ grep -F "\"$1\"" "$out/results.json"; return 1; }
}

said()
{
	grep -F -e "$1" "$err"
}

# No result is missing, and nothing of the run is left.
is_complete()
{
	python3 -m json.tool "$out/results.json" >/dev/null
	cmp "$tap" "$out/output.tap"
	[ "$(grep -cE '^# (not )?ok ' "$tap")" -eq "$(wc -l <"$1/tests.tsv")" ]
	nothing_is_left
}

marked() { grep -lsz "^KVMCONF_MARK=$out\$" /proc/[0-9]*/environ || true; }

# Each dies by another's death, which takes a moment; 10 s is for ever.
nothing_is_left()
{
	for _ in $(seq 100); do
		left=$(marked)
		[ -n "$left" ] || break
		sleep 0.1
	done
	echo "left: $left"
	[ -z "$left" ]
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]
}

emulator_pid()
{
	for environ in $(marked); do
		case $(tr '\0' '\n' <"${environ%/*}/cmdline" | head -n 1) in
		*/qemu-system-x86_64) basename "${environ%/*}" ;;
		esac
	done
}
