# SPDX-License-Identifier: GPL-2.0-only
#
# --require with profiles: what silicon claims to have, skips for want of it are failures.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	for name in x86/bus_lock_exit x86/bus_lock_numa svm/bus_lock; do
		needs="no-cap, no-nested, one-node" binary $name a.no_cap a.no_nested b.one_node b.passes <<-'EOT'
			a_no_cap() { reason="no-cap: none"; return 4; }
			a_no_nested() { reason="no-nested: off"; return 4; }
			b_one_node() { reason="one-node: 0"; return 4; }
			b_passes() { :; }
		EOT
	done
	mkdir "$suite/profiles"
}

profile() { cat > "$suite/profiles/$1"; }

run_all()
{
	status=0
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

# What became failures, in order.
fails() { same "$1" "$(verdicts | sed -n 's/:\(.*\) missing$/:\1/p' | tr '\n' ' ' | sed 's/ $//')"; }

# refuses MESSAGE-PATTERN OPTION...
refuses()
{
	want=$1
	shift
	rm -rf "$out"
	run_all "$@"
	same 2 "$status"
	same "" "$(cat "$out.tap")"
	[ ! -e "$out" ]
	grep -qe "$want" "$out.err"
}

@test "a profile forbids the skips that it names, of the binaries and cases that it names" {
	profile zen <<-'EOT'
		# a comment
		svm/*			| *	| no-cap, no-nested
			x86/*_exit:a.*	|*|no-cap
	EOT
	run_all --require zen
	same 1 "$status"
	fails "x86/bus_lock_exit:a.no_cap svm/bus_lock:a.no_cap svm/bus_lock:a.no_nested"
	same "--require forbids this skip: no-cap: none" "$(member svm/bus_lock:a.no_cap cause)"
	same no-cap "$(member svm/bus_lock:a.no_cap reason)"
	same skip "$(verdicts | sed -n 's/^x86\/bus_lock_exit:a.no_nested //p')"
	run_all --require zen x86/bus_lock_numa
	same 0 "$status"
}

@test "a profile of another CPU says first that this is none" {
	fact cpu.vendor AuthenticAMD
	fact cpu.family 25
	fact cpu.model 17
	for cpu in "AuthenticAMD | 26 | *" "GenuineIntel | 25 | *" "AuthenticAMD | 25 | 0-16, 18"; do
		printf 'cpu | %s\nsvm/* | * | no-cap\n' "$cpu" | profile zen
		run_all --require zen
		same 1 "$status"
		same "run_tests.sh: --require zen: this CPU is no zen: it is AuthenticAMD, family 25, model 17 (TestCPU)" \
			"$(head -n 1 "$out.err")"
		grep -qx "# this CPU is no zen: it is AuthenticAMD, family 25, model 17 (TestCPU)" "$out.tap"
		grep -q '"require_other_cpu": "this CPU is no zen: ' "$out/results.json"
		fails svm/bus_lock:a.no_cap
	done
	for cpu in "AuthenticAMD | 25 | *" "AuthenticAMD | 25 | 1, 10-17"; do
		printf 'cpu | %s\nsvm/* | * | no-cap\n' "$cpu" | profile zen
		run_all --require zen
		same "" "$(cat "$out.err")"
	done
	for cpu in "AuthenticAMD | 25" "AuthenticAMD | zen | *" " | 25 | *" "AuthenticAMD | 25 | some"; do
		printf 'cpu | %s\nsvm/* | * | no-cap\n' "$cpu" | profile zen
		refuses "profiles/zen:1: due are: cpu | vendor | family | models" --require zen
	done
}

@test "a profile's rule holds for the kernels that it names" {
	profile zen <<-'EOT'
		svm/* | 7.4- | no-cap
		x86/* | 6.16-7.3 | no-cap
		x86/* | -7.2 | no-nested
	EOT
	run_all --require zen
	fails "x86/bus_lock_exit:a.no_cap x86/bus_lock_numa:a.no_cap"
	grep -qx '# required: zen' "$out.tap"
	same "" "$(cat "$out.err")"
	fact kernel.release 7.4.0
	run_all --require zen
	fails svm/bus_lock:a.no_cap
	# Nothing is asked for: not in silence.
	run_all --require zen x86
	fails ""
	grep -qx '# required: zen, of which nothing is for these tests on 7.4.0' "$out.tap"
	same "run_tests.sh: --require zen, of which nothing is for these tests on 7.4.0" "$(cat "$out.err")"
	fact kernel.release 7.3.4-made-up
}

@test "profiles, reasons and files add up" {
	profile zen <<-'EOT'
		svm/* | * | no-cap
	EOT
	profile numa <<-'EOT'
		x86/bus_lock_numa:b.* | * | one-node
	EOT
	own="$BATS_TEST_TMPDIR/a,b=c 'own'"
	echo 'x86/bus_lock_exit | * | no-nested' > "$own"
	run_all --require zen,numa
	fails "x86/bus_lock_numa:b.one_node svm/bus_lock:a.no_cap"
	run_all --require zen --require no-nested
	"$project/run_tests.sh" --report "$out.html" "$out"
	$python "$project/selfcheck/report/page.py" text "$out.html" | grep -qx zen,no-nested
	fails "x86/bus_lock_exit:a.no_nested x86/bus_lock_numa:a.no_nested svm/bus_lock:a.no_cap svm/bus_lock:a.no_nested"
	run_all --require "@$own" --require=numa
	fails "x86/bus_lock_exit:a.no_nested x86/bus_lock_numa:b.one_node"
	(cd "$BATS_TEST_TMPDIR" && run_all --require "@${own##*/}")
	fails "x86/bus_lock_exit:a.no_nested"
	run_all --require zen,all
	same 9 "$(verdicts | grep -c ':.* missing$')"
}

