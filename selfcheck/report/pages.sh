# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # bats files use what is set here
#
# For bats files about --report and --compare to load: made-up results directories, pages of
# them, and looks into these.
#
# Packages that these tests need: bats bash busybox dash python3 python3-jinja2.

project=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# Not a manager's shim; and without what it would import for nothing.
python="/usr/bin/python3 -I -S"

setup()
{
	out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
}

# same WANT GOT
same()
{
	[ "$1" = "$2" ] || {
		printf 'want: %s\ngot:  %s\n' "$1" "$2"
		return 1
	}
}

suite() { sh "$project/run_tests.sh" "$@"; }

# results NAME [LINE...]: a results directory, see made_up.py.
results() { $python "$BATS_TEST_DIRNAME/made_up.py" "$out/$1" "${@:2}"; }

# first NAME [LINE...]: results with a failure that has evidence, a known issue, measurements
# and a skip.
first()
{
	results "$1" "x86/first:long.goes_on pass" \
		'x86/first:real.goes_on fail x86/first.c:7: Expected 0 (0) == counter (1) {"output": [
			"#  RUN           real.goes_on ...",
			"# x86/first.c:7:goes_on:Expected 0 (0) == counter (1)",
			"# vCPU 0: 19 exits, the last of them:",
			"#      17  X86_BUS_LOCK  flags BUS_LOCK  L1  rip 0x401f40 (guest_code+0x4)",
			"#      18  X86_BUS_LOCK  flags BUS_LOCK|GUEST_MODE  L2  rip 0x401f40 (guest_code+0x4)",
			"#      19  IO out port 0xc0f3 size 4 count 1  flags 0  L1  rip 0x18000",
			"# vCPU 1: 1 exits, the last of them:",
			"#       1  HLT (stale), KVM_RUN: EINTR  flags 0  L1",
			"# vCPU 2: 0 exits, the last of them:",
			"# real.goes_on: Test failed",
			"#          FAIL  real.goes_on",
			"not ok 2 real.goes_on"]}' \
		'x86/first:long.stays xfail moved {"known_issue": {"reference": "https://example.org/a?b=1&c=2", "reason": "it is known to move"}}' \
		'x86/first:global.measures pass {"measurements": [
			{"name": "exit_cost", "value": 1234, "unit": "ns"}, {"name": "drift", "value": -2.5, "unit": "%"}]}' \
		"x86/first:global.skips skip/no-cap none" \
		"x86/first fail 1 of 5 cases not ok, the first: real.goes_on" \
		'{"environment": {"cpu": {"hypervisor": "none", "name": "TestCPU", "family": 25},
			"modules": {"kvm": {"state": "live"}}},
		"reasons": {"no-cap": "the kernel or the CPU does not have the capability"}}' "${@:2}"
}

# page DIR...: makes one in $out.html
page()
{
	status=0
	suite --report "$out.html" "$@" > "$out.said" 2>&1 || status=$?
	cat "$out.said"
	[ "$status" -ne 0 ] || same "" "$(cat "$out.said")"
}

# see WHAT [ID]: what page.py says of it, see there.
see() { $python "$BATS_TEST_DIRNAME/page.py" "$1" "$out.html" "${@:2}"; }

# edit DIR PYTHON: results.json changed by a statement, in which r is the whole and
# case(ID) a result.
edit()
{
	$python - "$1/results.json" "$2" <<-'EOT'
		import json, sys
		file, statement = sys.argv[1:]
		r = json.load(open(file))
		def case(id):
		    return next(c for c in r["results"] if c["id"] == id)
		exec(statement)
		json.dump(r, open(file, "w"), ensure_ascii=False, indent=1)
	EOT
}

# refuses MESSAGE-PATTERN DIR...: with the page of before left alone; as --compare does
refuses()
{
	want=$1
	shift
	echo before > "$out.html"
	page "$@"
	same 2 "$status"
	same before "$(cat "$out.html")"
	grep -qe "^run_tests.sh: .*$want" "$out.said"
	same 1 "$(wc -l < "$out.said")"
	status=0
	suite --compare "$1" "${2-$1}" > "$out.compared" 2>&1 || status=$?
	diff "$out.said" "$out.compared"
	same 2 "$status"
}
