# SPDX-License-Identifier: GPL-2.0-only
#
# The archive on a machine that has a kernel, busybox, and nothing else: the emulated AMD
# machine, where /dev/kvm is real KVM code. What is proved of the runner on the host holds
# there, too.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

# One boot for all tests: package_init.sh sends what each of package_checks.sh printed, between
# "= begin NAME" and "= end NAME STATUS", through the second serial port.
setup_file()
{
	export top=${BATS_TEST_DIRNAME%/selfcheck*} said=$BATS_FILE_TMPDIR/said
	kernel=$("$top/emulator/kernel.sh" newest-cloud)
	busybox=$("$top/emulator/busybox.sh")
	root=$BATS_FILE_TMPDIR/root
	make -C "$top" gen_tar > "$BATS_FILE_TMPDIR/log" 2>&1
	mkdir -p "$root/bin" "$root/lib/modules" "$root/dev" "$root/proc" "$root/sys" "$root/tmp"
	cp "$busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	cp "$kernel"/modules/* "$root/lib/modules"
	cp "$top/kvm-conformance.tar.xz" "$BATS_TEST_DIRNAME"/package_[cl]*.sh "$root"
	cp "$BATS_TEST_DIRNAME/package_init.sh" "$root/init"
	chmod +x "$root/init"
	gcc -static -O2 -Wall -Werror -o "$root/bin/confine" "$top/selfcheck/robust/confine.c"
	(cd "$root" && find . | "$busybox" cpio -o -H newc -R 0:0 --quiet) > "$root.cpio"
	cd "$BATS_FILE_TMPDIR"
	"$top/emulator/qemu/boot.sh" -m 1024 -t 1800 console "$said" -kernel "$kernel/vmlinuz" \
		-initrd root.cpio -append "console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check" 3>&-
}

setup()
{
	top=${BATS_TEST_DIRNAME%/selfcheck*}
	grep -qx '= done' "$said" || {
		tail -n 20 "$BATS_FILE_TMPDIR/console"
		return 1
	}
}

# said_of NAME STATUS: what the check printed goes to $output, and it returned STATUS.
said_of()
{
	output=$(sed -n "/^= begin $1\$/,/^= end $1 /p" "$said")
	printf '%s\n' "$output" | grep -vE '^# (# )?\| '
	[ "${output##*= end "$1" }" = "$2" ]
}

prints() { printf '%s\n' "$output" | grep -qE -e "$1"; }

lacks() { ! prints "$1"; }

# verdict ID VERDICT [REASON]: of the results.json that it printed.
verdict()
{
	printf '%s\n' "$output" | grep -F "{\"id\": \"$1\", \"verdict\": \"$2\"" | grep -F -e "${3:-}"
}

# has_all TEST..: a result for each of their cases.
has_all()
{
	[ "$(printf '%s\n' "$output" | grep -cE '^# (not )?ok ')" -eq \
		"$("$top/run_tests.sh" --list "$@" | wc -l)" ]
}

@test "the archive unpacks and runs on a bare initramfs, and nothing fails" {
	said_of plain 0
	has_all x86/vm_types x86/pio_rip svm
	prints '^ok [0-9]* selftests: kvm-conformance: bus_lock_reload$'
}

@test "with more binaries at once than CPUs, and little memory, it is the same there" {
	said_of crowded 0
	has_all x86/vm_types x86/pio_forms
	said_of memory 0
	has_all x86/vm_types x86/pio_forms
}

@test "a read-only directory gives way to another, and a full one is refused" {
	said_of read_only 0
	prints '^run_tests.sh: cannot write to .*: results go to /tmp/'
	said_of full 2
	prints 'cannot write there'
}

@test "a disk that fills up costs results, but not their output" {
	said_of fills 3
	prints '^ok 2 selftests: kvm-conformance: fills$'
	prints '^not ok 3 selftests: kvm-conformance: after # .*SIGSEGV'
	prints '^# Totals: pass:3 .* signal:1$'
}

@test "without tracefs and the kernel's log nothing fails, and that is said" {
	said_of blind 0
	has_all x86/vm_types x86/bus_lock_trace svm/bus_lock_reload
	prints '^# kernel log: not watched: '
	verdict x86/bus_lock_trace:trace.l1.userspace_exits_equal_hardware_exits skip \
		'"reason": "no-tracepoints"'
}

@test "under a container's seccomp filter nothing fails" {
	said_of container 0
	has_all x86/vm_types x86/bus_lock_trace svm/bus_lock_reload
	verdict x86/bus_lock_trace:trace.l1.userspace_exits_equal_hardware_exits skip \
		'"reason": "permission"'
}

