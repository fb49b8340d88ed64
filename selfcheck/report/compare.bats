# SPDX-License-Identifier: GPL-2.0-only
#
# --compare: what changed from one results directory to another.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

compare()
{
	status=0
	suite --compare "$out/$1" "$out/$2" > "$out.said" 2>&1 || status=$?
	cat "$out.said"
}

# says STATUS: and, from standard input, what it prints between head and totals
says()
{
	want=$(cat)
	same "$1" "$status"
	same "$want" "$(grep -v '^#' "$out.said")"
}

@test "nothing changed: nothing is said, status 0" {
	results a "x86/b:c.pass pass" "x86/b:c.fail fail moved" "x86/b fail 1 of 2 cases not ok, the first: c.fail"
	cp -R "$out/a" "$out/b"
	compare a b
	says 0 < /dev/null
	# Unless that was lost.
	status=0
	suite --compare "$out/a" "$out/b" > /dev/full 2> "$out.err" || status=$?
	same 3 "$status"
	grep -qx "run_tests.sh: the comparison could not be written: No space left on device" "$out.err"
	same 1 "$(wc -l < "$out.err")"
	same "# A: $out/a: host, 7.3.4-made-up, then, suite v1.2-3-g0123456" "$(sed -n 1p "$out.said")"
	same "# B: $out/b: host, 7.3.4-made-up, then, suite v1.2-3-g0123456" "$(sed -n 2p "$out.said")"
	same "# Changes: regressed:0 lost:0 vanished:0 fixed:0 changed:0 skipped:0 ran:0 new:0 gone:0 flakes:0 measured:0" "$(tail -n 1 "$out.said")"
	compare a a
	says 0 < /dev/null
}

@test "what is not ok now and was not so before is a regression: status 1" {
	for before in pass skip/no-cap xfail/known xpass/known; do
		results a "x86/b:c.d $before"
		for now in fail error timeout signal; do
			results b "x86/b:c.d $now moved"
			compare a b
			echo "regressed: x86/b:c.d: ${before%/*} -> $now: moved" | says 1
		done
	done
	results b "x86/b:c.d pass" "x86/b:new.one fail moved"
	compare a b
	same 1 "$status"
	grep -qx 'regressed: x86/b:new.one: not there -> fail: moved' "$out.said"
}

@test "what has changed otherwise is no regression" {
	results a "x86/b:c.a fail moved" "x86/b:c.b xfail/known" "x86/b:c.c fail moved" "x86/b:c.d fail moved" \
		"x86/b:c.e pass" "x86/b:c.f xpass/known" "x86/b:c.g pass" "x86/b:c.h skip/no-cap none" \
		"x86/b:c.i skip/no-cap none" "x86/b:c.j fail moved" "x86/b:c.k error moved" \
		"x86/b:c.m skip/no-cap none"
	results b "x86/b:c.a pass" "x86/b:c.b xpass/known" "x86/b:c.c timeout late" "x86/b:c.d xfail/known" \
		"x86/b:c.e xfail/known" "x86/b:c.f pass" "x86/b:c.g skip/deselected left out" "x86/b:c.h pass" \
		"x86/b:c.i skip/no-kvm gone" "x86/b:c.k skip/no-kvm gone" "x86/b:c.l pass"
	compare a b
	says 0 <<-'EOT'
		fixed: x86/b:c.a: fail -> pass
		fixed: x86/b:c.b: xfail -> xpass (known)
		changed: x86/b:c.c: fail -> timeout: late
		changed: x86/b:c.d: fail -> xfail (known)
		changed: x86/b:c.e: pass -> xfail (known)
		changed: x86/b:c.f: xpass -> pass
		skipped: x86/b:c.g: pass -> skip (deselected): left out
		skipped: x86/b:c.i: skip (no-cap): none -> skip (no-kvm): gone
		skipped: x86/b:c.k: error -> skip (no-kvm): gone
		ran: x86/b:c.h: skip -> pass
		new: x86/b:c.l: pass
		gone: x86/b:c.j: was fail
		gone: x86/b:c.m: was skip
	EOT
	same "# Changes: regressed:0 lost:0 vanished:0 fixed:2 changed:4 skipped:3 ran:1 new:1 gone:2 flakes:0 measured:0" "$(tail -n 1 "$out.said")"
}

