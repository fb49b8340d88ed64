#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: initramfs.sh KERNEL SUITE DIR MODULES
#
# Makes DIR/initramfs: the emulated machine's init, busybox, the modules of KERNEL (a
# directory of kernel.sh), the files DIR/*.N (see init), MODULES as /modules, and what the
# commands need of SUITE, with SUITE/files if there is such a directory. The same input gives
# the same bytes. It is not compressed, so that no emulated CPU has to unpack it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernel=$1
suite=$2
dir=$3
modules=$4
busybox=$("$here/busybox.sh")
root=$dir/root

rm -rf "$root"
mkdir "$root"
(cd "$root" && mkdir -p bin dev lib/modules proc suite sys tmp)
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
# Where the kernel looks for modprobe.
ln -s bin "$root/sbin"
cp "$here/init" "$root/init"
cp "$dir"/*.[0-9]* "$root"
echo "$modules" >"$root/modules"
cp "$kernel"/modules/* "$root/lib/modules/"

# Guest addresses in messages are looked up in the symbol table, so that stays. What is no
# ELF file or not there at all is the runner's to judge, as it is on any machine.
for file in runner/kvm-conformance $(awk '$1 == "run" { print $4 }' "$dir"/commands.* | sort -u); do
	[ -f "$suite/$file" ] || continue
	mkdir -p "$root/suite/${file%/*}"
	strip --strip-debug -o "$root/suite/$file" "$suite/$file" 2>/dev/null ||
		cp -p "$suite/$file" "$root/suite/$file"
done
[ ! -d "$suite/files" ] || cp -R "$suite/files" "$root/suite/"

cd "$root"
find . -exec touch -h -d @0 {} +
find . | LC_ALL=C sort | "$busybox" cpio -o -H newc -R 0:0 --quiet --renumber-inodes \
	--ignore-devno >../initramfs
rm -r "$root"
