# SPDX-License-Identifier: GPL-2.0-only
#
# --report: whatever tests, files and people put in, what they write stays text, and what is
# no results directory makes no page. --compare reads with the same code.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

@test "measurements are plots, whatever the numbers" {
	first one
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
	cp -R "$out/one" "$out/two"
	sed -i 's/"value": 0/"value": 9e9999/; s/1e9999/2e9999/' "$out/two/results.json"
	status=0
	suite --compare "$out/one" "$out/two" > "$out.said" || status=$?
	same 0 "$status"
	grep -q "huge: 1e9999 -> 2e9999 <u>" "$out.said"
}

@test "what tests, files and names say stays text" {
	evil='</style></svg><script>alert("&amp;")</script>'"'"' -->]]>{{ 7 * 7 }}{% raw %}'
	dir="$out/<b>&'\"=\$(caf$(printf '\303\251'))"
	first "${dir#"$out/"}"
	page "$dir"
	same 0 "$status"
	see text | grep -qF '<b>&'"'"'"=$(caf?)'
	# In every place, as another program would write it, with characters of every kind.
	edit "$dir" "
evil = '''$evil''' + 'caf\xe9 \U0001f525 \x1b[31m \x7f \\\\u003c \n\t \"'
def spoil(value):
    if isinstance(value, dict):
        known = 'id', 'verdict', 'suite', 'reference'
        return {k: v if k in known else spoil(v) for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(v) for v in value]
    return value + evil if isinstance(value, str) else value
r.update(spoil(r), note='EMULATED: ' + evil, required=evil, problems=[{'verdict': 'fail', 'cause': evil}])
r['environment'].update({evil: {evil: evil}, 'run': {'timeout': evil}})
r['environment']['modules'][evil] = {'state': evil, 'parameters': {evil: evil}}
r['environment']['machine'] = {'emulator': evil}
case('x86/first:real.goes_on')['output'][3] = '#       1  ' + evil + '  flags <b>  L1  rip 0x1 (<i>&lt;)'
case('x86/first:real.goes_on')['output'][2] = '# vCPU 0: 1 exits, the last of them:'"
	page "$dir"
	same 0 "$status"
	told='</style></svg><script>alert("&amp;")</script>'"'"' -->]]>{{ 7 * 7 }}{% raw %}caf? ? ?[31m ? \u003c "'
	[ "$(see text | grep -cF "$told")" -ge 20 ]
	see svg | grep -qF '</style></svg><script>alert("&amp;")</script>'
	same 0 "$(grep -c '<script\|alert("' "$out.html")"
	edit "$dir" 'case("x86/first:real.goes_on")["cause"] = "plain"'
	sed -i 's|"plain"|"\\u003cb\\u003E \\u00e9 \\ud83d\\udd25 \\ud83d \\/ \\b"|' "$dir/results.json"
	page "$dir"
	see text | grep -qx '<b> ? ? ? /'
	# Bytes that are no text, and output that imitates the pictures.
	printf '{"suite": "kvm-conformance", "format": 2, "note": "\377\376", "results": [
		{"id": "x86/a:b", "verdict": "fail", "output": ["# vCPU 0: 1 exits, the last of them:",
		"       99999999999999999999  X  rip 0x", " 1  X  rip 0xffffffffffffffffffffffffff", "  %05000d  X"]}]}' 7 > "$dir/results.json"
	page "$dir"
	same 0 "$status"
}

# refuses_as WHY JSON: a file of this text
refuses_as()
{
	printf '%s\n' "$2" > "$bad/results.json"
	refuses "results.json: $1" "$bad"
}

@test "what is no results directory is refused, and the page of before stays" {
	first good
	good=$out/good
	bad=$out/bad
	mkdir "$bad" "$out/empty"
	size=$(wc -c < "$good/results.json")
	refuses 'no such directory: "/nowhere"' /nowhere
	refuses 'no such directory: ""' "$good" ""
	refuses "no results.json: was the run cut short?" "$good" "$out/empty"
	: > "$bad/results.json"
	refuses "results.json: is empty" "$good" "$bad"
	for part in 1 2 10 100 $((size / 2)) $((size - 4)); do
		head -c "$part" "$good/results.json" > "$bad/results.json"
		refuses "results.json: \(ends in the middle, after line [0-9]\|line [0-9]*: not JSON\)" "$bad" "$good"
	done
	for json in '{"a": 1,}' '[1 2]' '{"a" 1}' '{1: 2}' '{"a": 01}' 'nul' '{} {}' '"a' '"a\"' '[1,]' \
		'{"a": .5}' 'TAP version 13' '<html>' '[}' '{]' '{"a": NaN}' '{"a": -Infinity}'; do
		refuses_as "\(ends in the middle\|line [0-9]*: not JSON\|not JSON: [-NI]\)" "$json"
	done
	head -c 3000 /dev/urandom > "$bad/results.json"
	refuses "results.json: .*" "$bad"
	refuses_as "objects too deep in each other" "$($python -c 'print("[" * 100000 + "]" * 100000)')"
	for json in '{}' '[]' 'null' '{"suite": "other", "format": 2}' '{"suite": "kvm-conformance"}' \
		'{"suite": "kvm-conformance", "format": "2"}' '{"format": 2}'; do
		refuses_as "not results of kvm-conformance" "$json"
	done
	for results in '[]' '["x"]' '[{}]' '[[]]' '[7]' 'null' '{}' '7' '"x"' '{"a": 1}'; do
		refuses_as "\(no results in it\|results is not an array\|results\[0\] \(is not an object\|has no id\)\)" \
			'{"suite": "kvm-conformance", "format": 2, "results": '"$results}"
	done
}

