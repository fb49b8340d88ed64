# SPDX-License-Identifier: GPL-2.0-only
#
# --report: the page says what the results say, and what tests write stays text.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	mkdir -p "$out"
	binary x86/first long.goes_on real.goes_on long.stays global.measures global.skips <<-'EOT'
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

@test "each claim has a row: its text, its source, and what it came to in each run" {
	check()
	{
		fact kernel.release 7.3.4-made-up
		run_suite "$out/one"
		fact kernel.release 7.4.0
		run_suite "$out/two"
		page "$out/one" "$out/two"
		same 0 "$status"
		row=$(see row x86_first_long_stays)
		same "long.stays claim of long.stays Source: source of long.stays $(printf '\342\211\210') xfail $(printf '\342\211\210') xfail" "$row"
		see row x86_first_global_skips | grep -q ' no-cap .* no-cap$'
		see text | grep -qx "A host, 7.3.4-made-up"
		see text | grep -qx "B host, 7.4.0"
		see text | grep -q "^TestCPU, family"
		see text | grep -qx "no-cap the kernel or the CPU does not have the capability: A 1 B 1"
	}
	on_each_system check
}

@test "variants share a row, which counts them, and are told apart below it" {
	binary x86/matrix f.one.holds f.two.holds f.two.x.holds <<-'EOT'
		f_one_holds() { :; }
		f_two_holds() { return 1; }
		f_two_x_holds() { :; }
	EOT
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see row x86_matrix_f_holds | grep -q '3 variants one A . pass two A . fail two.x A . pass . 1 fail . 2 pass$'
	}
	on_each_system check
}

@test "a failure has its cause, its exits as pictures, and what the test printed" {
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see text | grep -qx "x86/first.c:7: Expected 0 (0) == counter (1)"
		see svg | sed '/^vCPU/!d' | diff - /dev/fd/3 3<<-'EOT'
			vCPU 0: 19 exits: 17 L1 X86_BUS_LOCK flags BUS_LOCK, RIP 0x401f40 (guest_code+0x4); 18 L2 X86_BUS_LOCK flags BUS_LOCK|GUEST_MODE, RIP 0x401f40 (guest_code+0x4): unchanged; 19 L1 IO out port 0xc0f3 size 4 count 1, RIP 0x18000
			vCPU 1: 1 exits: 1 L1 HLT (stale), KVM_RUN: EINTR, RIP not known
		EOT
		see text | grep -qx "vCPU 0: 19 exits, the last 3"
		see text | grep -q "vCPU 2: 0 exits, the last of them: real.goes_on: Test failed"
		# Where the guest stayed, the line goes straight down; lanes stand in the order
		# of addresses.
		grep -q '<path class="trail" d="M28 14L28 54L12 94"/>' "$out.html"
		edit "$out/one" 'case("x86/first:real.goes_on")["kernel_log"] = ["<4> WARNING: here", "<4> there"]'
		page "$out/one"
		see text | grep -qx "<4> WARNING: here <4> there"
		rm "$out/one/x86/first.log"
		page "$out/one"
		same 0 "$status"
		see text | grep -qx "No evidence: x86/first.log is not there."
	}
	on_each_system check
}

@test "of several runs the first one's log that failed is shown, and how often it did" {
	binary x86/flaky f.flakes <<-'EOT'
		f_flakes()
		{
			echo "$PPID" >> "$KEEP"
			[ "$(wc -l < "$KEEP")" -eq 2 ] || return 0
			printf '# vCPU 0: 1 exits, the last of them:\n#       1  HLT  flags 0  L1  rip 0x1\n' >&2
			return 1
		}
	EOT
	check()
	{
		export KEEP="$out.kept"
		runner --repeat 4 -o "$out/one" x86/flaky > /dev/null 2>&1 || true
		page "$out/one"
		see text | grep -q "fail 1 times of 4 in run A"
		see text | grep -qx "4 times"
		see svg | grep -qx "vCPU 0: 1 exits: 1 L1 HLT, RIP 0x1"
	}
	on_each_system check
}

@test "known issues stand with their why and a link, if it is one" {
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see text | grep -qx "it is known to move"
		same "https://example.org/a?b=1&c=2" "$(see links)"
		edit "$out/one" 'case("x86/first:long.stays")["known_issue"]["reference"] = "javascript://a/%0aalert(1)"'
		page "$out/one"
		same "" "$(see links)"
		see text | grep -qx "javascript://a/%0aalert(1)"
		edit "$out/one" 'case("x86/first:long.stays")["verdict"] = "xpass"'
		page "$out/one"
		see text | grep -q "^Passes, though known_issues has it"
	}
	on_each_system check
}

