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

passes_on_the_debug_kernel()
{
	on_machine "$top" --kernel debug --memory 2048 "$@"
	[ "$status" -eq 0 ]
	# The checks are there, and none has switched itself off after what it found.
	grep -q 'Lock dependency validator' "$out/kernel.log"
	! grep -E 'turning off the locking correctness validator|ODEBUG disabled' "$out"/kernel*.log
}

@test "amd: the suite on a kernel that checks itself" {
	passes_on_the_debug_kernel --machine amd x86 svm
}

@test "intel: the suite on a kernel that checks itself" {
	passes_on_the_debug_kernel --machine intel x86 vmx
}

@test "tdx: the suite on a kernel that checks itself" {
	passes_on_the_debug_kernel --machine tdx tdx
}
