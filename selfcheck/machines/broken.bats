# SPDX-License-Identifier: GPL-2.0-only
#
# What is told of machines that go wrong.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

setup()
{
	setup_machine
}

teardown()
{
	[ -z "${runner:-}" ] || kill -KILL "$runner" 2>/dev/null || true
	umount "$out" 2>/dev/null || true
}

make_panicking_suite()
{
	make_suite
	add_passing first
	add_test panic global.before global.then global.after <<-'END'
		begin global.before
		pass global.before
		begin global.then
		echo "# famous last words"
		# Through two pipes and a serial port, that a panic does not wait for.
		sleep 1
		echo c >/proc/sysrq-trigger
	END
	add_passing last
}

@test "the guest panics: what came until then stands, the rest is an error" {
	make_panicking_suite
	on_machine "$made" --machine amd
	[ "$status" -eq 3 ]
	said 'the guest died: Kernel panic - not syncing: sysrq triggered crash'
	verdict x86/first:global.fine pass
	verdict x86/panic:global.before pass
	verdict x86/panic:global.then error
	verdict x86/panic:global.after error
	verdict x86/last:global.fine error
	grep -F 'famous last words' "$out/x86/panic.log"
	grep -F 'not ok 3 selftests: kvm-conformance: last # ERROR lost: the guest died' "$tap"
	grep -F 'sysrq triggered crash' "$out/console.log"
	# With the panic comes the whole log: the last case that it names is the one.
	grep -o 'kvm-conformance: x86/.*' "$out/console.log" | tail -n 1 |
		grep -F 'x86/panic: global.then ...'
	is_complete "$made"
}

@test "one of two machines panics: what the other one did stands" {
	make_panicking_suite
	on_machine "$made" --machine amd -j 2
	[ "$status" -eq 3 ]
	said 'on 2 emulated machines'
	said 'the guest died: Kernel panic - not syncing: sysrq triggered crash'
	verdict x86/first:global.fine pass
	verdict x86/panic:global.before pass
	verdict x86/panic:global.then error
	verdict x86/panic:global.after error
	verdict x86/last:global.fine pass
	grep -F 'sysrq triggered crash' "$out/console.log"
	[ -e "$out/console-2.log" ] && [ -s "$out/kernel-2.log" ] && [ -s "$out/sev-ledger-2" ]
	[ ! -e "$out/machine-2" ]
	is_complete "$made"
}

@test "two machines that do not come up: each case is an error, once" {
	make_suite
	add_passing first
	add_passing last
	export KVMCONF_CMDLINE=rdinit=/none
	on_machine "$made" --machine amd -j 2
	[ "$status" -eq 3 ]
	said 'the guest died: Kernel panic - not syncing: '
	verdict x86/first:global.fine error
	verdict x86/last:global.fine error
	is_complete "$made"
}

@test "an emulator that cannot be built is an error before anything runs" {
	make_suite
	add_passing first
	rm "$made/emulator"
	cp -r "$top/emulator" "$made"
	printf '#!/bin/sh\nexit 1\n' > "$made/emulator/bochs/build.sh"
	on_machine "$made" --machine intel
	[ "$status" -eq 3 ]
	said 'the emulator cannot be had: bochs'
	[ ! -e "$out/results.json" ]
}

@test "the guest panics on intel" {
	make_suite
	add_test panic global.then <<-'END'
		begin global.then
		echo c >/proc/sysrq-trigger
	END
	on_machine "$made" --machine intel
	[ "$status" -eq 3 ]
	said 'the guest died: Kernel panic - not syncing: sysrq triggered crash'
	verdict x86/panic:global.then error
	is_complete "$made"
}

# The test's limit cannot help where the guest's own agent stands still.
@test "the guest hangs: its time is limited from outside" {
	make_suite
	add_passing first
	add_test hang global.hang <<-'END'
		begin global.hang
		kill -STOP $PPID
		sleep 1000
	END
	on_machine "$made" --machine amd --timeout 2
	[ "$status" -eq 3 ]
	said 'the guest hangs'
	verdict x86/first:global.fine pass
	verdict x86/hang:global.hang error
	is_complete "$made"
}

@test "a test hangs in the guest: that is a timeout like any other" {
	make_suite
	add_test hang global.hang <<-'END'
		begin global.hang
		sleep 1000
	END
	add_passing last
	on_machine "$made" --machine amd --timeout 2
	[ "$status" -eq 1 ]
	verdict x86/hang:global.hang timeout
	verdict x86/last:global.fine pass
	is_complete "$made"
}

@test "the guest switches itself off too early" {
	make_suite
	printf 'begin global.off\npoweroff -f\nsleep 1000\n' | add_test off global.off
	on_machine "$made" --machine amd
	[ "$status" -eq 3 ]
	said 'switched off before its time'
	verdict x86/off:global.off error
	is_complete "$made"
}

# The runner that users see guards another process, which does the work.
run_pid() { pgrep -P "$runner"; }

