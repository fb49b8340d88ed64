# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For package_init.sh: its checks. What they print and return is for package.bats to judge.

suite=/tmp/kvm-conformance

run() { "$suite/run_tests.sh" "$@" x86/vm_types x86/pio_forms; }

# results DIR: those of a run, for verdict() of package.bats.
results() { cat "$1/results.json"; }

plain()
{
	tar -xJf /kvm-conformance.tar.xz -C /tmp || return
	cd /tmp || return
	./run_kselftest.sh -t kvm-conformance:x86/vm_types -t kvm-conformance:x86/pio_rip \
		-t 'kvm-conformance:svm/*'
}

crowded()
{
	run -o /tmp/crowded -j 16
}

memory()
{
	echo +memory > /sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/small || return
	echo 67108864 > /sys/fs/cgroup/small/memory.max || return
	(echo 0 > /sys/fs/cgroup/small/cgroup.procs && run -o /tmp/memory)
}

read_only()
{
	mount --bind "$suite" "$suite" && mount -o remount,ro,bind "$suite" || return
	run
	status=$?
	umount "$suite"
	return $status
}

full()
{
	mkdir /tmp/full && mount -t tmpfs -o size=4k,nr_inodes=2 tmpfs /tmp/full || return
	echo > /tmp/full/file
	run -o /tmp/full/results
}

# Without trace events, and a kernel log that nobody can read.
blind()
{
	mount -t tmpfs tmpfs /sys/kernel/tracing && mkdir /sys/kernel/tracing/events &&
		mount --bind /dev/null /proc/kmsg && rm /dev/kmsg || return
	"$suite/run_tests.sh" -o /tmp/blind x86/vm_types x86/bus_lock_trace svm/bus_lock_reload
	status=$?
	mknod -m 644 /dev/kmsg c 1 11
	umount /proc/kmsg /sys/kernel/tracing
	results /tmp/blind
	return $status
}

container()
{
	confine container "$suite/run_tests.sh" -o /tmp/container x86/vm_types x86/bus_lock_trace \
		svm/bus_lock_reload
	status=$?
	results /tmp/container
	return $status
}

