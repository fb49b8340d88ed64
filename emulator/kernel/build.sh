#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel built from the newest kernel-source package of the distribution, for what no
# kernel in the distribution has: prints the directory of a cached one.
#
# usage: build.sh [FRAGMENT..]
#
# Its configuration is base.config, the project's own config and the FRAGMENTs, in this
# order, and nothing else. A line that the kernel's Kconfig does not grant is an error.
#
# The printed directory holds
#	kernel/	bzImage and modules, for run_tests.sh --kernel
#	linux/	the source (less other architectures, graphics, documentation), .config and
#		all objects. Copy it (cp -a) to change it: KVM's modules are then built again in
#		seconds, without the tools that depend on where the tree is, with
#		make -C COPY -o tools/objtool virt/lib/irqbypass.ko \
#			arch/x86/kvm/kvm.ko arch/x86/kvm/kvm-amd.ko arch/x86/kvm/kvm-intel.ko
#
# KVMCONF_REFRESH=1: look for a newer source than that of the cache. Exit status: 0, or 1 it
# cannot be had.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
export LC_ALL=C
# shellcheck source=SCRIPTDIR/../cache.sh disable=SC1091
. "$here/../cache.sh"
# shellcheck source=SCRIPTDIR/../apt.sh disable=SC1091
. "$here/../apt.sh"

suite=trixie-backports

# Other architectures' Kconfig files are read, too.
unpack()
{
	apt_unpack $suite "$1/package" "$package" && mkdir "$1/linux" &&
		tar -xf "$1/package/usr/src/$package".tar.* -C "$1/linux" --strip-components=1 \
			--exclude="$package/arch/[a-w]*.[chS]" --exclude='*.dts*' \
			--exclude='*/drivers/gpu/*.[ch]' --exclude='*/Documentation/*.*' &&
		rm -r "$1/package"
}

# The same input gives the same kernel.
kbuild()
{
	nice make -C "$tree" -j "$(nproc)" ARCH=x86 KBUILD_BUILD_USER=kvm-conformance \
		KBUILD_BUILD_HOST=kvm-conformance KBUILD_BUILD_TIMESTAMP="$version" "$@" \
		>>"$tree/log" 2>&1 || {
		tail -n 40 "$tree/log"
		return 1
	}
}

# Kconfig drops in silence what depends on something that is off.
configure()
{
	kbuild KCONFIG_ALLCONFIG="$work/config" allnoconfig || return
	awk -F '[= ]' '/^CONFIG_/ { line[$1] = $0 } /^# CONFIG_/ { delete line[$2] }
		END { for (name in line) print line[name] }' "$work/config" >"$work/wanted"
	if grep -vxFf "$tree/.config" "$work/wanted"; then
		echo "build.sh: Kconfig of $package does not grant the above" >&2
		return 1
	fi
}

build()
{
	tree=$1/linux
	unpack "$1" && configure && kbuild bzImage modules && mkdir "$1/kernel" &&
		cp "$tree/arch/x86/boot/bzImage" "$1/kernel/" &&
		find "$tree" -name '*.ko' -exec cp -t "$1/kernel" {} +
}

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
cat "$here/base.config" "$here/../../config" "$@" >"$work/config" || exit

command -v gcc >/dev/null || apt_need gcc || exit
hash=$({ cat "$here/build.sh" "$work/config" && gcc -dumpfullversion -dumpmachine; } | cache_hash)
cache_find kernel-built "$hash" && exit

apt_need bc bison flex gcc libc6-dev libelf-dev make xz-utils || exit
package=$(apt_in $suite apt-cache pkgnames linux-source- | sort -V | tail -n 1)
version=$(apt_version $suite "$package") || exit
echo "building Linux $version: about ten minutes" >&2
cache_make kernel-built "$version-$hash" build
