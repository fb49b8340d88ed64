#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: initramfs.sh system KERNEL MODULES FILE	what boots
#        initramfs.sh suite SUITE DIR FILE		what it runs, unpacked over that
#
# Makes FILE, a cpio archive. The system is the emulated machine's init, busybox, the modules of
# KERNEL (a directory of kernel.sh), and MODULES as /modules. The suite is the files DIR/*.N (see
# init) and what the commands need of SUITE, with SUITE/files if there is such a directory. The same
# input gives the same bytes. Neither is compressed, so that no emulated CPU has to unpack it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
what=$1
shift
busybox=$("$here/busybox.sh")
for file; do :; done
file=$(realpath -m "$file")
root=$file.root

rm -rf "$root"
mkdir "$root"

system()
{
	mkdir -p "$root/bin" "$root/dev" "$root/lib/modules" "$root/proc" "$root/sys" "$root/tmp"
	cp "$busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	# Where the kernel looks for modprobe.
	ln -s bin "$root/sbin"
	cp "$here/init" "$root/init"
	cp "$1"/modules/* "$root/lib/modules/"
	echo "$2" >"$root/modules"
}

suite()
{
	cp "$2"/*.[0-9]* "$root"
	mkdir "$root/suite"
	# Guest addresses in messages are looked up in the symbol table, so that stays. What is no
	# ELF file or not there at all is the runner's to judge, as it is on any machine.
	for program in runner/kvm-conformance \
		$(awk '$1 == "run" { print $4 }' "$2"/commands.* | sort -u); do
		[ -f "$1/$program" ] || continue
		mkdir -p "$root/suite/${program%/*}"
		strip --strip-debug -o "$root/suite/$program" "$1/$program" 2>/dev/null ||
			cp -p "$1/$program" "$root/suite/$program"
	done
	[ ! -d "$1/files" ] || cp -R "$1/files" "$root/suite/"
}

$what "$@"
cd "$root"
find . -exec touch -h -d @0 {} +
find . | LC_ALL=C sort | "$busybox" cpio -o -H newc -R 0:0 --quiet --renumber-inodes \
	--ignore-devno >"$file"
rm -r "$root"
