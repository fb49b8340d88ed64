# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# For bats files to load: the archive, made once, and places to unpack it.

setup_package()
{
	top=${BATS_TEST_DIRNAME%/selfcheck*}
	tarball=$top/kvm-conformance.tar.xz
	made=$BATS_RUN_TMPDIR/gen_tar
	[ -e "$made" ] || make -C "$top" gen_tar > "$made.log" 2>&1 || {
		cat "$made.log"
		return 1
	}
	: > "$made"
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES
}

tests() { cut -f 1 "$top/tests.tsv" | LC_ALL=C sort -u; }

unpack()
{
	mkdir -p "$1"
	tar -C "$1" -xf "$tarball"
}

# busybox_root [bare]: $root with busybox and the archive and what a kernel provides, or
# no more of it than /dev/null. leave_root() takes it away again.
busybox_root()
{
	root=$BATS_TEST_TMPDIR/root
	[ "$(id -u)" = 0 ] || skip "needs root, for chroot"
	busybox=$("$top/emulator/busybox.sh")
	mkdir -p "$root/bin" "$root/root" "$root/tmp"
	cp "$busybox" "$root/bin"
	chroot "$root" /bin/busybox --install -s /bin
	cp "$tarball" "$root/root"
	if [ -n "${1:-}" ]; then
		mkdir "$root/dev"
		mknod -m 666 "$root/dev/null" c 1 3
	else
		bind_kernel
	fi
}

bind_kernel()
{
	for dir in dev proc sys; do
		mkdir -p "$root/$dir"
		mount --rbind "/$dir" "$root/$dir"
		mount --make-rslave "$root/$dir"
	done
}

enter() { env -i PATH=/bin:/usr/bin:/sbin:/usr/sbin HOME=/root chroot "$root" "$@"; }

leave_root()
{
	for dir in dev proc sys; do
		[ ! -d "${root:-/nowhere}/$dir" ] || umount -l "$root/$dir" 2> /dev/null || true
	done
}

# whole_and_well TAP: every test of the plan has its result, and none is not ok.
whole_and_well()
{
	grep -E '^not ok|^# not ok|^# Totals' "$1" || true
	[ "$(grep -cE '^# ok ' "$1")" -eq "$(wc -l < "$top/tests.tsv")" ]
	[ "$(grep -cE '^ok ' "$1")" -eq "$(tests | wc -l)" ]
}
