# SPDX-License-Identifier: GPL-2.0-only
#
# The archive on a machine that has a kernel, busybox, and nothing else: the emulated AMD
# machine, where /dev/kvm is real KVM code. What is proved of the runner on the host holds
# there, too.

# shellcheck disable=SC2154,SC2034 # shared with machine.sh
load machine.sh

# One boot for all tests: package_init sends what each check printed, between "= begin NAME"
# and "= end NAME STATUS", through the second serial port.
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
	cp "$top/kvm-conformance.tar.xz" "$root"
	cp "$BATS_TEST_DIRNAME/package_init" "$root/init"
	chmod +x "$root/init"
	(cd "$root" && find . | "$busybox" cpio -o -H newc -R 0:0 2> /dev/null) > "$root.cpio"
	cd "$BATS_FILE_TMPDIR"
	"$top/emulator/qemu/boot.sh" -m 1024 -t 900 console "$said" -kernel "$kernel/vmlinuz" \
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

# said_of NAME: what the check printed; its exit status is that of the check.
said_of()
{
	sed -n "/^= begin $1\$/,/^= end $1 /p" "$said" | tee "$BATS_TEST_TMPDIR/said"
	return "$(sed -n "s/^= end $1 //p" "$said")"
}

@test "the archive unpacks and runs on a bare initramfs, and nothing fails" {
	said_of plain
	[ "$(grep -cE '^# ok ' "$BATS_TEST_TMPDIR/said")" -eq \
		"$("$top/run_tests.sh" --list x86/vm_types x86/pio_rip svm | wc -l)" ]
	grep -q '^ok [0-9]* selftests: kvm-conformance/svm: bus_lock_reload$' "$BATS_TEST_TMPDIR/said"
}

@test "with more binaries at once than CPUs, and little memory, it is the same there" {
	said_of crowded
	said_of memory
}

@test "a read-only directory gives way to another, and a full one is refused" {
	run said_of read_only
	[ "$status" -eq 0 ]
	echo "$output" | grep -q '^run_tests.sh: cannot write to .*: results go to /tmp/'
	run said_of full
	[ "$status" -eq 2 ]
	echo "$output" | grep -q 'cannot write there'
}
