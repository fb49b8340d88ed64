# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # shared with fixture.sh and bats files
#
# For bats files about --report to load: a suite with a failure that has evidence, a known
# issue, measurements and a skip; pages, and looks into them.

load fixture.sh

setup()
{
	setup_suite_dir
	mkdir -p "$out"
	needs=no-cap binary x86/first long.goes_on real.goes_on long.stays global.measures global.skips <<-'EOT'
		long_goes_on() { :; }
		real_goes_on()
		{
			cat >&2 <<-'END'
				# x86/first.c:7:goes_on:Expected 0 (0) == counter (1)
				# vCPU 0: 19 exits, the last of them:
				#      17  X86_BUS_LOCK  flags BUS_LOCK  L1  rip 0x401f40 (guest_code+0x4)
				#      18  X86_BUS_LOCK  flags BUS_LOCK|GUEST_MODE  L2  rip 0x401f40 (guest_code+0x4)
				#      19  IO out port 0xc0f3 size 4 count 1  flags 0  L1  rip 0x18000
				# vCPU 1: 1 exits, the last of them:
				#       1  HLT (stale), KVM_RUN: EINTR  flags 0  L1
				# vCPU 2: 0 exits, the last of them:
				# real.goes_on: Test failed
			END
			return 1
		}
		long_stays() { echo "# fail: moved" >&2; return 1; }
		global_measures() { echo "# measure: exit_cost 1234 ns"; echo "# measure: drift -2.5 %"; }
		global_skips() { reason="no-cap: none"; return 4; }
	EOT
	echo 'x86/first:long.stays | * | * | https://example.org/a?b=1&c=2 | it is known to move' \
		> "$suite/known_issues"
}

run_suite() { runner -o "$1" > /dev/null 2>&1 || true; }

# page DIR...: makes one in $out.html
page()
{
	status=0
	runner --report "$out.html" "$@" > "$out.said" 2>&1 || status=$?
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
		name, statement = sys.argv[1:]
		r = json.load(open(name))
		def case(id):
		    return next(c for c in r["results"] if c["id"] == id)
		exec(statement)
		json.dump(r, open(name, "w"), ensure_ascii=False, indent=1)
	EOT
}

# refuses MESSAGE-PATTERN DIR...: with the page of before left alone
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
}