@test "what --skip leaves out, no profile asks for" {
	profile zen <<-'EOT'
		svm/* | * | no-cap
	EOT
	run_all --require zen --skip svm:a.no_cap
	same 0 "$status"
}

@test "a skip of all for want of /dev/kvm is judged by the profile, too" {
	profile zen <<-'EOT'
		svm/* | * | no-kvm
	EOT
	fact kvm.unusable "no-kvm: /dev/kvm: ENOENT"
	run_all --require zen
	same 1 "$status"
	same "svm/bus_lock" "$(verdicts | sed -n 's/:.* missing$//p' | sort -u)"
}

@test "a profile that is not one is refused before anything runs" {
	refuses 'no such reason or profile: "zen6" "Zen"' --require zen6,no-cap,Zen
	refuses 'no such reason or profile: "../profiles/zen"' --require ../profiles/zen
	refuses "--require @$BATS_TEST_TMPDIR/none: no such file" --require "@$BATS_TEST_TMPDIR/none"
	refuses "no such file" --require "@$suite"
	refuses "--require @: no such file" --require @
	: > "$suite/profiles/empty"
	refuses "--require empty: requires nothing" --require empty
	printf '# just this\n\n' > "$suite/profiles/empty"
	refuses "--require empty: requires nothing" --require empty
	while IFS='~' read -r line message; do
		printf '# x\n%s\n' "$line" > "$suite/profiles/bad"
		refuses "/profiles/bad:2: $message" --require bad
	done <<-'EOT'
		svm/* | no-cap~2 fields where 3 are due
		svm/* | * | no-cap | why~4 fields where 3 are due
		svm | * | no-cap~"svm" is no id pattern
		svm/* | new | no-cap~"new" is no range of kernels
		svm/* | * |~a reason is due
		svm/* | * | no-cap,~"" is no reason for a skip
		svm/* | * | no-such~"no-such" is no reason for a skip
		svm/* | * | deselected~"deselected" is no reason for a skip
		tdx/* | * | no-cap~no test has an id like tdx/\*
		svm/bus_lock:c.* | 9.9- | no-cap~no test has an id like svm/bus_lock:c
	EOT
}

@test "--help names the profiles that there are" {
	echo 'svm/* | * | no-cap' | tee "$suite/profiles/zen5" > "$suite/profiles/zen6"
	run_all --help
	grep -q '(profiles/: zen5 zen6)' "$out.tap"
}

@test "each of the suite's own profiles names its sources, and tests that there are" {
	for file in "$project"/profiles/*; do
		"$project/run_tests.sh" --list --require "${file##*/}" > /dev/null
		grep -q 'Linux.* from [5-9]\.[0-9]* on' "$file"
	done
}