@test "what passed and is skipped now is lost: status 1, unless it was left out by wish" {
	results a "x86/b:c.a pass" "x86/b:c.b xpass/known" "x86/b:c.c xfail/known" "x86/b:c.d fail moved" \
		"x86/b:c.e pass"
	results b "x86/b:c.a skip/no-cap none" "x86/b:c.b skip/no-kvm gone" "x86/b:c.c skip/no-cap none" \
		"x86/b:c.d skip/no-cap none" "x86/b:c.e pass"
	compare a b
	says 1 <<-'EOT'
		lost: x86/b:c.a: pass -> skip (no-cap): none
		lost: x86/b:c.b: xpass -> skip (no-kvm): gone
		skipped: x86/b:c.c: xfail -> skip (no-cap): none
		skipped: x86/b:c.d: fail -> skip (no-cap): none
	EOT
	grep -q "^# Changes: regressed:0 lost:2 " "$out.said"
	results b "x86/b:c.a skip/deselected left out" "x86/b:c.b skip/deselected left out" "x86/b:c.e pass"
	compare a b
	same 0 "$status"
	grep -qx "skipped: x86/b:c.a: pass -> skip (deselected): left out" "$out.said"
}

@test "a pass that is not there any more is a regression, unless --skip left it out" {
	results a "x86/b:c.a pass" "x86/b:c.b xpass/known" "x86/b:c.c xfail/known" "x86/b:c.d fail moved" \
		"x86/b:c.e pass" "x86/b pass" "svm/b:c.f pass" "svm/b pass"
	results b "x86/b:c.e pass" "x86/b pass"
	compare a b
	says 1 <<-'EOT'
		vanished: x86/b:c.a: was pass
		vanished: x86/b:c.b: was xpass
		vanished: svm/b:c.f: was pass
		gone: x86/b:c.c: was xfail
		gone: x86/b:c.d: was fail
	EOT
	grep -q "^# Changes: regressed:0 lost:0 vanished:3 " "$out.said"
	# Also where the rest is skipped, and where a whole set of parameters is gone.
	results b "x86/b:c.e skip/no-kvm gone" "x86/b skip/no-kvm gone"
	compare a b
	same 1 "$status"
	results a "one/x86/b:c.d pass" "two/x86/b:c.d pass"
	results b "one/x86/b:c.d pass"
	compare a b
	echo "vanished: two/x86/b:c.d: was pass" | says 1
	results b "one/x86/b:c.d pass" "two/x86/b:c.d skip/deselected left out"
	compare a b
	echo "skipped: two/x86/b:c.d: pass -> skip (deselected): left out" | says 0
}

@test "with --strict a known issue that passes is not ok" {
	results a "x86/b:c.a pass" "x86/b:c.b xpass/known" "x86/b:c.c xfail/known"
	results b "x86/b:c.a xpass/known" "x86/b:c.b xpass/known" "x86/b:c.c xpass/known" '{"strict": true}'
	compare a b
	says 1 <<-'EOT'
		regressed: x86/b:c.a: pass -> xpass (known), not ok with --strict
		regressed: x86/b:c.b: xpass -> xpass (known), not ok with --strict
		regressed: x86/b:c.c: xfail -> xpass (known), not ok with --strict
	EOT
	compare b b
	says 0 < /dev/null
	results a "x86/b:c.a pass" "x86/b:c.b xpass/known" "x86/b:c.c xpass/known"
	compare b a
	says 0 <<-'EOT'
		fixed: x86/b:c.a: xpass -> pass
		fixed: x86/b:c.b: xpass -> xpass (known)
		fixed: x86/b:c.c: xpass -> xpass (known)
	EOT
}

@test "what is wrong with a run as a whole counts, and how it ended is told" {
	results a "x86/b:c.a pass"
	results b "x86/b:c.a pass" '{"problems": [{"verdict": "fail", "cause": "tdx-ledger: pages left"}], "status": 130}'
	compare a b
	echo "regressed: the run: not there -> fail: tdx-ledger: pages left" | says 1
	grep -qx "# B: .*, ended with status 130" "$out.said"
	compare b a
	echo "fixed: the run: was fail: tdx-ledger: pages left" | says 0
	compare b b
	says 0 < /dev/null
	results b "x86/b:c.a skip/no-kvm gone" '{"problems": [{"verdict": "error", "cause": "lost"}]}'
	compare b b
	same 0 "$status"
}