# start SIGN DIR TEST..: a run in the background, until SIGN is in its output.
start()
{
	sign=$1
	place=$2
	shift 2
	"$suite/run_tests.sh" -o "$place" "$@" > "$place.tap" 2>&1 &
	runner=$!
	until grep -q "$sign" "$place/output.tap" "$place"/x86/*.log 2> /dev/null; do
		kill -0 "$runner" || return
		sleep 0.1
	done
}

# ends: its output, and its results if it had any.
ends()
{
	wait "$runner"
	status=$?
	cat "$place.tap"
	results "$place"
	return $status
}

# Between two tests, or two cases: while one has KVM open, its module stays.
gone_module()
{
	start '^ok 1 ' /tmp/gone_module x86/vm_types x86/pio_rip x86/pio_forms || return
	until rmmod kvm_amd; do :; done 2> /dev/null
	ends
	status=$?
	modprobe kvm-amd
	return $status
}

gone_node()
{
	start '^ok 1 ' /tmp/gone_node x86/vm_types x86/pio_rip x86/pio_forms || return
	rm /dev/kvm
	ends
	status=$?
	mknod -m 666 /dev/kvm c 10 232
	return $status
}

# Another hypervisor switches SVM on, bit 12 of EFER, and KVM finds that it is in use.
efer() { dd if=/dev/cpu/0/msr bs=8 skip=$((0xc0000080 / 8)) count=1 2> /dev/null; }

busy()
{
	rmmod kvm_amd && rmmod kvm || return
	efer > /tmp/efer
	high=$(od -An -tu1 -j 1 -N 1 /tmp/efer)
	# shellcheck disable=SC2059 # a byte
	printf "\\$(printf %03o $((high | 0x10)))" |
		dd of=/tmp/efer bs=1 seek=1 conv=notrunc 2> /dev/null
	dd if=/tmp/efer of=/dev/cpu/0/msr bs=8 seek=$((0xc0000080 / 8)) conv=notrunc || return
	modprobe kvm enable_virt_at_load=0
	modprobe kvm-amd
	run -o /tmp/busy
	status=$?
	rmmod kvm_amd
	rmmod kvm
	# shellcheck disable=SC2059 # a byte
	printf "\\$(printf %03o $((high)))" | dd of=/tmp/efer bs=1 seek=1 conv=notrunc 2> /dev/null
	dd if=/tmp/efer of=/dev/cpu/0/msr bs=8 seek=$((0xc0000080 / 8)) conv=notrunc
	modprobe kvm-amd
	return $status
}

repeated()
{
	"$suite/run_tests.sh" -o /tmp/repeated --repeat 1000 \
		x86/vm_types:type.default_vm.is_taken_if_listed
}

# Names and a locale to stumble over: the suite from here on.
hostile()
{
	name="/tmp/-n \$(date) \`x\` %s\\t \"it's\" *?[a]
ok 1 forged"
	mkdir -- "$name" && cp -a "$suite" "$name/suite" || return
	suite="$name/suite"
	LC_ALL=tr_TR.UTF-8 run -o "$name/-o"
	status=$?
	results "$name/-o"
	return $status
}

# add NAME CASE.. <SCRIPT: a test x86/NAME that goes wrong. "begin CASE" and "pass CASE" in
# it print what the harness would.
add()
{
	name=$1
	shift
	{
		cat <<-'END'
			#!/bin/sh
			nr=0
			begin() { echo "#  RUN           $1 ..."; }
			pass() { nr=$((nr + 1)); echo "#            OK  $1"; echo "ok $nr $1"; }
		END
		echo "echo TAP version 13; echo 1..$#"
		cat
	} > "$suite/x86/$name"
	chmod +x "$suite/x86/$name"
	for case; do
		printf 'x86/%s\t%s\tclaim\tsource\t%s\n' "$name" "$case" "${needs:-}" >> "$suite/tests.tsv"
	done
}

# Who is dead is still in the list for a moment, if it has not been reaped.
left_behind() { ps -o stat,args | sed -n 's/^[^Z].* sleep 1000$/left behind: &/p'; }

broken()
{
	: > "$suite/tests.tsv"
	: > "$suite/known_issues"
	printf 'begin b.one\npass b.one\n' | add fine b.one
	printf 'begin b.one\npass b.one\nbegin b.two\nkill -SEGV $$\n' | add crashes b.one b.two
	printf 'begin b.one\npass b.one\nbegin b.two\n' > /tmp/hang
	printf 'trap "" TERM INT HUP\nsetsid sleep 1000 &\nwhile :; do sleep 1; done\n' >> /tmp/hang
	add hangs b.one b.two < /tmp/hang
	add garbage b.one < /dev/null
	head -c 300000 /dev/urandom | sed '1s/^/#!/' > "$suite/x86/garbage"
	add chatters b.one <<-'END'
		head -c 300000 /dev/urandom
		echo
		begin b.one
		pass b.one
	END
	add truncated b.one < /dev/null
	head -c 4096 "$suite/x86/vm_types" > "$suite/x86/truncated"
	add absent b.one < /dev/null
	rm "$suite/x86/absent"
	printf 'begin b.one\nsetsid sleep 1000 &\npass b.one\n' | add leaves b.one
	add warns b.one b.two <<-'END'
		begin b.one
		pass b.one
		begin b.two
		sleep 1
		echo "<4>WARNING: arch/x86/kvm/x86.c:1 at made_up+0x1/0x2, CPU#0: warns/1" > /dev/kmsg
		sleep 1
		pass b.two
	END
	printf 'begin b.one\necho 512 > /proc/sys/kernel/tainted\npass b.one\n' | add taints b.one
	"$suite/run_tests.sh" -o /tmp/broken --timeout 5
	status=$?
	results /tmp/broken
	left_behind
	return $status
}

# It fails each time that the number of its runs is a multiple of three.
flaky()
{
	add flaky f.one <<-'END'
		echo >> /tmp/runs
		begin f.one
		[ $(($(wc -l < /tmp/runs) % 3)) -ne 0 ] || { echo "not ok 1 f.one"; exit 1; }
		pass f.one
	END
	"$suite/run_tests.sh" -o /tmp/flaky --repeat 7 x86/flaky
}

# The results are gone once the disk is full, but not their output.
fills()
{
	mkdir /tmp/small && mount -t tmpfs -o size=128k tmpfs /tmp/small || return
	printf 'begin f.one\nhead -c 1000000 /dev/zero > /tmp/small/fill\npass f.one\n' | add fills f.one
	printf 'begin f.one\npass f.one\nbegin f.two\nkill -SEGV $$\n' | add after f.one f.two
	"$suite/run_tests.sh" -o /tmp/small x86/fine x86/fills x86/after
}

# stopped SIGNAL: in the middle of a test that does not listen to it. A runner that was killed
# leaves its helpers behind to put the results in order.
stopped()
{
	place=/tmp/stopped$1
	mkdir "$place"
	start 'RUN .*b.two' "$place" x86/fine x86/hangs x86/leaves || return
	kill "-$1" "$runner"
	# From the start on it says that the run did not end.
	while grep -q 'the run did not end' "$place/results.json"; do sleep 0.1; done
	ends
	status=$?
	left_behind
	return $status
}

stopped_by_term()
{
	stopped TERM
}

stopped_by_hup()
{
	stopped HUP
}

killed()
{
	stopped KILL
}
