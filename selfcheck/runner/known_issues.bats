# SPDX-License-Identifier: GPL-2.0-only
#
# known_issues: what it excuses, what it must not, and what is wrong with it.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	needs=no-cap binary x86/tests t.passes t.fails t.skips t.crashes t.never <<-'EOT'
		t_passes() { :; }
		t_fails() { echo "# fail: wrong exit"; return 1; }
		t_skips() { reason="no-cap: none"; return 4; }
		t_crashes() { kill -SEGV $$; }
		t_never() { :; }
	EOT
}

# known LINE...: the whole file
known() { printf '%s\n' "$@" > "$suite/known_issues"; }

run_all()
{
	status=0
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

@test "the file that is shipped has no mistake" {
	[ -e "$project/tests.tsv" ] || skip "the suite is not built"
	"$project/run_tests.sh" --list
}

@test "a known failure is XFAIL in both dialects and in results.json" {
	known "x86/tests:t.fails | 7.3 | * | https://example.org/1 | the exit is # SKIP wrong"
	run_all tests:t.passes tests:t.fails
	same 0 "$status"
	same xfail "$(member x86/tests:t.fails verdict)"
	same fail "$(member x86/tests:t.fails observed)"
	same "wrong exit" "$(member x86/tests:t.fails cause)"
	same '{"reference": "https://example.org/1", "reason": "the exit is # SKIP wrong"}' \
		"$(member x86/tests:t.fails known_issue)"
	same pass "$(member x86/tests verdict)"
	grep -qx '# ok 2 t.fails # XFAIL https://example.org/1: the exit is \\x23 SKIP wrong' "$out.tap"
	grep -qx 'ok 1 selftests: kvm-conformance: tests' "$out.tap"
	grep -q '^# Totals: pass:1 fail:0 xfail:1 ' "$out.tap"
	run_all --ktap tests:t.passes tests:t.fails
	grep -qx '  ok 2 t.fails # XFAIL https://example.org/1: the exit is \\x23 SKIP wrong' "$out.tap"
}

@test "a known failure that passes is XPASS, loud but no failure" {
	known "x86/tests:t.[ps]* | * | * | https://example.org/2 | fails, or so we thought"
	run_all tests:t.passes tests:t.skips
	same 0 "$status"
	same xpass "$(member x86/tests:t.passes verdict)"
	same skip "$(member x86/tests:t.skips verdict)"
	grep -qx '# ok 1 t.passes # XPASS https://example.org/2: fails, or so we thought' "$out.tap"
	# Among what closes the run, too.
	grep -q '^# xpass: x86/tests:t.passes: ' "$out.tap"
	run_all --ktap tests:t.passes
	grep -qx '  ok 1 t.passes # XPASS https://example.org/2: fails, or so we thought' "$out.tap"
	run_all tests:t.passes tests:t.skips
	grep -qx '# xpass: x86/tests:t.passes: passes, though known_issues has it' "$out.tap"
}

@test "--strict: a known failure that passes is a failure, in both dialects and in results.json" {
	known "x86/tests:t.[pfs]* | * | * | https://example.org/2 | fails, or so we thought"
	run_all --strict tests:t.passes tests:t.fails tests:t.skips
	same 1 "$status"
	same fail "$(member x86/tests:t.passes verdict)"
	same pass "$(member x86/tests:t.passes observed)"
	same "passes, though known_issues has it" "$(member x86/tests:t.passes cause)"
	same '{"reference": "https://example.org/2", "reason": "fails, or so we thought"}' \
		"$(member x86/tests:t.passes known_issue)"
	same xfail "$(member x86/tests:t.fails verdict)"
	same skip "$(member x86/tests:t.skips verdict)"
	same fail "$(member x86/tests verdict)"
	grep -qx '# not ok 1 t.passes # passes, though known_issues has it' "$out.tap"
	grep -qx '# fail: x86/tests:t.passes: passes, though known_issues has it' "$out.tap"
	grep -q '^# Totals: pass:0 fail:1 xfail:1 xpass:0 skip:1 ' "$out.tap"
	run_all --strict --ktap tests:t.passes
	same 1 "$status"
	grep -qx '  not ok 1 t.passes # passes, though known_issues has it' "$out.tap"
	run_all --strict --repeat 2 tests:t.passes
	same 1 "$status"
	run_all --strict tests:t.fails tests:t.skips
	same 0 "$status"
}

@test "--strict: so is a binary that known_issues has and that is fine" {
	known "x86/tests | * | * | https://example.org/3 | crashes"
	run_all tests:t.passes
	same 0 "$status"
	same xpass "$(member x86/tests verdict)"
	grep -qx 'ok 1 selftests: kvm-conformance: tests # XPASS https://example.org/3: crashes' "$out.tap"
	grep -qx '# xpass: x86/tests: passes, though known_issues has it' "$out.tap"
	run_all --strict tests:t.passes
	same 1 "$status"
	same fail "$(member x86/tests verdict)"
	grep -qx 'not ok 1 selftests: kvm-conformance: tests # passes, though known_issues has it' "$out.tap"
	grep -qx '# fail: x86/tests: passes, though known_issues has it' "$out.tap"
}

@test "an entry for the cases excuses no fault of the binary itself, and the other way round" {
	known "x86/tests:* | * | * | https://example.org/3 | all broken"
	run_all
	same 1 "$status"
	same xfail "$(member x86/tests:t.crashes verdict)"
	same xfail "$(member x86/tests:t.never verdict)"
	same signal "$(member x86/tests verdict)"
	known "x86/tests | * | * | https://example.org/3 | crashes"
	run_all
	same 1 "$status"
	same signal "$(member x86/tests:t.crashes verdict)"
	known "x86/* | * | * | https://example.org/3 | crashes"
	run_all
	same fail "$(member x86/tests:t.fails verdict)"
	known "x86/tests | * | * | https://example.org/3 | crashes" \
		"x86/tests:t.* | * | * | https://example.org/3 | all broken"
	run_all
	same 0 "$status"
	same xfail "$(member x86/tests verdict)"
	grep -qx 'ok 1 selftests: kvm-conformance: tests # XFAIL https://example.org/3: crashes' "$out.tap"
}

@test "nothing is known about what was not run" {
	known "x86/tests:* | * | * | https://example.org/4 | all broken"
	rm "$suite/x86/tests"
	run_all
	same 1 "$status"
	same error "$(member x86/tests:t.fails verdict)"
}

# A kernel that breaks the claim is no excuse for silicon that lacks the feature.
@test "an entry does not excuse a skip that --require forbids" {
	known "x86/tests:* | * | * | https://example.org/4 | all broken"
	fact kvm.unusable "no-kvm: /dev/kvm is absent"
	run_all --require no-kvm
	same 1 "$status"
	same missing "$(member x86/tests:t.fails verdict)"
}

@test "kernel ranges compare numbers, by as many components as are written" {
	# applies RANGE KERNEL yes|no: whether the plan has the entry
	applies()
	{
		known "x86/tests:t.fails | $1 | * | the_reference | reason"
		fact kernel.release "$2"
		run_all tests:t.fails
		case $(member x86/tests:t.fails verdict) in
		xfail) got=yes ;;
		fail) got=no ;;
		*) got=neither ;;
		esac
		same "$1 for $2: $3" "$1 for $2: $got"
	}
	applies 7.3 7.3.4 yes
	applies 7.3 7.3-rc1 yes
	applies 7.3 7.30 no
	applies 7.3.4 7.3.4-arch1-1 yes
	applies 7.3.4 7.3 no
	applies 6.9-6.12 6.12.74+deb13-amd64 yes
	applies 6.9-6.12 6.13.0 no
	applies 6.9-6.12 6.10.1 yes
	applies 6.9-6.12 6.8.12 no
	applies -6.12 5.10.0-30-amd64 yes
	applies -6.12 6.12.99 yes
	applies -6.12 6.18 no
	applies 6.16- 7.0 yes
	applies 6.16- 6.16.0 yes
	applies 6.16- 6.2 no
	applies "*" 4.19 yes
}

