#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes in DIR what the job lava/qemu-amd.yaml names, from a built suite, and the job itself:
#
#	vmlinuz initramfs	Debian's kernel, its KVM modules, busybox
#	kvm-conformance.tar.xz	the suite
#	kvm-conformance.git	for the test definition
#	job.yaml		lava/qemu-amd.yaml with the results to be expected
#
# usage: prepare.sh DIR [KERNEL]	KERNEL as for emulator/kernel.sh
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
dir=$1
kernel=$("$top/emulator/kernel.sh" "${2:-newest-cloud}")
busybox=$("$top/emulator/busybox.sh")

mkdir -p "$dir"
root=$dir/root.tmp
rm -rf "$root" "$dir/kvm-conformance.git"
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$root"
(cd "$root" && mkdir -p bin dev etc lib/modules opt/kvm-conformance proc root sys tmp)
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$top/lava/init" "$root/init"
chmod 755 "$root/init"
cp "$kernel"/modules/* "$root/lib/modules"
(cd "$root" && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc -R 0:0 --quiet) \
	> "$dir/initramfs"

cp "$kernel/vmlinuz" "$dir/vmlinuz"
make -C "$top" gen_tar >&2
cp "$top/kvm-conformance.tar.xz" "$dir"
git clone -q --bare "$top" "$dir/kvm-conformance.git"
{
	cat "$top/lava/qemu-amd.yaml"
	"$top/run_tests.sh" --print-expected | sed 's/^/          /'
} > "$dir/job.yaml"
