#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the directory of a QEMU whose CPU has AMD's Bus Lock Threshold, SEV and SEV-ES, with a
# secure processor: qemu-system-x86_64, and the firmware to boot kernels and multiboot images with (its option -L). What the cache
# has not is built by compile.sh. Needs no root, but installs what the build needs if it may.
#
# KVMCONF_REFRESH=1: look for a newer version than that of the cache.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=SCRIPTDIR/../cache.sh disable=SC1091
. "$here/../cache.sh"
# shellcheck source=SCRIPTDIR/../apt.sh disable=SC1091
. "$here/../apt.sh"

inputs()
{
	cd "$here"
	sha256sum compile.sh devices.mak -- *.patch *.[ch]
	gcc -dumpfullversion -dumpmachine
}

command -v gcc >/dev/null || apt_need gcc libc6-dev
hash=$(inputs | cache_hash)
cache_find qemu "$hash" && exit

apt_need gcc libc6-dev make ninja-build python3 python3-venv pkg-config patch xz-utils \
	libglib2.0-dev zlib1g-dev
qemu=$(apt_source_version trixie qemu)
seabios=$(apt_version trixie seabios)
echo "building QEMU $qemu: some minutes" >&2
cache_make qemu "${qemu}_seabios-$seabios-$hash" "$here/compile.sh"