@test "an entry for another machine does not apply" {
	known "x86/tests:t.fails | * | amd | reference | reason"
	run_all tests:t.fails
	same 1 "$status"
	KVMCONF_MACHINE=amd run_all tests:t.fails
	same 0 "$status"
	known "x86/tests:t.fails | * | host | reference | reason"
	KVMCONF_MACHINE=amd run_all tests:t.fails
	same 1 "$status"
	run_all tests:t.fails
	same 0 "$status"
}

@test "an entry for a KVM module applies on every machine that has it" {
	known "x86/tests:t.fails | * | kvm_amd | reference | reason"
	fact modules.kvm_intel.state live
	run_all tests:t.fails
	same 1 "$status"
	fact modules.kvm_amd.state live
	run_all tests:t.fails
	same 0 "$status"
	KVMCONF_MACHINE=amd run_all tests:t.fails
	same 0 "$status"
}

@test "a malformed entry is a usage error that names its line, before anything runs" {
	# bad LINE: in line 2 of the file
	bad()
	{
		known "# a comment" "$1" "" "  # another"
		rm -rf "$out"
		run_all
		same 2 "$status"
		grep -q "known_issues:2: " "$out.err"
		[ ! -s "$out.tap" ]
		[ ! -e "$out" ]
	}
	bad "x86/tests:t.fails"
	bad "x86/tests:t.fails | * | * | reference"
	bad "x86/tests:t.fails | * | * | reference | reason | more"
	bad " | * | * | reference | reason"
	bad "tests:t.fails | * | * | reference | reason"
	bad "x86/tests:t.fails | | * | reference | reason"
	bad "x86/tests:t.fails | 6.x | * | reference | reason"
	bad "x86/tests:t.fails | - | * | reference | reason"
	bad "x86/tests:t.fails | 6.1-6.2-6.3 | * | reference | reason"
	bad "x86/tests:t.fails | 7.3-6.12 | * | reference | reason"
	bad "x86/tests:t.fails | * | | reference | reason"
	bad "x86/tests:t.fails | * | Host! | reference | reason"
	bad "x86/tests:t.fails | * | * | | reason"
	bad "x86/tests:t.fails | * | * | reference | "
	bad "x86/tests:t.renamed | * | * | reference | reason"
}
