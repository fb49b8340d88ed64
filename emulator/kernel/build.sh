#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel built from the newest kernel-source package of the distribution, for what no
# kernel in the distribution has: prints the directory of a cached one.
#
# usage: build.sh [--kernel-source VERSION|DIR] [--patch FILE].. [FRAGMENT..]
#	--kernel-source	of that kernel-source package (7.4), or a copy of the tree DIR (told by
#			its slash), in place of the distribution's newest package
#	--patch		with that change. A patch with a line "Until: VERSION" before its first
#			diff is left out of a source of that VERSION or a newer one, which has no
#			need of it.
#
# Its configuration is base.config, the project's own config and the FRAGMENTs, in this
# order, and nothing else. A line that the kernel's Kconfig does not grant is an error, or
# of a source that was asked for by name a warning that names it.
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
source='' patches=''
while :; do
	case ${1:-} in
	--kernel-source) source=${2:?} ;;
	--patch) patches="$patches $(realpath "${2:?}")" ;;
	-*) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 1 ;;
	*) break ;;
	esac
	shift 2
done

# Other architectures' Kconfig files are read, too.
unpack()
{
	case $source in
	*/*) cp -a "$source" "$1/linux"; return ;;
	esac
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

# Whether version $1 is $2 or a newer one; a release candidate is as good as the release.
is_at_least()
{
	[ "$(printf '%s\n' "${1%%-*}" "$2" | sort -V | head -n 1)" = "$2" ]
}

# Kconfig drops in silence what depends on something that is off.
configure()
{
	kbuild KCONFIG_ALLCONFIG="$work/config" allnoconfig || return
	awk -F '[= ]' '/^CONFIG_/ { line[$1] = $0 } /^# CONFIG_/ { delete line[$2] }
		END { for (name in line) print line[name] }' "$work/config" >"$work/wanted"
	grep -vxFf "$tree/.config" "$work/wanted" | sort >"$work/refused"
	[ -s "$work/refused" ] || return 0
	sed "s/^/build.sh: Linux $version cannot be configured with /" "$work/refused" >&2
	[ -n "$source" ]
}

# compile DIR [OPTION..]: make's
compile()
{
	to=$1
	shift
	kbuild "$@" bzImage modules && mkdir "$to/kernel" &&
		cp "$tree/arch/x86/boot/bzImage" "$to/kernel/" &&
		find "$tree" -name '*.ko' -exec cp -t "$to/kernel" {} +
}

build()
{
	tree=$1/linux
	unpack "$1" && configure && compile "$1"
}

# Next to nothing has to be compiled again: objtool alone depends on where the tree is, and
# all on objtool.
build_patched()
{
	tree=$1/linux
	cp -a "$unpatched/linux" "$tree" || return
	for patch in $patches; do
		patch -s -N -d "$tree" -p 1 <"$patch" || return
	done
	# --no-print-directory keeps make from starting another make, which -o does not reach.
	compile "$1" --no-print-directory -o tools/objtool
}

# The PATCHes that a source of version $1 has a need of.
needed()
{
	for patch in $patches; do
		until=$(sed -n '/^---/q; s/^Until: //p' "$patch")
		[ -n "$until" ] && is_at_least "$1" "$until" || echo "$patch"
	done
}

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
cat "$here/base.config" "$here/../../config" "$@" >"$work/config" || exit

command -v gcc >/dev/null || apt_need gcc || exit
# shellcheck disable=SC2086 # several words
if [ -n "$patches" ]; then
	unpatched=$("$here/build.sh" ${source:+--kernel-source "$source"} "$@") || exit
	version=$(basename "$unpatched")
	version=${version%-*}
	patches=$(needed "$version")
	[ -n "$patches" ] || { echo "$unpatched"; exit; }
	hash=$({ cat "$here/build.sh" $patches && basename "$unpatched"; } | cache_hash)
	cache_find kernel-patched "$hash" && exit
	echo "building Linux $version with $patches" >&2
	cache_make kernel-patched "$version-$hash" build_patched
	exit
fi

# The files of a tree, for those that have changed make another kernel.
identify()
{
	case $source in
	*/*) find "$source" -type f ! -path '*/.git/*' -printf '%P %s %T@\n' ;;
	*) echo "$source" ;;
	esac
}

hash=$({ cat "$here/build.sh" "$work/config" && gcc -dumpfullversion -dumpmachine && identify; } |
	cache_hash)
cache_find kernel-built "$hash" && exit

apt_need bc bison flex gcc libc6-dev libelf-dev make patch xz-utils || exit
case $source in
*/*)
	version=$(make -s -C "$source" kernelversion) || exit
	;;
*)
	package=$(apt_in $suite apt-cache pkgnames "linux-source-$source" | sort -V | tail -n 1)
	[ -n "$package" ] || { echo "build.sh: no package linux-source-$source in $suite" >&2; exit 1; }
	version=$(apt_version $suite "$package") || exit
	;;
esac
echo "building Linux $version: about ten minutes" >&2
cache_make kernel-built "$version-$hash" build
