#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the directory of a Bochs whose CPUs report guests' bus locks: Intel's with VMM
# bus-lock detection, AMD's with the Bus Lock Threshold; and with an emulated TDX module. What
# the cache has not is built by compile.sh. Needs no root, but installs what the build needs
# if it may.
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
	sha256sum compile.sh ./*.patch ./*.cc ./*.h boot.S ../../lib/tdx_emulated.h
	g++ -dumpfullversion -dumpmachine
}

command -v g++ >/dev/null || apt_need g++
hash=$(inputs | cache_hash)
cache_find bochs "$hash" && exit

apt_need g++ make patch xz-utils
version=$(apt_version trixie bochs)
echo "building Bochs $version: about two minutes" >&2
cache_make bochs "$version-$hash" "$here/compile.sh"