# In the background until the machine runs its test, and the runner waits for it.
start_sleeping()
{
	make_suite
	add_passing first
	add_test sleeping global.sleeping <<-'END'
		begin global.sleeping
		sleep 1000
	END
	add_passing last
	KVMCONF_MARK=$out TMPDIR=$BATS_TEST_TMPDIR/tmp "$made/run_tests.sh" -o "$out" \
		--machine amd >"$tap" 2>"$err" 3>&- &
	runner=$!
	for _ in $(seq 600); do
		! grep -qs 'RUN           global.sleeping' "$out/x86/sleeping.log" || return 0
		sleep 0.1
	done
	cat "$err"
	return 1
}

ends_with()
{
	status=0
	wait "$runner" || status=$?
	cat "$err"
	echo "status: $status"
	[ "$status" -eq "$1" ]
}

@test "the emulator is killed" {
	start_sleeping
	kill -KILL "$(emulator_pid)"
	ends_with 3
	said 'the emulator ended'
	verdict x86/first:global.fine pass
	verdict x86/sleeping:global.sleeping error
	verdict x86/last:global.fine error
	is_complete "$made"
}

@test "the runner is stopped: the results so far are kept" {
	start_sleeping
	kill -TERM "$runner"
	ends_with 143
	verdict x86/first:global.fine pass
	verdict x86/sleeping:global.sleeping error
	verdict x86/last:global.fine error
	is_complete "$made"
}

@test "the runner is killed: no emulator outlives it" {
	start_sleeping
	[ -n "$(emulator_pid)" ]
	kill -KILL "$runner"
	ends_with 137
	nothing_is_left
}

@test "the process that does the work is killed: the machine is not waited for" {
	start_sleeping
	kill -KILL "$(run_pid)"
	ends_with 3
	said 'out of order'
	# What there is says that it is not all.
	verdict x86/first:global.fine error
	grep -F 'the run did not end: ' "$out/results.json"
	grep -F '# ok 1 global.fine' "$out/output.tap"
	tail -n 1 "$out/x86/sleeping.log" | grep -F 'RUN           global.sleeping'
	nothing_is_left
}

# The event stream needs no disk: all results are there, on standard output.
@test "a full disk: what could not be kept is said, and no result is lost" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to mount a small file system"
	make_suite
	add_passing first
	# Time to fill the disk to what the tests before need, which a machine is not told of.
	add_test flood global.flood <<-'END'
		begin global.flood
		sleep 4
		yes "# what does not fit on the disk" | head -n 8000
		pass global.flood
	END
	add_passing last
	mkdir "$out"
	mount -t tmpfs -o size=64m tmpfs "$out"
	{
		until [ -s "$out/x86/first.log" ]; do
			sleep 0.1
		done
		avail=$(df -B1 --output=avail "$out" | tail -n 1)
		head -c $((avail - 131072)) /dev/zero >"$out/filler"
	} 2>/dev/null 3>&- &
	runner=$!
	on_machine "$made" --machine amd
	umount "$out"
	[ "$status" -eq 3 ]
	grep -F 'ok 1 selftests: kvm-conformance: first' "$tap"
	grep -qx 'ok 2 selftests: kvm-conformance: flood' "$tap"
	grep -qx 'ok 3 selftests: kvm-conformance: last' "$tap"
	said 'x86/flood.log: No space left on device'
	nothing_is_left
}

@test "results forged in kernel messages and on the console change nothing" {
	make_suite
	add_test forger global.honest global.failing <<-'END'
		forge()
		{
			printf 'ok 2 global.failing\n'
			printf '0.5\to\tok 2 global.failing\n0.6\tx\texit 0\n'
			printf '0.6\tc\t00000000\n0.0\ts\t2 1 x86/last\n0.0\tq\tdone\n'
		}
		begin global.honest
		forge >/dev/ttyS0
		forge | while read -r line; do echo "<0>$line"; done >/dev/kmsg
		echo "# $(forge | head -n 5 | tail -n 1)"
		forge | grep '^0'
		pass global.honest
		begin global.failing
		echo "# forger:1:failing:Expected 1 (1) == 2 (2)"
		echo "not ok 2 global.failing"
		exit 1
	END
	add_passing last
	on_machine "$made" --machine amd
	[ "$status" -eq 1 ]
	grep -F 'ok 2 global.failing' "$out/console.log"
	verdict x86/forger:global.honest pass
	verdict x86/forger:global.failing fail
	verdict x86/last:global.fine pass
	is_complete "$made"
}

@test "results damaged on their way are not believed" {
	make_suite
	add_test noise global.noise <<-'END'
		begin global.noise
		echo '0.1	o	# somebody else' >/dev/ttyS1
		pass global.noise
	END
	add_passing last
	on_machine "$made" --machine amd
	[ "$status" -eq 3 ]
	verdict x86/noise:global.noise error
	grep -F 'lost: its log arrived damaged' "$tap"
	verdict x86/last:global.fine pass
	is_complete "$made"
}
