#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel for an emulated machine: prints the directory of a cached, unpacked one.
#
# usage: kernel.sh newest | VERSION                 Debian's generic flavour
#        kernel.sh newest-cloud | VERSION-cloud     its cloud flavour
#        kernel.sh tdx                              a host for TDX, see kernel/build.sh
#        kernel.sh tdx-dynamic                      the same, with Dynamic PAMT
#        kernel.sh debug                            with lockdep and other checks of its own
#        kernel.sh PATH                             one's own
#        kernel.sh --list                           the kernels in reach, newest first
#
# VERSION is one or more components of a version (6.1 is 6.1.176, not 6.12), or a release
# as uname -r prints it; the newest kernel that matches is taken. A PATH, told by its
# slash, is a directory with one vmlinuz or bzImage, and its modules somewhere below.
#
# The printed directory holds vmlinuz, vmlinux if that can be had and booted (see unpack_kernel),
# modules/ (KVM's, msr and all that they need, not
# compressed, with a modules.dep), "release" as uname -r will print it, and "kernel", the
# line of --list: VERSION RELEASE SUITE PACKAGE=VERSION..
#
# List and kernels, once there, are used as they are: nobody is asked, until KVMCONF_REFRESH=1
# asks for a new list. Exit status: 0, 1 it cannot be had, 2 there is no such kernel.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
export LC_ALL=C
# shellcheck source=emulator/cache.sh
. "$here/cache.sh"
# shellcheck source=emulator/apt.sh
. "$here/apt.sh"

hash=$(cache_hash <"$here/kernel.sh") || exit 1

say()
{
	echo "kernel.sh: $*" >&2
}

# Kernels of one suite. From 6.19 on an image is an empty package that depends on
# linux-binary-* and linux-modules-*. A mirror can have dropped these and kept the image:
# such a kernel's line begins with "-".
list_suite()
{
	apt_in "$1" apt-cache dumpavail | awk -v suite="$1" '
		$1 == "Package:" { package = $2 }
		$1 == "Version:" && package ~ /^linux-/ { version = $2; has[package "=" version] }
		$1 == "Depends:" && package ~ /^linux-image-[0-9].*-amd64$/ &&
				package !~ /-rt-amd64$/ && !/ linux-image-/ {
			parts = ""
			for (i = 2; i < NF; i++)
				if ($i ~ /^linux-(binary|modules)-[0-9]/)
					parts = parts " " $i "=" version
			content[package "=" version] = parts ? parts : package "=" version
		}
		END {
			for (image in content) {
				release = version = image
				gsub(/^linux-image-|=.*/, "", release)
				gsub(/.*=|-[^-]*$/, "", version)
				n = split(content[image], part, " ")
				for (i = 1; i <= n && (part[i] in has); i++)
					;
				print (i > n ? "" : "- ") version, release, suite, content[image]
			}
		}'
}

list_mirror()
{
	for suite in bookworm bookworm-backports trixie trixie-backports sid; do
		list_suite "$suite" || exit
	done >"$1/all"
	awk '{ $1 = $1; print }' "$1/all" | sort -k 1,1Vr -k 2,2Vr >"$1/list" && rm "$1/all"
	grep -q '^[^-]' "$1/list"
}

mirror()
{
	dir=$(cache_find kernels "$hash" ||
		cache_make kernels "$(date +%Y%m%d%H%M%S)-$hash" list_mirror) || exit
	cat "$dir/list"
}

