# SPDX-License-Identifier: GPL-2.0-only
#
# --report: whatever tests, files and people put in, what they write stays text, and what is
# no results directory makes no page.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

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

@test "what the page goes to stays what it is: a link, a pipe, a device, a file beside it" {
	check()
	{
		run_suite "$out/one"
		echo mine > "$out.html.tmp"
		page "$out/one"
		same mine "$(cat "$out.html.tmp")"
		mkdir "$out/d"
		cp "$out.html" "$out/want"
		for to in "$out/d/old" "$out/d/none"; do
			[ "$to" = "$out/d/none" ] || echo before > "$to"
			ln -sfn "$to" "$out/d/link"
			runner --report "$out/d/link" "$out/one"
			[ -h "$out/d/link" ]
			cmp "$out/want" "$to"
		done
		mkfifo "$out/d/pipe"
		ln -s pipe "$out/d/to_pipe"
		for to in pipe to_pipe; do
			timeout 60 cat "$out/d/pipe" > "$out/got" &
			runner --report "$out/d/$to" "$out/one"
			wait $!
			cmp "$out/want" "$out/got"
			[ -p "$out/d/pipe" ]
		done
		[ -h "$out/d/to_pipe" ]
		same "link none old pipe to_pipe" "$(ls "$out/d" | tr '\n' ' ' | sed 's/ $//')"
		# The null device, if we may: not that of the host, should this fail.
		! mknod "$out/d/device" c 1 3 2> /dev/null || {
			runner --report "$out/d/device" "$out/one" || true
			[ -c "$out/d/device" ]
		}
		runner --report /proc/self/fd/1 "$out/one" | cmp "$out/want" -
	}
	on_each_system check
}
