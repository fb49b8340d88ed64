# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # shared with who sources this
#
# KVM's modules from changed sources, of a kernel of ../emulator/kernel. For
# faulty_kernel/build.sh and fixed_kernel/build.sh to source.
#
#   kernel_find FRAGMENT..	$kernel, the directory of the kernel that is built with these, such as
#				tdx, and $id, its name
#   need_tree			a copy of its source, to be changed
#   modules_patched DIR PATCH..	those of KVM's modules that the patches change, to DIR; no name
#				of a patch may hold odd characters

tree=

kernel_find()
{
	for fragment; do
		shift
		set -- "$@" "$emulators/kernel/$fragment.config"
	done
	kernel=$("$emulators/kernel/build.sh" "$@") || return
	id=$(basename "$kernel")
}

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

modules_patched()
{
	to=$1 applied=
	shift
	for patch; do
		patch -s -d "$tree" -p 1 <"$patch" || return
		applied="$patch $applied"
	done
	modules
	built=$?
	for module in "$work"/sound/*.ko; do
		cmp -s "$module" "$tree/arch/x86/kvm/${module##*/}" ||
			objcopy --strip-debug "$tree/arch/x86/kvm/${module##*/}" "$to/${module##*/}"
	done
	for patch in $applied; do
		patch -s -R -d "$tree" -p 1 <"$patch" || return
	done
	return $built
}
