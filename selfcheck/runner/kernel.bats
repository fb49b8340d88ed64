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
	grep -qF 'not ok 1 selftests: kvm-conformance: warns # kernel log: <7> WARNING: ' "$out.tap"
	grep -qF '# # kernel: <7> WARNING: ' "$out.tap"
	grep -q '	k	<7> Modules linked in: none$' "$out/x86/warns.log"
	# Nor does the caller's environment keep the runner from watching.
	KVMCONF_SIMULATED=1 run_all warns
	same 1 "$status"
	same fail "$(member x86/warns verdict)"
}

@test "each row of the table of kernel reports has lines that it is for, and no harmless line has one" {
	runner --kernel-reports > "$out.table"
	[ "$(wc -l < "$out.table")" -gt 50 ]
	# Number, pattern, meaning, origin.
	same "" "$(awk -F '\t' 'NF != 4 || !length($3) || !length($4)' "$out.table")"
	status=0
	runner --kernel-log "$BATS_TEST_DIRNAME/kernel_reports.txt" > "$out.found" || status=$?
	same 1 "$status"
	diff "$BATS_TEST_DIRNAME/kernel_reports.txt" <(cut -f 2- "$out.found")
	diff <(cut -f 1 "$out.table") <(cut -f 1 "$out.found" | sort -nu)
	# As dmesg has them, and from standard input.
	sed 's/^/<4>[   12.345678] /; n; s/^/[   12.345678][  T812] /' "$BATS_TEST_DIRNAME/kernel_reports.txt" |
		runner --kernel-log - > "$out.dmesg" || true
	diff "$out.found" "$out.dmesg"
	# Of normal runs on each machine, and what else is seen on hosts.
	runner --kernel-log "$BATS_TEST_DIRNAME/kernel_log_harmless.txt"
}

@test "a line of the kernel's log that reports something decides, wherever it is known from" {
	plan x86/b a.b
	judged()
	{
		printf '0.1\t%s\t%s\n' o 1..1 o '#  RUN           a.b ...' k "<4> $1" o 'ok 1 a.b' x 'exit 0' \
			> "$out.events"
		"$suite/run_tests.sh" --judge x86/b "$out.events" | sed -n 's,^# rule: x86/b ,,p'
	}
	same kernel-report "$(judged 'BUG kmalloc-64 (Not tainted): Poison overwritten')"
	same kernel-report "$(judged 'kvm_intel: SEAMCALL TDH_VP_INIT failed: 0xc000040000000000')"
	same sum-of-cases "$(judged 'kvm: SEAMCALL is what this is about')"
}

@test "a case may say which one-line reports can come, and in any number: a WARN is none" {
	plan x86/b a.b
	judged()
	{
		{
			printf '0.1\t%s\t%s\n' o 1..1 o '#  RUN           a.b ...' o "# allow-kernel-log: $1"
			sed 's/^/0.1\tk\t<3> /'
			printf '0.1\t%s\t%s\n' o 'ok 1 a.b' x 'exit 0'
		} > "$out.events"
		"$suite/run_tests.sh" --judge x86/b "$out.events" | sed -n 's,^# rule: x86/b ,,p'
	}
	failed="kvm_intel: SEAMCALL TDH_VP_INIT failed: 0xc000040000000000"
	same sum-of-cases "$(judged 'SEAMCALL TDH_VP_INIT failed' <<< "harmless")"
	same sum-of-cases "$(judged 'SEAMCALL TDH_VP_INIT failed' <<< "$failed
$failed")"
	same kernel-report "$(judged 'SEAMCALL TDH_VP_CREATE failed' <<< "$failed")"
	same kernel-report "$(judged 'SEAMCALL' <<-'EOT'
		------------[ cut here ]------------
		WARNING: at SEAMCALL+0x1/0x2 [kvm_intel], CPU#0: test/1
		---[ end trace 0000000000000000 ]---
	EOT
	)"
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