@test "measurements are plots, whatever the numbers" {
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		same "exit_cost: A 1234 ns;drift: A -2.5 %" "$(see svg | grep -v vCPU | tr '\n' ';' | sed 's/;$//')"
		edit "$out/one" 'case("x86/first:global.measures")["measurements"] = [
			{"name": n, "value": v, "unit": "<u>"} for n, v in
			(("huge", 1e308), ("tiny", 1e-300), ("zero", 0), ("other", -1e308))]'
		sed -i 's/1e+308/1e9999/' "$out/one/results.json"
		page "$out/one"
		same 0 "$status"
		see svg | grep -qx "huge: A 1e9999 <u>"
		same "" "$(grep -oiE '"-?(nan|inf)[^"]*"' "$out.html")"
	}
	on_each_system check
}

@test "what tests, files and names say stays text" {
	evil='</style></svg><script>alert("&amp;")</script>'"'"' -->]]>'
	binary x86/evil a.fails <<-EOT
		a_fails()
		{
			printf '# fail: %s caf\303\251 \001\033[31m\n' '${evil//\'/}' >&2
			echo '# vCPU 0: 1 exits, the last of them:' >&2
			echo '#       1  ${evil//\'/}  flags <b>  L1  rip 0x1 (<i>&lt;)' >&2
			return 1
		}
	EOT
	sed -i "s|claim of a.fails|<script>\\&lt; caf\\o303\\o251 \\o033[31m \\\\u003c|" "$suite/tests.tsv"
	fact cpu.name "<img src=x onerror=alert(1)>"
	check()
	{
		dir="$out/<b>&'\"=\$(caf$(printf '\303\251'))"
		run_suite "$dir"
		page "$dir"
		same 0 "$status"
		see text | grep -qF '<script>&lt; caf?? ?[31m \u003c'
		see text | grep -qF '</style></svg><script>alert("&amp;")</script> -->]]> caf\xc3\xa9 \x01\x1b[31m'
		see text | grep -qF '<img src=x onerror=alert(1)>'
		see text | grep -qF '<b>&'"'"'"=$(caf??)'
		see svg | grep -qF '1 L1 </style></svg><script>alert("&amp;")</script> -->]]>'
		# As another program would write it, with characters of every kind.
		edit "$dir" 'case("x86/evil:a.fails")["cause"] = "<a> \\u003c \n\t caf\xe9 \U0001f525 \x7f \\"'
		page "$dir"
		same 0 "$status"
		see text | grep -qF '<a> \u003c caf?? ???? ? \'
		edit "$dir" 'case("x86/evil:a.fails")["cause"] = "plain"'
		sed -i 's|"plain"|"\\u003cb\\u003E \\u00e9 \\ud83d\\udd25 \\/ \\b"|' "$dir/results.json"
		page "$dir"
		see text | grep -qx '<b> ? ?? /'
	}
	on_each_system check
}

@test "what is no results directory is refused, and the page of before stays" {
	run_suite "$out/good"
	size=$(wc -c < "$out/good/results.json")
	check()
	{
		good=$BATS_TEST_TMPDIR/out/good
		refuses 'no such directory: "/nowhere"' /nowhere
		refuses 'no such directory: ""' "$good" ""
		refuses "no results.json: was the run cut short?" "$good/x86"
		bad=$out/bad
		mkdir -p "$bad"
		: > "$bad/results.json"
		refuses "results.json: is empty" "$good" "$bad"
		for part in 1 2 10 100 $((size / 2)) $((size - 4)); do
			head -c "$part" "$good/results.json" > "$bad/results.json"
			refuses "results.json: \(ends in the middle\|line [0-9]*: not JSON\)" "$bad" "$good"
		done
		for json in '{"a": 1,}' '[1 2]' '{"a" 1}' '{1: 2}' '{"a": 01}' 'nul' '{} {}' '"a' '"a\"' '[1,]' \
			'{"a": .5}' 'TAP version 13' '<html>' '[}' '{]'; do
			printf '%s\n' "$json" > "$bad/results.json"
			refuses "results.json: \(ends in the middle\|line [0-9]*: not JSON\)" "$bad"
		done
		head -c 3000 /dev/urandom > "$bad/results.json"
		refuses "results.json: .*" "$bad"
		for json in '{}' '[]' 'null' '{"suite": "kvm-conformance", "format": 2, "results": []}' \
			'{"suite": "other", "format": 1}'; do
			printf '%s\n' "$json" > "$bad/results.json"
			refuses "results.json: not results of kvm-conformance in format 1" "$bad"
		done
		for results in '' '"x"' '{}' '[[]]'; do
			printf '{"suite": "kvm-conformance", "format": 1, "results": [%s]}\n' "$results" > "$bad/results.json"
			refuses "results.json: \(no results in it\|not a result\)" "$bad"
		done
		cp "$good/results.json" "$good/environment.json" "$bad"
		edit "$bad" 'r["results"].append(r["results"][0])'
		refuses "results.json: x86/first:long.goes_on is there twice" "$bad"
		for id in x86/../../etc/passwd ../x86/first:a.b /x86/first:a.b x86/first:a/b '<b>/x:a' first:a ''; do
			cp "$good/results.json" "$bad"
			edit "$bad" "r['results'][0]['id'] = '$id'"
			refuses "results.json: not a result: id" "$bad"
		done
		cp "$good/results.json" "$bad"
		edit "$bad" 'r["results"][0]["verdict"] = "fine"'
		refuses 'results.json: not a result: id "x86/first:long.goes_on", verdict "fine"' "$bad"
		cp "$good/results.json" "$bad"
		head -c 40 "$good/environment.json" > "$bad/environment.json"
		refuses "environment.json: line 4: not JSON" "$bad"
	}
	on_each_system check
}

