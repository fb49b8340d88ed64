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

# shellcheck disable=SC2012,SC2046 # names hold no odd characters
[ $# -gt 0 ] || set -- $(cd "$here" && ls -- *.patch | sed 's/\.patch$//')
for name; do
	[ -r "$here/$name.patch" ] || { echo "build.sh: no such patch: $name" >&2; exit 2; }
done

kernel=$("$emulators/kernel/build.sh" "$emulators/kernel/tdx.config") || exit
id=$(basename "$kernel")
tree=

modules()
{
	nice make -C "$tree" -j "$(nproc)" ARCH=x86 KBUILD_BUILD_USER=kvm-conformance \
		KBUILD_BUILD_HOST=kvm-conformance M=arch/x86/kvm modules >"$tree/log" 2>&1 || {
		tail -n 20 "$tree/log" >&2
		return 1
	}
}

# A tree to change, and its modules as they are without a change.
need_tree()
{
	[ -z "$tree" ] || return 0
	work=$(mktemp -d) || return
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' HUP TERM
	tree=$work/linux
	cp -a "$kernel/linux" "$tree" && modules && mkdir "$work/sound" &&
		cp "$tree"/arch/x86/kvm/kvm*.ko "$work/sound"
}

# build_one NAME DIRECTORY
build_one()
{
	patch -s -d "$tree" -p 1 <"$here/$1.patch" || return
	modules
	built=$?
	for module in "$work"/sound/*.ko; do
		cmp -s "$module" "$tree/arch/x86/kvm/${module##*/}" ||
			objcopy --strip-debug "$tree/arch/x86/kvm/${module##*/}" "$2/${module##*/}"
	done
	patch -s -R -d "$tree" -p 1 <"$here/$1.patch" && return $built
}

for name; do
	hash=$({ cat "$here/$name.patch" "$here/build.sh" && echo "$id"; } | cache_hash)
	entry=$(cache_find "kernel-mutant-$name" "$hash") || {
		need_tree || exit 1
		echo "build.sh: $name" >&2
		entry=$(cache_make "kernel-mutant-$name" "$id-$hash" build_one "$name") || exit 1
	}
	echo "$name $entry"
done