@test "another version of the suite is told" {
	results a "x86/b:c.a pass"
	results b "x86/b:c.a pass" '{"version": "v1.3", "commit": "fedcba9876543210"}'
	compare a b
	says 0 < /dev/null
	grep -qx "# The suite is another one: v1.2-3-g0123456 -> v1.3 (fedcba987654)" "$out.said"
	grep -qx "# B: $out/b: host, 7.3.4-made-up, then, suite v1.3 (fedcba987654)" "$out.said"
	compare b b
	! grep -q "suite is another" "$out.said"
}

@test "where all of B is skipped nothing was compared: status 4, but for a regression" {
	results a "x86/b:c.a skip/no-kvm gone" "x86/b:c.b pass" "x86/b pass"
	results b "x86/b:c.a skip/no-kvm gone" "x86/b:c.b skip/deselected left out" "x86/b skip/no-kvm gone"
	for before in a b; do
		compare $before b
		same 4 "$status"
		same "# Nothing is compared: B has nothing but skips" "$(tail -n 1 "$out.said")"
	done
	compare b a
	same 0 "$status"
	results b "x86/b:c.a skip/no-kvm gone" "x86/b error exit status 3 where 4 is due"
	compare a b
	same 1 "$status"
	! grep -q "^# Nothing" "$out.said"
}

@test "another share of flakes, another cause and other numbers are told, and no regression" {
	results a 'x86/b:c.a fail moved (2 of 1000 runs, the first was run 7) {"runs": {"fail": 2, "pass": 998}}' \
		'x86/b:c.b fail moved {"runs": {"fail": 1, "pass": 1}}' "x86/b:c.c error moved" \
		"x86/b:c.d xfail/known moved" "x86/b:c.e fail moved" \
		'x86/b:m.a pass {"measurements": [{"name": "cost", "value": 1000, "unit": "ns"}, {"name": "same", "value": 1, "unit": "ns"}]}' \
		'x86/b:m.b pass {"measurements": [{"name": "drift", "value": -1, "unit": "%"}, {"name": "none", "value": 0, "unit": "ns"}, {"name": "gone", "value": 0, "unit": "ns"}]}'
	results b 'x86/b:c.a fail moved (900 of 1000 runs, the first was run 1) {"runs": {"fail": 900, "pass": 100}}' \
		'x86/b:c.b fail moved {"runs": {"fail": 50, "pass": 50}}' "x86/b:c.c error late" \
		"x86/b:c.d xfail/known never came" \
		'x86/b:c.e fail moved (3 of 4 runs, the first was run 1) {"runs": {"fail": 3, "pass": 1}}' \
		'x86/b:m.a pass {"measurements": [{"name": "cost", "value": 1620, "unit": "ns"}, {"name": "same", "value": 1, "unit": "ns"}]}' \
		'x86/b:m.b pass {"measurements": [{"name": "drift", "value": 2.5, "unit": "%"}, {"name": "none", "value": 3, "unit": "ns"}, {"name": "gone", "value": 7, "unit": "us"}]}'
	compare a b
	says 0 <<-'EOT'
		changed: x86/b:c.c: error: moved -> late
		changed: x86/b:c.d: xfail: moved -> never came
		flakes: x86/b:c.a: fail 2 of 1000 -> 900 of 1000
		flakes: x86/b:c.e: fail 1 of 1 -> 3 of 4
		measured: x86/b:m.a: cost: 1000 -> 1620 ns (x 1.62)
		measured: x86/b:m.b: drift: -1 -> 2.5 %
		measured: x86/b:m.b: none: 0 -> 3 ns
	EOT
	grep -qx "# Changes: regressed:0 lost:0 vanished:0 fixed:0 changed:2 skipped:0 ran:0 new:0 gone:0 flakes:2 measured:3" "$out.said"
}

