# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: KVM's modules built from the patches of ../faulty_kernel, on the kernel that
# they are built for. All in one boot of a machine: each test has its mutant's modules
# loaded first, in the place of those before. Those of the place sev-once have a boot each.

# For the machine: the modules of mutant $1 instead of the unchanged ones; $2 is the vendor's
# module, the rest parameters as --module-params has them.
loader()
{
	cat <<-'END'
	#!/bin/sh
	[ "$(cat /tmp/mutant 2>/dev/null)" != "$1" ] || exit 0
	for module in kvm_amd kvm_intel kvm; do
		[ ! -d "/sys/module/$module" ] || rmmod "$module" || exit
	done
	load()
	{
		file=files/$mutant/$1.ko
		[ -e "$file" ] || file=/lib/modules/$1.ko
		# shellcheck disable=SC2046 # several words
		insmod "$file" $(echo "$parameters" | sed -n "s/^$(echo "$1" | tr - _)\.//p")
	}
	mutant=$1 vendor=$2
	shift 2
	parameters=$(printf '%s\n' "$@")
	load kvm && load "$vendor" && echo "$mutant" >/tmp/mutant
	END
}

# boot_mutants NAME <ROWS: those mutants in one boot, whose results are NAME's.
boot_mutants()
{
	rows=$(cat)
	suite_begin && mkdir "$suite/files" && loader >"$suite/files/load" &&
		chmod +x "$suite/files/load" || return
	# The baseline, with no mutant loaded, comes first.
	for binary in $(echo "$rows" | cut -f 4 | tr ' ' '\n' | sed 's/:.*//' | sort -u); do
		suite_baseline "$root/$binary" "$binary" || return
	done
	[ -z "$also" ] || suite_baseline_upstream || return
	while IFS=$tab read -r _ name _ tests _; do
		mkdir "$suite/files/$name" &&
			cp "$(echo "$modules" | sed -n "s/^$name //p")"/*.ko "$suite/files/$name" ||
			return
		for binary in $(binaries "$tests") $also; do
			echo "files/load $name $vendor $parameters || exit 99" |
				suite_mutant "$name" "$binary" || return
		done
	done <<-END
	$rows
	END
	suite_run "$results/$1" --kernel "$kernel/kernel" && suite_verdicts "$results/$1" &&
		rm -rf "$suite"
}

# shellcheck source=selfcheck/kernel_modules.sh
. "$root/selfcheck/kernel_modules.sh"

run_mutants()
{
	emulators=$root/emulator
	case $place in
	sev*) set -- sev ;;
	intel-fatal) set -- sev debug tdx ;;
	*) set -- tdx ;;
	esac
	kernel_find "$@" || return
	tab=$(printf '\t')
	names=$(echo "$mutants" | cut -f 2)
	vendor=kvm-amd parameters=$parameter also=
	case $place in
	intel* | tdx) vendor=kvm-intel ;;
	esac
	case $place in
	amd | intel) also=$upstream ;;
	tdx) parameters=kvm_intel.tdx=1 ;;
	esac
	# shellcheck disable=SC2086 # several words
	modules=$("$here/../faulty_kernel/build.sh" $names) || return
	case $place in
	sev-once)
		for name in $names; do
			echo "$mutants" | grep "^kernel$tab$name$tab" | boot_mutants "$name" || return
		done
		;;
	*) echo "$mutants" | boot_mutants run ;;
	esac
}
