# SPDX-License-Identifier: GPL-2.0-only
#
# The suite on a kernel that checks its own locks, lists, memory and page tables
# (emulator/kernel/debug.config). The first time builds it, a quarter of an hour. Not a part of
# make check: make check-debug.

# shellcheck disable=SC2154 # set by machine.sh
load machines/machine.sh

setup()
{
	setup_machine
}

# passes_on_the_debug_kernel STATUS ARG..: with what stands on standard input of binaries that fail.
newline=$'\n'
passes_on_the_debug_kernel()
{
	expected=$1
	failing=$(cat)
	shift
	on_machine "$top" --kernel debug --memory 2048 "$@"
	[ "$status" -eq "$expected" ]
	grep '^not ok' "$tap" | sed 's/.*kvm-conformance: //; s/[;+].*//' | diff - <(printf %s "${failing:+$failing$newline}")
	# The checks are there, and none has switched itself off after what it found.
	grep -q 'Lock dependency validator' "$out/kernel.log"
	! grep -E 'turning off the locking correctness validator|ODEBUG disabled' "$out"/kernel*.log
}

@test "amd: the suite on a kernel that checks itself" {
	# A fault of KVM's: known_issues has it at svm/sev_es_mmio:unmapped.
	report="kernel log: <3> BUG: sleeping function called from invalid context"
	passes_on_the_debug_kernel 1 --machine amd x86 svm <<-END
		sev_es_mmio # $report at ./include/linux/uaccess.h:151
		sev_es_string # $report at ./include/linux/uaccess.h:151
	END
}

# Of the whole suite Bochs would have to run for hours on such a kernel.
@test "intel: a part of the suite on a kernel that checks itself" {
	passes_on_the_debug_kernel 0 --machine intel vmx x86/bus_lock_exit x86/pio_nested < /dev/null
}

@test "tdx: a part of the suite on a kernel that checks itself" {
	# A fault of KVM's that only CONFIG_KVM_PROVE_MMU shows: page tables of a TD are left at its end.
	passes_on_the_debug_kernel 1 --machine tdx tdx/lifecycle tdx/module_fatal \
		tdx/hypercall_map_gpa tdx/pamt_static <<-'END'
		hypercall_map_gpa # kernel log: <4> WARNING: arch/x86/kvm/mmu/tdp_mmu.c:44 at kvm_mmu_uninit_tdp_mmu
	END
}