# spoilt STATEMENT WHY: what edit() makes of good results is refused
spoilt()
{
	cp "$out/good/results.json" "$out/bad"
	edit "$out/bad" "$1"
	refuses "results.json: $2" "$out/bad"
}

@test "results with a member that cannot be are refused, and the member named" {
	first good
	mkdir "$out/bad"
	spoilt 'r["results"].append(r["results"][0])' "x86/first:long.goes_on is there twice"
	for id in x86/../../etc/passwd ../x86/first:a.b /x86/first:a.b x86/first:a/b '<b>/x:a' first:a '' \
		'x86/first:a.b\n' 'caf\xe9/x:a'; do
		spoilt "r['results'][0]['id'] = '$id'" "not a result: id"
	done
	spoilt 'r["results"][0]["verdict"] = "fine"' 'not a result: id "x86/first:long.goes_on", verdict "fine"'
	spoilt 'del r["results"][0]["verdict"]' 'results\[0\] has no verdict'
	spoilt 'r["results"][1]["cause"] = 7' 'results\[1\].cause is not a string'
	spoilt 'r["results"][1]["output"] = "x"' 'results\[1\].output is not an array'
	spoilt 'r["results"][1]["output"][2] = None' 'results\[1\].output\[2\] is not a string'
	spoilt 'r["results"][2]["known_issue"] = []' 'results\[2\].known_issue is not an object'
	spoilt 'r["results"][3]["measurements"][1]["value"] = "7"' 'results\[3\].measurements\[1\].value is not a number'
	spoilt 'del r["results"][3]["measurements"][1]["value"]' 'results\[3\].measurements\[1\] has no value'
	spoilt 'r["results"][0]["runs"] = {"pass": True}' 'results\[0\].runs.pass is not a number'
	spoilt 'r["results"][0]["runs"] = {"fine": 1}' 'x86/first:long.goes_on: not a number of runs: fine 1'
	for number in -1 0.5 1e9 10000000000; do
		spoilt "r['results'][0]['runs'] = {'pass': $number}" 'x86/first:long.goes_on: not a number of runs: pass '
	done
	spoilt 'r["strict"] = "no"' 'strict is not true or false'
	spoilt 'r["environment"] = "x"' 'environment is not an object'
	spoilt 'r["sets"] = {"a": 1}' 'sets.a is not an object'
	spoilt 'r["problems"] = [{"verdict": "pass"}]' 'not a problem: its verdict'
}

@test "results in another format are refused by the version that made them" {
	first one
	sed -i 's/"format": 2, "version": "[^"]*"/"format": 1/' "$out/one/results.json"
	refuses "results.json: format 1, of an older version of kvm-conformance; this one reads format 2$" "$out/one"
	first two
	sed -i 's/"format": 2/"format": 3/' "$out/two/results.json"
	refuses "results.json: format 3, of kvm-conformance v1.2-3-g0123456; this one reads format 2$" "$out/two"
}

@test "results that another program has written anew will do, and with members that are new" {
	first one
	page "$out/one"
	cp "$out.html" "$out.want"
	for indent in None 7; do
		$python -c "import json; n = '$out/one/results.json'; r = json.load(open(n)); json.dump(r, open(n, 'w'), indent=$indent)"
		page "$out/one"
		cmp "$out.html" "$out.want"
	done
	sed -i 's/$/\r/' "$out/one/results.json"
	page "$out/one"
	cmp "$out.html" "$out.want"
	edit "$out/one" 'r.update(more={"a": [1]}, seconds=None); r["results"][0].update(more=[])'
	page "$out/one"
	cmp "$out.html" "$out.want"
	edit "$out/one" 'for key in ("environment", "binaries", "status", "version", "commit", "totals"): del r[key]'
	page "$out/one"
	same 0 "$status"
	see text | grep -qx "unknown"
}