@test "results that another program has written anew, and no environment.json, will do" {
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		cp "$out.html" "$out.want"
		for indent in None 7; do
			$python -c 'import json, sys
				r = json.load(open(sys.argv[1]))
				json.dump(r, open(sys.argv[1], "w"), indent=eval(sys.argv[2]))' \
				"$out/one/results.json" "$indent" 2> /dev/null ||
				$python -c "import json; n = '$out/one/results.json'; r = json.load(open(n)); json.dump(r, open(n, 'w'), indent=$indent)"
			page "$out/one"
			cmp "$out.html" "$out.want"
		done
		sed -i 's/$/\r/' "$out/one/results.json"
		page "$out/one"
		cmp "$out.html" "$out.want"
		rm "$out/one/environment.json"
		page "$out/one"
		same 0 "$status"
		see text | grep -qx "not known: there is no environment.json"
	}
	on_each_system check
}

@test "runs with different tests have a row for each, and say what was not run" {
	check()
	{
		run_suite "$out/one"
		runner -o "$out/two" first:long.stays > /dev/null
		page "$out/one" "$out/two"
		see row x86_first_global_skips | grep -q ' no-cap not run$'
		page "$out/two" "$out/one"
		see row x86_first_global_skips | grep -q ' not run . no-cap$'
		page "$out/two" "$out/two"
		same 0 "$status"
	}
	on_each_system check
}

@test "sets of module parameters are runs of their own" {
	check()
	{
		run_suite "$out/one"
		sed -i 's|"id": "x86/first|"id": "avic_1/x86/first|' "$out/one/results.json"
		mkdir "$out/one/avic_1"
		mv "$out/one/x86" "$out/one/environment.json" "$out/one/avic_1"
		page "$out/one"
		see text | grep -qx "A host avic_1, 7.3.4-made-up"
		see text | grep -q "^TestCPU"
		see row x86_first_long_stays > /dev/null
		see svg | grep -q "^vCPU 0: 19 exits"
	}
	on_each_system check
}

@test "what is wrong with a binary itself is a failure, too" {
	binary x86/second a.passes <<-'EOT'
		a_passes() { trap 'exit 3' EXIT; }
	EOT
	check()
	{
		run_suite "$out/one"
		page "$out/one"
		see text | grep -qx "x86/second"
		see text | grep -q "exit status 3 where 0 is due"
		see row x86_second | grep -q "error$"
	}
	on_each_system check
}

@test "usage: status 2; a page that cannot be written: status 3; latest is the default" {
	check()
	{
		for options in "--report" "--report="; do
			status=0
			# shellcheck disable=SC2086 # words
			runner $options > "$out.said" 2>&1 || status=$?
			same 2 "$status"
			grep -q "^run_tests.sh: --report needs a file" "$out.said"
		done
		for options in "x86 --report x.html" "-j 2 --compare a b"; do
			status=0
			# shellcheck disable=SC2086 # words
			runner $options > "$out.said" 2>&1 || status=$?
			same 2 "$status"
			grep -q "must come first" "$out.said"
		done
		run_suite "$out/one"
		status=0
		runner --report "$out/none/x.html" "$out/one" > "$out.said" 2>&1 || status=$?
		same 3 "$status"
		grep -q "^run_tests.sh: --report .*/none/x.html: cannot be written" "$out.said"
		status=0
		runner --report "$out" "$out/one" > "$out.said" 2>&1 || status=$?
		same 2 "$status"
		runner > /dev/null 2>&1 || true
		(cd "$BATS_TEST_TMPDIR" && runner "--report=-x.html" && test -s ./-x.html)
		page
		same 0 "$status"
	}
	on_each_system check
}
