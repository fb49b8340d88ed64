# SPDX-License-Identifier: GPL-2.0-only
#
# What the runner makes of the host: is there a KVM, how slow is it, what is
# worth recording.

# shellcheck disable=SC2034,SC2154 # shared with fixture.sh
load fixture.sh

setup()
{
	setup_suite_dir
	binary x86/good g.one g.two <<-'EOT'
		g_one() { : > "$RAN"; }
		g_two() { :; }
	EOT
	export RAN="$BATS_TEST_TMPDIR/ran"
}

run_all()
{
	status=0
	runner -o "$out" "$@" > "$out.tap" 2> "$out.err" || status=$?
	cat "$out.tap" "$out.err"
}

# unusable LINE REASON: stderr has the line, nothing runs, all is skipped.
unusable()
{
	run_all
	same 4 "$status"
	same "run_tests.sh: no test can run: $1" "$(cat "$out.err")"
	[ ! -e "$RAN" ]
	same "skip skip skip" "$(verdicts | cut -d ' ' -f 2 | tr '\n' ' ' | sed 's/ $//')"
	same "$2" "$(member x86/good:g.one reason)"
	same "$1" "$(member x86/good:g.one cause)"
	grep -qx '# ok 1 g.one # SKIP' "$out.tap"
	grep -qx 'ok 1 selftests: kvm-conformance: good # SKIP' "$out.tap"
	run_all --require "$2"
	same 1 "$status"
	same missing "$(member x86/good:g.one verdict)"
}

@test "without a usable /dev/kvm one line says why, all is skipped, nothing runs" {
	fact kvm.unusable "no-kvm: /dev/kvm is absent"
	unusable "/dev/kvm is absent" no-kvm
	fact kvm.unusable "permission: /dev/kvm: Permission denied"
	unusable "/dev/kvm: Permission denied" permission
}

# The facts about the real host, after the mounts of a script; prints why KVM is of no use.
real_host()
{
	mkdir -p "$BATS_TEST_TMPDIR/dev"
	{
		echo "cd '$BATS_TEST_TMPDIR'"
		cat
		echo 'exec "$@"'
	} > "$BATS_TEST_TMPDIR/mounts"
	echo facts | unshare -m /bin/sh "$BATS_TEST_TMPDIR/mounts" \
		"$suite/runner/kvm-conformance" --agent > "$out.events"
	sed -n 's/^[0-9.]*	f	//p' "$out.events" > "$out.facts"
	sed -n 's/^kvm.unusable //p' "$out.facts"
}

@test "an absent, a forbidden and a wrong /dev/kvm are told apart" {
	need_mounts
	same "no-kvm: /dev/kvm is absent" "$(real_host <<-'EOT'
		mount -t tmpfs none /dev
	EOT
	)"
	[ -e /dev/kvm ] || skip "no /dev/kvm to mount over"
	same "permission: /dev/kvm: Permission denied" "$(real_host <<-'EOT'
		: > locked; chmod 0 locked; mount --bind locked /dev/kvm
		set -- setpriv --bounding-set -dac_override,-dac_read_search "$@"
	EOT
	)"
	same "no-kvm: /dev/kvm is not KVM: Inappropriate ioctl for device" "$(real_host <<-'EOT'
		mount --bind /dev/null /dev/kvm
	EOT
	)"
}

@test "of two vendors' built-in modules the one counts that is of this CPU" {
	need_mounts
	for pair in svm:kvm_amd vmx:kvm_intel none:; do
		sed "s/^flags.*/flags\t\t: fpu ${pair%:*}/" /proc/cpuinfo > "$BATS_TEST_TMPDIR/cpuinfo"
		real_host <<-'EOT'
			mount --bind cpuinfo /proc/cpuinfo
			mount -t tmpfs none /sys/module
			mkdir /sys/module/kvm_amd /sys/module/kvm_intel
		EOT
		same "${pair#*:}" "$(sed -n 's/^modules\.\(.*\)\.state.*/\1/p' "$out.facts")"
	done
}

@test "results.json has what a result depends on" {
	facts=''
	run_all || true
	$python - "$out/results.json" <<-'EOT'
		import json, os, sys
		facts = json.load(open(sys.argv[1], encoding="ascii"))["environment"]
		assert facts["kernel"]["release"] == os.uname().release
		command_line = open("/proc/cmdline").read().strip()
		assert facts["kernel"]["command_line"] == command_line
		assert facts["cpu"]["count"] == os.sysconf("SC_NPROCESSORS_ONLN")
		assert facts["cpu"]["vendor"] in open("/proc/cpuinfo").read()
		assert isinstance(facts["cpu"]["family"], int) and "microcode" in facts["cpu"]
		assert "mode" in facts["split_lock"]
		assert facts["run"]["timeout"] and facts["run"]["timeout_scale"]
		if "unusable" not in facts["kvm"]:
		    assert "X86_BUS_LOCK_EXIT(193)" in facts["kvm"]["capabilities"]
		    assert "DEFAULT" in facts["kvm"]["vm_types"].split()
		for module in facts.get("modules", {}):
		    path = f"/sys/module/{module}/parameters"
		    names = os.listdir(path) if os.path.isdir(path) else []
		    readable = [n for n in names if os.access(f"{path}/{n}", os.R_OK)]
		    for name in readable:
		        assert name in facts["modules"][module]["parameters"], name
	EOT
}

# scaled SCALE WHY: the time limit and what the tests are told.
scaled()
{
	run_all
	grep -qx "# time limit: $((60 * $1)) s a binary: 60 s x $1: $2" "$out.tap"
	same "$1: $2" "$(sed -n 's/.*"timeout_scale": "\([^"]*\)".*/\1/p' "$out/results.json")"
}

@test "time limits are stretched on slow machines, and why is said" {
	scaled 1 "bare metal"
	fact cpu.hypervisor KVMKVMKVM
	scaled 2 "in a virtual machine"
	fact debug.lockdep yes
	scaled 4 "in a virtual machine, kernel with lock debugging"
	fact debug.kasan yes
	scaled 12 "in a virtual machine, kernel with KASAN, kernel with lock debugging"
	fact debug.kasan no
	fact debug.lockdep no
	fact machine.emulator QEMU
	scaled 10 "CPU emulated by QEMU"
	fact machine.emulator Bochs
	scaled 50 "CPU emulated by Bochs"
}
