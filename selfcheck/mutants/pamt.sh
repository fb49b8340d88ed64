# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run.sh assigns what this reads
#
# For run.sh: the kernel of the machine tdx-dynamic with one bug in its Dynamic PAMT, which a
# word on its command line chooses, one boot each. The baseline is the same kernel without it.

# pamt_run MUTANT BINARY..
pamt_run()
{
	name=$1
	shift
	suite_begin || return
	for binary; do
		suite_baseline "$root/$binary" "$binary" || return
	done
	suite_run "$results/$name" --kernel "$kernel/kernel" || return
	is_chosen "$results/$name/kernel.log" || {
		echo "run.sh: the kernel has not heard of $name" >&2
		return 3
	}
	suite_verdicts "$results/$name" "$name"
}

# A kernel that did not live to tell has its break.
is_chosen()
{
	[ "$name" = baseline ] || [ ! -s "$1" ] || grep -q "virt/tdx: broken on purpose: $name\$" "$1"
}

run_mutants()
{
	tab=$(printf '\t')
	patches=$root/selfcheck/faulty_pamt
	kernel=$("$root/emulator/kernel/build.sh" --patch "$root/emulator/kernel/dynamic-pamt.patch" \
		--patch "$patches/breaks.patch" "$root/emulator/kernel/tdx.config") || return
	# shellcheck disable=SC2046 # several words
	pamt_run baseline $(binaries "$(echo "$mutants" | cut -f 4 | tr '\n' ' ')") || return
	while IFS=$tab read -r _ name _ tests _; do
		# Some breaks have the kernel say very much, and the log must still name them at the end.
		export KVMCONF_CMDLINE="tdx_pamt_break=$name log_buf_len=4M"
		# shellcheck disable=SC2046 # several words
		pamt_run "$name" $(binaries "$tests") || return
	done <<-END
	$mutants
	END
	rm -rf "$suite"
}
