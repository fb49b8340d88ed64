#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds KVM's modules from sources that are wrong in one way each: NAME.patch, whose first
# line says which. They are for the kernel that ../../emulator/kernel has for TDX, too; sev-* are
# for the one with SEV, vmx-ac-* for --kernel debug, which detects split locks.
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

# build_one NAME DIRECTORY
build_one()
{
	modules_patched "$2" "$1.patch"
}

# build_for FRAGMENTS [NAME..]: a kernel has a tree of its own, and so a shell of its own.
build_for()
(
	# shellcheck disable=SC2086 # several words
	kernel_find $1 || exit 1
	shift
	for name; do
		hash=$({ cat "$name.patch" build.sh ../kernel_modules.sh && echo "$id"; } | cache_hash)
		entry=$(cache_find "kernel-mutant-$name" "$hash") || {
			need_tree || exit 1
			echo "build.sh: $name" >&2
			entry=$(cache_make "kernel-mutant-$name" "$id-$hash" build_one "$name") || exit 1
		}
		echo "$name $entry"
	done
)

sev='' debug='' other=''
for name; do
	case $name in
	sev-*) sev="$sev $name" ;;
	vmx-ac-*) debug="$debug $name" ;;
	*) other="$other $name" ;;
	esac
done
# shellcheck disable=SC2086 # several words
{
	[ -z "$other" ] || build_for tdx $other || exit
	[ -z "$sev" ] || build_for sev $sev || exit
	[ -z "$debug" ] || build_for "sev debug tdx" $debug
}
