#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# LAVA's dispatcher, as Debian packages it, in a chroot of its own: prints the chroot's path.
# Kept in the cache; KVMCONF_REFRESH=1 asks for it anew.
#
# That of trixie-backports: older ones know no expected results.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
emulators=$(cd "$here/../../emulator" && pwd) || exit 1
# shellcheck source=emulator/cache.sh
. "$emulators/cache.sh"
# shellcheck source=emulator/apt.sh
. "$emulators/apt.sh"

# Git fetches the definition, cpio and xz unpack images, the libraries are our QEMU's.
build()
{
	apt_need debootstrap || return
	mirror=$(_apt_system | awk '$1 == "debian" { print $3 }')
	root=$1/root
	debootstrap --variant=minbase trixie "$root" "$mirror" >&2 &&
		echo "deb $mirror trixie-backports main" > "$root/etc/apt/sources.list.d/backports.list" &&
		chroot "$root" apt-get -qq update >&2 &&
		DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -qq -y install \
			--no-install-recommends -t trixie-backports lava-dispatcher >&2 &&
		DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -qq -y install \
			--no-install-recommends git cpio xz-utils libglib2.0-0t64 zlib1g >&2
}

hash=$(cache_hash < "$0") || exit
entry=$(cache_find lava "$hash" || cache_make lava "$(date +%Y%m%d)-$hash" build) || exit
echo "$entry/root"
