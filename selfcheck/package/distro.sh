#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The oldest Debian that the system's mirror still has, as a directory to chroot into and
# not to write to: prints its path. Kept in the cache; KVMCONF_REFRESH=1 asks for it anew.
set -u

emulators=$(cd "$(dirname "$0")/../../emulator" && pwd) || exit 1
# shellcheck source=emulator/cache.sh
. "$emulators/cache.sh"
# shellcheck source=emulator/apt.sh
. "$emulators/apt.sh"

build()
{
	apt_need debootstrap || return
	mirror=$(_apt_system | awk '$1 == "debian" { print $3 }')
	for suite in jessie stretch buster bullseye bookworm; do
		debootstrap --variant=minbase "$suite" "$1/root" "$mirror" > "$1/log" 2>&1 && return
		rm -rf "$1/root"
	done
	tail -n 5 "$1/log" >&2
	return 1
}

hash=$(cache_hash < "$0") || exit
entry=$(cache_find distro "$hash" || cache_make distro "$(date +%Y%m%d)-$hash" build) || exit
echo "$entry/root"