# What the mirror has, and what it may have dropped since but is still in the cache; one's
# own kernels there are named by their path.
list()
{
	{
		mirror | grep -v '^-'
		cat "$(cache_root)"/kernel-*/*-"$hash"/kernel 2>/dev/null
	} | awk '/^[0-9]/ && !seen[$0]++' | sort -k 1,1Vr -k 2,2Vr
}

# The lines of list for $1: newest or a VERSION, with the flavour's suffix, or a release.
matches()
{
	list | awk -v request="$1" -v want="${1%-cloud}" '
		$2 == request { print; next }
		($2 ~ /-cloud-amd64$/) == (request ~ /-cloud$/) &&
			(want == "newest" || index($1 ".", want ".") == 1)'
}

# The file below $1 of module $2, whose name has - or _ as it likes.
module_file()
{
	find "$1" -type f -name "$(echo "$2" | sed 's/[-_]/[-_]/g').ko*" | head -n 1 | grep .
}

need()
{
	command -v "$1" >/dev/null || apt_need "$2"
}

plain()
{
	case $1 in
	*.xz) need xz xz-utils && xz -dc "$1" ;;
	*.zst) need zstd zstd && zstd -dcq "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# Module $2 and all that it depends on, from the tree $1 to the directory $3.
copy_module()
{
	file=$(module_file "$1" "$2") || {
		say "no module $2 below $1"
		return 1
	}
	copy=$3/$(basename "${file%.ko*}").ko
	[ ! -e "$copy" ] || return 0
	plain "$file" >"$copy" || return
	for need in $(tr '\0' '\n' <"$copy" | sed -n 's/^depends=//p' | tr , ' '); do
		copy_module "$1" "$need" "$3" || return
	done
}

# The kernel and the modules of the tree $1 make the entry $2.
copy_kernel()
{
	image=$(find "$1" -type f \( -name 'vmlinuz*' -o -name bzImage \))
	[ -f "$image" ] || {
		say "$1 must hold one vmlinuz or bzImage, and holds: ${image:-none}"
		return 1
	}
	# depmod wants a version, and its place in a file system.
	base=$2/lib/modules/0.0.0
	mkdir -p "$base" && cp "$image" "$2/vmlinuz" || return
	# One's own kernel may lack some, or have them built in.
	for module in kvm-amd kvm-intel msr; do
		if module_file "$1" "$module" >"$work/found"; then
			copy_module "$1" "$module" "$base" || return
		else
			say "no module $module below $1"
		fi
	done
	unpack_kernel "$image" "$2/vmlinux"
	"$busybox" depmod -b "$2" 0.0.0 && rm "$base"/modules.[as]* &&
		mv "$base" "$2/modules" && rm -r "${2:?}/lib" &&
		version_in "$image" >"$2/release" && grep -q . "$2/release"
}

# number OFFSET BYTES FILE
number()
{
	od -An -t"u$2" -j "$1" -N "$2" "$3" | tr -d ' '
}

# The ELF file within the bzImage $1, as $2: to unpack it takes an emulated CPU longer than all
# the rest of booting. It needs a note with an entry for a 32-bit CPU without BIOS (PVH).
unpack_kernel()
{
	start=$((($(number 497 1 "$1") + 1) * 512 + $(number 584 4 "$1")))
	size=$(number 588 4 "$1")
	# All but gzip have the unpacked size put behind what they made.
	case $(number "$start" 4 "$1") in
	4247762216) packed=$work/packed.zst size=$((size - 4)) ;;
	1484404733) packed=$work/packed.xz size=$((size - 4)) ;;
	*) packed=$work/packed.gz ;;
	esac
	tail -c +$((start + 1)) "$1" | head -c "$size" >"$packed"
	if ! plain "$packed" >"$2" 2>/dev/null ||
	   ! grep -aqP '\x04\0\0\0[\x04\x08]\0\0\0\x12\0\0\0Xen\0' "$2"; then
		rm -f "$2"
	fi
}

# What uname -r will say, from the header of the x86 boot protocol.
version_in()
{
	start=$(od -An -tu2 -j 526 -N 2 "$1" | tr -d ' ')
	tail -c +$((start + 513)) "$1" | head -c 200 | tr '\0' '\n' | sed 's/ .*//; q'
}

build_debian()
{
	# shellcheck disable=SC2086 # a list of words
	apt_unpack "$suite" "$1/unpacked" $packages && copy_kernel "$1/unpacked" "$1" &&
		rm -rf "$1/unpacked" &&
		echo "$version" "$release" "$suite" "$packages" >"$1/kernel"
}

build_path()
{
	copy_kernel "$1" "$2" && echo "$1" >"$2/kernel"
}

# Changed files make another entry.
path_kernel()
{
	path=$(cd "$1" && pwd) || exit 2
	id=$(find "$path" -type f \( -name 'vmlinuz*' -o -name bzImage -o -name '*.ko*' \) \
		-printf '%p %s %T@\n' | cache_hash)
	cache_find kernel-path "$id-$hash" || cache_make kernel-path "0-$id-$hash" build_path "$path"
}

# Linux has Dynamic PAMT from 7.4 on; until then it has ours.
built_kernel()
{
	case $1 in
	tdx-dynamic) set -- --patch "$here/kernel/dynamic-pamt.patch" ;;
	debug) set -- "$here/kernel/sev.config" "$here/kernel/debug.config" ;;
	*) set -- ;;
	esac
	built=$("$here/kernel/build.sh" "$@" "$here/kernel/tdx.config") || exit 1
	path_kernel "$built/kernel"
}

# What the list names, the mirror may have dropped: then one of the next older ones.
debian_kernel()
{
	matches "$1" >"$work/matches" || exit
	[ -s "$work/matches" ] || {
		say "no kernel matches $1"
		mirror | awk -v want="${1%-cloud}" '$1 == "-" && index($2 ".", want ".") == 1 {
			print "  " $3 " is in " $4 ", but not all of " $5, $6 }' >&2
		echo "  in reach are $(list | cut -d ' ' -f 1 | uniq | tr '\n' ' ')" >&2
		exit 2
	}
	head -n 3 "$work/matches" >"$work/tries"
	while read -r version release suite packages; do
		cache_find "kernel-$release" "$hash" && exit
		say "fetching the kernel $release from $suite"
		cache_make "kernel-$release" "${packages##*=}-$hash" build_debian && exit
		say "$release cannot be had"
	done <"$work/tries"
	exit 1
}

case $#,${1:-} in
1,--list) list; exit ;;
1,*/*) request=path ;;
1,tdx | 1,tdx-dynamic | 1,debug) request=built ;;
1,[!-]*) request=debian ;;
*)
	sed -n 's/^# usage: /usage: /p; s/^#        kernel/       kernel/p' "$0" >&2
	exit 2 ;;
esac
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
busybox=$("$here/busybox.sh") || exit
"${request}_kernel" "$1"
