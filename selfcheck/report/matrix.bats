# SPDX-License-Identifier: GPL-2.0-only
#
# The table that emulator/matrix.sh prints.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

matrix()
{
	/usr/bin/python3 -EsB "$project/report/report.py" matrix "$@" > "$out.said" 2> "$out.err"
}

@test "of a claim's cases the worst counts, and a run without results has its column" {
	results one "x86/b:c.one.d pass" "x86/b:c.two.d skip/no-cap none" "x86/b:e.f fail moved" \
		"x86/b:g.h xfail/known" "x86/b:g.i skip/no-cap none" "x86/b fail 1 of 5 cases not ok, the first: e.f"
	results two "x86/b:c.one.d pass" "x86/b:c.two.d timeout late" "x86/b:j.k xpass/known"
	matrix "amd/6.1-cloud=$out/one" "intel/a/very=$out/none" "intel/7.3=$out/two"
	same "claim     amd        intel      intel
          6.1-cloud  a/very     7.3
x86/b:c.d part       ?          TIMEOUT
x86/b:e.f FAIL       ?          ?
x86/b:g.h xfail      ?          ?
x86/b:g.i skip       ?          ?
x86/b:j.k ?          ?          xpass" "$(cat "$out.said")"
	same "run_tests.sh: no such directory: \"$out/none\"" "$(cat "$out.err")"
}
