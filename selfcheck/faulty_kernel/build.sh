#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds KVM's modules from sources that are wrong in one way each: NAME.patch, whose first
# line says which. They are for the kernel that ../../emulator/kernel has for TDX, too.
#
# usage: build.sh [NAME..]	(default: all)
#
# Prints a line a patch, NAME and the directory that holds those of the kernel's modules
# that have changed by it. Exit status: 0, 1 one cannot be built, 2 no such patch.
set -u

here=$(cd "$(dirname "$0")" && pwd -P) || exit 1
emulators=${here%/selfcheck/*}/emulator
export LC_ALL=C
# shellcheck source=emulator/cache.sh
. "$emulators/cache.sh"
# shellcheck source=selfcheck/kernel_modules.sh
. "$here/../kernel_modules.sh"

cd "$here" || exit 1
# shellcheck disable=SC2012,SC2046 # names hold no odd characters
[ $# -gt 0 ] || set -- $(ls -- *.patch | sed 's/\.patch$//')
for name; do
	[ -r "$name.patch" ] || { echo "build.sh: no such patch: $name" >&2; exit 2; }
done

kernel_find || exit

# build_one NAME DIRECTORY
build_one()
{
	modules_patched "$2" "$1.patch"
}

for name; do
	hash=$({ cat "$name.patch" build.sh ../kernel_modules.sh && echo "$id"; } | cache_hash)
	entry=$(cache_find "kernel-mutant-$name" "$hash") || {
		need_tree || exit 1
		echo "build.sh: $name" >&2
		entry=$(cache_make "kernel-mutant-$name" "$id-$hash" build_one "$name") || exit 1
	}
	echo "$name $entry"
done
