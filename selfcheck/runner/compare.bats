# SPDX-License-Identifier: GPL-2.0-only
#
# --report and --compare of what the runner left. Of what they make of it see selfcheck/report/.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	mkdir "$out"
	cp -R "$project/report" "$suite"
	mkdir "$suite/docs"
	cp "$project/docs/renamed-ids.tsv" "$suite/docs"
}

compare()
{
	status=0
	"$suite/run_tests.sh" --compare "$out/$1" "$out/$2" > "$out.said" 2>&1 || status=$?
	cat "$out.said"
}

# says STATUS: and, from standard input, what it prints between head and totals
says()
{
	want=$(cat)
	same "$1" "$status"
	same "$want" "$(grep -v '^#' "$out.said")"
}

@test "what the runner left is compared and reported as it is" {
	needs=no-cap binary x86/real c.d c.skips <<-'EOT'
		c_d() { [ ! -e "$BREAK" ]; }
		c_skips() { reason="no-cap: none"; return 4; }
	EOT
	export BREAK="$out/break"
	runner -o "$out/before" > /dev/null
	touch "$BREAK"
	runner -o "$out/after" > /dev/null || same 1 $?
	compare before after
	echo "regressed: x86/real:c.d: pass -> fail: no reason given" | says 1
	compare after before
	echo "fixed: x86/real:c.d: fail -> pass" | says 0
	"$suite/run_tests.sh" --report "$out/page.html" "$out/before" "$out/after"
	$python "$project/selfcheck/report/page.py" text "$out/page.html" > "$out/text"
	grep -q "^2 claims, 2 runs: .* 1 case fails in one run or more .* 1 of 2 not tried$" "$out/text"
	grep -qx "B host, 7.3.4-made-up, after .* 1 case fails .* 1 of 2 not tried: 1 no-cap" "$out/text"
	$python "$project/selfcheck/report/page.py" row "$out/page.html" x86_real_c_d | grep -q "pass .* fail$"
}

@test "a pass that vanished is a regression: status 1, unless it was left out by wish" {
	binary x86/one o.a o.b <<-'EOT'
		o_a() { :; }
		o_b() { :; }
	EOT
	binary svm/two t.passes t.surprises t.fails <<-'EOT'
		t_passes() { :; }
		t_surprises() { :; }
		t_fails() { return 1; }
	EOT
	echo "svm/two:t.surprises | * | * | there | known" > "$suite/known_issues"
	runner -o "$out/whole" > /dev/null || same 1 $?
	runner -o "$out/one" one > /dev/null
	compare whole one
	says 1 <<-'EOT'
		vanished: svm/two:t.passes: was pass
		vanished: svm/two:t.surprises: was xpass
		gone: svm/two:t.fails: was fail
	EOT
	grep -q "^# Changes: regressed:0 lost:0 vanished:2 .* gone:1 " "$out.said"
	rm -rf "$out/one"
	runner -o "$out/one" --skip svm > /dev/null
	compare whole one
	same 0 "$status"
	grep -qx "skipped: svm/two:t.passes: pass -> skip (deselected): --skip svm" "$out.said"
}