@test "usage: status 2; a page that cannot be written: status 3; latest is the default" {
	for options in "--report" "--report="; do
		status=0
		suite $options > "$out.said" 2>&1 || status=$?
		same 2 "$status"
		grep -q "^run_tests.sh: --report needs a file" "$out.said"
	done
	first one
	for to in /dev/full "$out/none/x.html"; do
		status=0
		suite --report "$to" "$out/one" > "$out.said" 2>&1 || status=$?
		same 3 "$status"
		grep -q "^run_tests.sh: --report $to: cannot be written: No " "$out.said"
		same 1 "$(wc -l < "$out.said")"
	done
	status=0
	suite --report "$out" "$out/one" > "$out.said" 2>&1 || status=$?
	same 2 "$status"
	# Of a suite of its own, whose latest results these are.
	own="$BATS_TEST_TMPDIR/a suite, 'it' costs \$0 *"
	mkdir -p "$own/results"
	cp -R "$project/run_tests.sh" "$project/report" "$own"
	cp -R "$out/one" "$own/results/latest"
	# Not with what this directory or the environment has in store for Python.
	echo 'raise Exception("not this")' | tee "$out/jinja2.py" > "$out/json.py"
	for shell in dash bash "busybox sh"; do
		rm -f "$out/-x.html"
		(cd "$out" && PYTHONPATH=. $shell "$own/run_tests.sh" "--report=-x.html" && test -s ./-x.html)
	done
	ln -s "$own/run_tests.sh" "$out/link"
	"$out/link" --report "$out/y.html"
	cmp "$out/y.html" "$out/-x.html"
	same "" "$(find "$own" -name __pycache__)"
}

@test "what the page goes to stays what it is: a link, a pipe, a device, a file beside it" {
	first one
	echo mine > "$out.html.tmp"
	page "$out/one"
	same mine "$(cat "$out.html.tmp")"
	mkdir "$out/d"
	cp "$out.html" "$out/want"
	for to in "$out/d/old" "$out/d/none"; do
		[ "$to" = "$out/d/none" ] || echo before > "$to"
		ln -sfn "$to" "$out/d/link"
		suite --report "$out/d/link" "$out/one"
		[ -h "$out/d/link" ]
		cmp "$out/want" "$to"
	done
	mkfifo "$out/d/pipe"
	ln -s pipe "$out/d/to_pipe"
	for to in pipe to_pipe; do
		timeout 60 cat "$out/d/pipe" > "$out/got" &
		suite --report "$out/d/$to" "$out/one"
		wait $!
		cmp "$out/want" "$out/got"
		[ -p "$out/d/pipe" ]
	done
	[ -h "$out/d/to_pipe" ]
	same "link none old pipe to_pipe" "$(ls "$out/d" | tr '\n' ' ' | sed 's/ $//')"
	# The null device, if we may: not that of the host, should this fail.
	! mknod "$out/d/device" c 1 3 2> /dev/null || {
		suite --report "$out/d/device" "$out/one" || true
		[ -c "$out/d/device" ]
	}
	suite --report /proc/self/fd/1 "$out/one" | cmp "$out/want" -
}

# with_python COMMAND...: for the suite in $own, with what is in $tools as the only pythons
with_python()
{
	status=0
	PATH="$tools" "$tools/sh" "$own/run_tests.sh" "$@" > "$out.said" 2>&1 || status=$?
}

@test "without python3 or jinja2 it is said what to install; --compare needs no jinja2" {
	own=$BATS_TEST_TMPDIR/own
	tools=$BATS_TEST_TMPDIR/tools
	mkdir -p "$own" "$tools"
	cp -R "$project/report" "$project/docs" "$project/run_tests.sh" "$own"
	sed -i "s|/usr/bin/python3|$tools/no/python3|" "$own/report/report.sh"
	busybox --install -s "$tools"
	first one
	with_python --report "$out.html" "$out/one"
	same 2 "$status"
	same "run_tests.sh: --report needs Python 3.11 or later with jinja2: apt-get install python3 python3-jinja2" "$(cat "$out.said")"
	with_python --compare "$out/one" "$out/one"
	same 2 "$status"
	same "run_tests.sh: --compare needs Python 3.11 or later: apt-get install python3" "$(cat "$out.said")"
	# With -S what the distribution installs is not to be had.
	printf '#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n' > "$tools/python3"
	chmod +x "$tools/python3"
	with_python --compare "$out/one" "$out/one"
	same 0 "$status"
	with_python --report "$out.html" "$out/one"
	same 2 "$status"
	grep -q "apt-get install python3 python3-jinja2" "$out.said"
	# One that is elsewhere, and has it.
	mkdir "$tools/no"
	ln -s /usr/bin/python3 "$tools/no/python3"
	with_python --report "$out.html" "$out/one"
	same 0 "$status"
}

@test "an error of the report's own is no regression: status 3" {
	own=$BATS_TEST_TMPDIR/own
	mkdir "$own"
	cp -R "$project/report" "$project/run_tests.sh" "$own"
	echo 'def load(directory): raise ValueError("broken")' >> "$own/report/runs.py"
	first one
	for options in "--compare $out/one $out/one" "--report $out.html $out/one"; do
		status=0
		# shellcheck disable=SC2086 # words
		"$own/run_tests.sh" $options > "$out.said" 2>&1 || status=$?
		same 3 "$status"
		grep -qx "ValueError: broken" "$out.said"
	done
}
