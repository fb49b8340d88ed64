# SPDX-License-Identifier: GPL-2.0-only
#
# The suite itself, for real, on this machine's /dev/kvm.

setup()
{
	cd "$BATS_TEST_DIRNAME/.." || return 1
	{ [ -r /dev/kvm ] && [ -w /dev/kvm ]; } || skip "no usable /dev/kvm"
	out=$BATS_TEST_TMPDIR/out
	tests=$(cut -f 1 tests.tsv | sort -u)
}

# Processes that inherited the mark, wherever they have gone since.
marked() { grep -lsz "^KVMCONF_MARK=$out\$" /proc/[0-9]*/environ || true; }

@test "the suite passes on this machine" {
	run ./run_tests.sh -o "$out"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "each binary stands alone: exit 0 or 4 here, and its own plan" {
	for test in $tests; do
		ends_well . "$test"
		[ "$(grep -cE '^(not )?ok ' "$BATS_TEST_TMPDIR/log")" -eq \
			"$(grep -c "^$test	" tests.tsv)" ]
	done
}

@test "a failed test shows every vCPU, and a guest that spins ends its test in any thread" {
	vcpu_evidence=$BATS_TEST_TMPDIR/vcpu_evidence
	gcc -std=gnu11 -D_GNU_SOURCE= -O2 -Wall -Wextra -Werror -fno-pie -mgeneral-regs-only -mno-red-zone \
		-fno-stack-protector -fcf-protection=none -static -pthread -Ilib -o "$vcpu_evidence" \
		selfcheck/vcpu_evidence.c -Wl,--whole-archive build/libkvmconf.a -Wl,--no-whole-archive
	run "$vcpu_evidence" print
	echo "$output"
	[ "$(grep -c '^# vCPU [0-9]*: 0 exits' <<< "$output")" -eq 10 ]
	for where in spin fork; do
		run timeout 60 "$vcpu_evidence" "$where"
		echo "$output"
		[[ $output = *"# fail: KVM_RUN did not return within "*": the guest spins at rip "*guest_code* ]]
	done
}

@test "a binary that ran no test, or whose output went nowhere, has not passed" {
	run x86/vm_types -r no.such.test
	[ "$status" -eq 1 ]
	[[ $output = *"vm_types: no such test"* ]]
	for arguments in "" --cases; do
		# shellcheck disable=SC2086 # none, or one
		run sh -c 'exec x86/vm_types $1 > /dev/full' sh $arguments
		[ "$status" -eq 1 ]
		[ "$output" = "vm_types: the output could not be written" ]
	done
}

# ends_well DIR TEST: with 0 or 4, or with 1 where the runner has XFAIL: a binary knows
# nothing of known_issues.
ends_well()
{
	status=0
	"$1/$2" > "$BATS_TEST_TMPDIR/log" 2>&1 || status=$?
	case $status in
	0 | 4) ;;
	1) known_failure "$2" ;;
	*) false ;;
	esac || {
		echo "$2: $status"
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
}

known_failure()
{
	./run_tests.sh -o "$BATS_TEST_TMPDIR/known" "$1" > /dev/null 2>&1 &&
		grep -q '"verdict": *"xfail"' "$BATS_TEST_TMPDIR/known/results.json"
}

@test "host-side code is clean under ASan and UBSan" {
	make -j2 SANITIZE=1 OUTPUT="$out" KSELFTEST="$PWD/build/harness" all > /dev/null
	for test in $tests; do
		# Their guests' memory is where ASan has its shadow.
		case $test in
		x86/high_addresses | x86/mmio_pieces | x86/pio_reset) continue ;;
		esac
		ends_well "$out" "$test"
		if grep -E 'AddressSanitizer|runtime error' "$BATS_TEST_TMPDIR/log"; then
			return 1
		fi
	done
}

@test "50 runs in a row give the same verdicts" {
	verdicts() { grep -oE '"(id|verdict)": *"[^"]*"' "$1/results.json"; }

	./run_tests.sh -j 2 -o "$out/first" > "$BATS_TEST_TMPDIR/tap"
	verdicts "$out/first" > "$BATS_TEST_TMPDIR/first"
	[ -s "$BATS_TEST_TMPDIR/first" ]
	for i in $(seq 2 50); do
		status=0
		./run_tests.sh -j 2 -o "$out/$i" > "$BATS_TEST_TMPDIR/tap" || status=$?
		verdicts "$out/$i" | diff "$BATS_TEST_TMPDIR/first" - && [ "$status" -eq 0 ] || {
			echo "run $i differs, status $status"
			grep -A 12 '^# not ok' "$BATS_TEST_TMPDIR/tap"
			return 1
		}
		rm -rf "${out:?}/$i"
	done
}

@test "SIGKILL of the runner leaves no VM, process or temporary file behind" {
	tmp=$BATS_TEST_TMPDIR/tmp
	mkdir "$tmp"
	killed=0
	for delay in 0.05 0.2 0.5 1; do
		KVMCONF_MARK=$out TMPDIR=$tmp ./run_tests.sh -o "$out/$delay" > /dev/null 3>&- &
		pid=$!
		sleep "$delay"
		kill -KILL "$pid" 2> /dev/null && killed=$((killed + 1))
		wait "$pid" 2> /dev/null || true
		# Each dies by its parent's death, which takes a moment; 10 s is for ever.
		for _ in $(seq 100); do
			left=$(marked)
			[ -n "$left" ] || break
			sleep 0.1
		done
		echo "after $delay s: $left"
		[ -z "$left" ]
	done
	[ "$killed" -gt 0 ]
	[ -z "$(ls -A "$tmp")" ]
}
