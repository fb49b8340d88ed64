# SPDX-License-Identifier: GPL-2.0-only
#
# The made-up binaries speak as the kernel's harness does: here is the real one.
#
# HARNESS: the directory of kselftest_harness.h

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

@test "every end that a case of the real harness can have gets its verdict" {
	HARNESS=${HARNESS:-$project/build/harness}
	[ -r "$HARNESS/kselftest_harness.h" ] || skip "no kselftest_harness.h: HARNESS is not set"
	setup_suite_dir
	gcc -D_GNU_SOURCE= -O2 -w -static -isystem "$HARNESS" -o "$suite/x86/real" \
		"$BATS_TEST_DIRNAME/real_harness.c"
	needs=no-cap plan x86/real global.asserts global.skips global.says_why slow.hangs \
		global.wants_a_signal global.misses_a_signal \
		f.one.passes f.one.is_one f.one.dies_in_child f.two.passes f.two.is_one f.two.dies_in_child
	runner -o "$out" > "$out.tap" || same 1 $?
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/real:global.asserts fail
		x86/real:global.skips skip
		x86/real:global.says_why error
		x86/real:slow.hangs timeout
		x86/real:global.wants_a_signal pass
		x86/real:global.misses_a_signal fail
		x86/real:f.one.passes fail
		x86/real:f.one.is_one fail
		x86/real:f.one.dies_in_child signal
		x86/real:f.two.passes fail
		x86/real:f.two.is_one fail
		x86/real:f.two.dies_in_child signal
		x86/real fail
	EOT
	case $(member x86/real:f.two.is_one cause) in
	*real_harness.c:[0-9]*": Expected 1 (1) == variant->ret (2)") ;;
	*) return 1 ;;
	esac
	same "nothing here" "$(member x86/real:global.skips cause)"
	same "out of memory" "$(member x86/real:global.says_why cause)"
	same "terminated by SIGSEGV" "$(member x86/real:f.one.dies_in_child cause)"
	# Single cases of it.
	runner -o "$out" real:f.two.dies* real:global.skips > "$out.tap" || same 1 $?
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/real:global.skips skip
		x86/real:f.two.dies_in_child signal
		x86/real signal
	EOT
}

@test "a binary of the suite fails, and does not skip, if a case failed before it could skip" {
	HARNESS=${HARNESS:-$project/build/harness}
	[ -r "$HARNESS/kselftest_harness.h" ] || skip "no kselftest_harness.h: HARNESS is not set"
	[ -r "$project/build/libkvmconf.a" ] || skip "the suite is not built"
	setup_suite_dir
	gcc -std=gnu11 -D_GNU_SOURCE= -O2 -w -static -fno-pie -pthread -I "$project/lib" \
		-isystem "$HARNESS" -o "$suite/x86/skips" "$BATS_TEST_DIRNAME/real_skips.c" \
		"$project/build/libkvmconf.a"
	# Bare, as the kernel's own runner has it.
	for case in late.expects late.in_setup global.after_expects; do
		status=0
		"$suite/x86/skips" -r "$case" > "$out.bare" 2>&1 || status=$?
		cat "$out.bare"
		same 1 "$status"
		grep -qx "not ok 1 $case" "$out.bare"
		grep -q ':failed before it could skip: no-cap: none of 3$' "$out.bare"
	done
	status=0
	"$suite/x86/skips" -r global.skips > "$out.bare" 2>&1 || status=$?
	same 4 "$status"
	# The name of a skipped case is that of any other, whoever reads it.
	grep -qx "ok 1 global.skips # SKIP" "$out.bare"
	grep -q 'no-cap: none$' "$out.bare"

	needs=no-cap plan x86/skips global.after_expects global.after_a_childs_error global.skips \
		late.expects late.in_setup
	runner -o "$out" > "$out.tap" || same 1 $?
	cat "$out.tap"
	verdicts | diff - /dev/fd/4 4<<-'EOT'
		x86/skips:global.after_expects fail
		x86/skips:global.after_a_childs_error error
		x86/skips:global.skips skip
		x86/skips:late.expects fail
		x86/skips:late.in_setup fail
		x86/skips fail
	EOT
	case $(member x86/skips:late.expects cause) in
	*real_skips.c:[0-9]*": Expected 1 (1) == 2 (2)") ;;
	*) return 1 ;;
	esac
	same "skipped after: out of memory" "$(member x86/skips:global.after_a_childs_error cause)"
}