@test "KVM that vanishes in mid-run is an error, and nothing is missing" {
	for how in module node; do
		said_of gone_$how 1
		has_all x86/vm_types x86/pio_rip x86/pio_forms
		prints '^ok 1 selftests: kvm-conformance: pio_forms$'
		prints '^not ok 3 selftests: kvm-conformance: vm_types # ERROR'
		verdict x86/vm_types:type.default_vm.is_taken_if_listed error 'KVM was there when the run began, and is gone: no-kvm: '
	done
}

@test "while another hypervisor has the CPU all is skipped, and that is said" {
	said_of busy 4
	has_all x86/vm_types x86/pio_forms
	prints '^run_tests.sh: no test can run: /dev/kvm is busy'
	lacks '^# ok [^#]*$'
}

@test "a thousand runs in a row, and a flake among seven, are counted" {
	said_of repeated 0
	prints '^# repeated: 1000 runs of each binary$'
	prints '^# Flaky: 0 of 1 cases$'
	said_of flaky 1
	prints '^# flaky: x86/flaky:f.one: 2 fail, 5 pass$'
	prints '^# Flaky: 1 of 1 cases$'
}

@test "neither the name of a directory nor a locale that is not there disturbs it" {
	said_of hostile 0
	has_all x86/vm_types x86/pio_forms
	[ "$(printf '%s\n' "$output" | grep -c '^ok 1 ')" -eq 1 ]
	verdict x86/vm_types:type.default_vm.is_taken_if_listed pass
}

@test "tests that crash, hang, talk garbage or cannot be run have the verdict that is due" {
	said_of broken 1
	while read -r id verdict reason; do
		echo "$id $verdict $reason"
		verdict "$id" "$verdict" "$reason"
	done <<-'END'
		x86/crashes:b.one pass
		x86/crashes:b.two signal SIGSEGV
		x86/hangs:b.one pass
		x86/hangs:b.two timeout
		x86/garbage:b.one error
		x86/chatters:b.one pass
		x86/truncated:b.one error
		x86/absent:b.one error cannot run: No such file or directory
		x86/leaves:b.one pass
		x86/leaves error left processes behind: 
		x86/warns:b.two pass
		x86/warns fail kernel log: <4> WARNING: arch/x86/kvm/x86.c:1 at made_up
		x86/taints fail kernel taint flags went from
		x86/fine:b.one pass
		x86/fine pass
	END
	lacks '^left behind'
}

# judged: lines with an id, its verdict and what else stands in its line.
judged()
{
	while read -r id verdict rest; do
		echo "$id $verdict $rest"
		verdict "$id" "$verdict" "$rest"
	done
}

@test "what contradicts itself or the plan is no result, and a flood costs nobody anything" {
	said_of lies 1
	judged <<-'END'
		x86/early:l.two pass
		x86/early:l.one error
		x86/twice:l.one error reported twice
		x86/stranger:l.one pass
		x86/stranger error l.other
		x86/contradicts:l.one fail after: stuck
		x86/excuse:l.one error skipped for an unknown reason: because: I can
		x86/half:l.one error no result
		x86/status:l.one pass
		x86/status error exit status 7
		x86/forges:l.one fail no reason given
		x86/forges:l.two error
		x86/floods:l.one error output beyond 1048576 bytes
	END
	lacks '^# selftests: kvm: other'
	lacks '^the flood was kept'
}

@test "known issues, what is required, KTAP and LAVA's file are the same there" {
	said_of options 1
	prints '^KTAP version 1$'
	prints '^  ok 1 o.one # XFAIL'
	judged <<-'END'
		x86/known:o.one xfail a report
		x86/skips:o.one missing --require forbids this skip: no-cap: none
		x86/measures:o.one pass
	END
	for line in 'x86.known.o.one skip' 'x86.skips.o.one fail' 'x86.measures.o.one pass 12 ns' \
		'- x86.skips.o.one'; do
		prints "^$line\$"
	done
}

@test "a signal in mid-run completes the plan and leaves nobody behind" {
	for how in stopped_by_term:143 stopped_by_hup:129 killed:137; do
		said_of ${how%:*} ${how#*:}
		verdict x86/fine:b.one pass
		verdict x86/hangs:b.one pass
		verdict x86/hangs:b.two error interrupted
		verdict x86/leaves:b.one error interrupted
		lacks '^left behind'
	done
	for how in stopped_by_int:130 stopped_in_parallel:143; do
		said_of ${how%:*} ${how#*:}
		verdict x86/fine:b.one pass
		verdict x86/waits:b.one pass
		verdict x86/waits:b.two error interrupted
		lacks '^left behind'
	done
	verdict x86/also:b.two error interrupted
}

@test "SIGKILL of any of the runner's helpers leaves nobody behind and hides nothing" {
	said_of killed_run 3
	prints 'out of order'
	lacks '^left behind'
	said_of killed_agent 1
	verdict x86/fine:b.one pass
	verdict x86/waits:b.one pass
	verdict x86/waits:b.two error "the agent was killed by SIGKILL"
	lacks '^left behind'
}
