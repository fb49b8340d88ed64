# SPDX-License-Identifier: GPL-2.0-only
#
# A green run on a kernel that complains is not ok: the kernel's log and its
# taint flags are watched around every binary.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
}

run_all()
{
	status=0
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

# The log is the whole machine's: what is written there has to say where it is
# from, and not to wake anybody.
need_kernel_log()
{
	: 2> /dev/null >> /dev/kmsg || skip "/dev/kmsg cannot be written"
	: 2> /dev/null < /dev/kmsg || skip "/dev/kmsg cannot be read"
}

@test "a kernel report makes the binary not ok, with the line, and not its cases" {
	need_kernel_log
	binary x86/warns w.before w.during w.after <<-'EOT'
		w_before() { :; }
		w_during() {
			# As long as a virtual machine takes to be made and to go.
			sleep 0.1
			echo "<7>kvm: harmless" > /dev/kmsg
			echo "<7>WARNING: selfcheck/made_up.c:1 at made_up+0x1/0x2, CPU#0: selfcheck/1" > /dev/kmsg
			echo "<7>Modules linked in: none" > /dev/kmsg
			sleep 0.1
		}
		w_after() { :; }
	EOT
	binary x86/quiet q.one <<-'EOT'
		q_one() { echo "<7>kvm: selfcheck says BUG: and WARNING: in passing" > /dev/kmsg; sleep 0.1; }
	EOT
	run_all
	same 1 "$status"
	same fail "$(member x86/warns verdict)"
	same "kernel log: <7> WARNING: selfcheck/made_up.c:1 at made_up+0x1/0x2, CPU#0: selfcheck/1" \
		"$(member x86/warns cause)"
	same "pass pass pass" "$(verdicts | sed -n 's/^x86.warns:.* //p' | tr '\n' ' ' | sed 's/ $//')"
	same pass "$(member x86/quiet verdict)"
	# Other programs' lines may be there, too.
	member x86/warns:w.during kernel_log | grep -qF '"<7> kvm: harmless", '
	member x86/quiet:q.one kernel_log | grep -qF 'selfcheck says BUG:'
	same "" "$(member x86/warns:w.before kernel_log | grep selfcheck)"
	grep -qF 'not ok 1 selftests: kvm-conformance/x86: warns # kernel log: <7> WARNING: ' "$out.tap"
	grep -qF '# # kernel: <7> WARNING: ' "$out.tap"
	grep -q '	k	<7> Modules linked in: none$' "$out/x86/warns.log"
	# Nor does the caller's environment keep the runner from watching.
	KVMCONF_SIMULATED=1 run_all warns
	same 1 "$status"
	same fail "$(member x86/warns verdict)"
}

@test "every kind of kernel report is known, and nothing else is one" {
	plan x86/b a.b
	judged()
	{
		printf '0.1\t%s\t%s\n' o 1..1 o '#  RUN           a.b ...' k "<4> $1" o 'ok 1 a.b' x 'exit 0' \
			> "$out.events"
		"$suite/run_tests.sh" --judge x86/b "$out.events" | sed -n 's,^# rule: x86/b ,,p'
	}
	while read -r line; do
		same "kernel-report: $line" "$(judged "$line"): $line"
	done <<-'EOT'
		WARNING: CPU: 1 PID: 812 at arch/x86/include/asm/kvm-x86-ops.h:130 kvm_x86_vendor_init+0x1/0x2
		WARNING: arch/x86/kvm/x86.c:100 at kvm_arch_vcpu_ioctl_run+0x1/0x2, CPU#1: test/812
		WARNING: possible circular locking dependency detected
		WARNING: suspicious RCU usage
		BUG: KASAN: slab-use-after-free in kvm_put_kvm+0x1/0x2
		BUG: kernel NULL pointer dereference, address: 0000000000000000
		BUG: sleeping function called from invalid context at kernel/locking/mutex.c:1
		kernel BUG at arch/x86/kvm/mmu/mmu.c:1!
		Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP
		general protection fault, probably for non-canonical address 0xdead: 0000 [#1] PREEMPT SMP
		invalid opcode: 0000 [#1] PREEMPT SMP NOPTI
		UBSAN: shift-out-of-bounds in arch/x86/kvm/x86.c:1:2
		watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [test:1]
		rcu: INFO: rcu_preempt self-detected stall on CPU
		INFO: task test:812 blocked for more than 120 seconds.
		unchecked MSR access error: WRMSR to 0x1d9 (tried to write 0x0) at rIP: 0xffffffff81000000
		Kernel panic - not syncing: Fatal exception
	EOT
	while read -r line; do
		same "sum-of-cases: $line" "$(judged "$line"): $line"
	done <<-'EOT'
		kvm: vcpu 0: requested 128 ns lapic timer period limited to 200000 ns
		kvm_amd: SEV enabled (ASIDs 1 - 15)
		systemd[1]: a unit: WARNING: nothing of the kernel's
		x86/split lock detection: #AC: test/1 took a bus_lock trap at address: 0x401000
		perf: interrupt took too long (2500 > 2495), lowering kernel.perf_event_max_sample_rate
	EOT
}

@test "a new taint flag makes the binary not ok" {
	need_mounts
	cat > "$BATS_TEST_TMPDIR/mounts" <<-'EOT'
		echo 4096 > "$1" && /bin/mount --bind "$1" /proc/sys/kernel/tainted && shift && exec "$@"
	EOT
	within="$(command -v unshare) -m /bin/sh $BATS_TEST_TMPDIR/mounts $BATS_TEST_TMPDIR/tainted"
	binary x86/taints t.one <<-'EOT'
		t_one() { echo 4608 > /proc/sys/kernel/tainted; }
	EOT
	binary x86/after a.one <<-'EOT'
		a_one() { :; }
	EOT
	run_all
	same 1 "$status"
	same fail "$(member x86/taints verdict)"
	same "kernel taint flags went from O to WO" "$(member x86/taints cause)"
	same pass "$(member x86/taints:t.one verdict)"
	same pass "$(member x86/after verdict)"
}

@test "a report while several binaries ran is held against all of them, and says so" {
	need_kernel_log
	export MEET="$BATS_TEST_TMPDIR"
	binary x86/warns w.one <<-'EOT'
		w_one()
		{
			until [ -e "$MEET/beside" ]; do sleep 0.1; done
			echo "<7>WARNING: selfcheck/made_up.c:2 at made_up" > /dev/kmsg
			: > "$MEET/warned"
		}
	EOT
	binary x86/beside b.one <<-'EOT'
		b_one()
		{
			: > "$MEET/beside"
			until [ -e "$MEET/warned" ]; do sleep 0.1; done
		}
	EOT
	run_all -j 2
	same 1 "$status"
	for binary in warns beside; do
		same "kernel log: <7> WARNING: selfcheck/made_up.c:2 at made_up (up to 2 binaries ran at once: it may belong to another)" \
			"$(member x86/$binary cause)"
	done
}

@test "a kernel log or taint flags that cannot be read are said once, and no failure" {
	binary x86/one o.one <<-'EOT'
		o_one() { :; }
	EOT
	binary x86/two t.one <<-'EOT'
		t_one() { :; }
	EOT
	fact readable.kernel_log "Operation not permitted"
	fact readable.taint "No such file or directory"
	run_all
	same 0 "$status"
	same 1 "$(grep -c '^# kernel log: not watched: Operation not permitted$' "$out.tap")"
	same 1 "$(grep -c '^# taint flags: not watched: No such file or directory$' "$out.tap")"
	# For real: the runner without its privileges over a file of nobody's.
	need_mounts
	: > "$BATS_TEST_TMPDIR/locked"
	chmod 0 "$BATS_TEST_TMPDIR/locked"
	cat > "$BATS_TEST_TMPDIR/mounts" <<-'EOT'
		/bin/mount --bind "$1" /dev/kmsg && shift &&
			exec setpriv --bounding-set -dac_override,-dac_read_search "$@"
	EOT
	within="$(command -v unshare) -m /bin/sh $BATS_TEST_TMPDIR/mounts $BATS_TEST_TMPDIR/locked"
	facts=''
	run_all
	same 1 "$(grep -c '^# kernel log: not watched: Permission denied$' "$out.tap")"
	case $status in
	0 | 4) ;;
	*) return 1 ;;
	esac
}
