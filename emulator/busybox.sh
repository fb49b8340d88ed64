#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The userland of the emulated machines: prints the path of a static busybox from Debian's
# package, the same on every host.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
# shellcheck source=emulator/cache.sh
. "$here/cache.sh"
# shellcheck source=emulator/apt.sh
. "$here/apt.sh"

build()
{
	apt_unpack trixie "$1/unpacked" busybox-static &&
		find "$1/unpacked" -type f -name busybox -perm -100 -exec mv {} "$1/" \; &&
		rm -r "$1/unpacked" && [ -x "$1/busybox" ]
}

hash=$(cache_hash <"$here/busybox.sh") || exit
entry=$(cache_find busybox "$hash" ||
	cache_make busybox "$(date +%Y%m%d)-$hash" build) || exit
echo "$entry/busybox"
