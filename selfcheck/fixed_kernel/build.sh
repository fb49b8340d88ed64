#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Kernels in which what ../../known_issues has of KVM is repaired: NAME.patch, whose first
# line says how, repairs one finding. They are that of ../../emulator/kernel with modules
# built from changed sources, each a directory for run_tests.sh --kernel.
#
# usage: build.sh [-s] [KERNEL..]	(default: all-fixes)
#	-s		of the kernel with SEV, not of that with TDX
#	all-fixes	with all of them
#	NAME		with all but this one
#	unfixed	with none
#
# Prints a line for each, KERNEL and the directory. Exit status: 0, 1 one cannot be built,
# 2 no such patch.
set -u

here=$(cd "$(dirname "$0")" && pwd -P) || exit 1
emulators=${here%/selfcheck/*}/emulator
export LC_ALL=C
# shellcheck source=emulator/cache.sh
. "$emulators/cache.sh"
# shellcheck source=selfcheck/kernel_modules.sh
. "$here/../kernel_modules.sh"

cd "$here" || exit 1
with=tdx
[ "${1:-}" != -s ] || { with=sev; shift; }
[ $# -gt 0 ] || set -- all-fixes
for name; do
	case $name in
	all-fixes | unfixed) continue ;;
	esac
	[ -r "$name.patch" ] || { echo "build.sh: no such patch: $name" >&2; exit 2; }
done

kernel_find $with || exit

# The patches of KERNEL $1.
patches()
{
	for patch in *.patch; do
		[ "$patch" = "$1.patch" ] || echo "$patch"
	done
}

# build_one KERNEL DIRECTORY
build_one()
{
	# shellcheck disable=SC2046 # several words
	cp "$kernel"/kernel/* "$2" && modules_patched "$2" $(patches "$1")
}

for name; do
	[ "$name" != unfixed ] || { echo "$name $kernel/kernel"; continue; }
	hash=$({ patches "$name" | xargs cat build.sh ../kernel_modules.sh && echo "$id"; } | cache_hash)
	entry=$(cache_find "kernel-fixed-$name" "$hash") || {
		need_tree || exit 1
		echo "build.sh: $name" >&2
		entry=$(cache_make "kernel-fixed-$name" "$id-$hash" build_one "$name") || exit 1
	}
	echo "$name $entry"
done