@test "a binary counts for what is wrong with it itself, not for its cases" {
	results a "x86/b:c.d pass" "x86/b pass"
	results b "x86/b:c.d fail moved" "x86/b fail 1 of 1 cases not ok, the first: c.d"
	compare a b
	echo "regressed: x86/b:c.d: pass -> fail: moved" | says 1
	results b "x86/b:c.d pass" "x86/b fail kernel log: WARNING: here"
	compare a b
	echo "regressed: x86/b: pass -> fail: kernel log: WARNING: here" | says 1
	compare b a
	echo "fixed: x86/b: fail -> pass" | says 0
	results b "x86/b:c.d pass" "x86/b pass" "x86/e:f.g pass" "x86/e pass"
	compare a b
	echo "new: x86/e:f.g: pass" | says 0
	results b "x86/b:c.d skip/no-cap none" "x86/b skip/no-cap none"
	compare a b
	echo "lost: x86/b:c.d: pass -> skip (no-cap): none" | says 4
}

@test "sets of module parameters are compared each with its own" {
	results a "one/x86/b:c.d pass" "two/x86/b:c.d fail moved"
	results b "one/x86/b:c.d fail moved" "two/x86/b:c.d pass" "three/x86/b:c.d fail moved"
	compare a b
	says 1 <<-'EOT'
		regressed: one/x86/b:c.d: pass -> fail: moved
		regressed: three/x86/b:c.d: not there -> fail: moved
		fixed: two/x86/b:c.d: fail -> pass
	EOT
}

@test "an id that has changed is the same id" {
	results a "x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place pass" \
		"x86/bus_lock_exit pass" \
		"svm/bus_lock_reload:reload.long.rip_kept_grants_one_credit pass" \
		"vmx/bus_lock_nested_vmx:nested.migration_repeats_nothing pass" \
		"vmx/bus_lock_nested_vmx pass" "x86/vendor_init:kernel_log.has_no_warn_from_loading_kvm pass" \
		"x86/b:c.d pass"
	results b "x86/bus_lock_exit:lock_exit.long_line.reports_the_bus_lock_and_its_place pass" \
		"x86/bus_lock_exit pass" \
		"svm/bus_lock_reload:reload.long.rip_kept_grants_one_credit fail moved" \
		"vmx/bus_lock_nested_vmx:nested.migration_repeats_nothing pass" \
		"vmx/bus_lock_nested_vmx fail a warning" \
		"x86/vendor_init:kernel_log.has_no_warn_from_loading_kvm pass" "x86/b:c.d pass"
	compare a b
	says 1 <<-'EOT'
		regressed: svm/bus_lock_reload:reload.long.rip_kept_grants_one_credit: pass -> fail: moved
		regressed: vmx/bus_lock_nested_vmx: pass -> fail: a warning
	EOT
	compare b a
	says 0 <<-'EOT'
		fixed: svm/bus_lock_reload:reload.long.rip_kept_grants_one_credit: fail -> pass
		fixed: vmx/bus_lock_nested_vmx: fail -> pass
	EOT
}

@test "docs/renamed-ids.tsv has ids of today on its right side alone, each once" {
	awk -F '\t' -f "$project/lib/claim_id.awk" -f /dev/stdin "$project/tests.tsv" \
		"$project/docs/renamed-ids.tsv" <<-'EOT'
		FILENAME ~ /tests.tsv$/ { is_id[$1]; is_id[claim_of($1, $2)]; next }
		/^#/ { next }
		NF != 2 || $1 in is_id || !($2 in is_id) || seen[$1]++ || seen[$2]++ {
			print
			bad = 1
		}
		END { exit bad || !length(seen) }
	EOT
}

@test "what cannot be compared has status 2, and never that of a regression" {
	results a "x86/b:c.d pass"
	results none
	mkdir -p "$out/empty" "$out/short"
	head -c 150 "$out/a/results.json" > "$out/short/results.json"
	for other in nowhere empty none short; do
		for pair in "a $other" "$other a"; do
			# shellcheck disable=SC2086 # two words
			compare $pair
			same 2 "$status"
			same 1 "$(wc -l < "$out.said")"
			grep -q "^run_tests.sh: .*$other" "$out.said"
		done
	done
	results b "x86/b:c.e fail moved" "x86/b pass"
	results a "x86/b:c.d pass" "x86/a pass"
	compare a b
	same 2 "$status"
	same "run_tests.sh: --compare: $out/a and $out/b have no test in common" "$(cat "$out.said")"
	for options in "" "$out/a" "$out/a $out/a $out/a"; do
		status=0
		# shellcheck disable=SC2086 # words
		suite --compare $options > "$out.said" 2>&1 || status=$?
		same 2 "$status"
		grep -q "^run_tests.sh: --compare needs two results directories" "$out.said"
	done
}
